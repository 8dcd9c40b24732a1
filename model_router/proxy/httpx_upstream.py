"""httpx behind the transport seam: HTTP/2, outgoing proxies, and whatever else it can do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any, TypeVar

import httpx

from model_router.addresses import parse_base_url
from model_router.errors import MissingExtraError
from model_router.proxy.config import Backend, Timeouts
from model_router.proxy.http1_pool import (
    IDLE_SECONDS,
    IDLE_SECONDS_TLS,
    standing_headers,
    tls_context,
)
from model_router.proxy.upstream import (
    CONNECT,
    CONNECT_TIMEOUT,
    CUT,
    FIRST_BYTE_TIMEOUT,
    IDLE_TIMEOUT,
    PROTOCOL,
    TOTAL_TIMEOUT,
    Call,
    Header,
    UpstreamError,
)

T = TypeVar("T")


class HttpxAnswer:
    """See `upstream.Answer`."""

    __slots__ = ("_pieces", "_response", "_timeouts", "_total_at", "ended", "headers", "status")

    def __init__(self, response: httpx.Response, timeouts: Timeouts, total_at: float) -> None:
        self.status = response.status_code
        self.headers: list[Header] = [(n.lower(), value) for n, value in response.headers.raw]
        self.ended = False
        self._response = response
        self._timeouts = timeouts
        self._total_at = total_at
        self._pieces: AsyncIterator[bytes] = response.aiter_raw()

    def at_hand(self) -> bytes | None:
        """See `upstream.Answer`."""
        return b"" if self.ended else None

    async def read(self) -> bytes:
        """The next piece; b"" at the end. Raises UpstreamError."""
        while not self.ended:
            piece = await self._within(anext(self._pieces, None))
            if piece is None:
                self.ended = True
                await self._response.aclose()
            elif piece:
                return piece
        return b""

    async def close(self) -> None:
        """Give the answer up; the server sees the connection or stream close."""
        self.ended = True
        await self._response.aclose()

    async def _within(self, work: Awaitable[T]) -> T:
        left = self._total_at - asyncio.get_running_loop().time()
        limits = self._timeouts
        try:
            async with asyncio.timeout(min(left, limits.idle)):
                return await work
        except TimeoutError:
            if left <= limits.idle:
                raise _late(TOTAL_TIMEOUT, f"took longer than {limits.total:g} s") from None
            message = f"was silent for {limits.idle:g} s in mid-answer"
            raise _late(IDLE_TIMEOUT, message) from None
        except httpx.HTTPError as error:
            raise _failure(error, began=True) from None


def _late(kind: str, message: str) -> UpstreamError:
    return UpstreamError(kind, message, began=True)


class HttpxUpstream:
    """See `upstream.Upstream`."""

    def __init__(self, backend: Backend, proxy: str | None) -> None:
        url = parse_base_url(backend.base_url)
        tls = url.scheme == "https"
        self._origin = f"{url.scheme}://{url.authority}"
        self._timeouts = backend.timeouts
        self._standing = [(b"accept-encoding", b"identity"), *standing_headers(backend)]
        try:
            self._client = httpx.AsyncClient(
                http2=backend.http2,
                verify=tls_context(backend.ca_file) if tls and not backend.http2 else True,
                proxy=proxy,
                trust_env=False,
                timeout=httpx.Timeout(None, connect=backend.timeouts.connect),
                limits=httpx.Limits(
                    max_connections=None,
                    max_keepalive_connections=64,
                    keepalive_expiry=IDLE_SECONDS_TLS if tls else IDLE_SECONDS,
                ),
            )
        except ImportError as error:
            hint = (
                'pip install "httpx[http2]"' if "h2" in str(error) else "pip install httpx[socks]"
            )
            raise MissingExtraError(f"backend {backend.name}: {error}", hint) from None

    def begin(self, call: Call) -> None:
        """See `upstream.Upstream`: httpx does not tell."""

    async def send(self, call: Call, begun: object = None) -> HttpxAnswer:
        """See `upstream.Upstream`."""
        try:
            return await self._attempt(call)
        except _Stale:
            return await self._attempt(call)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _attempt(self, call: Call) -> HttpxAnswer:
        fresh = False

        async def trace(event: str, info: Any) -> None:
            nonlocal fresh
            fresh = fresh or event.startswith("connection.connect")

        limits = self._timeouts
        own = [(b"x-request-id", call.id)] if call.id else []
        total_at = asyncio.get_running_loop().time() + limits.total
        request = self._client.build_request(
            call.method.decode(),
            self._origin + call.target.decode("latin-1"),
            headers=[*self._standing, *call.headers, *own],
            content=call.body or None,
            extensions={"trace": trace},
        )
        try:
            async with asyncio.timeout(limits.first_byte):
                response = await self._client.send(request, stream=True)
        except TimeoutError:
            message = f"did not begin to answer within {limits.first_byte:g} s"
            raise UpstreamError(FIRST_BYTE_TIMEOUT, message) from None
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as error:
            failure = _failure(error, began=False)
            if failure.kind == CUT and not fresh:
                raise _Stale(failure.kind, str(failure)) from None
            raise failure from None
        except httpx.HTTPError as error:
            raise _failure(error, began=False) from None
        return HttpxAnswer(response, limits, total_at)


class _Stale(UpstreamError):
    """A kept connection was dead; nothing of an answer had come."""


def _failure(error: httpx.HTTPError, *, began: bool) -> UpstreamError:
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return UpstreamError(CONNECT_TIMEOUT, "could not be reached in time", sent=False)
    if isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol):
        return UpstreamError(CONNECT, f"cannot be reached: {error}", sent=False)
    said = str(error)
    cut = not isinstance(error, httpx.RemoteProtocolError) or "disconnected" in said
    cut = cut or "peer closed connection" in said
    if cut:
        message = "closed the connection in mid-answer" if began else "hung up"
        return UpstreamError(CUT, message, began=began)
    return UpstreamError(PROTOCOL, "sent something that is not HTTP", began=began)
