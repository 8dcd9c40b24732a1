"""The transport seam: a request goes out, an answer comes back, and failures have one form.

Two clients stand behind it: our own for HTTP/1.1 (`http1_pool`), and httpx (`httpx_upstream`)
for HTTP/2 and outgoing proxies. Forwarding knows neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

from model_router.addresses import is_local, parse_base_url

if TYPE_CHECKING:
    from model_router.proxy.config import Backend
    from model_router.proxy.http1_answer import Http1Answer

Header = tuple[bytes, bytes]

CONNECT, CONNECT_TIMEOUT = "connect", "connect_timeout"
FIRST_BYTE_TIMEOUT, IDLE_TIMEOUT, TOTAL_TIMEOUT = (
    "first_byte_timeout",
    "idle_timeout",
    "total_timeout",
)
CUT, PROTOCOL = "cut", "protocol"


class UpstreamError(Exception):
    """A backend that did not answer whole. `kind` is one of the constants above.

    `began` says whether any of the answer had arrived, `sent` whether the request may have been.
    """

    def __init__(self, kind: str, message: str, *, began: bool = False, sent: bool = True) -> None:
        super().__init__(message)
        self.kind = kind
        self.began = began
        self.sent = sent

    @property
    def timed_out(self) -> bool:
        """Whether a limit of time was what ended it."""
        return self.kind.endswith("_timeout")


class Rows(tuple[Header, ...]):
    """Headers of many requests."""

    @cached_property
    def lines(self) -> bytes:
        """The same as they go over the wire."""
        return b"".join([b"%b: %b\r\n" % row for row in self])


NO_ROWS = Rows()


class Call(NamedTuple):
    """A request. `target` is path and query, as they stand in the request line."""

    method: bytes
    target: bytes
    headers: Rows = NO_ROWS
    body: bytes = b""
    id: bytes = b""  # for X-Request-Id, if there is one


class Answer(Protocol):
    """What came back. Header names are lower case. Read to the end, or close it."""

    status: int

    @property
    def headers(self) -> list[Header]: ...

    @property
    def ended(self) -> bool:
        """Whether the whole answer has arrived and been read."""
        ...

    def at_hand(self) -> bytes | None:
        """All that is left of the body, when it has arrived; None when one has to wait. It is not
        taken away."""
        ...

    async def read(self) -> bytes:
        """The next piece of the body as soon as there is one; b"" at its end.

        Raises UpstreamError."""
        ...

    async def close(self) -> None:
        """Give the answer up. Unless it had ended, the server sees the connection close."""
        ...


class Upstream(Protocol):
    """A client for one backend, safe for any number of tasks at a time."""

    async def send(self, call: Call, begun: Http1Answer | None = None) -> Answer:
        """The answer to `call`, as soon as its head is there. Raises UpstreamError.

        `begun` is what `begin` gave for it."""
        ...

    def begin(self, call: Call) -> Http1Answer | None:
        """Send `call` over a connection that is open and idle; None where there is none."""
        ...

    async def close(self) -> None:
        """Close what is idle now, and the rest as soon as it is."""
        ...


def outgoing_proxy(backend: Backend, environ: Mapping[str, str]) -> str | None:
    """The HTTP proxy on the way to a backend: its own, or the environment's for hosted ones.

    A local backend never goes through the environment's: its text stays here.
    """
    if backend.proxy_url:
        return backend.proxy_url
    url = parse_base_url(backend.base_url)
    if is_local(url.host):
        return None
    proxies = _proxies(environ)
    if _spared(url.host, proxies.get("no", "")):
        return None
    return proxies.get(url.scheme) or proxies.get("all")


def _proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """What `environ` says of proxies: scheme to URL, and `no` for who needs none."""
    found = {}
    for name, value in environ.items():
        scheme = name.lower().removesuffix("_proxy")
        if value and scheme != name.lower():
            found[scheme] = value
    return found


def _spared(host: str, listed: str) -> bool:
    """Whether NO_PROXY names `host` or a domain it belongs to."""
    for name in listed.lower().split(","):
        name = name.strip().lstrip(".")
        if name == "*" or (name and (host == name or host.endswith("." + name))):
            return True
    return False


def open_upstream(backend: Backend, environ: Mapping[str, str]) -> Upstream:
    """The client for a backend: our own where it will do, else httpx."""
    proxy = outgoing_proxy(backend, environ)
    if backend.transport == "httpx" or backend.http2 or (proxy and backend.transport == "auto"):
        from model_router.proxy.httpx_upstream import HttpxUpstream  # 100 ms that few need

        return HttpxUpstream(backend, proxy)
    from model_router.proxy.http1_pool import Http1Upstream

    return Http1Upstream(backend)
