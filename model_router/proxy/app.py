"""The ASGI application: who may come in, and which endpoint answers.

Chat requests go straight to their endpoint; whatever else is asked for is Starlette's to route.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.routing import Route, Router

from model_router.proxy import admin, info
from model_router.proxy.chat import chat, route
from model_router.proxy.incoming import ClientLeft, Incoming, Receive, Scope, Send
from model_router.proxy.live import Live
from model_router.proxy.openapi import openapi
from model_router.proxy.problems import INTERNAL, INVALID, Problem, Refused
from model_router.proxy.upstream import Header

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
"""Method, path, and who answers. GET answers HEAD too."""

_ADMIN = ("/admin/", "/v1/approvals/")
_PREFLIGHT: tuple[Header, ...] = (
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-max-age", b"600"),
)


class App:
    """The application for a Live proxy. `background` runs from start-up to shut-down."""

    def __init__(self, live: Live, background: Callable[[], Any] | None = None) -> None:
        self.live = live
        self._rest = _router(live, background)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or Starlette's lifespan."""
        if scope["type"] != "http":
            await self._rest(scope, receive, send)
            return
        incoming = Incoming(scope, receive, send)
        try:
            if await self._admitted(incoming):
                if incoming.path == CHAT and incoming.method == "POST":
                    await chat(self.live, incoming)
                else:
                    scope["incoming"] = incoming
                    await self._rest(scope, receive, send)
        except Refused as refused:
            await self._refuse(incoming, refused.problem)
        except ClientLeft:
            self.live.metrics.left.add("sending")
        except Exception as error:
            if isinstance(error, ConnectionAbortedError) or incoming.begun:
                raise
            self.live.say(f"a request failed: {fault(error)}; please report it")
            await self._refuse(incoming, INTERNAL_PROBLEM)

    async def _refuse(self, incoming: Incoming, problem: Problem) -> None:
        engine = next((v for n, v in problem.headers if n == b"x-modelrouter-engine"), b"")
        self.live.metrics.requests.add(engine.decode(), "", str(problem.status))
        await incoming.refuse(problem)

    async def _admitted(self, incoming: Incoming) -> bool:
        """Whether an endpoint shall answer; a page's preflight is answered here. Raises Refused."""
        door = self.live.service.door
        door.check_page(incoming.headers)
        incoming.extra = door.cors(incoming.headers)
        if incoming.method == "OPTIONS":
            await _preflight(incoming)
            return False
        if incoming.path not in OPEN and not incoming.path.startswith(_ADMIN):
            incoming.caller = door.caller(incoming.headers)
        return True


async def _preflight(incoming: Incoming) -> None:
    asked = incoming.headers.get(b"access-control-request-headers", b"")
    granted = (*_PREFLIGHT, (b"access-control-allow-headers", asked)) if incoming.extra else ()
    await incoming.answer(204, b"", granted)


def _router(live: Live, background: Callable[[], Any] | None) -> Router:
    """Starlette's router alone: its middleware would answer errors in its own form."""

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        if background is None:
            yield
        else:
            async with background():
                yield

    methods: dict[str, dict[str, Endpoint]] = {}
    for method, path, endpoint in ENDPOINTS:
        methods.setdefault(path, {})[method] = endpoint
    routes = [Route(path, _Page(live, found)) for path, found in methods.items()]
    return Router(routes, redirect_slashes=False, default=_Page(live, {}), lifespan=lifespan)


class _Page:
    """One path: an ASGI endpoint that hands on to whoever answers the method."""

    def __init__(self, live: Live, endpoints: dict[str, Endpoint]) -> None:
        self.live = live
        self.endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        incoming: Incoming = scope["incoming"]
        method = "GET" if incoming.method == "HEAD" else incoming.method
        endpoint = self.endpoints.get(method)
        if endpoint is None:
            raise Refused(self._problem(incoming))
        await endpoint(self.live, incoming)

    def _problem(self, incoming: Incoming) -> Problem:
        if not self.endpoints:
            message = f"there is no {incoming.path[:100]} here; see docs/proxy.md"
            return Problem(404, message, INVALID, "unsupported_endpoint")
        allowed = ", ".join(self.endpoints)
        message = f"this path takes {allowed}"
        allow = ((b"allow", allowed.encode()),)
        return Problem(405, message, INVALID, "method_not_allowed", headers=allow)


def fault(error: Exception) -> str:
    """The kind of an error and where it comes from. Its message may quote a prompt."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    file = trace.tb_frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
    return f"{type(error).__name__} at {file}:{trace.tb_lineno}"


INTERNAL_PROBLEM = Problem(500, "the proxy failed; please report it", INTERNAL, "internal_error")
