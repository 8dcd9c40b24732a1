"""One HTTP/1.1 connection to a server: what the socket and the parser tell, told to an answer.

A small client on asyncio and httptools, because every other one costs more than all the rest of
the proxy. A connection carries one exchange at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import httptools

from model_router.proxy.config import Timeouts
from model_router.proxy.http1_answer import AnswerHead, Http1Answer
from model_router.proxy.http1_heads import Seen, again, learn
from model_router.proxy.upstream import CUT, PROTOCOL, Header, UpstreamError

MOST_HEAD = 256 * 1024
_JOINED = 16 * 1024
"""Bytes of a body that is joined with its head rather than sent beside it."""


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
        "_seen",
        "_timer",
        "_timer_at",
        "_transport",
        "expires",
        "keep_alive",
        "loop",
        "lost",
        "released",
    )  # fmt: skip

    def __init__(self, loop: asyncio.AbstractEventLoop, released: Released) -> None:
        self.loop = loop
        self.released = released
        self.lost = False
        self.expires = 0.0
        self.keep_alive: bytes | None = None  # the server's Keep-Alive header
        self._answer: Http1Answer | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._fields: list[Header] = []
        self._in_head = True
        self._head_bytes = 0
        self._body_until_close = False
        self._seen: Seen | None = None  # the last head that may come again
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    def start(self, head: bytes, body: bytes, timeouts: Timeouts) -> Http1Answer:
        """Send a request; its answer begins to arrive."""
        self._fields = []
        self._answer = answer = Http1Answer(self, timeouts, self._fields)
        self._in_head = True
        self._head_bytes = 0
        transport = self._transport
        if transport is None or self.lost:
            answer.fail(UpstreamError(CUT, "the connection was closed"))
        elif len(body) < _JOINED:
            transport.write(head + body)
        else:
            transport.writelines([head, body])
        return answer

    def wake_at(self, at: float) -> None:
        """Have the answer look at its limits then, or before. One timer serves many exchanges: it
        stands at the earliest of their times, and is late for none."""
        if self._timer is not None:
            if self._timer_at <= at:
                return
            self._timer.cancel()
        self._timer_at = at
        self._timer = self.loop.call_at(at, self._tick)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = None
        if self._answer is not None:
            self._answer.check()

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
        self._rest()
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
        seen = self._seen if in_head and not self._head_bytes else None
        found = None if seen is None else again(seen, data)
        if seen is not None and found is not None:
            self._in_head = False
            digits, body = found
            answer.take(seen.says, digits, body)
            self._over(answer, True)
        else:
            try:
                self._parser.feed_data(data)
            except (httptools.HttpParserError, httptools.HttpParserUpgrade):
                self._refuse(answer, "sent something that is not HTTP/1.1")
                return
            if in_head:
                self._after_head(answer, data)
        if answer.tell is not None and answer.status:
            answer.tell()

    def _after_head(self, answer: Http1Answer, data: bytes) -> None:
        """The parser has read a piece with a head, or some of one."""
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD:
                self._refuse(answer, "sent headers without end")
        elif not answer.complete:
            if answer.error is None:
                answer.began()
        elif answer.status == 200 and not self._head_bytes and not self.lost:
            answer.head_seen = says = AnswerHead(answer.headers)
            self._seen = learn(data, answer.headers, answer.at_hand() or b"", says)

    def _refuse(self, answer: Http1Answer, message: str) -> None:
        answer.fail(UpstreamError(PROTOCOL, message, began=bool(answer.status)))
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._rest()
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
        self._seen = None
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
        self._over(answer, self._parser.should_keep_alive())

    def _over(self, answer: Http1Answer, keep_alive: bool) -> None:
        """The answer is whole; the connection may serve another request."""
        self._answer = None
        transport = self._transport
        keep = (
            transport is not None
            and keep_alive
            and not transport.is_closing()
            and not transport.get_write_buffer_size()
        )
        if answer.paused and keep:
            self.resume()
        answer.finish()
        if not keep and transport is not None:
            self.lost = True
            transport.close()
        self.released(self, keep)
