"""Docstrings: what a function or class in a text says of itself between triple quotes."""

from __future__ import annotations

from collections.abc import Iterator

MOST = 100
"""Pairs of triple quotes of a kind that are looked at."""
REACH_BACK = 400
"""Bytes before a docstring in which its line of definition must begin."""


def docstrings(marks: bytes) -> list[tuple[int, int]]:
    """Where the docstrings of a text begin and end. One that does not close is none."""
    return [*_between(marks, b'"""'), *_between(marks, b"'''")]


def _between(marks: bytes, quote: bytes) -> Iterator[tuple[int, int]]:
    opens = marks.find(quote)
    for _ in range(MOST):
        closes = marks.find(quote, opens + 3) if opens >= 0 else -1
        if closes < 0:
            return
        if _defines(marks[max(0, opens - REACH_BACK) : opens]):
            yield opens + 3, closes
        opens = marks.find(quote, closes + 3)


_DEFINES = (b"def ", b"class ", b"async def ", b")")
"""What opens the last line before a docstring; the bracket closes arguments on several lines."""


def _defines(above: bytes) -> bool:
    above = above.rstrip(b" \t\r\nrR")
    line = above[above.rfind(b"\n") + 1 :].lstrip()
    return above.endswith(b":") and line.startswith(_DEFINES)
