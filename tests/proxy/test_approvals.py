"""A person's yes: one-shot, for that body, those hints and that caller, for a while."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from model_router.proxy.approvals import Approvals
from model_router.proxy.state import FolderState, MemoryState, State
from tests.support.proxies import ADMIN, Proxy, Reply, chat, one_backend
from tests.support.upstreams import Upstream, friendly

DANGER = "drop the production database"
KEYS = "access: {keys: [{name: ann, env: ANN}, {name: bob, env: BOB}]}\n"
ADMIN_KEY = {"authorization": f"Bearer {ADMIN}"}


@pytest.fixture
def server() -> Any:
    """A server that answers everything."""
    with Upstream(friendly) as found:
        yield found


@pytest.fixture
def proxy(tmp_path: Path, server: Upstream) -> Any:
    """A proxy without keys."""
    with Proxy(tmp_path, one_backend(server.url)) as found:
        yield found


def approved(proxy: Proxy, reply: Reply) -> Reply:
    """What approving the id of a confirmation answers."""
    row_id = reply.json["confirmation"]["id"]
    return proxy.post(f"/v1/approvals/{row_id}", {}, **ADMIN_KEY)


class TestConfirmation:
    def test_what_the_client_is_told(self, proxy: Proxy, server: Upstream) -> None:
        """409, no retry, the id, the class of action, the reason, and the ways to approve."""
        found = proxy.chat(DANGER)
        assert found.status == 409
        assert found.headers["x-should-retry"] == "false"
        assert found.headers["x-modelrouter-engine"] == "human_confirm"
        confirmation = found.json["confirmation"]
        assert found.headers["x-modelrouter-decision-id"] == confirmation["id"]
        assert confirmation["action_class"] == "destructive"
        assert confirmation["reasons"]
        assert confirmation["id"] in found.error["message"]
        assert found.error["type"] == "human_confirmation_required"
        assert found.json["selected_engine"] == "human_confirm"
        assert b"production database" not in found.body
        assert server.seen == []

    def test_the_status_is_a_setting(self, tmp_path: Path, server: Upstream) -> None:
        """confirm_status says which."""
        with Proxy(tmp_path, one_backend(server.url, "proxy: {confirm_status: 403}\n")) as proxy:
            assert proxy.chat(DANGER).status == 403

    def test_asking_again_keeps_the_id(self, proxy: Proxy) -> None:
        """A client that repeats itself does not fill the list."""
        ids = {proxy.chat(DANGER).json["confirmation"]["id"] for _ in range(3)}
        assert len(ids) == 1

    def test_a_yes_in_the_chat_is_none(self, proxy: Proxy, server: Upstream) -> None:
        """Going on to talk about it approves nothing."""
        proxy.chat(DANGER)
        messages = [
            {"role": "user", "content": DANGER},
            {"role": "assistant", "content": "Shall I?"},
            {"role": "user", "content": "yes, go ahead and drop the production database"},
        ]
        found = proxy.post("/v1/chat/completions", {"model": "auto", "messages": messages})
        assert found.status == 409
        assert server.seen == []


class TestApproving:
    def test_the_same_request_passes_once(self, proxy: Proxy, server: Upstream) -> None:
        """After the yes it goes through, and the time after that it asks again."""
        first = proxy.chat(DANGER)
        assert approved(proxy, first).status == 200
        assert proxy.chat(DANGER).status == 200
        assert len(server.seen) == 1
        assert proxy.chat(DANGER).status == 409

    def test_by_token(self, proxy: Proxy, server: Upstream) -> None:
        """The token that approving gives does the same, once."""
        token = approved(proxy, proxy.chat(DANGER)).json["token"]
        headers = {"x_model_router_approval": token}
        assert proxy.chat(DANGER, headers=headers).status == 200
        again = proxy.chat(DANGER, headers=headers)
        assert again.status == 409
        assert "was used" in again.error["message"]
        assert len(server.seen) == 1
        assert proxy.chat(DANGER).status == 409

    def test_what_waits_can_be_looked_at(self, proxy: Proxy) -> None:
        """Whoever approves sees the class of action and the caller, not the text."""
        row_id = proxy.chat(DANGER).json["confirmation"]["id"]
        found = proxy.get(f"/v1/approvals/{row_id}", **ADMIN_KEY)
        assert found.json["action_class"] == "destructive"
        assert found.json["caller"] == "local"

    @pytest.mark.parametrize("key", [None, "", "wrong", ADMIN + "x"])
    def test_it_takes_the_admin_key(self, proxy: Proxy, key: str | None) -> None:
        """Whoever was refused cannot approve itself."""
        row_id = proxy.chat(DANGER).json["confirmation"]["id"]
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        assert proxy.post(f"/v1/approvals/{row_id}", {}, **headers).status == 401
        assert proxy.chat(DANGER).status == 409

    def test_a_callers_key_is_not_the_admin_key(self, tmp_path: Path, server: Upstream) -> None:
        """A key that may ask may not approve."""
        text = one_backend(server.url, KEYS)
        with Proxy(tmp_path, text, ANN="a-key", BOB="b-key") as proxy:
            mine = {"authorization": "Bearer a-key"}
            row_id = proxy.chat(DANGER, headers=mine).json["confirmation"]["id"]
            assert proxy.post(f"/v1/approvals/{row_id}", {}, **mine).status == 401

    def test_without_an_admin_key_nobody_can(self, tmp_path: Path, server: Upstream) -> None:
        """Where no key is set, approving is refused, not open."""
        with Proxy(tmp_path, one_backend(server.url), admin=None) as proxy:
            row_id = proxy.chat(DANGER).json["confirmation"]["id"]
            assert proxy.post(f"/v1/approvals/{row_id}", {}).status == 403

    @pytest.mark.parametrize("row_id", ["0" * 16, "nothing", "..%2f..", "a" * 500])
    def test_unknown_ids(self, proxy: Proxy, row_id: str) -> None:
        """An id that nobody waits under is a 404."""
        assert proxy.post(f"/v1/approvals/{row_id}", {}, **ADMIN_KEY).status == 404

    def test_an_id_is_approved_once(self, proxy: Proxy) -> None:
        """The second yes finds nothing."""
        first = proxy.chat(DANGER)
        assert approved(proxy, first).status == 200
        assert approved(proxy, first).status == 404


class TestBinding:
    @pytest.mark.parametrize(
        "change",
        [
            {"text": "drop the production database now"},
            {"temperature": 1},
            {"model": "fast_local"},
            {"headers": {"x_force_engine": "fast_local"}},
        ],
    )
    def test_anything_else_asks_again(
        self, proxy: Proxy, server: Upstream, change: dict[str, Any]
    ) -> None:
        """Another text, parameter, model or hint is another request, by token too."""
        token = approved(proxy, proxy.chat(DANGER)).json["token"]
        other = {"text": DANGER, **change}
        assert proxy.chat(**other).status == 409
        headers = {**other.pop("headers", {}), "x_model_router_approval": token}
        assert proxy.chat(**other, headers=headers).status == 409
        assert server.seen == []

    def test_another_caller_asks_again(self, tmp_path: Path, server: Upstream) -> None:
        """Ann's yes is not Bob's."""
        text = one_backend(server.url, KEYS)
        with Proxy(tmp_path, text, ANN="a-key", BOB="b-key") as proxy:
            ann = {"authorization": "Bearer a-key"}
            bob = {"authorization": "Bearer b-key"}
            token = approved(proxy, proxy.chat(DANGER, headers=ann)).json["token"]
            assert proxy.chat(DANGER, headers=bob).status == 409
            forged = {**bob, "x_model_router_approval": token}
            assert proxy.chat(DANGER, headers=forged).status == 409
            assert proxy.chat(DANGER, headers=ann).status == 200

    def test_an_approval_opens_the_gate_and_nothing_else(
        self, tmp_path: Path, server: Upstream
    ) -> None:
        """Privacy still holds for an approved request."""
        row = "{provider: ollama, model: x, max_context: 32000, supports_tools: true}"
        (tmp_path / "c.yaml").write_text(
            f"engines:\n  code_agent: {row}\n  fast_local: {row}\nprivacy: {{mode: local_only}}\n"
        )
        text = one_backend(server.url, "router_config: c.yaml\n", location="hosted")
        words = f"{DANGER} of bob.smith@acme-works.com"
        with Proxy(tmp_path, text) as proxy:
            assert approved(proxy, proxy.chat(words)).status == 200
            assert proxy.chat(words).status == 422
        assert server.seen == []


@pytest.fixture(params=["memory", "folder"])
def state(request: Any, tmp_path: Path) -> State:
    """Each kind of state."""
    return MemoryState() if request.param == "memory" else FolderState(str(tmp_path / "s"))


class TestApprovals:
    def test_it_expires(self, state: State) -> None:
        """A yes that is too old is none, by itself and by token."""
        approvals = Approvals(b"s", state, 10.0)
        mark = approvals.mark("c", "/x", {}, b"body")
        row = approvals.ask(mark, "c", None, 100.0)
        found = approvals.approve(row.id, 105.0)
        assert found is not None
        assert not approvals.redeem(mark, None, 115.5)
        assert not approvals.redeem(mark, found[1], 115.5)
        late = approvals.ask(mark, "c", None, 200.0)
        assert approvals.approve(late.id, 211.0) is None

    def test_another_secret_makes_other_tokens(self, state: State) -> None:
        """A token cannot be made without the secret."""
        theirs, ours = Approvals(b"t", MemoryState(), 10.0), Approvals(b"s", state, 10.0)
        row = theirs.ask(theirs.mark("c", "/x", {}, b"b"), "c", None, 0.0)
        found = theirs.approve(row.id, 0.0)
        assert found is not None
        assert not ours.redeem(ours.mark("c", "/x", {}, b"b"), found[1], 1.0)

    @pytest.mark.parametrize(
        "token", ["", "mra_", "mra_a.b.c", "mra_a.9999999999999.x", "x" * 5000, "é", "mra_.1.1"]
    )
    def test_any_token(self, state: State, token: str) -> None:
        """Rubbish is refused."""
        assert not Approvals(b"s", state, 10.0).redeem("0" * 64, token, 0.0)

    def test_many_at_once_pass_once(self, state: State) -> None:
        """Of twenty that use the same yes at the same time, one passes."""
        approvals = Approvals(b"s", state, 100.0)
        mark = approvals.mark("c", "/x", {}, b"b")
        found = approvals.approve(approvals.ask(mark, "c", None, 0.0).id, 0.0)
        assert found is not None
        tokens = [found[1], None] * 10
        with ThreadPoolExecutor(20) as pool:
            passed = list(pool.map(lambda token: approvals.redeem(mark, token, 1.0), tokens))
        assert passed.count(True) == 1

    def test_a_token_is_spent_for_good(self, state: State) -> None:
        """Not even when the note that it was used is lost, to a flood or a broken clock."""
        approvals = Approvals(b"s", state, 100.0)
        mark = approvals.mark("c", "/x", {}, b"b")
        found = approvals.approve(approvals.ask(mark, "c", None, 0.0).id, 0.0)
        assert found is not None
        assert approvals.redeem(mark, found[1], 1.0)
        state.sweep(100_000.0)
        assert not approvals.redeem(mark, found[1], 2.0)

    def test_an_older_token_takes_nothing_away(self, state: State) -> None:
        """A spent token is refused, and the newer yes to the same request holds."""
        approvals = Approvals(b"s", state, 100.0)
        mark = approvals.mark("c", "/x", {}, b"b")
        first = approvals.approve(approvals.ask(mark, "c", None, 0.0).id, 0.0)
        assert first is not None
        assert approvals.redeem(mark, None, 1.0)
        assert approvals.approve(approvals.ask(mark, "c", None, 2.0).id, 2.0) is not None
        assert not approvals.redeem(mark, first[1], 3.0)
        assert approvals.redeem(mark, None, 3.0)

    def test_marks_do_not_run_together(self) -> None:
        """Where one part ends and the next begins is part of the mark."""
        approvals = Approvals(b"s", MemoryState(), 1.0)
        marks = {
            approvals.mark("ab", "c", {}, b"d"), approvals.mark("a", "bc", {}, b"d"),
            approvals.mark("ab", "c", {"d": 1}, b""), approvals.mark("ab", "c", {}, b"dd"),
        }  # fmt: skip
        assert len(marks) == 4


class TestState:
    def test_values_end(self, state: State) -> None:
        """A value is there until its time, and taken once."""
        state.put("a", "k", "v", 10.0)
        assert state.get("a", "k", 9.0) == "v"
        assert state.get("a", "k", 10.0) is None
        assert state.get("b", "k", 1.0) is None
        assert state.take("a", "k", 1.0) == "v"
        assert state.take("a", "k", 1.0) is None

    def test_claims(self, state: State) -> None:
        """The first claim wins."""
        assert state.add("a", "k", 10.0, 1.0)
        assert not state.add("a", "k", 10.0, 2.0)

    def test_values_of_another_start_are_over(self, tmp_path: Path) -> None:
        """After a restart of the machine its clock begins anew; what was kept before is over."""
        state = FolderState(str(tmp_path))
        state.put("a", "k", "v", 9_000_000.0)
        assert state.get("a", "k", 30.0) is None
        state.sweep(30.0)
        assert list(tmp_path.iterdir()) == []

    def test_what_is_over_is_swept(self, state: State) -> None:
        """Nothing is kept for good."""
        state.put("a", "k", "v", 10.0)
        state.put("a", "l", "v", 20.0)
        state.sweep(15.0)
        assert state.get("a", "k", 0.0) is None
        assert state.get("a", "l", 0.0) == "v"

    def test_memory_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The oldest go first."""
        monkeypatch.setattr("model_router.proxy.state.MOST_KEPT", 3)
        state = MemoryState()
        for n in range(9):
            state.put("a", str(n), "v", 10.0)
        assert [n for n in range(9) if state.get("a", str(n), 0.0)] == [6, 7, 8]

    def test_files_are_the_owners_alone(self, tmp_path: Path) -> None:
        """Nobody else on the machine reads them, and what is over is swept away."""
        state = FolderState(str(tmp_path / "s"))
        state.put("a", "k", "v", 10.0)
        state.put("a", "l", "v", 20.0)
        assert (tmp_path / "s").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "s" / "a-k").stat().st_mode & 0o777 == 0o600
        state.sweep(15.0)
        assert [path.name for path in (tmp_path / "s").iterdir()] == ["a-l"]

    def test_odd_keys_reach_no_file(self, tmp_path: Path) -> None:
        """A key from outside cannot name another file."""
        (tmp_path / "secret").write_text("99999\nsecret")
        state = FolderState(str(tmp_path / "s"))
        for key in ("/../../secret", "../secret", "", "a" * 1000, "a\0b"):
            assert state.get("a", key, 0.0) is None
            assert state.take("a", key, 0.0) is None


