"""One HTTP/1.1 connection to a server, and the answer that comes over it.

A small client on asyncio and httptools, because every other one costs more than all the rest of
the proxy. A connection carries one exchange at a time; the answer's pieces wait in a queue that
stops the socket when it grows.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

import httptools

from model_router.proxy.config import Timeouts
from model_router.proxy.upstream import (
    CUT,
    FIRST_BYTE_TIMEOUT,
    IDLE_TIMEOUT,
    PROTOCOL,
    TOTAL_TIMEOUT,
    Header,
    UpstreamError,
)

PAUSE_AT, RESUME_AT = 256 * 1024, 64 * 1024
"""Bytes that wait to be read: the socket is stopped at the first, and goes on at the second."""

MOST_HEAD = 256 * 1024


class Http1Answer:
    """An answer that is arriving. See `upstream.Answer`."""

    __slots__ = (
        "_connection", "_loop", "_paused", "_pieces", "_size", "_timer", "_total_at", "_waiter",
        "complete", "error", "headers", "last", "status", "timeouts",
    )  # fmt: skip

    def __init__(self, connection: Http1Connection, timeouts: Timeouts) -> None:
        self.status = 0  # 0 until the head is there
        self.headers: list[Header] = []
        self.complete = False
        self.error: UpstreamError | None = None
        self.timeouts = timeouts
        self._connection: Http1Connection | None = connection
        self._loop = loop = connection.loop
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None
        self.last = now = loop.time()
        self._total_at = now + timeouts.total
        self._timer = loop.call_later(min(timeouts.first_byte, timeouts.total), self._tick)

    @property
    def ended(self) -> bool:
        """Whether the whole answer has arrived and been read."""
        return self.complete and not self._pieces

    async def head(self) -> None:
        """Wait for status and headers."""
        while not self.status:
            if self.error is not None:
                raise self.error
            await self._wait()

    async def read(self) -> bytes:
        """The next piece; b"" at the end. Raises UpstreamError."""
        while not self._pieces:
            if self.error is not None:
                raise self.error
            if self.complete:
                return b""
            await self._wait()
        pieces = self._pieces
        data = pieces.popleft() if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._size = 0
        if self._paused:
            self._paused = False
            self.last = self._loop.time()  # the pause was the reader's, not the server's
            if self._connection is not None:
                self._connection.resume()
        return data

    async def close(self) -> None:
        """Give the answer up; the server sees the connection close."""
        self._pieces.clear()
        if not self.complete and self.error is None:
            self.fail(UpstreamError(CUT, "the answer was given up", began=bool(self.status)))

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # ------------------------------------------------------------------ what the connection tells

    def begin(self, status: int) -> None:
        """The head is there."""
        self.status = status
        self._wake()

    def piece(self, data: bytes) -> None:
        """A piece of the body is there."""
        self._pieces.append(data)
        self._size += len(data)
        if self._size > PAUSE_AT and not self._paused and self._connection is not None:
            self._paused = True
            self._connection.pause()
        if self._waiter is not None:
            self._wake()

    def finish(self) -> None:
        """The end is there."""
        self.complete = True
        self._timer.cancel()
        self._connection = None
        self._wake()

    def fail(self, error: UpstreamError) -> None:
        """There will be no more, and the connection is of no use."""
        connection, self._connection = self._connection, None
        if self.complete or self.error is not None:
            return
        self.error = error
        self._timer.cancel()
        self._wake()
        if connection is not None:
            connection.abort()

    def began(self) -> None:
        """From now on the limit is that of pauses."""
        self._timer.cancel()
        self._arm(self._loop.time() + self.timeouts.idle)

    def _arm(self, at: float) -> None:
        self._timer = self._loop.call_at(min(at, self._total_at), self._tick)

    def _tick(self) -> None:
        now = self._loop.time()
        limits = self.timeouts
        if now >= self._total_at:
            self._late(TOTAL_TIMEOUT, f"took longer than {limits.total:g} s")
        elif not self.status:
            self._late(
                FIRST_BYTE_TIMEOUT, f"did not begin to answer within {limits.first_byte:g} s"
            )
        elif self._paused or self._pieces:
            self._arm(now + limits.idle)  # it waits for the reader
        elif now - self.last >= limits.idle:
            self._late(IDLE_TIMEOUT, f"was silent for {limits.idle:g} s in mid-answer")
        else:
            self._arm(self.last + limits.idle)

    def _late(self, kind: str, message: str) -> None:
        self.fail(UpstreamError(kind, message, began=bool(self.status)))


Released = Callable[["Http1Connection", bool], None]


class Http1Connection(asyncio.Protocol):
    """A connection. `released` is told when an exchange is over and whether another may follow."""

    __slots__ = (
        "_answer",
        "_body_until_close",
        "_fields",
        "_head_bytes",
        "_in_head",
        "_parser",
        "_transport",
        "expires",
        "keep_alive",
        "loop",
        "lost",
        "released",
        "used",
    )  # fmt: skip

    def __init__(self, loop: asyncio.AbstractEventLoop, released: Released) -> None:
        self.loop = loop
        self.released = released
        self.lost = False
        self.used = False  # whether an exchange went over it before
        self.expires = 0.0
        self.keep_alive: bytes | None = None  # the server's Keep-Alive header
        self._answer: Http1Answer | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._fields: list[Header] = []
        self._in_head = True
        self._head_bytes = 0
        self._body_until_close = False

    def start(self, head: bytes, body: bytes, timeouts: Timeouts) -> Http1Answer:
        """Send a request; its answer begins to arrive."""
        self._answer = answer = Http1Answer(self, timeouts)
        self._fields = answer.headers
        self._in_head = True
        self._head_bytes = 0
        transport = self._transport
        if transport is None or self.lost:
            answer.fail(UpstreamError(CUT, "the connection was closed"))
        elif len(body) < 65536:
            transport.write(head + body)
        else:
            transport.writelines([head, body])
        return answer

    def pause(self) -> None:
        """Stop reading from the socket."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Go on reading."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        self.lost = True
        self._answer = None
        if self._transport is not None:
            self._transport.abort()

    # ------------------------------------------------------------------ from the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        answer = self._answer
        if answer is None:
            self.abort()  # nobody asked
            return
        answer.last = self.loop.time()
        in_head = self._in_head
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(answer, "sent something that is not HTTP/1.1")
            return
        if not in_head:
            return
        if not self._in_head:
            if not answer.complete and answer.error is None:
                answer.began()
            return
        self._head_bytes += len(data)
        if self._head_bytes > MOST_HEAD:
            self._refuse(answer, "sent headers without end")

    def _refuse(self, answer: Http1Answer, message: str) -> None:
        answer.fail(UpstreamError(PROTOCOL, message, began=bool(answer.status)))
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        answer, self._answer = self._answer, None
        self._transport = None
        if answer is not None:
            if not self._in_head and self._body_until_close and exc is None:
                answer.finish()
            else:
                began = bool(answer.status) or self._head_bytes > 0
                message = "closed the connection in mid-answer" if began else "hung up"
                answer.fail(UpstreamError(CUT, message, began=began))
        self.released(self, False)

    # ------------------------------------------------------------------ from the parser

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # trailers are not headers
            self._fields.append((name.lower(), value.rstrip()))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            self._fields.clear()
            return
        self._in_head = False
        until_close = status not in (204, 304)
        for name, value in self._fields:
            if name in (b"content-length", b"transfer-encoding"):
                until_close = False
            elif name == b"keep-alive":
                self.keep_alive = value
        self._body_until_close = until_close
        if self._answer is not None:
            self._answer.begin(status)

    def on_body(self, data: bytes) -> None:
        if self._answer is not None:
            self._answer.piece(data)

    def on_message_complete(self) -> None:
        answer = self._answer
        if self._in_head or answer is None:
            return  # an interim answer: the real one follows
        self._answer = None
        self.used = True
        transport = self._transport
        keep = (
            transport is not None
            and self._parser.should_keep_alive()
            and not transport.is_closing()
            and not transport.get_write_buffer_size()
        )
        if answer._paused and keep:
            self.resume()
        answer.finish()
        if not keep and transport is not None:
            self.lost = True
            transport.close()
        self.released(self, keep)
