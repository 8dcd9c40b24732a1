"""Heads that come again on a connection: parsed once, then known by their very bytes.

What a parser makes of a head depends on nothing but its bytes. So a head that is byte for byte one
that was parsed, all but the digits of its one Content-Length, means the same with another length.
That is only looked at where a message begins with a piece of the socket and ends with it.

`_heads.c` looks, where a compiler was there when the package was installed. A change here is a
change there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

import httptools

from model_router.native import native
from model_router.proxy.upstream import Header

if TYPE_CHECKING:
    from model_router.proxy import _heads as compiled
else:
    compiled = native("model_router.proxy._heads")

PURE = compiled is None
"""Whether this machine does without our C."""

LENGTH = b"content-length"
LONGEST = 4096
"""Bytes of a head that may be remembered."""

_MOST_TARGETS = 256

Target = tuple[str, bytes, bytes]  # path, path as it came, query

_MARKS = (b"\r\ncontent-length: ", b"\r\nContent-Length: ")
_END = b"\r\n\r\n"
_NEVER = frozenset({b"transfer-encoding", b"upgrade", b"expect", b"trailer"})


class Seen(NamedTuple):
    """A head that was parsed: its bytes before and behind the digits of its length, and what it
    `says`."""

    before: bytes
    behind: bytes
    says: Any


def again_in_python(seen: Seen, data: bytes) -> tuple[bytes, bytes] | None:
    """The digits and the body, if `data` is one whole message with a head that was seen; else
    None."""
    before, behind, _ = seen
    if data.startswith(before):
        head, found, body = data.partition(behind)
        digits = head[len(before) :]
        if found and digits == b"%d" % len(body):
            return digits, body
    return None


again: Callable[[Seen, bytes], tuple[bytes, bytes] | None]
"""The same in C, where there is that."""
again = again_in_python if PURE else compiled.again


def learn(data: bytes, headers: list[Header], body: bytes, says: Any) -> Seen | None:
    """The head of `data`, of which a parser made `headers` and `body`. None where it is not one
    whole message, or where it cannot be told from the head's bytes alone where the body ends."""
    end = data.find(_END, 0, LONGEST)
    lengths = [value for name, value in headers if name == LENGTH]
    if end < 0 or len(lengths) != 1 or any(name in _NEVER for name, _ in headers):
        return None
    if len({data.count(line_end, 0, end) for line_end in (b"\r\n", b"\r", b"\n")}) != 1:
        return None  # a lenient parser could see the head's end elsewhere
    for mark in _MARKS:
        at = data.find(mark + lengths[0] + b"\r\n", 0, end + 2)
        if at >= 0:
            at += len(mark)
            seen = Seen(data[:at], data[at + len(lengths[0]) : end + 4], says)
            return seen if again(seen, data) == (lengths[0], body) else None
    return None


def relengthed(headers: list[Header], digits: bytes) -> list[Header]:
    """Headers with another length."""
    return [(name, digits if name == LENGTH else value) for name, value in headers]


class Head:
    """What the head of a request says. `kept` is for who lets requests in, to keep what he found:
    heads that differ in their length alone have one of these."""

    __slots__ = (
        "_unmeasured",
        "headers",
        "kept",
        "method",
        "named",
        "path",
        "query",
        "raw_path",
        "version",
    )  # fmt: skip

    def __init__(self, method: bytes, url: bytes, version: str, headers: list[Header]) -> None:
        self.method = _METHODS.get(method) or method.decode("ascii")
        self.path, self.raw_path, self.query = _TARGETS.get(url) or _target(url)
        self.version = version
        self.headers = headers
        self.named = dict(headers)
        self._unmeasured: dict[bytes, bytes] | None = None
        self.kept: Any = None

    def unmeasured(self) -> dict[bytes, bytes]:
        """The headers by their names, but for that of the length; made when it comes again."""
        found = self._unmeasured
        if found is None:
            found = {name: value for name, value in self.named.items() if name != LENGTH}
            self._unmeasured = found
        return found

    def scope(self, length: bytes | None) -> dict[str, Any]:
        """What ASGI says of it; with another length, unless that is None."""
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": self.version,
            "method": self.method,
            "scheme": "http",
            "path": self.path,
            "raw_path": self.raw_path,
            "query_string": self.query,
            "root_path": "",
            "headers": self.headers if length is None else relengthed(self.headers, length),
        }


_ASGI = {"version": "3.0", "spec_version": "2.3"}
_METHODS = {b"POST": "POST", b"GET": "GET"}
_TARGETS: dict[bytes, Target] = {}


def _target(url: bytes) -> Target:
    """What a request line asks for; what is asked for often is remembered."""
    found = httptools.parse_url(url)
    raw = found.path or b"/"
    path = raw.decode("ascii")
    target = (unquote(path) if "%" in path else path, raw, found.query or b"")
    if len(_TARGETS) < _MOST_TARGETS and len(url) < 100:
        _TARGETS[url] = target
    return target
