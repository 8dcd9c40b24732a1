"""The connection of a client, by a real socket: what comes in, what goes out, and who leaves."""

from __future__ import annotations

import asyncio
import gc
import re
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_router.proxy.http1_request import ANSWER, FULL, LEAVE, ServerRequest
from model_router.proxy.http1_server import MOST_HEAD, ServerConnection
from model_router.proxy.wire_headers import header_lines

App = Callable[[Any, Any, Any], Awaitable[None]]
HEAD = b"POST /x HTTP/1.1\r\nhost: a\r\n"


class Served:
    """An application behind our connection, on a loopback port of its own."""

    def __init__(self, app: App, **more: Any) -> None:
        config = uvicorn.Config(
            app, port=0, http=ServerConnection, lifespan="off", log_level="critical", **more
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.005)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    @contextmanager
    def client(self) -> Iterator[socket.socket]:
        """A connection to it."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as found:
            yield found

    def told(self, data: bytes) -> bytes:
        """All that comes back for `data`, until the server closes."""
        with self.client() as client:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            return rest(client)

    def close(self) -> None:
        """End it."""
        self.server.should_exit = True
        self.thread.join(10)


def rest(client: socket.socket) -> bytes:
    """What still comes on a connection until its end."""
    found = b""
    while piece := client.recv(65536):
        found += piece
    return found


def until(client: socket.socket, mark: bytes) -> bytes:
    """What comes up to `mark`."""
    found = b""
    while mark not in found:
        piece = client.recv(65536)
        assert piece, found
        found += piece
    return found


def send_without_end(client: socket.socket) -> None:
    """Send for ten seconds, or until the other side has had enough."""
    for _ in range(10_000):
        client.sendall(b"x" * 1000)
        time.sleep(0.001)


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Starts servers, and ends them."""
    running: list[Served] = []

    def start(app: App, **more: Any) -> Served:
        running.append(Served(app, **more))
        return running[-1]

    yield start
    for one in running:
        one.close()


async def whole(receive: Any) -> bytes:
    """The body of a request."""
    body = b""
    while True:
        message = await receive()
        assert message["type"] == "http.request"
        body += message["body"]
        if not message["more_body"]:
            return body


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the method, the path and the body."""
    body = await whole(receive)
    text = b"%b %b %b" % (scope["method"].encode(), scope["path"].encode(), body)
    headers = [(b"content-length", b"%d" % len(text))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def streaming(*pieces: bytes, status: int = 200, headers: Any = ()) -> App:
    """Answers with pieces whose length is not told."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await whole(receive)
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


