"""The ASGI application: who may come in, and which endpoint answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from model_router.proxy import admin, info
from model_router.proxy.chat import chat, route
from model_router.proxy.direct import chat_directly
from model_router.proxy.guard import fails, guarded
from model_router.proxy.http1_request import ServerRequest
from model_router.proxy.incoming import Incoming, Receive, Scope, Send, incoming_from, incoming_of
from model_router.proxy.live import Live
from model_router.proxy.openapi import openapi
from model_router.proxy.problems import INVALID, Problem, Refused
from model_router.proxy.upstream import Header
from model_router.proxy.wire_headers import onward

Endpoint = Callable[[Live, Incoming], Awaitable[None]]

CHAT = "/v1/chat/completions"
OPEN = ("/health", "/healthz")
"""Paths that take no key."""

ENDPOINTS: tuple[tuple[str, str, Endpoint], ...] = (
    ("POST", CHAT, chat),
    ("POST", "/v1/route", route),
    ("POST", "/classify", route),
    ("GET", "/v1/models", info.list_models),
    ("GET", "/v1/models/{id:path}", info.one_model),
    ("GET", "/health", info.health),
    ("GET", "/healthz", info.health),
    ("GET", "/v1/status", info.status),
    ("GET", "/metrics", info.metrics),
    ("GET", "/openapi.json", openapi),
    ("POST", "/v1/approvals/{id}", admin.approve),
    ("GET", "/v1/approvals/{id}", admin.pending),
    ("POST", "/admin/reload", admin.reload),
)
"""Method, path, and who answers. GET answers HEAD too. {id} is one step of a path, {id:path} the
rest of it."""

_ADMIN = ("/admin/", "/v1/approvals/")
_PREFLIGHT: tuple[Header, ...] = (
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-max-age", b"600"),
)


class App:
    """The application for a Live proxy. `background` runs from start-up to shut-down."""

    def __init__(
        self,
        live: Live,
        background: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
    ) -> None:
        self.live = live
        self._background = background

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live through the server's life."""
        if scope["type"] != "http":
            await self._live(receive, send)
            return
        incoming = incoming_of(scope, receive, send)
        await guarded(self.live, incoming, self._answered(incoming))

    async def _answered(self, incoming: Incoming) -> None:
        await self._admitted(incoming)(self.live, incoming)

    def directly(self, request: ServerRequest) -> Coroutine[Any, Any, None] | None:
        """Answer a request of our own server, see `http1_server.Directly`."""
        incoming = incoming_from(request)
        work: Awaitable[None] | None
        head, door = request.head, self.live.service.door
        try:
            if head.kept is not None and head.kept[0] is door:
                _, endpoint, incoming.caller, incoming.extra, incoming.onward = head.kept
            else:
                endpoint = self._admitted(incoming)
                incoming.onward = onward(incoming.headers) if endpoint is chat else None
                head.kept = door, endpoint, incoming.caller, incoming.extra, incoming.onward
            if endpoint is chat:
                work = chat_directly(self.live, incoming, request)
            else:
                work = endpoint(self.live, incoming)
        except Exception as error:
            work = fails(error)
        return None if work is None else guarded(self.live, incoming, work)

    async def _live(self, receive: Receive, send: Send) -> None:
        """ASGI's lifespan: start the background, and end it when the server ends."""
        await receive()
        async with self._background():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    def _admitted(self, incoming: Incoming) -> Endpoint:
        """Who answers a request that may come in. Raises Refused."""
        door = self.live.service.door
        door.check_page(incoming.headers)
        if b"origin" in incoming.headers:
            incoming.extra = door.cors(incoming.headers)
        if incoming.method == "OPTIONS":
            return _preflight
        if incoming.path not in OPEN and not incoming.path.startswith(_ADMIN):
            incoming.caller = door.caller(incoming.headers)
        return endpoint_for(incoming.method, incoming.path)


async def _preflight(live: Live, incoming: Incoming) -> None:
    asked = incoming.headers.get(b"access-control-request-headers", b"")
    granted = (*_PREFLIGHT, (b"access-control-allow-headers", asked)) if incoming.extra else ()
    await incoming.answer(204, b"", granted)


def endpoint_for(method: str, path: str) -> Endpoint:
    """Who answers. Raises Refused: 404 for a path that nobody knows, 405 for a method."""
    if path == CHAT and method == "POST":
        return chat
    found = _PAGES.get(path) or _longer(path)
    endpoint = found.get("GET" if method == "HEAD" else method)
    if endpoint is not None:
        return endpoint
    if not found:
        message = f"there is no {path[:100]} here; see docs/proxy.md"
        raise Refused(Problem(404, message, INVALID, "unsupported_endpoint"))
    allowed = ", ".join(found)
    allow = ((b"allow", allowed.encode()),)
    raise Refused(
        Problem(405, f"this path takes {allowed}", INVALID, "method_not_allowed", headers=allow)
    )


Page = dict[str, Endpoint]
"""Who answers each method of a path."""


def _longer(path: str) -> Page:
    """The page of a path that ends with a name."""
    for pattern, page in _PAGES.items():
        start, brace, rest = pattern.partition("{")
        if brace and path.startswith(start):
            name = path[len(start) :]
            if rest.endswith(":path}") or (name and "/" not in name):
                return page
    return {}


def _pages() -> dict[str, Page]:
    pages: dict[str, Page] = {}
    for method, path, endpoint in ENDPOINTS:
        pages.setdefault(path, {})[method] = endpoint
    return pages


_PAGES = _pages()
