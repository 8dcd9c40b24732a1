"""The ordinary exchange without a task, and each thing that makes it go on in one."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from model_router.proxy.direct import Direct
from model_router.proxy.exchange import Exchange
from model_router.proxy.http1_answer import Http1Answer
from model_router.proxy.http1_request import ServerRequest
from model_router.proxy.http1_server import ServerConnection
from tests.support.proxies import Proxy, chat, one_backend, several, until
from tests.support.upstreams import Out, Seen, Upstream, completion, deltas, friendly

HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The requests that were given to a task."""
    found: list[Any] = []
    run = ServerConnection.run

    def noted(self: ServerConnection, request: Any, work: Any) -> None:
        found.append(request)
        run(self, request, work)

    monkeypatch.setattr(ServerConnection, "run", noted)
    return found


class Caller:
    """A client that keeps its connection, and sends each request in one piece."""

    def __init__(self, proxy: Proxy) -> None:
        self.socket = socket.create_connection(("127.0.0.1", proxy.port), timeout=20)
        self._rest = b""

    def send(self, body: Any, head: bytes = HEAD) -> None:
        """Send a request."""
        raw = json.dumps(body).encode()
        self.socket.sendall(head + b"content-length: %d\r\n\r\n%b" % (len(raw), raw))

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer: status, headers and body."""
        found = self._rest
        while b"\r\n\r\n" not in found:
            found += self._more()
        head, _, body = found.partition(b"\r\n\r\n")
        status, *rows = head.decode().split("\r\n")
        headers = dict(row.split(": ", 1) for row in rows)
        length = int(headers["content-length"])
        while len(body) < length:
            body += self._more()
        self._rest = body[length:]
        return int(status.split()[1]), headers, body[:length]

    def chat(self, text: str = "hello there", **more: Any) -> int:
        """The status of one exchange."""
        self.send(chat(text, **more))
        return self.answer()[0]

    def _more(self) -> bytes:
        piece = self.socket.recv(65536)
        assert piece
        return piece


@contextlib.contextmanager
def calling(folder: Path, text: str) -> Iterator[tuple[Proxy, Caller]]:
    """A proxy and a client whose connections to it, and from it, are open."""
    with Proxy(folder, text) as proxy:
        caller = Caller(proxy)
        with contextlib.closing(caller.socket):
            caller.chat()
            yield proxy, caller


def gates(proxy: Proxy) -> list[int]:
    """How many requests each backend has just now."""
    return [row.gate.inside for row in proxy.live.service.backends.values()]


def second(reply: Any) -> Any:
    """A server that is friendly to the first request, and then does what `reply` does."""
    asked: list[Seen] = []

    async def answer(seen: Seen, out: Out) -> None:
        asked.append(seen)
        await (friendly if len(asked) == 1 else reply)(seen, out)

    return answer


class TestOrdinary:
    def test_it_needs_no_task(self, tmp_path: Path, tasks: list[Any]) -> None:
        """Small plain exchanges on open connections are answered from what the sockets tell."""
        with (
            Upstream(friendly) as server,
            calling(tmp_path, one_backend(server.url)) as (proxy, caller),
        ):
            before = len(tasks)
            assert [caller.chat(f"hello {n}" * n) for n in range(1, 6)] == [200] * 5
            assert len(tasks) == before
            assert gates(proxy) == [0]
            found = proxy.get("/metrics").body.decode()
        assert 'model_router_attempts_total{backend="a",outcome="ok"} 6' in found
        assert re.search(r"requests_total\{[^}]*status=\"200\"\} 6", found)
        assert re.search(r"request_duration_seconds_count\{[^}]*\} 6", found)
        assert 'time_to_first_byte_seconds_count{backend="a"} 6' in found
        assert "decision_duration_seconds_count" in found

    def test_it_is_the_same_answer(self, tmp_path: Path, tasks: list[Any]) -> None:
        """Status, headers and body are those of the general way, and so is what the server sees."""
        head = HEAD + b"accept: */*\r\nx-session-id: s\r\nx-request-id: r1\r\n"
        with (
            Upstream(friendly) as server,
            calling(tmp_path, one_backend(server.url)) as (_, caller),
        ):
            caller.send(chat("one"), head)
            direct = caller.answer()
            given = len(tasks)
            raw = json.dumps(chat("one")).encode()
            caller.socket.sendall(head + b"content-length: %d\r\n\r\n" % len(raw))
            assert until(lambda: len(tasks) > given)
            caller.socket.sendall(raw)
            general = caller.answer()
            for found in (direct, general):
                found[1].pop("date")
            assert direct == general
            assert server.seen[-1].raw_head == server.seen[-2].raw_head
            assert server.seen[-1].body == server.seen[-2].body

    def test_each_request_has_its_own_headers(self, tmp_path: Path) -> None:
        """What is remembered of a connection's heads goes to the server with those alone."""
        traces = [b"00-1", b"00-2", b"00-1", b"00-1", b"00-2", b""]
        with (
            Upstream(friendly) as server,
            calling(tmp_path, one_backend(server.url)) as (_, caller),
        ):
            for trace in traces:
                line = b"traceparent: %b\r\n" % trace if trace else b""
                caller.send(chat("one"), HEAD + line + b"accept: a/%d\r\n" % len(trace))
                assert caller.answer()[0] == 200
        seen = [row.headers for row in server.seen[1:]]
        assert [row.get("traceparent", "").encode() for row in seen] == traces
        assert [row["accept"] for row in seen] == [f"a/{len(trace)}" for trace in traces]
        assert len({row["x-request-id"] for row in seen}) == len(traces)

    def test_it_leaves_nothing_to_the_collector(self, tmp_path: Path) -> None:
        """What an exchange was made of goes with its answer, not when the collector runs."""
        with (
            Upstream(friendly) as server,
            calling(tmp_path, one_backend(server.url)) as (_, caller),
        ):
            gc.collect()
            gc.disable()
            try:
                assert [caller.chat() for _ in range(20)] == [200] * 20
                kinds = (Direct, Exchange, ServerRequest, Http1Answer)
                left = [row for row in gc.get_objects() if isinstance(row, kinds)]
            finally:
                gc.enable()
        assert len(left) <= 4  # the last one may be on its way out

    def test_an_answer_in_pieces_is_waited_for(self, tmp_path: Path, tasks: list[Any]) -> None:
        """A plain answer whose head comes before its body needs no task either."""

        async def halting(seen: Seen, out: Out) -> None:
            body = json.dumps(completion()).encode()
            await out.head(200, ("content-length", str(len(body))), ("x-a", "1"))
            for at in range(0, len(body), 100):
                await asyncio.sleep(0.01)
                await out.raw(body[at : at + 100])

        with (
            Upstream(halting) as server,
            calling(tmp_path, one_backend(server.url)) as (_, caller),
        ):
            before = len(tasks)
            caller.send(chat())
            status, headers, body = caller.answer()
            assert len(tasks) == before
        assert (status, headers["x-a"], json.loads(body)) == (200, "1", completion())

    def test_pipelined_requests_are_answered_in_turn(self, tmp_path: Path) -> None:
        """Each gets its own answer, in the order they came."""
        with (
            Upstream(friendly) as server,
            calling(tmp_path, one_backend(server.url)) as (_, caller),
        ):
            raw = json.dumps(chat()).encode()
            one = b"content-length: %d\r\n\r\n%b" % (len(raw), raw)
            ids = [b"x-request-id: r%d\r\n" % n for n in range(5)]
            caller.socket.sendall(b"".join(HEAD + row + one for row in ids))
            found = [caller.answer()[1] for _ in ids]
        assert [row["x-request-id"] for row in found] == [f"r{n}" for n in range(5)]

    def test_the_asked_model_comes_back(self, tmp_path: Path, tasks: list[Any]) -> None:
        """`response_model: requested` holds here, too."""
        text = "proxy: {response_model: requested}\n"
        with (
            Upstream(friendly) as server,
            calling(tmp_path, one_backend(server.url, text)) as (_, caller),
        ):
            before = len(tasks)
            caller.send(chat(model="auto"))
            assert json.loads(caller.answer()[2])["model"] == "auto"
            assert len(tasks) == before