def test_the_body_is_bound_byte_by_byte(proxy: Proxy) -> None:
    """The same JSON with other spaces is another body."""
    first = proxy.chat(DANGER)
    approved(proxy, first)
    spaced = json.dumps(chat(DANGER), indent=1).encode()
    assert proxy.post("/v1/chat/completions", spaced).status == 409


def test_how_long_it_holds_is_a_setting(tmp_path: Path, server: Upstream) -> None:
    """After approval_seconds the yes is over."""
    import time

    with Proxy(tmp_path, one_backend(server.url, "proxy: {approval_seconds: 1}\n")) as proxy:
        found = approved(proxy, proxy.chat(DANGER))
        assert found.json["expires_in"] == 1
        time.sleep(1.1)
        assert proxy.chat(DANGER).status == 409
        token = {"x_model_router_approval": found.json["token"]}
        assert proxy.chat(DANGER, headers=token).status == 409
    assert server.seen == []


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0 * 365])
def test_the_wall_clock_does_not_count(
    tmp_path: Path, server: Upstream, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    """Setting the machine's clock neither ends a yes nor makes it hold longer; all else goes on."""
    import time

    real = time.time
    with Proxy(tmp_path, one_backend(server.url, "proxy: {approval_seconds: 1.5}\n")) as proxy:
        first, second = proxy.chat(DANGER), proxy.chat(f"{DANGER} again")
        monkeypatch.setattr(time, "time", lambda: real() + jump)
        assert approved(proxy, first).status == 200
        assert proxy.chat(DANGER).status == 200
        assert approved(proxy, second).status == 200
        time.sleep(1.6)
        assert proxy.chat(f"{DANGER} again").status == 409
        assert proxy.chat().status == 200
        assert proxy.get("/health").json["backends"] == {"a": "closed"}
        assert proxy.get("/v1/status").json["uptime_seconds"] < 60
