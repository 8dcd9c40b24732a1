"""Events: what each request leaves, what of its text, and how the log fares."""

from __future__ import annotations

import asyncio
import json
import resource
import threading
from pathlib import Path
from typing import Any

import pytest

from model_router.proxy.config import Observability
from model_router.proxy.event_lines import line
from model_router.proxy.event_log import EventLog, rotate
from tests.support.proxies import ADMIN, Proxy, one_backend, several, until
from tests.support.upstreams import Out, Seen, Upstream, delta, deltas, friendly

LOG = "observability: {enabled: true, log_path: e.jsonl%s}\n"
SECRET = "rewrite this for bob.smith@acme-works.com please, xylophonequux"


def events(folder: Path, name: str = "e.jsonl") -> list[dict[str, Any]]:
    """The events of a file."""
    return [json.loads(row) for row in (folder / name).read_text().splitlines()]


def leaving(folder: Path, reply: Any, ask: Any, capture: str = "") -> dict[str, Any]:
    """The one event that a request leaves."""
    with Upstream(reply) as server, Proxy(folder, one_backend(server.url, LOG % capture)) as proxy:
        ask(proxy)
    found = events(folder)
    assert len(found) == 1
    return found[0]


def test_what_an_event_holds(tmp_path: Path) -> None:
    """Decision, backend, times, tokens and hashes; the file is its owner's alone."""
    found = leaving(
        tmp_path, friendly, lambda proxy: proxy.chat(SECRET, headers={"x_request_id": "id-1"})
    )
    expected = {
        "event_type": "routing_event", "request_id": "id-1", "selected_engine": "fast_local",
        "status": "forwarded", "status_code": 200, "backend": "a", "backend_model": "m",
        "route_api": "chat_completions", "routing_mode": "decision", "caller": "local",
        "fallback_used": False, "chain_tried": [["a", "m", "ok"]],
        "usage_prompt_tokens": 5, "usage_completion_tokens": 2, "usage_total_tokens": 7,
        "prompt_length": len(SECRET),
    }  # fmt: skip
    assert {key: found.get(key) for key in expected} == expected
    assert len(found["prompt_hash"]) == 64
    assert 0 < found["complexity_score"] <= 100
    assert 0 <= found["risk_score"] <= 100
    assert found["total_latency_ms"] >= found["route_latency_ms"] > 0
    assert (tmp_path / "e.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", [True, "5", 10**15, 10**400, -(10**400), 1.5, None])
def test_numbers_that_are_none(tmp_path: Path, number: Any) -> None:
    """The event goes without what a server could not mean, and nobody's request fails by it."""
    row = "{provider: openai, model: x, max_context: 32000, price_input: 2.0, price_output: 8.0}"
    (tmp_path / "c.yaml").write_text(f"engines: {{fast_local: {row}}}\n")

    async def reply(seen: Seen, out: Out) -> None:
        usage = {"prompt_tokens": number, "completion_tokens": 1, "total_tokens": 10}
        await out.json({"choices": [{"message": {"content": "hi"}}], "usage": usage})

    with Upstream(reply) as server:
        text = one_backend(server.url, LOG % "" + "router_config: c.yaml\n")
        with Proxy(tmp_path, text) as proxy:
            assert [proxy.chat().status for _ in range(3)] == [200] * 3
    found = events(tmp_path)
    assert ["usage_prompt_tokens" in event for event in found] == [False] * 3
    assert [event["usage_total_tokens"] for event in found] == [10] * 3
    assert [event["cost_usd"] for event in found] == [pytest.approx(8e-6)] * 3


def test_nothing_is_written_unless_asked(tmp_path: Path) -> None:
    """Without `enabled` there is no file."""
    with Upstream(friendly) as server, Proxy(tmp_path, one_backend(server.url)) as proxy:
        proxy.chat()
    assert not (tmp_path / "e.jsonl").exists()


@pytest.mark.parametrize("capture", ["off", "redacted_preview", "full"])
def test_what_of_the_prompt(tmp_path: Path, capture: str) -> None:
    """Nothing, a redacted beginning, or all of it: as the file says."""
    found = leaving(
        tmp_path, friendly, lambda proxy: proxy.chat(SECRET), f", prompt_capture: '{capture}'"
    )
    text = json.dumps(found)
    assert ("acme-works" in text) is (capture == "full")
    assert ("xylophonequux" in text) is (capture != "off")
    assert len(found.get("prompt_preview", "")) <= 180


def test_streams_have_their_tokens(tmp_path: Path) -> None:
    """The usage chunk of a stream counts."""

    async def reply(seen: Seen, out: Out) -> None:
        usage = {"prompt_tokens": 50, "completion_tokens": 4, "total_tokens": 54,
                 "prompt_tokens_details": {"cached_tokens": 40}}  # fmt: skip
        await out.events(*deltas("a", "b"), {**delta(), "choices": [], "usage": usage})

    found = leaving(tmp_path, reply, lambda proxy: list(proxy.stream()))
    assert (found["usage_prompt_tokens"], found["usage_cached_input_tokens"]) == (50, 40)


