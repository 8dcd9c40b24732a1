"""One HTTP/1.1 connection of a client: what uvicorn's own protocol does, at a third of its price.

uvicorn runs it in place of its own, see `uvicorn.Config(http=...)`, and the application above it is
plain ASGI. It writes head and body together, checks a head once instead of each header, keeps one
timer a connection, and tells at once of a client that left (`LEAVE`), so that no task has to wait
for that beside the one that answers.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, cast

import httptools

from model_router.proxy.http1_heads import Head, Seen, again, learn
from model_router.proxy.http1_request import STATUS_LINES, ServerRequest
from model_router.proxy.problems import INVALID, Problem
from model_router.proxy.wire_headers import header_lines

MOST_HEAD = 128 * 1024
"""Bytes of a request line with its headers."""
LINGER_SECONDS = 2.0
"""How long a client that is refused before it has sent everything may go on, unheard."""

Work = Coroutine[Any, Any, None]
Ordered = tuple[ServerRequest, Work]
"""A request, and what a task has to do for it."""
Directly = Callable[[ServerRequest], Work | None]
"""What an application may have under the name `directly`: it begins to answer a request, and
returns the rest of the work, for a task; None where it needs none."""


class ServerConnection(asyncio.Protocol):
    """A connection of a client. Built by uvicorn, with what its own protocols take."""

    def __init__(
        self,
        config: Any,
        server_state: Any,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if not config.loaded:
            config.load()
        self.app = config.loaded_app
        self._directly: Directly | None = getattr(self.app, "directly", None)
        self.loop = _loop or asyncio.get_event_loop()
        self.state = server_state
        self.keep_alive_seconds: float = config.timeout_keep_alive
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)
        self.drained: asyncio.Future[None] | None = None  # while the client reads too slowly
        self._app_state = app_state
        self._standing: tuple[Any, bytes] = ((), b"")  # uvicorn's headers, and the same as lines
        self._seen: Seen | None = None  # the last head that may come again
        self._parser: Any = httptools.HttpRequestParser(self)
        self._requests: deque[ServerRequest] = deque()  # the first is being answered
        self._worker: asyncio.Task[None] | None = None  # which answers them, one after the other
        self._wanted: asyncio.Future[Ordered | None] | None = None  # what it waits for
        self._reading: ServerRequest | None = None  # whose body is arriving
        self._stopped = False  # whether the socket is not read
        self._idle_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._in_head = False
        self._unparsed = 0  # bytes of a body that the parser does not read
        self._deaf = False  # whether nothing more is listened to
        self._continues = False

    # ------------------------------------------------------------------ from the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.state.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.state.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        self.resume_writing()
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)
        requests = list(self._requests)
        self._requests.clear()
        for request in requests:
            request.left()
        self._parser = None  # it holds on to this object

    def eof_received(self) -> bool:
        return False  # the transport closes

    def pause_writing(self) -> None:
        if self.drained is None:
            self.drained = self.loop.create_future()

    def resume_writing(self) -> None:
        drained, self.drained = self.drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._idle_since = None
        if self._deaf:
            return
        begins = not self._requests and self._reading is None and not self._in_head
        if begins and (seen := self._seen) is not None:
            found = again(seen, data)
            if found is not None:
                digits, body = found
                request = ServerRequest(self, seen.says, True, digits, body)
                self._requests.append(request)
                self._hand_on(request)
                return
        try:
            if self._unparsed:
                self._feed_unparsed(data)
            else:
                self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._feed_unparsed(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(400, "this is not a request of HTTP/1.1")
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD:
                self._refuse(431, f"the headers are longer than {MOST_HEAD} bytes")
                return
        if self._requests:
            if begins:
                self._learn(data)
            self._begin()

    def _learn(self, data: bytes) -> None:
        """Remember the head of a request that came whole, and after which another may come."""
        request = self._requests[0]
        body = request.whole(len(data))
        if body is not None and request.keep_alive and request.head.method == "POST":
            self._seen = learn(data, request.head.headers, body, request.head)

    def _feed_unparsed(self, data: bytes) -> None:
        """The body behind a wish for another protocol, which the parser leaves alone. The JDK's
        client sends such wishes with every request. It is answered as if it had not asked."""
        request = self._reading
        if request is None:
            return
        piece = data[: self._unparsed]
        self._unparsed -= len(piece)
        request.feed(piece)
        if not self._unparsed:
            self._deaf = True
            request.fed()

    def _refuse(self, status: int, message: str) -> None:
        """Answer what is not a request, and close. What is under way is given up."""
        self._deaf = True
        if not self._requests:
            body = Problem(status, message, INVALID, "bad_request").body()
            head = b"%bcontent-type: application/json\r\ncontent-length: %d\r\n"
            self.transport.write(head % (STATUS_LINES[status], len(body)))
            self.transport.write(b"connection: close\r\n\r\n" + body)
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Say that this is the end, and let what the client still sends pass by. To close on it
        would reset the connection, and the client would lose its answer."""
        if self.transport.is_closing():
            return
        self._deaf = True
        if self._stopped:
            self._stopped = False
            self.transport.resume_reading()
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _begin(self) -> None:
        """Work on the first request, unless that is under way; read only as far as is wanted."""
        request = self._requests[0]
        if not request.begun:
            self._hand_on(request)
        if self._stopped or request.full or len(self._requests) > 1:
            self.regulate()

    def _hand_on(self, request: ServerRequest) -> None:
        """Have a request answered: by the application itself where it can do without a task."""
        request.begun = True
        if self._directly is not None:
            work = self._directly(request)
        else:
            scope = request.scope(self._app_state.copy())
            work = self.app(scope, request.receive, request.send)
        if work is not None:
            self.run(request, work)

    def run(self, request: ServerRequest, work: Work) -> None:
        """Have the work on a request done by the task that did it for the one before: a task for
        each costs several microseconds. One that still tidies up after its answer is not waited
        for."""
        wanted, self._wanted = self._wanted, None
        worker = self._worker
        if wanted is not None and worker is not None and not wanted.done():
            wanted.set_result((request, work))
        else:
            self._worker = worker = self.loop.create_task(self._work((request, work)))
        request.begin(worker)
        self.state.tasks.add(worker)  # uvicorn waits for them at the end

    async def _work(self, ordered: Ordered | None) -> None:
        """Do the work on requests, as it is handed on, until the connection ends. A connection
        whose answer is not whole is closed."""
        worker = asyncio.current_task(self.loop)
        while ordered is not None:
            request, work = ordered
            try:
                await work
            except ConnectionAbortedError:
                pass
            except Exception as error:
                # Its message might quote a prompt.
                _log.error("a request failed: %s", type(error).__name__)
            finally:
                self.state.tasks.discard(worker)
                if not request.complete and not request.gone:
                    self.transport.close()
            del request, work
            ordered = None
            if self._worker is worker and not self.transport.is_closing():
                self._wanted = wanted = self.loop.create_future()
                ordered = await wanted

    def regulate(self) -> None:
        """Stop the socket while requests or pieces of a body wait, and let it go on after that."""
        requests = self._requests
        stop = len(requests) > 1 or (len(requests) == 1 and requests[0].full)
        if stop is self._stopped or self.transport.is_closing():
            return
        self._stopped = stop
        if stop:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    # ------------------------------------------------------------------ from the parser

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers = []
        self._head_bytes = 0
        self._in_head = True
        self._continues = False

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # trailers are not headers
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self._continues = True
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        parser = self._parser
        version, method = parser.get_http_version(), parser.get_method()
        head = Head(method, self._url, version, self._headers)
        keep_alive = version != "1.0" and parser.should_keep_alive()
        request = ServerRequest(self, head, keep_alive)
        request.continues = self._continues
        if parser.should_upgrade():
            request.keep_alive = False
            lengths = [value for name, value in self._headers if name == b"content-length"]
            self._unparsed = int(lengths[0]) if lengths else 0
            if any(name == b"transfer-encoding" for name, _ in self._headers):
                raise ValueError("a chunked body behind a wish for another protocol")
        self._reading = request
        self._requests.append(request)

    def on_body(self, body: bytes) -> None:
        if self._reading is not None:
            self._reading.feed(body)

    def on_message_complete(self) -> None:
        request = self._reading
        if request is not None and not self._unparsed:
            self._reading = None
            request.fed()
            if request.complete and not self._requests:
                self._rest()  # it was answered before it was read

    # ------------------------------------------------------------------ from the answer

    def standing_lines(self) -> bytes:
        """The headers of every answer, such as the date: uvicorn lists them anew each second."""
        headers = self.state.default_headers
        if headers is not self._standing[0]:
            self._standing = headers, header_lines(headers)
        return self._standing[1]

    def finished(self, request: ServerRequest) -> None:
        """The answer to the first request is out."""
        self.state.total_requests += 1
        if self._requests and self._requests[0] is request:
            self._requests.popleft()
        if not request.keep_alive and request.unread:
            self._linger()
        elif not request.keep_alive:
            self.transport.close()
        elif self._requests:
            self._begin()
        else:
            if self._stopped:
                self.regulate()
            self._rest()

    def _rest(self) -> None:
        """Nothing is asked for. One timer looks after all such pauses of a connection."""
        self._idle_since = self.loop.time()
        if self._timer is None:
            self._timer = self.loop.call_later(self.keep_alive_seconds, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._idle_since is None:
            return
        at = self._idle_since + self.keep_alive_seconds
        if self.loop.time() >= at - 0.01:
            self.transport.close()
        else:
            self._timer = self.loop.call_at(at, self._tick)

    def shutdown(self) -> None:
        """End: now when nothing is under way, else after the answer. uvicorn asks for it."""
        if self._requests:
            self._requests[-1].keep_alive = False
            direct = self._requests[0].direct
            if direct is not None:
                direct.go_on()
        else:
            self.transport.close()


_log = logging.getLogger("uvicorn.error")
