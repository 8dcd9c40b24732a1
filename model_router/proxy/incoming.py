"""A request as it comes in: headers, id, caller, body. And plain answers to it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple, Protocol

from model_router.proxy.http1_request import ANSWER, LEAVE, Leave, ServerRequest
from model_router.proxy.problems import INVALID, Problem, Refused
from model_router.proxy.upstream import Header, Rows
from model_router.proxy.wire_headers import new_id, request_id

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JSON: Header = (b"content-type", b"application/json")
TRACE = b"x-model-router-trace"
_TRUE = (b"true", b"1")


class ClientLeft(Exception):
    """The client closed the connection."""


class Transport(Protocol):
    """The server's side of a request: ASGI's two calls, and what our own server has beside them."""

    @property
    def receive(self) -> Receive: ...

    @property
    def send(self) -> Send: ...

    @property
    def when_left(self) -> Callable[[Leave | None], None] | None:
        """Takes what to call when the client leaves."""
        ...

    @property
    def answer(self) -> Callable[..., bool] | None:
        """Takes a whole answer in one call, see `ServerRequest.answer`."""
        ...


class _Asgi(NamedTuple):
    receive: Receive
    send: Send
    when_left: Callable[[Leave | None], None] | None
    answer: Callable[..., bool] | None


class Incoming:
    """One request. `caller` is the name of its key; `extra` goes with every answer to it.

    What its `transport` lacks is None.
    """

    __slots__ = (
        "begun",
        "caller",
        "extra",
        "headers",
        "id",
        "method",
        "onward",
        "path",
        "query",
        "transport",
    )

    def __init__(
        self,
        method: str,
        path: str,
        query: bytes,
        headers: dict[bytes, bytes],
        transport: Transport,
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.transport = transport
        given = self.headers.get(b"x-request-id")
        self.id = new_id() if given is None else request_id(given)
        self.begun = False  # whether the client has the head of an answer
        self.caller = ""
        self.extra: tuple[Header, ...] = ()
        self.onward: Rows | None = None  # what of the headers a backend sees, where that is known

    @property
    def wants_trace(self) -> bool:
        """Whether the client asked for the whole story."""
        return self.headers.get(TRACE, b"").lower() in _TRUE

    async def body(self, most: int) -> bytes:
        """The whole body. Raises Refused (413, 415) or ClientLeft."""
        encoding = self.headers.get(b"content-encoding")
        if encoding is not None and encoding.strip().lower() != b"identity":
            why = "send the body as it is, without Content-Encoding"
            raise Refused(Problem(415, why, INVALID, "unsupported_content_encoding"))
        length = self.headers.get(b"content-length")
        if length is not None and length.isdigit() and int(length[:20]) > most:
            raise too_large(most)
        message = await self.transport.receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            data: bytes = message.get("body", b"")
            if len(data) > most:
                raise too_large(most)
            return data
        return await self._rest(message, most)

    async def _rest(self, message: Message, most: int) -> bytes:
        pieces, size = [], 0
        while True:
            if message["type"] == "http.disconnect":
                raise ClientLeft
            piece = message.get("body", b"")
            size += len(piece)
            if size > most:
                raise too_large(most)
            pieces.append(piece)
            if not message.get("more_body"):
                return b"".join(pieces)
            message = await self.transport.receive()

    async def answer(self, status: int, body: bytes, headers: tuple[Header, ...] = (JSON,)) -> None:
        """A whole answer."""
        rows = [
            *headers,
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", self.id),
            (b"x-modelrouter-request-id", self.id),
            *self.extra,
        ]
        self.begun = True
        send = self.transport.send
        await send({"type": "http.response.start", "status": status, "headers": rows})
        sent = b"" if self.method == "HEAD" else body
        await send({"type": "http.response.body", "body": sent})

    async def answer_json(self, value: Any, status: int = 200, *headers: Header) -> None:
        """A whole JSON answer."""
        await self.answer(status, json.dumps(value).encode(), (JSON, *headers))

    async def refuse(self, problem: Problem, *headers: Header) -> None:
        """An answer that says what is wrong."""
        rows = (JSON, *problem.headers, *headers)
        if problem.status in (413, 415):
            rows = (*rows, (b"connection", b"close"))  # the rest of the body is not read
        await self.answer(problem.status, problem.body(), rows)


def incoming_of(scope: Scope, receive: Receive, send: Send) -> Incoming:
    """A request as ASGI tells of it."""
    more = scope.get("extensions", {})
    transport = _Asgi(receive, send, more.get(LEAVE), more.get(ANSWER))
    headers = dict(scope["headers"])
    return Incoming(scope["method"], scope["path"], scope["query_string"], headers, transport)


def incoming_from(request: ServerRequest) -> Incoming:
    """A request of our own server."""
    head = request.head
    return Incoming(head.method, head.path, head.query, request.named_headers(), request)


def too_large(most: int) -> Refused:
    """The refusal of a body that is larger than `most` bytes."""
    message = f"the body is larger than {most} bytes; see proxy.max_body_bytes"
    return Refused(Problem(413, message, INVALID, "request_too_large"))
