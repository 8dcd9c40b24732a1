"""Models in memory: what servers say of them, and which engine goes first because of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.backend_kinds import KINDS
from model_router.catalog import load_catalog
from model_router.errors import RouterConfigError
from model_router.proxy.load import parse_proxy_config
from model_router.proxy.loaded import can_say, equal, loaded_models
from tests.support.proxies import Proxy, until
from tests.support.upstreams import Out, Seen, Upstream, completion

SAYS: dict[str, Any] = {
    "ollama": lambda names: {"models": [{"name": name, "model": name} for name in names]},
    "lmstudio": lambda names: {"data": [
        *[{"id": name, "state": "loaded"} for name in names], {"id": "z", "state": "not-loaded"}]},
    "llamacpp": lambda names: {"object": "list", "data": [
        *[{"id": name, "status": {"value": "loaded", "args": []}} for name in names],
        {"id": "y", "status": {"value": "unloaded"}}, {"id": "z", "status": {"value": "loading"}}]},
}  # fmt: skip
"""What a server of each kind answers when some models are in memory."""

CODING = "fix the failing test in parser.py"
"""Goes to code_agent; reasoning_local may follow, and is as good."""


class Server(Upstream):
    """A model server of a kind, with models in memory."""

    def __init__(self, kind: str, *loaded: str) -> None:
        super().__init__(self._reply)
        self.kind = kind
        self.loaded: tuple[str, ...] | None = loaded  # None: it does not say

    async def _reply(self, seen: Seen, out: Out) -> None:
        if seen.method == "POST":
            await out.json(completion())
        elif seen.target == KINDS[self.kind].loaded_path and self.loaded is not None:
            await out.json(SAYS[self.kind](self.loaded))
        else:
            await out.json({"error": "not here"}, 404)

    @property
    def asked(self) -> int:
        """How many requests it was to answer."""
        return sum(seen.method == "POST" for seen in self.seen)


@contextmanager
def running(folder: Path, first: Server, second: Server, more: str = "") -> Iterator[Proxy]:
    """A proxy whose code_agent is served by one server and whose reasoning_local by another, once
    both were asked what they have in memory."""
    rows = {"one": (first, "code_agent"), "two": (second, "reasoning_local")}
    backends = {name: {"base_url": server.url, "kind": server.kind, "models": {engine: f"{name}-m"}}
                for name, (server, engine) in rows.items()}  # fmt: skip
    text = f"backends: {json.dumps(backends)}\nhealth: {{interval_seconds: 0.05}}\n{more}"
    with Proxy(folder, text) as proxy:
        assert until(lambda: all(_told(server) > 1 for server in (first, second)))
        yield proxy


PREFERRED = "proxy: {prefer_loaded: true}\n"


def _told(server: Server) -> int:
    path = "/v1/models"
    return sum(seen.target == path for seen in server.seen)


def answered(proxy: Proxy, **more: Any) -> str:
    """The engine that answered."""
    found = proxy.chat(CODING, **more)
    assert found.status == 200, found.body
    assert found.headers["x-modelrouter-fallback"] == "false"
    return found.headers["x-modelrouter-engine"]


class TestPreferring:
    @pytest.mark.parametrize("kind", sorted(SAYS))
    def test_the_one_in_memory_goes_first(self, tmp_path: Path, kind: str) -> None:
        """Each kind that can say is asked by its own path, and understood."""
        with (
            Server(kind) as first,
            Server(kind, "two-m") as second,
            running(tmp_path, first, second, PREFERRED) as proxy,
        ):
            assert until(lambda: answered(proxy) == "reasoning_local")
            backends = proxy.get("/v1/status").json["backends"]
        assert backends["one"]["loaded"] == []
        assert backends["two"]["loaded"] == ["two-m"]

    def test_without_the_option_nothing_is_asked(self, tmp_path: Path) -> None:
        """The plan's engine answers, and nobody asks what is in memory."""
        with Server("ollama") as first, Server("ollama", "two-m") as second:
            with running(tmp_path, first, second) as proxy:
                assert answered(proxy) == "code_agent"
            assert "/api/ps" not in {seen.target for seen in (*first.seen, *second.seen)}

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (("one-m",), ("two-m",)),
            ((), ()),
            (None, ("two-m",)),
            ((), None),
            (("one-m:latest",), ()),
        ],
    )
    def test_else_the_plan_stands(self, tmp_path: Path, first: Any, second: Any) -> None:
        """The chosen one is in memory too, none is, or a server does not say."""
        with Server("ollama") as one, Server("ollama") as two:
            one.loaded, two.loaded = first, second
            with running(tmp_path, one, two, PREFERRED) as proxy:
                assert {answered(proxy) for _ in range(5)} == {"code_agent"}

    def test_who_was_named_answers(self, tmp_path: Path) -> None:
        """An engine that the request names is not replaced."""
        with (
            Server("ollama") as first,
            Server("ollama", "two-m") as second,
            running(tmp_path, first, second, PREFERRED) as proxy,
        ):
            assert until(lambda: answered(proxy) == "reasoning_local")
            assert answered(proxy, headers={"x-force-engine": "code_agent"}) == "code_agent"
            assert answered(proxy, model="code_agent") == "code_agent"

    def test_what_a_rule_names_answers(self, tmp_path: Path) -> None:
        """An engine that a rule of the catalog names is not replaced either."""
        catalog = tmp_path / "catalog.yaml"
        catalog.write_text(
            json.dumps({
                "version": 1,
                "engines": {
                    name: {"provider": "local", "model": f"{name}-m", "adapter": "openai",
                           "supports_tools": True, "max_context": 32768}
                    for name in ("code_agent", "reasoning_local")
                } | {"human_confirm": {"provider": "human", "model": "person", "adapter": "human"}},
                "routing_targets": {"coding": "reasoning_local", "balanced": "reasoning_local"},
                "rules": [{"name": "mine", "when": {"min_chars": 1},
                           "then": {"engine": "code_agent"}}],
            })
        )  # fmt: skip
        more = PREFERRED + f"router_config: {catalog}\n"
        with (
            Server("ollama") as first,
            Server("ollama", "two-m") as second,
            running(tmp_path, first, second, more) as proxy,
        ):
            assert {answered(proxy) for _ in range(5)} == {"code_agent"}

    def test_the_model_is_loaded_and_goes_again(self, tmp_path: Path) -> None:
        """What servers say is asked again and again, beside the requests."""
        with (
            Server("ollama") as first,
            Server("ollama", "two-m") as second,
            running(tmp_path, first, second, PREFERRED) as proxy,
        ):
            assert until(lambda: answered(proxy) == "reasoning_local")
            first.loaded = ("one-m",)
            assert until(lambda: answered(proxy) == "code_agent")
            first.loaded = None
            assert until(lambda: proxy.live.service.backends["one"].loaded is None)

    def test_no_request_waits_for_it(self, tmp_path: Path) -> None:
        """A server that is deaf to the question answers requests as before."""
        with (
            Server("ollama") as first,
            Server("ollama", "two-m") as second,
            running(tmp_path, first, second, PREFERRED) as proxy,
        ):
            before = len(first.seen) - first.asked
            for _ in range(50):
                answered(proxy)
            asked = len(first.seen) - first.asked - before
        assert asked < 50

    def test_a_safe_request_stays_safe(self, tmp_path: Path) -> None:
        """What needs a person needs one, whatever is in memory."""
        with (
            Server("ollama") as first,
            Server("ollama", "two-m") as second,
            running(tmp_path, first, second, PREFERRED) as proxy,
        ):
            assert proxy.chat("delete the production database").status == 409
            assert first.asked == second.asked == 0


