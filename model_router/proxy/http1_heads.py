"""Heads that come again on a connection: parsed once, then known by their very bytes.

What a parser makes of a head depends on nothing but its bytes. So a head that is byte for byte one
that was parsed, all but the digits of its one Content-Length, means the same with another length.
That is only looked at where a message begins with a piece of the socket and ends with it.
"""

from __future__ import annotations

from typing import Any

from model_router.proxy.upstream import Header

LONGEST = 2048
"""Bytes of a head that may be remembered."""
MOST = 8
"""Heads that a connection remembers."""

_LENGTH = b"content-length"
_MARKS = (b"\r\ncontent-length: ", b"\r\nContent-Length: ")
_MARK = len(_MARKS[0])
_MOST_DIGITS = 12

Parts = tuple[bytes, bytes, bytes]
"""A head without the digits of its length, those digits, and the body."""


class Seen:
    """A head that was parsed: its headers before and behind Content-Length, and what else it says.

    `lines` is for who makes an answer of it, to keep what he made.
    """

    __slots__ = ("_after", "_before", "_length", "lines", "says")

    def __init__(self, headers: list[Header], at: int, says: Any) -> None:
        self._before, self._length, self._after = headers[:at], headers[at][0], headers[at + 1 :]
        self.says = says
        self.lines: bytes | None = None

    def headers(self, digits: bytes) -> list[Header]:
        """The headers with another length."""
        return [*self._before, (self._length, digits), *self._after]


Known = dict[bytes, Seen]
"""The heads of one connection, by their bytes without the digits of the length."""


def parted(data: bytes) -> Parts | None:
    """A piece of the socket that looks like one whole message, no byte more or less; else None."""
    end = data.find(b"\r\n\r\n", 0, LONGEST)
    if end < 0:
        return None
    at = data.find(_MARKS[0], 0, end)
    if at < 0:
        at = data.find(_MARKS[1], 0, end)
        if at < 0:
            return None
    at += _MARK
    stop = data.find(b"\r\n", at)
    digits = data[at:stop]
    if not digits.isdigit() or len(digits) > _MOST_DIGITS:
        return None
    if len(data) - end - 4 != int(digits):
        return None
    return data[:at] + data[stop:end], digits, data[end + 4 :]


def learn(known: Known, parts: Parts, headers: list[Header], body: bytes, says: Any) -> Seen | None:
    """Remember the head of a message that a parser read whole. None where it cannot be told from
    its bytes alone where its body ends."""
    key, digits, rest = parts
    lengths = [at for at, row in enumerate(headers) if row[0] == _LENGTH]
    if len(lengths) != 1 or headers[lengths[0]][1] != digits or body != rest:
        return None
    if any(name in _NEVER for name, _ in headers):
        return None
    if len(known) >= MOST:
        known.clear()
    seen = known[key] = Seen(headers, lengths[0], says)
    return seen


_NEVER = frozenset({b"transfer-encoding", b"upgrade", b"expect", b"trailer"})
