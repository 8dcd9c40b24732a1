"""Spans: where in a text stands what was found in its reading."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate, islice

from model_router.text.reading import WORDS_TABLE, plain_reading

_MOST_MAPPED = 20_000
_MAPPED_AT_A_TIME = 250
"""Bytes of a reading that are traced back to their characters, and characters looked at at once."""


Span = tuple[int, int]


def original_span(text: str, start: int, end: int) -> Span | None:
    """Where bytes `start:end` of `latin` stand in `text`, without the separators at their ends.

    Exact for ASCII, nearest otherwise. None far into a text that is not ASCII, where counting
    characters would take too long.
    """
    return original_spans(text, [(start, end)])[0]


def original_spans(text: str, spans: Sequence[Span]) -> list[Span | None]:
    """`original_span` of each, by counting the characters once."""
    inner = [(max(0, start - 1), max(0, end - 1)) for start, end in spans]
    if text.isascii():
        most = len(text)
        return [_trimmed(text, min(first, most), min(last, most)) for first, last in inner]
    near = [last for _, last in inner if last <= _MOST_MAPPED]
    widths = _Widths()
    ends = _blocks(text, widths, max(near, default=0))
    return [
        _trimmed(text, *(_character(text, widths, ends, byte) for byte in (first, last)))
        if last <= _MOST_MAPPED
        else None
        for first, last in inner
    ]


def _trimmed(text: str, first: int, last: int) -> Span:
    if first < last and _separates(text[first]):
        first += 1
    if first < last and _separates(text[last - 1]):
        last -= 1
    return first, last


def _separates(char: str) -> bool:
    return char.isascii() and WORDS_TABLE[ord(char)] == 0x20


class _Widths(dict[str, int]):
    """How many bytes a character is read as; each is looked at once."""

    def __missing__(self, char: str) -> int:
        plain = char if char.isascii() else plain_reading(char)
        width = self[char] = len(plain.encode("utf-8", "replace"))
        return width


def _blocks(text: str, widths: _Widths, last: int) -> list[int]:
    """For each MAPPED_AT_A_TIME characters the byte where their reading ends, at least up to byte
    `last`."""
    ends, end = [], 0
    for at in range(0, 2 * _MOST_MAPPED, _MAPPED_AT_A_TIME):
        if end > last or at >= len(text):
            break
        end += sum(map(widths.__getitem__, text[at : at + _MAPPED_AT_A_TIME]))
        ends.append(end)
    return ends


def _character(text: str, widths: _Widths, ends: list[int], byte: int) -> int:
    """Which character a byte of the reading comes from."""
    block = bisect(ends, byte)
    if block == len(ends):
        return len(text)
    first, start = block * _MAPPED_AT_A_TIME, ends[block - 1] if block else 0
    within = map(widths.__getitem__, text[first : first + _MAPPED_AT_A_TIME])
    return first + bisect([*islice(accumulate(within, initial=start), 1, None)], byte)