class TestEqual:
    @pytest.mark.parametrize(
        ("change", "good"),
        [
            ({}, True), ({"capability": 90}, True), ({"capability": 70}, False),
            ({"tier": 1}, False), ({"location": "hosted"}, False), ({"trust": 10}, False),
            ({"cost": 80}, False),
        ],
    )  # fmt: skip
    def test_no_loss_is_taken(self, change: dict[str, Any], good: bool) -> None:
        """Another tier or place, less ability or trust, a higher price: not as good."""
        first = load_catalog().engines["code_agent"]
        assert equal(first, replace(first, name="other", **change)) is good


class TestSaying:
    @given(st.binary(max_size=50) | st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
            st.sampled_from(["models", "data", "id", "name", "state", "status", "value"]), inner),
        max_leaves=10).map(lambda value: json.dumps(value).encode()))  # fmt: skip
    def test_whatever_comes(self, body: bytes) -> None:
        """Anything is names or nothing, never an error."""
        found = loaded_models(body)
        assert found is None or all(isinstance(name, str) for name in found)

    def test_a_server_of_one_model_does_not_say(self) -> None:
        """A list without states tells nothing of memory."""
        assert loaded_models(b'{"object": "list", "data": [{"id": "a"}]}') is None

    def test_latest_is_left_out(self) -> None:
        """Ollama's name for a model without a tag is that model."""
        assert loaded_models(b'{"models": [{"name": "a:latest"}]}') == {"a"}

    def test_who_can_say(self) -> None:
        """The kinds that the documentation names."""
        assert {kind for kind in KINDS if can_say(kind)} == set(SAYS)


class TestFile:
    def test_servers_that_are_never_asked(self) -> None:
        """The option without background probes is an error that says what to do."""
        text = PREFERRED + "health: {interval_seconds: 0}\nbackends: {a: {kind: ollama}}\n"
        with pytest.raises(RouterConfigError, match=r"prefer_loaded.*interval_seconds"):
            parse_proxy_config(text, "proxy.yaml", home="/nowhere")

    def test_servers_that_cannot_say(self) -> None:
        """Where no kind of server can say, a remark tells that the option does nothing."""
        text = PREFERRED + "backends: {a: {kind: vllm}}\n"
        found = parse_proxy_config(text, "proxy.yaml", home="/nowhere").warnings
        assert [row.path for row in found] == ["proxy.prefer_loaded"]
