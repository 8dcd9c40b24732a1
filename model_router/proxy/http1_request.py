"""A request of a client's connection and the answer to it, as ASGI tells of them."""

from __future__ import annotations

import asyncio
import http
from collections.abc import Callable, Coroutine, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from model_router.proxy.http1_heads import Head
from model_router.proxy.wire_headers import header_lines

if TYPE_CHECKING:
    from model_router.proxy.http1_server import ServerConnection


class Direct(Protocol):
    """Who answers a request without a task."""

    def left(self) -> None:
        """The client left."""
        ...

    def go_on(self) -> None:
        """Go on in a task: the server ends, and waits for tasks."""
        ...


LEAVE = "model_router.leave"
"""The extension in a scope: give it what to call when the client leaves, with the task that answers
it; None: nothing."""

ANSWER = "model_router.answer"
"""The extension in a scope that takes a whole answer in one call, see `ServerRequest.answer`."""

FULL = 64 * 1024
"""Bytes of a body that wait to be received: from here on the socket is stopped."""

_JOINED = 64 * 1024
"""Bytes of a body that are joined with the head rather than sent beside it."""
_DISCONNECT = {"type": "http.disconnect"}
_BODILESS = (204, 304)

Message = MutableMapping[str, Any]
Leave = Callable[["asyncio.Task[None]"], None]