class TestOtherwise:
    @pytest.mark.parametrize(
        ("reply", "status"),
        [
            ("down", 500), ("rude", 400), ("hollow", 502), ("wrong", 502), ("moved", 502),
        ],
    )  # fmt: skip
    def test_whatever_is_no_answer(self, tmp_path: Path, reply: str, status: int) -> None:
        """Errors, empty answers, errors with status 200: as the general way tells them."""

        async def odd(seen: Seen, out: Out) -> None:
            error = {"error": {"message": "no", "type": "t", "code": None, "param": None}}
            if reply == "hollow":
                await out.whole(b"")
            elif reply == "moved":
                await out.whole(b"x", 302)
            else:
                await out.json(error, {"down": 500, "rude": 400}.get(reply, 200))

        with (
            Upstream(second(odd)) as server,
            calling(tmp_path, one_backend(server.url)) as (proxy, caller),
        ):
            assert caller.chat() == status
            assert gates(proxy) == [0]
            assert len(server.seen) == 2

    @pytest.mark.parametrize("begun", [False, True])
    def test_another_one_answers(self, tmp_path: Path, begun: bool) -> None:
        """When the first candidate hangs up the next one is asked, and the client does not see."""

        async def cut(seen: Seen, out: Out) -> None:
            if begun:
                await out.head(200, ("content-length", "99"))
                await out.raw(b'{"a"')
                await asyncio.sleep(0.02)
            out.hang_up()

        with Upstream(second(cut)) as bad, Upstream(friendly) as good:
            text = several(fast_local=bad.url, balanced_local=good.url)
            with calling(tmp_path, text) as (proxy, caller):
                caller.chat("rewrite this text")
                bad.reply = cut
                caller.send(chat("rewrite this text"))
                status, headers, _ = caller.answer()
                assert (status, headers["x-modelrouter-fallback"]) == (200, "true")
                assert not any(gates(proxy))
                assert proxy.live.service.backends["fast_local"].breaker.row >= 1

    def test_a_dead_connection_is_replaced(self, tmp_path: Path) -> None:
        """A kept connection that the server closed is no failure of the server."""
        gone = threading.Event()

        async def once(seen: Seen, out: Out) -> None:
            if len(server.seen) == 2 and not gone.is_set():
                gone.set()
                out.hang_up()
            else:
                await friendly(seen, out)

        with (
            Upstream(once) as server,
            calling(tmp_path, one_backend(server.url)) as (proxy, caller),
        ):
            assert caller.chat() == 200
            assert proxy.live.service.backends["a"].breaker.row == 0
            assert gone.is_set()

    @pytest.mark.parametrize("part", [None, b"", b'{"choices":'])
    def test_the_limits_of_time_hold(self, tmp_path: Path, part: bytes | None) -> None:
        """A server that says nothing, or stops in mid-answer, is given up in time."""

        async def stuck(seen: Seen, out: Out) -> None:
            if part is not None:
                await out.head(200, ("content-length", "99"))
                await out.raw(part)
            await asyncio.sleep(20)

        limits = {"first_byte": 0.3, "idle": 0.3}
        with (
            Upstream(second(stuck)) as server,
            calling(tmp_path, one_backend(server.url, timeouts=limits)) as (proxy, caller),
        ):
            caller.send(chat())
            status, _, body = caller.answer()
            assert status == 504
            said = "first_byte_timeout" if part is None else "idle_timeout"
            assert json.loads(body)["error"]["code"] == said
            assert gates(proxy) == [0]

    def test_who_leaves_is_noticed_at_once(self, tmp_path: Path) -> None:
        """The server's connection is closed, the place is free, and the metrics say it."""

        async def slow(seen: Seen, out: Out) -> None:
            await asyncio.sleep(20)

        with (
            Upstream(second(slow)) as server,
            calling(tmp_path, one_backend(server.url)) as (proxy, caller),
        ):
            caller.send(chat())
            assert until(lambda: len(server.seen) == 2)
            assert gates(proxy) == [1]
            caller.socket.close()
            assert until(lambda: server.aborted == 1)
            assert gates(proxy) == [0]
            found = proxy.get("/metrics").body.decode()
            assert 'clients_left_total{phase="waiting"} 1' in found
            assert 'status="client_left"} 1' in found

    def test_a_stream_that_nobody_asked_for(self, tmp_path: Path) -> None:
        """An answer of events goes out as it comes."""

        async def streaming(seen: Seen, out: Out) -> None:
            await out.events(*deltas("a", "b"), pause=0.02)

        with (
            Upstream(second(streaming)) as server,
            calling(tmp_path, one_backend(server.url)) as (_, caller),
        ):
            caller.send(chat())
            found = b""
            while not found.endswith(b"0\r\n\r\n"):
                found += caller.socket.recv(65536)
            assert b"[DONE]" in found

    def test_a_large_answer(self, tmp_path: Path) -> None:
        """What is longer than may wait at the socket comes whole."""
        body = json.dumps({**completion(), "pad": "x" * 1_000_000}).encode()

        async def large(seen: Seen, out: Out) -> None:
            await out.whole(body)

        with (
            Upstream(large) as server,
            calling(tmp_path, one_backend(server.url)) as (proxy, caller),
        ):
            caller.send(chat())
            assert caller.answer()[2] == body
            assert gates(proxy) == [0]

    def test_a_full_backend(self, tmp_path: Path) -> None:
        """A request that finds no place waits for one, and gets it."""

        async def slow(seen: Seen, out: Out) -> None:
            await asyncio.sleep(0.1)
            await friendly(seen, out)

        with (
            Upstream(slow) as server,
            calling(tmp_path, one_backend(server.url, max_concurrent=1)) as (proxy, caller),
        ):
            other = Caller(proxy)
            with contextlib.closing(other.socket):
                for one in (caller, other):
                    one.send(chat())
                assert [one.answer()[0] for one in (caller, other)] == [200, 200]
            assert gates(proxy) == [0]

    def test_an_end_waits_for_the_answer(self, tmp_path: Path) -> None:
        """A drain lets it finish, and says that the connection ends."""
        go = threading.Event()

        async def slow(seen: Seen, out: Out) -> None:
            while not go.is_set():
                await asyncio.sleep(0.01)
            await friendly(seen, out)

        with (
            Upstream(second(slow)) as server,
            calling(tmp_path, one_backend(server.url)) as (proxy, caller),
        ):
            caller.send(chat())
            assert until(lambda: len(server.seen) == 2)
            proxy.server.should_exit = True
            assert until(lambda: proxy.live.draining)
            time.sleep(0.2)
            go.set()
            status, headers, _ = caller.answer()
            assert (status, headers["connection"]) == (200, "close")

    def test_an_end_does_not_wait_for_ever(self, tmp_path: Path) -> None:
        """What does not end in `drain_seconds` is given up."""

        async def stuck(seen: Seen, out: Out) -> None:
            await asyncio.sleep(60)

        text = "proxy: {drain_seconds: 1}\n"
        with (
            Upstream(second(stuck)) as server,
            calling(tmp_path, one_backend(server.url, text)) as (proxy, caller),
        ):
            caller.send(chat())
            assert until(lambda: len(server.seen) == 2)
            proxy.stop()
            assert caller.socket.recv(10) == b""
            assert gates(proxy) == [0]

    def test_a_fault_of_our_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is told to the client as a 500, and leaves no place taken."""

        def broken(*_: Any) -> None:
            raise ZeroDivisionError

        with (
            Upstream(friendly) as server,
            calling(tmp_path, one_backend(server.url)) as (proxy, caller),
        ):
            monkeypatch.setattr("model_router.proxy.direct.usage_in", broken)
            assert caller.chat() == 500
            assert any("ZeroDivisionError" in row for row in proxy.said)
            assert gates(proxy) == [0]

    def test_refusals_and_confirmations(self, tmp_path: Path) -> None:
        """They are what they are on a new connection, and the connection is kept."""
        with (
            Upstream(friendly) as server,
            calling(tmp_path, one_backend(server.url)) as (_, caller),
        ):
            before = len(server.seen)
            caller.send({"messages": 1})
            assert caller.answer()[0] == 400
            caller.send(chat("delete the production database"))
            status, headers, body = caller.answer()
            assert headers["x-modelrouter-engine"] == "human_confirm"
            assert json.loads(body)["confirmation"]["action_class"]
            assert status >= 400
            assert len(server.seen) == before
            assert caller.chat() == 200

    def test_a_reload_changes_who_may_come_in(self, tmp_path: Path) -> None:
        """A head that was let in is judged again by new files."""
        with (
            Upstream(friendly) as server,
            calling(tmp_path, one_backend(server.url)) as (proxy, caller),
        ):
            assert caller.chat() == 200
            (tmp_path / "key").write_text("secret-key-of-tests", encoding="utf-8")
            keys = "access: {keys: [{name: k, file: key}]}\n"
            proxy.path.write_text(one_backend(server.url, keys), encoding="utf-8")

            async def reload() -> Any:
                return proxy.live.reload()

            assert proxy.soon(reload())["ok"], proxy.said
            assert caller.chat() == 401