class TestRequests:
    @pytest.mark.parametrize("size", [0, 3, FULL, 5 * FULL])
    def test_a_body_comes_in_whole(self, serve: Any, size: int) -> None:
        """Of any size, by its length and in chunks."""
        body = b"x" * size
        served = serve(echo)
        plain = HEAD + b"content-length: %d\r\n\r\n%b" % (size, body)
        chunked = HEAD + b"transfer-encoding: chunked\r\n\r\n"
        chunked += b"%x\r\n%b\r\n0\r\n\r\n" % (size, body) if size else b"0\r\n\r\n"
        for raw in (plain, chunked):
            assert served.told(raw).endswith(b"POST /x " + body)

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cuts=st.lists(st.integers(1, 90), max_size=6))
    def test_it_does_not_matter_how_it_is_cut(self, serve: Any, cuts: list[int]) -> None:
        """Every byte may come alone."""
        served = getattr(type(self), "served", None) or serve(echo)
        raw = HEAD + b"content-length: 5\r\n\r\nhello" + HEAD + b"content-length: 2\r\n\r\nho"
        with served.client() as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            at = 0
            for cut in sorted(cuts):
                client.sendall(raw[at:cut])
                at = max(at, cut)
            client.sendall(raw[at:])
            assert b"POST /x hello" in until(client, b"POST /x ho")

    def test_a_request_leaves_nothing_to_the_collector(self, serve: Any) -> None:
        """What a request was made of goes with its answer, not when the collector runs."""
        served = serve(echo)
        with served.client() as client:
            gc.collect()
            gc.disable()
            try:
                for _ in range(20):
                    client.sendall(b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi")
                    until(client, b"POST /x hi")
                left = [row for row in gc.get_objects() if isinstance(row, ServerRequest)]
            finally:
                gc.enable()
        assert len(left) <= 2  # the last one may be on its way out

    def test_one_task_answers_a_connections_requests(self, serve: Any) -> None:
        """Requests that follow one another are answered by one task, each whole."""
        tasks = set()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            tasks.add(id(asyncio.current_task()))
            await echo(scope, receive, send)

        with serve(app).client() as client:
            for word in (b"a1", b"b2", b"c3"):
                client.sendall(b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n" + word)
                until(client, b"POST /x " + word)
        assert len(tasks) == 1

    def test_who_tidies_up_keeps_nobody_waiting(self, serve: Any) -> None:
        """A request is answered while the application is still busy after the answer before it."""

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await echo(scope, receive, send)
            if scope["path"] == "/slow":
                await asyncio.sleep(1)

        with serve(app).client() as client:
            for path in (b"/slow", b"/quick"):
                client.sendall(b"POST %b HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi" % path)
                until(client, b"POST %b hi" % path)

    def test_a_failed_request_does_not_keep_the_next_one_from_its_answer(self, serve: Any) -> None:
        """An application that is cancelled takes its connection along, and no other."""

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["path"] == "/bad":
                raise asyncio.CancelledError
            await echo(scope, receive, send)

        served = serve(app)
        with served.client() as client:
            client.sendall(b"GET /bad HTTP/1.1\r\nhost: a\r\n\r\n")
            assert rest(client) == b""
        with served.client() as client:
            client.sendall(b"GET /good HTTP/1.1\r\nhost: a\r\n\r\n")
            until(client, b"GET /good ")

    def test_requests_that_come_at_once_are_answered_in_turn(self, serve: Any) -> None:
        """Pipelined requests have their answers in order."""
        raw = b"".join(HEAD + b"content-length: 1\r\n\r\n%d" % n for n in range(5))
        with serve(echo).client() as client:
            client.sendall(raw)
            found = until(client, b"POST /x 4")
        places = [found.index(b"POST /x %d" % n) for n in range(5)]
        assert places == sorted(places)

    def test_the_path_is_decoded_and_the_query_is_not(self, serve: Any) -> None:
        """As ASGI wants it."""
        seen = {}

        async def app(scope: Any, receive: Any, send: Any) -> None:
            seen.update(scope)
            await echo(scope, receive, send)

        serve(app).told(b"GET /a%20b?c=%20 HTTP/1.1\r\nHost: a\r\nX-Y: 1\r\n\r\n")
        assert (seen["path"], seen["raw_path"], seen["query_string"]) == (
            "/a b",
            b"/a%20b",
            b"c=%20",
        )
        assert (b"x-y", b"1") in seen["headers"]

    def test_trailers_are_no_headers(self, serve: Any) -> None:
        """What follows a body changes nothing of the request that is under way."""
        seen = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await echo(scope, receive, send)
            seen.extend(scope["headers"])

        raw = HEAD + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx-late: 1\r\n\r\n"
        assert serve(app).told(raw).endswith(b"POST /x a")
        assert not [name for name, _ in seen if name == b"x-late"]

    def test_a_client_that_asks_is_told_to_go_on(self, serve: Any) -> None:
        """Expect: 100-continue is answered when the body is wanted."""
        with serve(echo).client() as client:
            client.sendall(HEAD + b"expect: 100-continue\r\ncontent-length: 2\r\n\r\n")
            assert until(client, b"\r\n\r\n").startswith(b"HTTP/1.1 100")
            client.sendall(b"ok")
            assert until(client, b"POST /x ok")

    @pytest.mark.parametrize("raw", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
                                     b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n"])  # fmt: skip
    def test_what_is_not_http_gets_a_400(self, serve: Any, raw: bytes) -> None:
        """With an error in the form that clients know, and the connection closes."""
        found = serve(echo).told(raw)
        assert found.startswith(b"HTTP/1.1 400")
        assert b'"error"' in found

    def test_headers_without_end_get_a_431(self, serve: Any) -> None:
        """Memory does not grow with what a client sends before a request."""
        with serve(echo).client() as client:
            client.sendall(b"GET / HTTP/1.1\r\nx: " + b"y" * (MOST_HEAD + 1))
            assert client.recv(1000).startswith(b"HTTP/1.1 431")

    def test_a_wish_for_another_protocol_is_passed_over(self, serve: Any) -> None:
        """The request is answered as if it had not been there, and the connection ends."""
        served = serve(echo)
        upgrade = HEAD + b"connection: upgrade\r\nupgrade: h2c\r\n"
        for pieces in ((b"hi",), (b"", b"h", b"i"), (b"hi more",)):
            with served.client() as client:
                client.sendall(upgrade + b"content-length: 2\r\n\r\n" + pieces[0])
                for piece in pieces[1:]:
                    time.sleep(0.02)
                    client.sendall(piece)
                found = rest(client)
            assert found.startswith(b"HTTP/1.1 200")
            assert found.endswith(b"POST /x hi")
        with served.client() as client:
            client.sendall(upgrade.replace(b"POST", b"GET") + b"\r\n")
            assert rest(client).endswith(b"GET /x ")

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.binary(max_size=200))
    def test_no_bytes_break_it(self, serve: Any, data: bytes) -> None:
        """Whatever comes, the next client is served."""
        served = serve(echo)
        served.told(data)
        served.told(b"GET / HTTP/1.1\r\n" + data)
        assert served.told(b"GET /y HTTP/1.1\r\nhost: a\r\n\r\n").endswith(b"GET /y ")
        served.close()


class TestAnswers:
    def test_an_unknown_length_is_sent_in_chunks(self, serve: Any) -> None:
        """Each piece is a chunk."""
        found = serve(streaming(b"ab", b"c")).told(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert b"transfer-encoding: chunked" in found
        assert found.endswith(b"\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")

    def test_an_old_client_reads_to_the_end(self, serve: Any) -> None:
        """HTTP/1.0 knows no chunks: the body ends with the connection."""
        found = serve(streaming(b"ab", b"c")).told(b"GET / HTTP/1.0\r\n\r\n")
        assert b"chunked" not in found
        assert b"connection: close" in found
        assert found.endswith(b"\r\n\r\nabc")

    @pytest.mark.parametrize(("method", "status"), [(b"HEAD", 200), (b"GET", 204), (b"GET", 304)])
    def test_some_answers_have_no_body(self, serve: Any, method: bytes, status: int) -> None:
        """Whatever the application sends."""
        served = serve(streaming(b"ab", status=status))
        found = served.told(method + b" / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert found.startswith(b"HTTP/1.1 %d" % status)
        assert found.endswith(b"\r\n\r\n")

    @pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\nb", b"a\rb", b"a\0b"])
    def test_no_header_makes_another(self, serve: Any, value: bytes) -> None:
        """A value with a line's end never goes out."""
        served = serve(streaming(b"", headers=[(b"x-a", value)]))
        assert served.told(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n") == b""

    @pytest.mark.parametrize("length", [b"1", b"3"])
    def test_a_wrong_length_closes_the_connection(self, serve: Any, length: bytes) -> None:
        """Nothing that follows could be taken for a part of it."""
        served = serve(streaming(b"ab", headers=[(b"content-length", length)]))
        raw = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
        assert served.told(raw + raw).count(b"HTTP/1.1") <= 1

    def test_a_failure_closes_the_connection(self, serve: Any) -> None:
        """A half answer does not look whole."""

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"ab", "more_body": True})
            raise RuntimeError

        found = serve(app).told(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert found.endswith(b"2\r\nab\r\n")

    @pytest.mark.parametrize("size", [1000, 3_000_000])
    def test_who_is_refused_early_has_the_answer(self, serve: Any, size: int) -> None:
        """A client that sends its whole body first finds the refusal, and not a reset."""

        async def app(scope: Any, receive: Any, send: Any) -> None:
            rows = [(b"connection", b"close"), (b"content-length", b"2")]
            await send({"type": "http.response.start", "status": 413, "headers": rows})
            await send({"type": "http.response.body", "body": b"no"})

        with serve(app).client() as client:
            client.sendall(HEAD + b"content-length: %d\r\n\r\n" % (2 * size))
            for _ in range(2):
                time.sleep(0.05)
                client.sendall(b"x" * size)
            found = rest(client)
        assert found.startswith(b"HTTP/1.1 413")
        assert found.endswith(b"\r\n\r\nno")

    def test_nobody_lingers_for_ever(self, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """One who never stops sending is cut off."""
        monkeypatch.setattr("model_router.proxy.http1_server.LINGER_SECONDS", 0.1)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(
                {
                    "type": "http.response.start",
                    "status": 413,
                    "headers": [(b"connection", b"close")],
                }
            )
            await send({"type": "http.response.body", "body": b"no"})

        with serve(app).client() as client:
            client.sendall(HEAD + b"content-length: 1000000000\r\n\r\n")
            with pytest.raises(ConnectionError):
                send_without_end(client)

    def test_a_slow_reader_holds_the_answer_up(self, serve: Any) -> None:
        """Memory does not grow with what a client does not read."""
        sent = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(400):
                await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
                sent.append(1)
            await send({"type": "http.response.body", "body": b""})

        with serve(app).client() as client:
            client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            time.sleep(0.5)
            assert len(sent) < 300
            assert until(client, b"0\r\n\r\n").count(b"x") == 400 * 65536


class TestLife:
    def test_a_connection_is_kept_and_closed_when_idle(self, serve: Any) -> None:
        """After the pause that uvicorn is told."""
        with serve(echo, timeout_keep_alive=1).client() as client:
            for _ in range(2):
                client.sendall(b"GET /y HTTP/1.1\r\nhost: a\r\n\r\n")
                until(client, b"GET /y ")
                time.sleep(0.6)
            began = time.monotonic()
            assert client.recv(1) == b""
            assert time.monotonic() - began < 5

    def test_who_leaves_is_told_of_at_once(self, serve: Any) -> None:
        """The application hears of it without asking, with its task, and `receive` says it too."""
        heard: list[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await whole(receive)
            own = asyncio.current_task()
            scope["extensions"][LEAVE](lambda task: heard.append("left" if task is own else "odd"))
            heard.append((await receive())["type"])

        served = serve(app)
        with served.client() as client:
            client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            time.sleep(0.1)
            assert not heard
        _wait(lambda: len(heard) == 2)
        assert sorted(heard) == ["http.disconnect", "left"]

    def test_who_leaves_after_the_answer_disturbs_nobody(self, serve: Any) -> None:
        """Only an answer that is under way is given up."""
        heard: list[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope["extensions"][LEAVE](lambda task: heard.append("left"))
            await echo(scope, receive, send)

        assert serve(app).told(b"GET /y HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        time.sleep(0.1)
        assert not heard

    def test_an_answer_in_one_call_is_the_same_as_in_two(self, serve: Any) -> None:
        """`answer` puts the same bytes on the wire as ASGI's two messages, but for the date."""
        rows = [(b"content-type", b"text/plain"), (b"content-length", b"2")]
        more = ((b"x-a", b"1"), (b"x-b", b""))

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["path"] == "/once":
                assert scope["extensions"][ANSWER](200, rows, header_lines(more), b"ok")
                return
            start = {"type": "http.response.start", "status": 200, "headers": [*rows, *more]}
            await send(start)
            await send({"type": "http.response.body", "body": b"ok"})

        served = serve(app)
        asked = b"GET /%b HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
        once, twice = (served.told(asked % path) for path in (b"once", b"twice"))
        assert re.sub(rb"date: [^\r]+", b"", once) == re.sub(rb"date: [^\r]+", b"", twice)
        assert once.endswith(b"x-a: 1\r\nx-b: \r\nconnection: close\r\n\r\nok")

    @pytest.mark.parametrize("bad", [b"a\nb", b"a\rb", b"a\0b"])
    def test_an_answer_in_one_call_splits_no_header(self, serve: Any, bad: bytes) -> None:
        """A line's end in a header's value ends the connection without an answer."""

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope["extensions"][ANSWER](200, [(b"x-a", bad)], b"", b"")

        assert serve(app).told(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n") == b""

    def test_an_answer_in_one_call_waits_for_nobody(self, serve: Any) -> None:
        """Behind bytes that the client does not read it says so, and writes nothing."""
        said: list[bool] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            connection = scope["extensions"][ANSWER].__self__._connection
            connection.pause_writing()
            rows = [(b"content-length", b"2")]
            said.append(scope["extensions"][ANSWER](200, rows, b"", b"no"))
            connection.resume_writing()
            said.append(scope["extensions"][ANSWER](200, rows, b"", b"ok"))

        got = serve(app).told(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        assert said == [False, True]
        assert got.endswith(b"ok")
        assert b"no" not in got

    def test_the_end_waits_for_what_is_under_way(self, serve: Any) -> None:
        """A drain closes idle connections and lets the others finish."""
        go = threading.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            while not go.is_set():
                await asyncio.sleep(0.01)
            await echo(scope, receive, send)

        served = serve(app)
        with served.client() as idle, served.client() as busy:
            busy.sendall(b"GET /y HTTP/1.1\r\nhost: a\r\n\r\n")
            time.sleep(0.1)
            served.server.should_exit = True
            assert idle.recv(1) == b""
            go.set()
            found = rest(busy)
        assert found.endswith(b"GET /y ")
        assert b"connection: close" in found


def _wait(true: Callable[[], bool]) -> None:
    until_then = time.monotonic() + 5
    while not true() and time.monotonic() < until_then:
        time.sleep(0.01)
    assert true()