class ServerRequest:
    """One request. `complete` says that its answer is out, `gone` that the client is."""

    __slots__ = (
        "_chunked",
        "_connection",
        "_head",
        "_leave",
        "_left",
        "_length",
        "_more",
        "_pieces",
        "_size",
        "_task",
        "_waiter",
        "begun",
        "complete",
        "continues",
        "direct",
        "gone",
        "head",
        "keep_alive",
        "started",
    )  # fmt: skip

    def __init__(
        self,
        connection: ServerConnection,
        head: Head,
        keep_alive: bool,
        length: bytes | None = None,
        body: bytes | None = None,
    ) -> None:
        self.head = head
        self._length = length  # None: as the head says
        self.keep_alive = keep_alive
        self.direct: Direct | None = None  # who answers it, where no task does
        self.continues = False  # the client sends the body when it is told to
        self.begun = self.started = self.complete = self.gone = False
        self._connection = connection
        # None: all was received
        self._pieces: list[bytes] | None = [] if body is None else [body]
        self._size = 0 if body is None else len(body)
        self._more = body is None
        self._task: asyncio.Task[None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._leave: Leave | None = None
        self._head: bytes | None = None  # waits for the body's first piece
        self._chunked = False
        self._left = 0  # bytes of the body still to be sent

    @property
    def full(self) -> bool:
        """Whether so much of the body waits that no more should come."""
        return self._size > FULL and not self.complete

    @property
    def unread(self) -> bool:
        """Whether the client has not sent all of the body."""
        return self._more

    def named_headers(self) -> dict[bytes, bytes]:
        """The headers by their names, of those that come twice the last; not to be changed. That of
        the length is missing where the head had come before."""
        return self.head.named if self._length is None else self.head.unmeasured()

    def begin(self, task: asyncio.Task[None]) -> None:
        """Note the task that answers it."""
        self._task = task

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Have a task do the work on it."""
        self._connection.run(self, work)

    def scope(self, app_state: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """ASGI's scope, for who answers. It holds on to this object by its extensions, and what
        requests leave behind is to go without the collector: so it is not kept."""
        scope = self.head.scope(self._length)
        scope["state"] = app_state
        scope["extensions"] = {LEAVE: self.when_left, ANSWER: self.answer}
        return scope

    # ------------------------------------------------------------------ from the connection

    def feed(self, body: bytes) -> None:
        """A piece of the body is there."""
        if self._pieces is not None and not self.complete:
            self._pieces.append(body)
            self._size += len(body)
            if self._waiter is not None:
                self._wake()

    def fed(self) -> None:
        """The end of the body is there."""
        self._more = False
        if self._waiter is not None:
            self._wake()

    def left(self) -> None:
        """The client closed the connection before it had its answer."""
        if self.complete or self.gone:
            return
        self.gone = True
        self._wake()
        self._tell()
        if self.direct is not None:
            self.direct.left()

    def when_left(self, leave: Leave | None) -> None:
        """Call `leave` when the client goes, at once when it is gone; None: nobody is told."""
        self._leave = leave
        if self.gone:
            self._tell()

    def _tell(self) -> None:
        if self._leave is not None and self._task is not None:
            self._leave(self._task)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # ------------------------------------------------------------------ for the application

    async def receive(self) -> Message:
        """ASGI's receive: what came of the body, later that the client left or has its answer."""
        connection = self._connection
        if self.continues and not self.started:
            self.continues = False
            connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while not self.gone and not self.complete:
            pieces = self._pieces
            if pieces is not None and (pieces or not self._more):
                body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
                self._pieces = [] if self._more else None
                if self._size > FULL:
                    self._size = 0
                    connection.regulate()
                self._size = 0
                return {"type": "http.request", "body": body, "more_body": self._more}
            self._waiter = connection.loop.create_future()
            await self._waiter
        return _DISCONNECT

    def whole(self, most: int) -> bytes | None:
        """The body, when all of it is there and it is shorter than `most`. It can still be
        received."""
        pieces = self._pieces
        if self._more or pieces is None or self._size >= most:
            return None
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def send(self, message: Message) -> None:
        """ASGI's send. The head goes out with the first piece of the body."""
        connection = self._connection
        if connection.drained is not None and not self.gone:
            await asyncio.shield(connection.drained)
        if self.gone:
            return
        if message["type"] == "http.response.start":
            if self.started:
                raise RuntimeError("the answer has begun")
            self._begin(message["status"], message.get("headers", ()))
        elif not self.started or self.complete:
            raise RuntimeError("this is not the time for a piece of the body")
        else:
            self._write(message.get("body", b""), message.get("more_body", False))

    def answer(
        self, status: int, headers: Sequence[tuple[bytes, bytes]], lines: bytes, body: bytes
    ) -> bool:
        """Give a whole answer; False when that has to wait for a client that reads too slowly.

        `lines` are further headers, as `header_lines` makes them, after `headers`.
        """
        if self.gone:
            return True
        connection = self._connection
        if connection.drained is not None:
            return False
        if self.started:
            raise RuntimeError("the answer has begun")
        self._begin(status, headers, lines)
        if self._chunked or self._left != len(body) or self._left >= _JOINED:
            self._write(body, False)
            return True
        head, self._head = self._head, None
        connection.transport.write(head + body)  # type: ignore[operator]
        self._finish()
        return True

    def writable(self) -> bool:
        """Whether an answer can go out now: the client reads, and there was none."""
        return self._connection.drained is None and not self.gone and not self.started

    def answer_whole(self, lines: bytes, body: bytes) -> None:
        """Give a whole answer with status 200 to a request that is `writable`, and no HEAD.

        `lines` are all headers, as `header_lines` makes them, but for Content-Length and those of
        the connection.
        """
        connection = self._connection
        head = b"%b%b%bcontent-length: %d\r\n%b\r\n" % (
            STATUS_LINES[200], connection.standing_lines(), lines, len(body),
            b"" if self.keep_alive else b"connection: close\r\n",
        )  # fmt: skip
        self.started = True
        if len(body) < _JOINED:
            connection.transport.write(head + body)
        else:
            connection.transport.writelines([head, body])
        self._finish()

    def _begin(self, status: int, headers: Any, lines: bytes = b"") -> None:
        length = None
        closes = False
        for name, value in headers:
            if name == b"content-length":
                length = int(value)
            elif name == b"connection":
                closes = closes or b"close" in value.lower()
        standing = self._connection.standing_lines()
        head = b"%b%b%b%b" % (STATUS_LINES[status], standing, header_lines(headers), lines)
        if closes:
            self.keep_alive = False
        elif not self.keep_alive:
            head += b"connection: close\r\n"
        if self.head.method == "HEAD" or status in _BODILESS:
            self._left = -1  # whatever the body, it is not sent
        elif length is not None:
            self._left = length
        elif self.head.version == "1.0":
            self._left = -2  # the body ends with the connection
        else:
            self._chunked = True
            head += b"transfer-encoding: chunked\r\n"
        self.started = True
        self._head = head + b"\r\n"

    def _write(self, body: bytes, more: bool) -> None:
        head, self._head = self._head, None
        data = self._framed(body, more)
        transport = self._connection.transport
        if head is not None and len(data) < _JOINED:
            transport.write(head + data)
        elif head is not None:
            transport.writelines([head, data])
        elif data:
            transport.write(data)
        if more:
            return
        if self._left > 0:
            raise RuntimeError("the body is shorter than its Content-Length")
        self._finish()

    def _finish(self) -> None:
        """The answer is out."""
        self.complete = True
        self._leave = None
        if self._waiter is not None:
            self._wake()
        self._connection.finished(self)

    def _framed(self, body: bytes, more: bool) -> bytes:
        """A piece of the body as it goes over the wire."""
        if self._chunked:
            data = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            return data if more else data + b"0\r\n\r\n"
        if self._left == -1:
            return b""
        if self._left >= 0:
            if len(body) > self._left:
                raise RuntimeError("the body is longer than its Content-Length")
            self._left -= len(body)
        return body


def _status_line(status: int) -> bytes:
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return b"HTTP/1.1 %d %b\r\n" % (status, phrase.encode())


STATUS_LINES = {status: _status_line(status) for status in range(200, 600)}
