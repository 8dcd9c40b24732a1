"""Heads that come again: whatever the bytes and their pieces, the messages are the parser's."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_router.proxy.config import Timeouts
from model_router.proxy.http1 import Http1Connection
from model_router.proxy.http1_heads import LONGEST, PURE, Seen, again, again_in_python, learn
from model_router.proxy.http1_server import ServerConnection

Way = Callable[[Seen, bytes], tuple[bytes, bytes] | None]
WAYS = [again_in_python] if PURE else [again_in_python, again]

START = b"POST /x HTTP/1.1\r\nhost: a\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"


def known(head: bytes = START, name: bytes = b"content-length", tail: bytes = b"") -> Seen:
    """A head that was learned from a message with five bytes."""
    data = head + name + b": 5\r\n" + tail + b"\r\nhello"
    found = learn(data, [(b"host", b"a"), (b"content-length", b"5")], b"hello", "said")
    assert found is not None
    return found


@pytest.mark.parametrize("way", WAYS)
class TestSeen:
    @pytest.mark.parametrize("tail", [b"", b"x: y\r\n"])
    @pytest.mark.parametrize("name", [b"content-length", b"Content-Length"])
    def test_another_length(self, way: Way, name: bytes, tail: bytes) -> None:
        """The same head with another length is known, with its digits and its body."""
        seen = known(name=name, tail=tail)
        for body in (b"", b"hi", b"\r\n\r\n", b"x" * 100_000):
            data = START + name + b": %d\r\n" % len(body) + tail + b"\r\n" + body
            assert way(seen, data) == (b"%d" % len(body), body)

    @pytest.mark.parametrize(
        "data",
        [
            START + b"content-length: 5\r\n\r\nhell",
            START + b"content-length: 5\r\n\r\nhello!",
            START + b"content-length: 5\r\n\r\nhelloPOST",
            START + b"content-length: 05\r\n\r\nhello",
            START + b"content-length: +5\r\n\r\nhello",
            START + b"content-length: 5 \r\n\r\nhello",
            START + b"content-length:  5\r\n\r\nhello",
            START + b"content-length: \r\n\r\n",
            START + b"content-length: 0",
            START + b"content-length: 0\r\n",
            START + b"content-length: 5\r\n x\r\n\r\nhello",
            START + b"content-length: 5\r\ncontent-length: 5\r\n\r\nhello",
            START + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\nhello",
            START + b"Content-length: 5\r\n\r\nhello",
            START + b"content-length: 5\n\r\nhello",
            START + b"content-length: 5\r\n\r\n\r\nhello",
            START.replace(b"/x", b"/y") + b"content-length: 5\r\n\r\nhello",
            b"\r\n" + START + b"content-length: 5\r\n\r\nhello",
            START + b"x-a: 1\r\ncontent-length: 5\r\n\r\nhello",
            START + b"content-length: " + b"9" * 5000 + b"\r\n\r\nhello",
        ],
    )
    def test_anything_else_is_the_parsers(self, way: Way, data: bytes) -> None:
        """Another byte, another form of the length, a byte too many or too few."""
        assert way(known(), data) is None

    @given(data=st.data())
    def test_whatever_comes(self, way: Way, data: st.DataObject) -> None:
        """Pieces of messages in any order: it says what comparing with the whole message says."""
        pieces = st.sampled_from([
            START, b"content-length: ", b"0", b"5", b"12", b"\r\n", b"\r\n\r\n", b"x: y\r\n", b"hi",
        ])  # fmt: skip
        rest = b"".join(data.draw(st.lists(pieces, max_size=6)))
        sent = START + b"content-length: " + rest
        found = way(known(), sent)
        bodies = [sent[at:] for at in range(len(sent) + 1)]
        whole = [
            (b"%d" % len(body), body)
            for body in bodies
            if sent == START + b"content-length: %d\r\n\r\n" % len(body) + body
        ]
        assert ([] if found is None else [found]) == whole


@pytest.mark.skipif(PURE, reason="installed without a compiler")
@pytest.mark.parametrize(
    "arguments",
    [(), (known(),), (known(), "text"), (tuple(known())[:2], b""), (["a"], b""),
     ((b"", "", None), b""), (("", b"", None), b"")],
)  # fmt: skip
def test_c_looks_at_its_arguments(arguments: tuple[Any, ...]) -> None:
    """Of another kind or number they are refused."""
    with pytest.raises(TypeError):
        again(*arguments)


class TestLearning:
    @pytest.mark.parametrize(
        ("data", "headers"),
        [
            (b"content-length: 5\r\n", [(b"content-length", b"5"), (b"content-length", b"5")]),
            (b"content-length: 5\r\n", [(b"content-length", b"5"), (b"transfer-encoding", b"x")]),
            (b"content-length: 5\r\n", [(b"content-length", b"5"), (b"upgrade", b"h2c")]),
            (b"content-length: 5\r\n", [(b"content-length", b"5"), (b"expect", b"100-continue")]),
            (b"content-length: 5\r\n", []),
            (b"content-length: 05\r\n", [(b"content-length", b"05")]),
            (b"content-length:5\r\n", [(b"content-length", b"5")]),
            (b"content-length: 5\r\nx: y\n\nGET /\r\n", [(b"content-length", b"5")]),
            (b"content-length: 5\r\nx: y\r\r\n", [(b"content-length", b"5")]),
            (b"x-content-length: 5\r\n", [(b"content-length", b"5")]),
            (b"x: %b\r\ncontent-length: 5\r\n" % (b"y" * LONGEST), [(b"content-length", b"5")]),
        ],
    )
    def test_what_is_not_learned(self, data: bytes, headers: list[Any]) -> None:
        """A head that does not say by its bytes alone where the body ends."""
        assert learn(START + data + b"\r\nhello", headers, b"hello", None) is None

    def test_nothing_is_learned_from_half_a_message(self) -> None:
        """Nor from more than one."""
        data = START + b"content-length: 5\r\n\r\nhello"
        headers = [(b"host", b"a"), (b"content-length", b"5")]
        assert learn(data, headers, b"hello", None) is not None
        for other in (data[:-1], data + b"x", data + data):
            assert learn(other, headers, b"hello", None) is None
        assert learn(data, headers, b"hellO", None) is None


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.sent = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        """Keep it."""
        self.sent += data

    def writelines(self, rows: Sequence[bytes]) -> None:
        """Keep them."""
        self.sent += b"".join(rows)

    def close(self) -> None:
        """Note it."""
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def get_write_buffer_size(self) -> int:
        """Nothing waits."""
        return 0

    def write_eof(self) -> None:
        """Nothing to do."""

    pause_reading = resume_reading = write_eof


class Forgetful(ServerConnection):
    """A connection that learns no heads."""

    def _learn(self, data: bytes) -> None:
        """Nothing."""


class ForgetfulClient(Http1Connection):
    """The same on the other side."""

    def _after_head(self, answer: Any, data: bytes) -> None:
        super()._after_head(answer, data)
        self._seen = None


async def served(kind: type[ServerConnection], pieces: list[bytes]) -> tuple[Any, ...]:
    """What a connection makes of pieces: the requests, the answers, and whether it is closed."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body, more = body + message["body"], message["more_body"]
        row = {key: value for key, value in scope.items() if key != "extensions"}
        seen.append((row, body))
        start = {"type": "http.response.start", "status": 200}
        await send({**start, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    state = types.SimpleNamespace(
        connections=set(), tasks=set(), default_headers=[], total_requests=0
    )
    config = types.SimpleNamespace(loaded=True, loaded_app=app, timeout_keep_alive=5)
    wire: Any = Wire()
    connection = kind(config, state, {}, asyncio.get_running_loop())
    connection.connection_made(wire)
    for piece in pieces:
        if not wire.closed:
            connection.data_received(piece)
        for _ in range(6):
            await asyncio.sleep(0)
    told = wire.sent, wire.closed, state.total_requests
    wire.closed = True
    connection.connection_lost(None)
    await asyncio.sleep(0)
    return seen, *told


async def answered(kind: type[Http1Connection], answers: list[list[bytes]]) -> list[Any]:
    """What a connection to a server makes of its answers, each in pieces."""
    loop = asyncio.get_running_loop()
    free: list[bool] = []
    connection = kind(loop, lambda _, keep: free.append(keep))
    wire: Any = Wire()
    connection.connection_made(wire)
    found = []
    for pieces in answers:
        if connection.lost or wire.closed:
            break
        answer = connection.start(b"", b"", Timeouts())
        for piece in pieces:
            if not wire.closed:
                connection.data_received(piece)
        error = answer.error and (answer.error.kind, str(answer.error), answer.error.began)
        body = answer.at_hand()
        found.append((answer.status, answer.headers, body, error, connection.keep_alive, free[:]))
        if not answer.complete:
            break
    connection.abort()
    return found


LENGTHS = [
    b"content-length: %d\r\n", b"Content-Length: %d\r\n", b"content-length: 0%d\r\n",
    b"content-length: %d \r\n", b"content-length:%d\r\n", b"x-content-length: %d\r\n",
    b"content-length: %d\r\nx: y\r\n", b"content-length: +%d\r\n",
    b"content-length: %d\r\ntransfer-encoding: chunked\r\n", b"content-length: 1%d\r\n",
    b"x: y\r\n x\r\ncontent-length: %d\r\n", b"content-length: %d\r\nconnection: close\r\n",
    b"content-length: %d\r\nupgrade: h2c\r\nconnection: upgrade\r\n",
    b"content-length: %d\r\nkeep-alive: timeout=7\r\n",
    b"content-length: %d\r\nx: y\n\nGET /z HTTP/1.1\r\n",
]  # fmt: skip
BODIES = [b"", b"hi", b"hello there", b"\r\n\r\n", b"0\r\n\r\n", START + b"\r\n"]
STARTS = [
    START,
    START,
    START,
    b"GET /x HTTP/1.1\r\nhost: a\r\n",
    b"POST /x HTTP/1.0\r\nhost: a\r\n",
]
STATUSES = [OK, OK, OK, b"HTTP/1.1 304 X\r\n", b"HTTP/1.1 100 X\r\n", b"HTTP/1.0 200 OK\r\n"]


@st.composite
def messages(draw: Any, starts: list[bytes]) -> bytes:
    """A message, or what somebody would like to be taken for one."""
    body = draw(st.sampled_from(BODIES))
    usual = draw(st.booleans())
    start = starts[0] if usual else draw(st.sampled_from(starts))
    line = LENGTHS[0] if usual else draw(st.sampled_from(LENGTHS))
    if not draw(st.integers(0, 3)):
        line += line
    return bytes(start + line.replace(b"%d", b"%d" % len(body)) + b"\r\n" + body)


@st.composite
def cut(draw: Any, starts: list[bytes]) -> list[bytes]:
    """Messages in pieces: most often one each, else cut and joined anywhere."""
    rows = draw(st.lists(messages(starts), min_size=1, max_size=6))
    if draw(st.booleans()):
        return list(rows)
    whole = b"".join(rows)
    places = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    pieces = [whole[a:b] for a, b in zip([0, *places], [*places, len(whole)], strict=True)]
    return [piece for piece in pieces if piece]


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(cut(STARTS))
def test_a_server_sees_the_same_requests(pieces: list[bytes]) -> None:
    """With heads remembered and without: the same requests, answers, and end."""

    async def both() -> tuple[Any, Any]:
        return await served(ServerConnection, pieces), await served(Forgetful, pieces)

    mine, parsers = asyncio.run(both())
    assert mine == parsers


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(cut(STATUSES), min_size=1, max_size=4))
def test_a_client_sees_the_same_answers(answers: list[list[bytes]]) -> None:
    """With heads remembered and without: the same status, headers, body, error, and end."""

    async def both() -> tuple[Any, Any]:
        mine = await answered(Http1Connection, answers)
        return mine, await answered(ForgetfulClient, answers)

    mine, parsers = asyncio.run(both())
    assert mine == parsers


def test_the_second_head_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes again on a connection never reaches the parser, on either side."""
    heads: list[str] = []
    for kind in (ServerConnection, Http1Connection):
        parsed = kind.on_headers_complete

        def noted(self: Any, parsed: Any = parsed) -> None:
            heads.append(type(self).__name__)
            parsed(self)

        monkeypatch.setattr(kind, "on_headers_complete", noted)
    bodies = (b"a", b"bc", b"def" * 10)
    requests = [START + b"content-length: %d\r\n\r\n%b" % (len(body), body) for body in bodies]
    found = asyncio.run(served(ServerConnection, requests))
    assert [body for _, body in found[0]] == list(bodies)
    lengths = [dict(row["headers"])[b"content-length"] for row, _ in found[0]]
    assert lengths == [b"1", b"2", b"30"]
    answers = [[OK + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)] for body in bodies]
    told = asyncio.run(answered(Http1Connection, answers))
    assert [row[2] for row in told] == list(bodies)
    assert heads == ["ServerConnection", "Http1Connection"]