def test_what_it_cost(tmp_path: Path) -> None:
    """By the catalog's prices for the engine that answered."""
    row = "{provider: openai, model: x, max_context: 32000, price_input: 2.0, price_output: 8.0}"
    (tmp_path / "c.yaml").write_text(f"engines: {{fast_local: {row}}}\n")
    more = LOG % "" + "router_config: c.yaml\n"
    with Upstream(friendly) as server, Proxy(tmp_path, one_backend(server.url, more)) as proxy:
        proxy.chat()
    assert events(tmp_path)[0]["cost_usd"] == pytest.approx((5 * 2 + 2 * 8) / 1e6)


def test_how_it_ended(tmp_path: Path) -> None:
    """Confirmed by nobody, failed, cut, left: each has its word."""

    async def cutting(seen: Seen, out: Out) -> None:
        if seen.json.get("stream"):
            await out.stream_head()
            await out.chunk(b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n')
        if "leave" in seen.body.decode():
            await asyncio.sleep(5)
        out.hang_up()

    with (
        Upstream(cutting) as server,
        Proxy(tmp_path, one_backend(server.url, LOG % "", breaker_failures=99)) as proxy,
    ):
        proxy.chat("drop the production database")
        proxy.chat()
        list(proxy.stream())
        pieces = proxy.stream("leave me")
        next(pieces)
        pieces.close()  # type: ignore[attr-defined]
        assert until(lambda: server.aborted)
    statuses = [row["status"] for row in events(tmp_path)]
    assert statuses == [
        "human_confirm", "upstream_request_failed", "stream_interrupted", "client_left",
    ]  # fmt: skip
    assert events(tmp_path)[0]["action_class"] == "destructive"
    assert events(tmp_path)[0]["risk_score"] >= 60 > events(tmp_path)[1]["risk_score"]


def test_the_chain_that_was_tried(tmp_path: Path) -> None:
    """Every backend that was asked, and how it fared."""

    async def down(seen: Seen, out: Out) -> None:
        await out.json({}, 503)

    with Upstream(down) as bad, Upstream(friendly) as good:
        text = several(LOG % "", fast_local=bad.url, balanced_local=good.url)
        with Proxy(tmp_path, text) as proxy:
            proxy.chat("rewrite this text")
    found = events(tmp_path)[0]
    assert [row[2] for row in found["chain_tried"]] == ["503", "ok"]
    assert found["fallback_used"]


def test_a_reload_switches_it(tmp_path: Path) -> None:
    """On, off, and to another file, without a restart."""
    admin = {"authorization": f"Bearer {ADMIN}"}
    with Upstream(friendly) as server, Proxy(tmp_path, one_backend(server.url)) as proxy:
        proxy.path.write_text(one_backend(server.url, LOG % ""))
        proxy.post("/admin/reload", {}, **admin)
        proxy.chat()
        proxy.path.write_text(one_backend(server.url, (LOG % "").replace("e.jsonl", "f.jsonl")))
        proxy.post("/admin/reload", {}, **admin)
        proxy.chat()
    assert len(events(tmp_path)) == len(events(tmp_path, "f.jsonl")) == 1


class TestLog:
    @staticmethod
    def log(folder: Path, **changes: Any) -> tuple[EventLog, list[str]]:
        """A log in a folder, and what it says."""
        said: list[str] = []
        settings = Observability(True, str(folder / "e.jsonl"), **changes)
        return EventLog(settings, said.append, line), said

    def test_it_rotates(self, tmp_path: Path) -> None:
        """At its size; so many old ones stay; no event is lost but those that were to go."""
        log, _ = self.log(tmp_path, max_bytes=200, backups=2)
        for number in range(60):
            log.put({"n": number, "x": "y" * 20})
            assert until(lambda count=number + 1: log.written == count)
        log.close()
        names = sorted(path.name for path in tmp_path.iterdir())
        assert names == ["e.jsonl", "e.jsonl.1", "e.jsonl.2"]
        rows = [row["n"] for name in reversed(names) for row in events(tmp_path, name)]
        assert rows == list(range(60 - len(rows), 60))
        assert all((tmp_path / name).stat().st_size < 400 for name in names)

    def test_several_processes_share_a_file(self, tmp_path: Path) -> None:
        """None loses another's events, tears its lines, or rotates what is not full."""
        logs = [self.log(tmp_path, max_bytes=3000, backups=100)[0] for _ in range(3)]
        for number in range(150):
            for who, log in enumerate(logs):
                log.put({"n": number, "who": who, "x": "y" * 40})
            if number % 10 == 0:
                assert until(lambda n=number: all(log.written == n + 1 for log in logs))
        for log in logs:
            log.close()
        names = [path.name for path in tmp_path.iterdir()]
        rows = [(row["n"], row["who"]) for name in names for row in events(tmp_path, name)]
        assert sorted(rows) == [(number, who) for number in range(150) for who in range(3)]
        assert len(names) <= 12  # of some 30 KB
        assert sum(log.dropped for log in logs) == 0

    def test_a_file_that_another_process_rotated(self, tmp_path: Path) -> None:
        """Its events go to the new file, so those of the old one's end are not lost with it."""
        log, _ = self.log(tmp_path)
        for number in range(5):
            log.put({"n": number})
            assert until(lambda count=number + 1: log.written == count)
            rotate(str(tmp_path / "e.jsonl"), 10)
        log.close()
        rows = [events(tmp_path, f"e.jsonl.{number}") for number in range(1, 6)]
        assert rows == [[{"n": 4 - number}] for number in range(5)]

    def test_what_was_lost_is_counted(self, tmp_path: Path) -> None:
        """A disk that fills in the midst of a batch: whole lines count, the torn one is lost."""
        log, said = self.log(tmp_path)
        log.put({"n": 0})
        assert until(lambda: log.written == 1)
        size = (tmp_path / "e.jsonl").stat().st_size
        old = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size * 5 + 3, old[1]))
        try:
            for _ in range(20):
                log.put({"n": 1})
            assert until(lambda: log.written + log.dropped == 21)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
        log.put({"n": 2})
        log.close()
        rows = (tmp_path / "e.jsonl").read_bytes().splitlines()
        assert rows[:5] == [b'{"n":0}'] + [b'{"n":1}'] * 4
        assert rows[-1] == b'{"n":2}'
        assert (log.written, log.dropped) == (6, 16)
        assert len(said) == 1

    def test_a_file_moved_away_is_made_anew(self, tmp_path: Path) -> None:
        """After `reopen` lines go to a new file, as tools that rotate logs expect."""
        log, _ = self.log(tmp_path)
        log.put({"n": 1})
        assert until(lambda: log.written == 1)
        (tmp_path / "e.jsonl").rename(tmp_path / "moved")
        log.reopen()
        log.put({"n": 2})
        log.put({"n": 3})
        log.close()
        total = (tmp_path / "moved").read_text() + (tmp_path / "e.jsonl").read_text()
        assert total.count("\n") == 3

    def test_a_full_disk_stops_nothing(self, tmp_path: Path) -> None:
        """It is said once, the events are counted, and when there is room it goes on."""
        blocked = tmp_path / "e.jsonl"
        blocked.mkdir()
        log, said = self.log(tmp_path)
        for _ in range(3):
            log.put({"n": 1})
            assert until(lambda: log.dropped > 0)
        assert until(lambda: log.dropped == 3)
        blocked.rmdir()
        log.put({"n": 2})
        log.close()
        assert len(said) == 1
        assert "cannot be written" in said[0]
        assert events(tmp_path) == [{"n": 2}]

    def test_a_torn_line_swallows_nothing(self, tmp_path: Path) -> None:
        """A half line of a killed process is ended before the next one begins."""
        (tmp_path / "e.jsonl").write_text('{"half": ')
        log, _ = self.log(tmp_path)
        log.put({"n": 1, "gone": None})
        log.close()
        assert (tmp_path / "e.jsonl").read_text() == '{"half": \n{"n":1}\n'

    def test_what_waits_is_bounded(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A disk that is too slow costs events, not memory."""
        monkeypatch.setattr("model_router.proxy.event_log.MOST_WAITING", 0)
        log, _ = self.log(tmp_path)
        log.put({"n": 1})
        log.close()
        assert log.dropped == 1

    def test_lines_are_made_by_its_thread(self, tmp_path: Path) -> None:
        """What makes one is called there; an event that has none loses itself alone, and it is
        said."""
        made: list[str] = []
        said: list[str] = []

        def spelled(event: Any) -> bytes:
            made.append(threading.current_thread().name)
            if event == "odd":
                raise ValueError("with a prompt in it")
            return line(event)

        log = EventLog(Observability(True, str(tmp_path / "e.jsonl")), said.append, spelled)
        for event in ({"n": 1, "gone": None}, "odd", {"n": 2}):
            log.put(event)
        log.close()
        assert events(tmp_path) == [{"n": 1}, {"n": 2}]
        assert made == ["event-log"] * 3
        assert (log.written, log.dropped) == (2, 1)
        assert said == ["an event is lost: ValueError; please report it"]

    def test_it_wakes_for_what_comes_after_a_pause(self, tmp_path: Path) -> None:
        """Again and again it sleeps until there is something."""
        log, _ = self.log(tmp_path)
        for number in range(1, 6):
            log.put({"n": number})
            assert until(lambda count=number: log.written == count)
            assert until(lambda: log._idle)
        log.close()
        assert [row["n"] for row in events(tmp_path)] == [1, 2, 3, 4, 5]

    def test_rotating_nothing(self, tmp_path: Path) -> None:
        """Files that are not there are no error."""
        rotate(str(tmp_path / "no"), 3)
