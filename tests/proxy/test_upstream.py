"""Both clients behind the transport seam: the same behaviour, the same faults, a real server."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from model_router.proxy.config import Backend, Timeouts
from model_router.proxy.http1_answer import PAUSE_AT
from model_router.proxy.upstream import (
    Answer,
    Call,
    Rows,
    UpstreamError,
    open_upstream,
    outgoing_proxy,
)
from model_router.proxy.upstream import Upstream as Client
from tests.support.upstreams import Out, Reply, Seen, Upstream

LIMITS = Timeouts(connect=2.0, first_byte=5.0, idle=5.0, total=20.0)
POST = Call(b"POST", b"/v1/x", Rows([(b"content-type", b"application/json")]), b"{}")
CLIENTS = ("http1", "httpx")


@pytest.fixture(params=CLIENTS)
def transport(request: Any) -> str:
    """Each of the two clients."""
    return str(request.param)


Work = Callable[[Client], Awaitable[Any]]


def using(url: str, transport: str, work: Work, limits: Timeouts = LIMITS, **more: Any) -> Any:
    """Run `work` with a client for `url`."""

    async def run() -> Any:
        client = open_upstream(Backend("b", url, transport=transport, timeouts=limits, **more), {})
        try:
            return await work(client)
        finally:
            await client.close()
            await asyncio.sleep(0)

    return asyncio.run(run())


async def whole(answer: Answer) -> bytes:
    """The rest of an answer."""
    pieces = []
    while piece := await answer.read():
        pieces.append(piece)
    return b"".join(pieces)


async def asked(client: Client, call: Call = POST) -> tuple[int, bytes]:
    """Status and body of one exchange."""
    answer = await client.send(call)
    return answer.status, await whole(answer)


def failing(reply: Reply, transport: str, limits: Timeouts = LIMITS) -> UpstreamError:
    """The error that one exchange with a server ends in."""
    with Upstream(reply) as server, pytest.raises(UpstreamError) as caught:
        using(server.url, transport, asked, limits)
    return caught.value


async def ok(seen: Seen, out: Out) -> None:
    """A short answer."""
    await out.whole(b'{"a": 1}')


class TestExchange:
    def test_what_is_sent(self, transport: str) -> None:
        """Method, target, body, the call's headers, the backend's, its key, and no others."""
        with Upstream(ok) as server:
            more = {"api_key": "sk-1", "headers": {"X-Team": "a b"}}
            assert using(server.url, transport, asked, **more) == (200, b'{"a": 1}')
        seen = server.seen[0]
        assert (seen.method, seen.target, seen.body) == ("POST", "/v1/x", b"{}")
        assert seen.headers["authorization"] == "Bearer sk-1"
        assert seen.headers["x-team"] == "a b"
        assert seen.headers["host"] == f"127.0.0.1:{server.port}"
        assert seen.headers["accept-encoding"] == "identity"
        assert seen.headers["content-type"] == "application/json"
        assert seen.raw_head.lower().count(b"\r\naccept-encoding:") == 1
        assert seen.raw_head.lower().count(b"\r\nuser-agent: model-router/") == 1

    def test_headers_and_status_come_back(self, transport: str) -> None:
        """Names in lower case, values as they are, duplicates kept in order."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.whole(b"no", 418, "text/plain", [("X-A", "1"), ("x-a", "2 "), ("B", "")])

        async def work(client: Client) -> Any:
            answer = await client.send(POST)
            return answer.status, answer.headers, await whole(answer)

        with Upstream(reply) as server:
            status, headers, body = using(server.url, transport, work)
        assert (status, body) == (418, b"no")
        assert [value for name, value in headers if name == b"x-a"] == [b"1", b"2"]
        assert (b"b", b"") in headers

    def test_connections_are_kept(self, transport: str) -> None:
        """Exchanges one after the other share a connection; those at a time do not."""

        async def work(client: Client) -> None:
            for _ in range(5):
                await asked(client)
            assert server.connections == 1
            await asyncio.gather(*(asked(client) for _ in range(4)))

        with Upstream(ok) as server:
            using(server.url, transport, work)
        assert 2 <= server.connections <= 5
        assert len(server.seen) == 9

    @pytest.mark.parametrize(
        "raw",
        [
            b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-t: 1\r\n\r\n",
            b"HTTP/1.0 200 OK\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc",
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc",
            b"HTTP/1.1 103 Hi\r\nlink: x\r\n\r\nHTTP/1.1 200 \r\ncontent-length: 3\r\n\r\nabc",
        ],
        ids=["length", "chunked", "trailers", "http1.0", "close", "continue", "hints"],
    )  # fmt: skip
    @pytest.mark.parametrize("step", [1, 7, 10_000])
    def test_every_framing(self, transport: str, raw: bytes, step: int) -> None:
        """Bodies by length, in chunks, and up to the close; however the bytes are cut."""

        async def reply(seen: Seen, out: Out) -> None:
            for start in range(0, len(raw), step):
                await out.raw(raw[start : start + step])
                if step == 7:
                    await asyncio.sleep(0.001)
            if b"chunked" not in raw and b"length" not in raw:
                out.keep = False

        async def work(client: Client) -> None:
            for _ in range(2):
                answer = await client.send(POST)
                names = [name for name, _ in answer.headers]
                assert (answer.status, await whole(answer)) == (200, b"abc")
                assert b"link" not in names
                assert b"x-t" not in names

        with Upstream(reply) as server:
            using(server.url, transport, work)

    def test_no_body(self, transport: str) -> None:
        """204 has no body and the connection lives on."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.head(204)

        async def work(client: Client) -> None:
            for _ in range(2):
                assert await asked(client, Call(b"GET", b"/v1/models")) == (204, b"")

        with Upstream(reply) as server:
            using(server.url, transport, work)
        assert server.connections == 1
        assert "content-length" not in server.seen[0].headers

    def test_large_bodies_both_ways(self, transport: str) -> None:
        """5 MB up and 5 MB down arrive as they are."""
        big = bytes(range(256)) * 20_000

        async def reply(seen: Seen, out: Out) -> None:
            await out.whole(seen.body)

        async def work(client: Client) -> tuple[int, bytes]:
            return await asked(client, POST._replace(body=big))

        with Upstream(reply) as server:
            assert using(server.url, transport, work) == (200, big)

    def test_pieces_come_as_they_are_sent(self, transport: str) -> None:
        """A chunk can be read before the next one exists."""
        release = asyncio.Event()

        async def reply(seen: Seen, out: Out) -> None:
            await out.stream_head()
            await out.chunk(b"one")
            while not release.is_set():
                await asyncio.sleep(0.005)
            await out.chunk(b"two")
            await out.end()

        async def work(client: Client) -> None:
            answer = await client.send(POST)
            assert await answer.read() == b"one"
            assert not answer.ended
            release.set()
            assert await whole(answer) == b"two"
            assert answer.ended

        with Upstream(reply) as server:
            using(server.url, transport, work)

    def test_a_slow_reader_stops_the_server(self, transport: str) -> None:
        """What is not read stays on the other side: only a bounded part is held here."""
        sent = 0

        async def reply(seen: Seen, out: Out) -> None:
            nonlocal sent
            await out.stream_head()
            for _ in range(1000):
                await out.chunk(b"x" * 65536)
                sent += 65536
            await out.end()

        async def work(client: Client) -> None:
            answer = await client.send(POST)
            await answer.read()
            await asyncio.sleep(0.5)
            held = sent
            await asyncio.sleep(0.3)
            assert sent == held < 1000 * 65536
            assert len(await whole(answer)) > 900 * 65536

        with Upstream(reply) as server:
            using(server.url, transport, work)
        assert sent == 1000 * 65536
        assert PAUSE_AT < 1 << 20


class TestFaults:
    def test_nobody_listens(self, transport: str) -> None:
        """A refused connection is told as such, and nothing was sent."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with pytest.raises(UpstreamError) as caught:
            using(f"http://127.0.0.1:{port}", transport, asked)
        assert (caught.value.kind, caught.value.sent) == ("connect", False)

    def test_unknown_host(self, transport: str) -> None:
        """A name that nobody knows is a failed connection too."""
        with pytest.raises(UpstreamError) as caught:
            using("http://nothing.invalid", transport, asked)
        assert caught.value.kind in ("connect", "connect_timeout")
        assert not caught.value.sent

    def test_connecting_takes_too_long(self, transport: str) -> None:
        """A full backlog ends in the limit for connecting."""
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen(0)
            fillers = []
            for _ in range(4):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(deaf.getsockname())
                fillers.append(filler)
            url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
            with pytest.raises(UpstreamError) as caught:
                using(url, transport, asked, replace(LIMITS, connect=0.2, first_byte=0.4))
            for filler in fillers:
                filler.close()
        assert caught.value.timed_out

    def test_no_first_byte(self, transport: str) -> None:
        """A server that takes the request and says nothing runs into its limit."""

        async def reply(seen: Seen, out: Out) -> None:
            await asyncio.sleep(5)

        error = failing(reply, transport, replace(LIMITS, first_byte=0.15))
        assert (error.kind, error.began) == ("first_byte_timeout", False)

    def test_each_exchange_of_a_connection_has_its_own_limits(self, transport: str) -> None:
        """The time that an earlier one began at neither ends a later one nor spares it."""
        waits = iter([0.0, 0.3, 9.0])

        async def reply(seen: Seen, out: Out) -> None:
            await asyncio.sleep(next(waits))
            await ok(seen, out)

        async def work(client: Client) -> tuple[int, float]:
            await asked(client)
            await asyncio.sleep(0.3)
            status, _ = await asked(client)  # ends after the limit of the first
            began = time.monotonic()
            with pytest.raises(UpstreamError, match="did not begin"):
                await asked(client)
            return status, time.monotonic() - began

        with Upstream(reply) as server:
            status, took = using(server.url, transport, work, replace(LIMITS, first_byte=0.5))
            assert server.connections == 1
        assert status == 200
        assert 0.45 < took < 3

    def test_limits_end_with_the_answer(self, transport: str) -> None:
        """A connection that nobody uses is not taken for a server that is late."""

        async def work(client: Client) -> int:
            await asked(client)
            await asyncio.sleep(0.3)
            return (await asked(client))[0]

        limits = replace(LIMITS, first_byte=0.1, idle=0.1, total=0.2)
        with Upstream(ok) as server:
            assert using(server.url, transport, work, limits) == 200
            assert server.connections == 1

    def test_silence_in_the_middle(self, transport: str) -> None:
        """A pause longer than the limit ends the answer."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.stream_head()
            await out.chunk(b"a")
            await asyncio.sleep(5)

        error = failing(reply, transport, replace(LIMITS, idle=0.15))
        assert (error.kind, error.began) == ("idle_timeout", True)

    def test_too_long_altogether(self, transport: str) -> None:
        """An answer that never pauses and never ends runs into the total limit."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.stream_head()
            while True:
                await out.chunk(b"a")
                await asyncio.sleep(0.02)

        error = failing(reply, transport, replace(LIMITS, total=0.3))
        assert error.kind == "total_timeout"

    def test_reading_slowly_is_not_silence(self) -> None:
        """A reader that takes its time does not make the server late."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.whole(b"x" * 2_000_000)

        async def work(client: Client) -> int:
            answer = await client.send(POST)
            await asyncio.sleep(0.5)
            return len(await whole(answer))

        with Upstream(reply) as server:
            assert using(server.url, "http1", work, replace(LIMITS, idle=0.1)) == 2_000_000

    @pytest.mark.parametrize(
        ("sent", "began"),
        [
            (b"", False),
            (b"HTTP/1.1 200 OK\r\ncontent-le", True),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", True),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab", True),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n", True),
        ],
        ids=["nothing", "head", "length", "in chunk", "between chunks"],
    )
    def test_hanging_up(self, transport: str, sent: bytes, began: bool) -> None:
        """A connection that closes early is a cut, never a short body taken for a whole one."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.raw(sent)
            await asyncio.sleep(0.02)
            out.writer.close()
            out.keep = False

        error = failing(reply, transport)
        assert error.kind == "cut"
        assert error.began is began or transport == "httpx"

    @pytest.mark.parametrize(
        "sent",
        [
            b"hello\r\n\r\n",
            b"HTTP/1.1 abc\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            b"\x15\x03\x01\x00\x02\x02P",
        ],
    )
    def test_rubbish(self, transport: str, sent: bytes) -> None:
        """Bytes that are no HTTP end in an error, not in a hang."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.raw(sent)
            await asyncio.sleep(0.02)
            out.hang_up()

        assert failing(reply, transport).kind in ("protocol", "cut")

    def test_headers_without_end(self, transport: str) -> None:
        """A head that never ends is refused before memory fills."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.raw(b"HTTP/1.1 200 OK\r\n")
            for _ in range(5000):
                await out.raw(b"x-a: " + b"a" * 1000 + b"\r\n")

        assert failing(reply, transport).kind in ("protocol", "cut")

    def test_unasked_bytes_close_an_idle_connection(self) -> None:
        """A server that speaks out of turn does not answer the next request with it."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.whole(b"first" if len(server.seen) == 1 else b"second")
            if len(server.seen) == 1:
                await asyncio.sleep(0.02)
                await out.whole(b"forged")

        async def work(client: Client) -> bytes:
            await asked(client)
            await asyncio.sleep(0.1)
            return (await asked(client))[1]

        with Upstream(reply) as server:
            assert using(server.url, "http1", work) == b"second"


class TestKeptConnections:
    def test_a_dead_one_is_retried_once(self, transport: str) -> None:
        """When a kept connection dies before the first byte, a new one carries the request."""

        async def reply(seen: Seen, out: Out) -> None:
            if len(server.seen) == 2:
                out.hang_up()
            else:
                await out.whole(b"fine")

        async def work(client: Client) -> bytes:
            await asked(client)
            return (await asked(client))[1]

        with Upstream(reply) as server:
            assert using(server.url, transport, work) == b"fine"
        assert len(server.seen) == 3
        assert server.connections == 2

    def test_a_new_one_is_not_retried(self, transport: str) -> None:
        """A request that a new connection lost may have been carried out: it is not sent again."""

        async def reply(seen: Seen, out: Out) -> None:
            out.hang_up()

        with Upstream(reply) as server, pytest.raises(UpstreamError):
            using(server.url, transport, asked)
        assert len(server.seen) == 1

    def test_nothing_is_sent_twice_once_an_answer_began(self, transport: str) -> None:
        """A kept connection that is cut in mid-answer is an error, not a reason to ask again."""

        async def reply(seen: Seen, out: Out) -> None:
            if len(server.seen) == 2:
                await out.raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab")
                await asyncio.sleep(0.02)
                out.hang_up()
            else:
                await out.whole(b"fine")

        async def work(client: Client) -> None:
            await asked(client)
            await asked(client)

        with Upstream(reply) as server, pytest.raises(UpstreamError):
            using(server.url, transport, work)
        assert len(server.seen) == 2

    def test_the_servers_keep_alive_is_respected(self) -> None:
        """A connection that the server will close within a second is not used again."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.whole(b"a", headers=[("keep-alive", "timeout=1, max=100")])

        async def work(client: Client) -> None:
            await asked(client)
            await asked(client)

        with Upstream(reply) as server:
            using(server.url, "http1", work)
        assert server.connections == 2

    def test_idle_ones_are_closed_by_the_client(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing is held open for ever."""
        monkeypatch.setattr("model_router.proxy.http1_pool.IDLE_SECONDS", 0.05)
        monkeypatch.setattr("model_router.proxy.http1_pool.SWEEP_SECONDS", 0.05)

        async def work(client: Client) -> None:
            await asyncio.gather(asked(client), asked(client))
            await asyncio.sleep(0.5)
            assert server.open == 0
            assert (await asked(client))[0] == 200

        with Upstream(ok) as server:
            using(server.url, "http1", work)

    def test_no_timer_outlives_its_connection(self) -> None:
        """What is closed, given up or lost holds nothing in the loop."""
        replies = iter(["whole", "cut", "whole"])

        async def reply(seen: Seen, out: Out) -> None:
            if next(replies) == "cut":
                await out.raw(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")
                out.hang_up()
            else:
                await ok(seen, out)

        async def work(client: Client) -> None:
            await asked(client)
            with pytest.raises(UpstreamError):
                await asked(client)
            await (await client.send(POST)).close()
            await client.close()
            await asyncio.sleep(0.05)
            waiting = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
            assert not [handle for handle in waiting if not handle.cancelled()]

        with Upstream(reply) as server:
            using(server.url, "http1", work)


class TestGivingUp:
    def test_closing_an_answer_closes_the_connection(self, transport: str) -> None:
        """The server of an answer that nobody wants any more notices at once."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.stream_head()
            await out.chunk(b"a")
            await asyncio.sleep(5)

        async def work(client: Client) -> None:
            answer = await client.send(POST)
            await answer.read()
            await answer.close()
            await asyncio.sleep(0.1)
            assert server.aborted == 1
            assert await answer.read() == b"" if transport == "httpx" else True

        with Upstream(reply) as server:
            using(server.url, transport, work)

    def test_cancelling_closes_the_connection(self, transport: str) -> None:
        """A task that is cancelled while it waits for the head takes the request back."""

        async def reply(seen: Seen, out: Out) -> None:
            await asyncio.sleep(5)

        async def work(client: Client) -> None:
            task = asyncio.create_task(asked(client))
            while not server.seen:
                await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0.1)
            assert server.aborted == 1

        with Upstream(reply) as server:
            using(server.url, transport, work)

    def test_closing_the_client_lets_answers_end(self) -> None:
        """A client that is closed ends no exchange that is under way."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.stream_head()
            await out.chunk(b"a")
            await asyncio.sleep(0.1)
            await out.chunk(b"b")
            await out.end()

        async def work(client: Client) -> bytes:
            answer = await client.send(POST)
            await client.close()
            return await whole(answer)

        with Upstream(reply) as server:
            assert using(server.url, "http1", work) == b"ab"


class TestTls:
    def test_a_trusted_certificate(self, transport: str, tls_files: tuple[str, str]) -> None:
        """With the file of its authority a TLS server is talked to."""
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls_files)
        with Upstream(ok, tls=context) as server:
            found = using(server.url, transport, asked, ca_file=tls_files[0])
            assert found == (200, b'{"a": 1}')

    def test_an_unknown_certificate(self, transport: str, tls_files: tuple[str, str]) -> None:
        """Without it nothing is sent."""
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls_files)
        with Upstream(ok, tls=context) as server, pytest.raises(UpstreamError) as caught:
            using(server.url, transport, asked)
        assert caught.value.kind == "connect"
        assert server.seen == []


class TestProxies:
    HOSTED = Backend("b", "https://api.example.com/v1", local=False)
    NEAR = Backend("b", "http://127.0.0.1:9/v1")
    ENVIRON = {"HTTPS_PROXY": "http://p:1", "http_proxy": "http://p:2", "NO_PROXY": "x.com"}  # noqa: RUF012

    def test_the_environment_counts_for_hosted_backends(self) -> None:
        """HTTPS_PROXY is used on the way out, by httpx."""
        assert outgoing_proxy(self.HOSTED, self.ENVIRON) == "http://p:1"
        assert type(open_upstream(self.HOSTED, self.ENVIRON)).__name__ == "HttpxUpstream"

    def test_it_never_counts_for_local_ones(self) -> None:
        """A loopback backend is reached directly whatever the environment says."""
        for url in ("http://127.0.0.1:9", "http://localhost:9", "http://10.0.0.4:9"):
            assert outgoing_proxy(replace(self.NEAR, base_url=url), self.ENVIRON) is None
        assert type(open_upstream(self.NEAR, self.ENVIRON)).__name__ == "Http1Upstream"

    def test_no_proxy_spares(self) -> None:
        """NO_PROXY names hosts and domains that are reached directly."""
        for listed in ("*", "example.com", ".example.com", "a, api.example.com"):
            environ = self.ENVIRON | {"NO_PROXY": listed}
            assert outgoing_proxy(self.HOSTED, environ) is None
        assert outgoing_proxy(self.HOSTED, self.ENVIRON | {"NO_PROXY": "ample.com"}) == "http://p:1"

    def test_a_backends_own_proxy_is_used(self) -> None:
        """proxy_url sends the request through that proxy, seen by a real one."""
        with Upstream(ok) as proxy:
            found = using(
                "http://127.0.0.1:1/v1", "auto", asked, proxy_url=proxy.url.removesuffix("/v1")
            )
        assert found[0] == 200
        assert proxy.seen[0].target == "http://127.0.0.1:1/v1/x"


def test_http2_names_what_it_needs() -> None:
    """HTTP/2 goes by httpx; without its library the error says how to add it."""
    import importlib.util

    from model_router.errors import MissingExtraError

    wants = Backend("b", "https://api.example.com/v1", http2=True)
    if importlib.util.find_spec("h2") is not None:
        assert type(open_upstream(wants, {})).__name__ == "HttpxUpstream"
        return
    with pytest.raises(MissingExtraError) as caught:
        open_upstream(wants, {})
    assert caught.value.hint == 'pip install "httpx[http2]"'


@pytest.mark.parametrize("method", [b"GET", b"POST"])
@pytest.mark.parametrize("request_id", [b"", b"r1"])
@pytest.mark.parametrize("rows", [(), ((b"accept", b"a/b"),), ((b"x-long", b"y" * 5000),)])
def test_what_a_server_hears(
    transport: str, method: bytes, request_id: bytes, rows: tuple[Any, ...]
) -> None:
    """The call's headers, its id where it has one, and the length of a body; twice the same."""
    seen: list[Seen] = []

    async def reply(got: Seen, out: Out) -> None:
        seen.append(got)
        await out.json({})

    call = Call(method, b"/v1/x", Rows(rows), b"{}" if method == b"POST" else b"", request_id)

    async def work(client: Client) -> None:
        for _ in range(2):
            assert await asked(client, call) == (200, b"{}")

    with Upstream(reply) as server:
        using(server.url, transport, work)
    for got in seen:
        assert got.headers.get("x-request-id", "") == request_id.decode()
        assert all(got.headers[name.decode()] == value.decode() for name, value in rows)
        assert got.body == call.body
    assert len(seen) == 2
