"""Headers on the way: what of a client's goes to a backend, what of a backend's comes back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from model_router.proxy.upstream import Header

FORWARDED = frozenset({
    b"traceparent", b"tracestate", b"x-session-id", b"x-session-affinity", b"session-id",
    b"thread-id", b"idempotency-key", b"openai-beta", b"anthropic-beta", b"anthropic-version",
})  # fmt: skip
"""Headers of a client that a backend sees. Keys and cookies are never among them."""

_HOP_BY_HOP = frozenset({
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization",
    b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade",
})  # fmt: skip
_OURS = frozenset({
    b"content-length", b"date", b"server", b"x-accel-buffering", b"x-powered-by", b"set-cookie",
    b"alt-svc", b"strict-transport-security", b"x-content-type-options",
})  # fmt: skip
_NOT_THEIRS = (b"access-control-", b"x-modelrouter-", b"x-routed-", b"x-model-router-")

_SANE_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}").fullmatch


def returned(headers: list[Header]) -> list[Header]:
    """A backend's headers as a client gets them: all but those of the connection, of its own
    server, and those that only the proxy may say. Its request id gets another name."""
    named = _named_by_connection(headers)
    found = []
    for name, value in headers:
        kept = _KEPT_AS[name]
        if kept is not None and name not in named:
            found.append((kept, value))
    return found


class _KeptAs(dict[bytes, bytes | None]):
    """A header of a backend's -> its name for the client, or None. The names that come are few."""

    def __missing__(self, name: bytes) -> bytes | None:
        kept: bytes | None = name
        if name in _HOP_BY_HOP or name in _OURS or name.startswith(_NOT_THEIRS):
            kept = None
        elif name == b"x-request-id":
            kept = b"x-upstream-request-id"
        if len(self) < 256 and len(name) < 64:
            self[name] = kept
        return kept


_KEPT_AS = _KeptAs()


def _named_by_connection(headers: list[Header]) -> frozenset[bytes]:
    """The headers that `Connection` names: they end at this hop too."""
    for name, value in headers:
        if name == b"connection" and value.lower() not in (b"close", b"keep-alive"):
            rows = value.lower().split(b",")
            return frozenset(row.strip() for row in rows) - {b"content-type", b"content-encoding"}
    return frozenset()


def header_lines(headers: Iterable[Header]) -> bytes:
    """Headers as they go over the wire. Raises RuntimeError for one that holds a line's end."""
    parts: list[bytes] = []
    for name, value in headers:
        parts += (name, b": ", value, b"\r\n")
    lines = b"".join(parts)
    count = len(parts) // 4
    if lines.count(b"\n") != count or lines.count(b"\r") != count or b"\0" in lines:
        raise RuntimeError("a header holds a line's end")
    return lines


def value_of(headers: list[Header], name: bytes) -> bytes | None:
    """The first value of a header, or None."""
    for found, value in headers:
        if found == name:
            return value
    return None


def request_id(given: bytes | None) -> bytes:
    """The client's own request id when it is sane, else a new one of 32 hex characters."""
    if given is not None and _SANE_ID(given):
        return given
    return _NEW_IDS.next()


class _NewIds:
    """Random ids. The system is asked for many at a time: each call of it costs a microsecond."""

    def __init__(self) -> None:
        self._left: list[bytes] = []

    def next(self) -> bytes:
        """Sixteen random bytes in hexadecimal."""
        while True:
            try:
                return self._left.pop()
            except IndexError:
                many = os.urandom(16 * 64).hex().encode()
                self._left = [many[at : at + 32] for at in range(0, len(many), 32)]


_NEW_IDS = _NewIds()
