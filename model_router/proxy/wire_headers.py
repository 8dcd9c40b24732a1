"""Headers on the way: what of a client's goes to a backend, what of a backend's comes back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from model_router.proxy.upstream import Header, Rows

FORWARDED = frozenset({
    b"accept", b"traceparent", b"tracestate", b"x-session-id", b"x-session-affinity", b"session-id",
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


def onward(given: Mapping[bytes, bytes]) -> Rows:
    """A client's headers as a backend gets them, but for the request's id."""
    rows = [(b"content-type", b"application/json")]
    rows += [(name, value) for name, value in given.items() if name in FORWARDED]
    return Rows(rows)


def returned(headers: list[Header]) -> list[Header]:
    """A backend's headers as a client gets them: all but those of the connection, of its own
    server, and those that only the proxy may say. Its request id gets another name."""
    found = []
    for name, value in headers:
        kept = _KEPT_AS[name]
        if kept is not None:
            found.append((kept, value))
        elif name == b"connection" and value.lower() not in (b"close", b"keep-alive"):
            named = _named_by_connection(value)
            return returned([row for row in headers if row[0] not in named])
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


def _named_by_connection(value: bytes) -> frozenset[bytes]:
    """The headers that a `Connection` names, which end at this hop too, and itself."""
    rows = (row.strip() for row in value.lower().split(b","))
    return frozenset({b"connection", *rows}) - {b"content-type", b"content-encoding"}


def header_lines(headers: Iterable[Header]) -> bytes:
    """Headers as they go over the wire. Raises RuntimeError for one that holds a line's end."""
    rows = [b"%b: %b\r\n" % (name, value) for name, value in headers]
    lines = b"".join(rows)
    count = len(rows)
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
    return new_id()


_NEW_IDS: list[bytes] = []


def new_id() -> bytes:
    """Sixteen random bytes in hexadecimal. The system is asked for many at a time: each call of it
    costs a microsecond."""
    while True:
        try:
            return _NEW_IDS.pop()
        except IndexError:
            many = os.urandom(16 * 64).hex().encode()
            _NEW_IDS.extend([many[at : at + 32] for at in range(0, len(many), 32)])
