"""An answer that arrives over an HTTP/1.1 connection, and the limits of time that it has.

Its pieces wait in a queue that stops the socket when it grows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from model_router.proxy.config import Timeouts
from model_router.proxy.http1_heads import relengthed
from model_router.proxy.upstream import (
    CUT,
    FIRST_BYTE_TIMEOUT,
    IDLE_TIMEOUT,
    TOTAL_TIMEOUT,
    Header,
    UpstreamError,
)

PAUSE_AT = 256 * 1024
"""Bytes that wait to be read: from here on the socket is stopped, until they were."""


class Wire(Protocol):
    """What an answer needs of its connection."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    def pause(self) -> None:
        """Stop reading from the socket."""
        ...

    def resume(self) -> None:
        """Go on reading."""
        ...

    def abort(self) -> None:
        """Close at once."""
        ...

    def wake_at(self, at: float) -> None:
        """Have the answer look at its limits at that time of the loop, or before."""
        ...


class AnswerHead:
    """What a head with status 200 says that may come again. `lines` is for who makes an answer of
    it, to keep what he made."""

    __slots__ = ("headers", "lines")

    def __init__(self, headers: list[Header]) -> None:
        self.headers = headers
        self.lines: bytes | None = None


class Http1Answer:
    """An answer that is arriving. See `upstream.Answer`."""

    __slots__ = (
        "_asked", "_connection", "_headers", "_length", "_loop", "_pieces", "_size", "_waiter",
        "complete", "error", "head_seen", "last", "paused", "status", "tell", "timeouts",
    )  # fmt: skip

    def __init__(self, connection: Wire, timeouts: Timeouts, headers: list[Header]) -> None:
        self.status = 0  # 0 until the head is there
        self._headers = headers  # which arrive
        self._length: bytes | None = None  # None: as the headers say
        self.head_seen: AnswerHead | None = None  # where it may come again
        self.complete = False
        self.error: UpstreamError | None = None
        # Called for each piece, and for an error: nobody else reads meanwhile.
        self.tell: Callable[[], None] | None = None
        self.timeouts = timeouts
        self._connection: Wire | None = connection
        self._loop = loop = connection.loop
        self._pieces: list[bytes] = []
        self._size = 0
        self.paused = False
        self._waiter: asyncio.Future[None] | None = None
        self.last = self._asked = now = loop.time()
        limit = timeouts.first_byte if timeouts.first_byte < timeouts.total else timeouts.total
        connection.wake_at(now + limit)

    @property
    def headers(self) -> list[Header]:
        """The headers, with names in lower case."""
        if self._length is not None:
            self._headers, self._length = relengthed(self._headers, self._length), None
        return self._headers

    @property
    def ended(self) -> bool:
        """Whether the whole answer has arrived and been read."""
        return self.complete and not self._pieces

    async def head(self) -> Http1Answer:
        """Itself, once status and headers are there. Raises UpstreamError."""
        try:
            while not self.status:
                if self.error is not None:
                    raise self.error
                self._waiter = waiter = self._loop.create_future()
                await waiter
        except BaseException:
            self.give_up()
            raise
        return self

    def at_hand(self) -> bytes | None:
        """See `upstream.Answer`."""
        if not self.complete:
            return None
        pieces = self._pieces
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def read(self) -> bytes:
        """The next piece; b"" at the end. Raises UpstreamError."""
        while not self._pieces:
            if self.error is not None:
                raise self.error
            if self.complete:
                return b""
            await self._wait()
        pieces = self._pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._size = 0
        if self.paused:
            self.paused = False
            self.last = self._loop.time()  # the pause was the reader's, not the server's
            if self._connection is not None:
                self._connection.resume()
        return data

    async def close(self) -> None:
        """Give the answer up; the server sees the connection close."""
        self.give_up()

    def give_up(self) -> None:
        """What `close` does."""
        self._pieces.clear()
        if not self.complete and self.error is None:
            self.fail(UpstreamError(CUT, "the answer was given up", began=bool(self.status)))

    def _wait(self) -> asyncio.Future[None]:
        """What is done as soon as there is more."""
        self._waiter = waiter = self._loop.create_future()
        return waiter

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # ------------------------------------------------------------------ what the connection tells

    def begin(self, status: int) -> None:
        """The head is there."""
        self.status = status
        if self._waiter is not None:
            self._wake()

    def take(self, head: AnswerHead, length: bytes, body: bytes) -> None:
        """The whole of an answer is there, whose head came before but for its length."""
        self.head_seen = head
        self._headers, self._length = head.headers, length
        self._pieces.append(body)
        self.begin(200)

    def piece(self, data: bytes) -> None:
        """A piece of the body is there."""
        self._pieces.append(data)
        self._size += len(data)
        if self._size > PAUSE_AT and not self.paused and self._connection is not None:
            self.paused = True
            self._connection.pause()
        if self._waiter is not None:
            self._wake()

    def finish(self) -> None:
        """The end is there."""
        self.complete = True
        self._connection = None
        if self._waiter is not None:
            self._wake()

    def fail(self, error: UpstreamError) -> None:
        """There will be no more, and the connection is of no use."""
        connection, self._connection = self._connection, None
        if self.complete or self.error is not None:
            return
        self.error = error
        self._wake()
        if connection is not None:
            connection.abort()
        if self.tell is not None:
            self.tell()

    def began(self) -> None:
        """From now on the limit is that of pauses."""
        self._wake_at(self._loop.time() + self.timeouts.idle)

    def _wake_at(self, at: float) -> None:
        if self._connection is not None:
            self._connection.wake_at(min(at, self._asked + self.timeouts.total))

    def check(self) -> None:
        """Fail if a limit is over; say when to look again if not. It may be called too early."""
        now = self._loop.time()
        limits = self.timeouts
        first_at = self._asked + limits.first_byte
        if now >= self._asked + limits.total:
            self._late(TOTAL_TIMEOUT, f"took longer than {limits.total:g} s")
        elif not self.status and now < first_at:
            self._wake_at(first_at)
        elif not self.status:
            self._late(
                FIRST_BYTE_TIMEOUT, f"did not begin to answer within {limits.first_byte:g} s"
            )
        elif self.paused or (self._pieces and self.tell is None):
            self._wake_at(now + limits.idle)  # it waits for the reader
        elif now - self.last >= limits.idle:
            self._late(IDLE_TIMEOUT, f"was silent for {limits.idle:g} s in mid-answer")
        else:
            self._wake_at(self.last + limits.idle)

    def _late(self, kind: str, message: str) -> None:
        self.fail(UpstreamError(kind, message, began=bool(self.status)))
