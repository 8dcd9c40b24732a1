"""Our own HTTP/1.1 client for one backend: connections kept, the latest used first."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque

from model_router._version import __version__
from model_router.addresses import parse_base_url
from model_router.proxy.config import Backend
from model_router.proxy.http1 import Http1Connection
from model_router.proxy.http1_answer import Http1Answer
from model_router.proxy.upstream import (
    CONNECT,
    CONNECT_TIMEOUT,
    CUT,
    Call,
    Header,
    Rows,
    UpstreamError,
)

MOST_IDLE = 256
IDLE_SECONDS = 4.0
"""How long a connection is kept: several servers close theirs after 5 s without a word."""
IDLE_SECONDS_TLS = 30.0
SWEEP_SECONDS = 5.0
_MOST_HEADS, _LONG_HEAD = 64, 4096


def standing_headers(backend: Backend) -> list[Header]:
    """The headers of every request to a backend: its key, and what the file adds."""
    rows = [(b"user-agent", b"model-router/" + __version__.encode())]
    if backend.api_key:
        rows.append((b"authorization", b"Bearer " + backend.api_key.encode()))
    rows += [(name.lower().encode(), value.encode()) for name, value in backend.headers.items()]
    return rows


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """A context that checks certificates, by the system's or by the file's authorities."""
    context = ssl.create_default_context(cafile=ca_file)
    context.set_alpn_protocols(["http/1.1"])
    return context


class Http1Upstream:
    """See `upstream.Upstream`. One retry, on a new connection, when a kept one was dead."""

    def __init__(self, backend: Backend) -> None:
        self._url = url = parse_base_url(backend.base_url)
        self._timeouts = backend.timeouts
        self._tls = tls_context(backend.ca_file) if url.scheme == "https" else None
        self._keep = IDLE_SECONDS_TLS if self._tls else IDLE_SECONDS
        self._idle: deque[Http1Connection] = deque()
        self._closed = False
        lines = [(b"host", url.authority.encode()), (b"accept-encoding", b"identity")]
        self._standing = Rows([*lines, *standing_headers(backend)]).lines
        self._heads: dict[tuple[bytes, bytes, bytes], bytes] = {}
        self._sweeper: asyncio.TimerHandle | None = None

    async def send(self, call: Call, begun: Http1Answer | None = None) -> Http1Answer:
        """See `upstream.Upstream`."""
        answer = begun or self.begin(call)
        if answer is not None:
            try:
                return await answer.head()
            except UpstreamError as error:
                if error.kind != CUT or error.began:
                    raise
        fresh = await self._connect()
        return await fresh.start(self._head(call), call.body, self._timeouts).head()

    def begin(self, call: Call) -> Http1Answer | None:
        """See `upstream.Upstream`."""
        kept = self._kept()
        return None if kept is None else kept.start(self._head(call), call.body, self._timeouts)

    async def close(self) -> None:
        """Close idle connections, and the others when their exchange is over."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        while self._idle:
            self._idle.pop().abort()

    def _head(self, call: Call) -> bytes:
        method, target, headers, body, request_id = call
        lines = headers.lines
        start = self._heads.get((method, target, lines))
        if start is None:
            start = b"%b %b HTTP/1.1\r\n%b%b" % (method, target, self._standing, lines)
            if len(self._heads) < _MOST_HEADS and len(start) < _LONG_HEAD:
                self._heads[method, target, lines] = start
        own = b"x-request-id: %b\r\n" % request_id if request_id else b""
        if body or method == b"POST":
            return b"%b%bcontent-length: %d\r\n\r\n" % (start, own, len(body))
        return b"%b%b\r\n" % (start, own)

    # ------------------------------------------------------------------ connections

    async def _connect(self) -> Http1Connection:
        loop = asyncio.get_running_loop()
        host = self._url.host
        try:
            async with asyncio.timeout(self._timeouts.connect):
                _, connection = await loop.create_connection(
                    lambda: Http1Connection(loop, self._released),
                    host,
                    self._url.port,
                    ssl=self._tls,
                    server_hostname=host if self._tls else None,
                )
        except TimeoutError:
            message = f"could not be reached within {self._timeouts.connect:g} s"
            raise UpstreamError(CONNECT_TIMEOUT, message, sent=False) from None
        except (OSError, ssl.SSLError) as error:
            raise UpstreamError(CONNECT, _reason(error), sent=False) from None
        return connection

    def _kept(self) -> Http1Connection | None:
        idle = self._idle
        if idle:
            connection = idle.pop()
            if not connection.lost and connection.expires > connection.loop.time():
                return connection
            connection.abort()
            while idle:  # the others are older still
                idle.pop().abort()
        return None

    def _released(self, connection: Http1Connection, keep: bool) -> None:
        if not keep:
            if connection in self._idle:
                self._idle.remove(connection)
            return
        seconds = self._keep
        if connection.keep_alive is not None:
            seconds = min(seconds, _allowed(connection.keep_alive))
        if self._closed or seconds <= 0 or len(self._idle) >= MOST_IDLE:
            connection.abort()
            return
        connection.expires = connection.loop.time() + seconds
        self._idle.append(connection)
        if self._sweeper is None:
            self._sweeper = connection.loop.call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        """Close what expired, so that an idle proxy holds no sockets."""
        self._sweeper = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._idle and self._idle[0].expires <= now:
            self._idle.popleft().abort()
        if self._idle:
            self._sweeper = loop.call_later(SWEEP_SECONDS, self._sweep)


def _allowed(keep_alive: bytes) -> float:
    """Seconds that a server's Keep-Alive header leaves, less one for the way."""
    for part in keep_alive.lower().split(b","):
        name, _, value = part.strip().partition(b"=")
        if name == b"timeout" and value.isdigit():
            return float(value[:6]) - 1.0
    return IDLE_SECONDS_TLS


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or 'handshake'}"
    return f"cannot be reached: {error.strerror or error}"
