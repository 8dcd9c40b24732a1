"""Three views of one text with the same offsets, and the literals found in it.

`plain` is the text with typographic spaces, dashes and full-width digits made ordinary. `raw`
is one byte a character. `shape` is `raw` in lower case, digits as 0 and separators as -, so that
a literal such as `000-00-0000` finds every social security number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from model_router.text.slots import FIRST, Table, slots, table

if TYPE_CHECKING:
    from ahocorasick_rs import BytesAhoCorasick

SEPARATORS = " -/()\t"
CHUNK = 16_384
"""How much is searched for literals at a time, so that a spent budget ends the search."""

_FOLDED = {
    **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u3000", " "),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\uff0d", "-"),
    **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
    **{chr(0x0660 + digit): str(digit) for digit in range(10)},
    "\uff20": "@",
    "\uff0b": "+",
    "\uff0e": ".",
    "\uff1a": ":",
    "\uff1d": "=",
}


def _shaped(byte: int) -> int:
    char = chr(byte)
    if char in SEPARATORS:
        return ord("-")
    return ord("0") if char in "123456789" else byte + 32 if "A" <= char <= "Z" else byte


_SHAPE = bytes(_shaped(byte) for byte in range(256))


class View:
    """The text as the detectors read it."""

    __slots__ = ("plain", "raw", "shape")

    def __init__(self, text: str) -> None:
        self.raw, folds = raw(text)
        self.plain = fold(text) if folds else text
        self.shape = self.raw.translate(_SHAPE)

    def before(self, start: int, size: int) -> str:
        """Up to `size` characters that end at `start`, in lower case."""
        return self.plain[max(0, start - size) : start].lower()


@lru_cache(maxsize=1)
def _table() -> Table:
    ordinary = bytes(range(FIRST)) + "".join(_FOLDED.values()).encode()
    return table([*_FOLDED], ordinary, ordinary)


def raw(text: str) -> tuple[bytes, bool]:
    """A byte for each character of a text, and whether `fold` makes any of them another."""
    if text.isascii():
        return text.encode(), False
    found = slots(text, _table())
    return (found, False) if found.isascii() else (found.translate(_table().words), True)


def fold(text: str) -> str:
    """The text with look-alike digits, spaces and dashes made ASCII; the length stays."""
    for char, ordinary in _FOLDED.items():
        if char in text:
            text = text.replace(char, ordinary)
    return text


class Cursor:
    """How far a text has been dealt with. The reader moves `done`; the search goes on there."""

    __slots__ = ("done",)

    def __init__(self) -> None:
        self.done = 0


class Literals:
    """A set of byte strings that is looked for in one pass; compiled when first used."""

    __slots__ = ("_automaton", "_overlap", "_words")

    def __init__(self, words: Sequence[bytes]) -> None:
        self._words = list(words)
        self._overlap = max(map(len, words)) - 1
        self._automaton: BytesAhoCorasick | None = None

    def hits(self, data: bytes, cursor: Cursor) -> Iterator[tuple[int, int, int]]:
        """(index of the word, start, end) from left to right, the longest word at each place.

        What begins before `cursor.done` is passed over.
        """
        find = self._compiled().find_matches_as_indexes
        for base in range(0, len(data), CHUNK):
            if base + CHUNK <= cursor.done:
                continue
            for index, start, end in find(data[base : base + CHUNK + self._overlap]):
                if base + start >= cursor.done and start < CHUNK:
                    yield index, base + start, base + end

    def within(self, window: bytes) -> list[tuple[int, int, int]]:
        """The hits in a few bytes, all at once."""
        return self._compiled().find_matches_as_indexes(window)

    def _compiled(self) -> BytesAhoCorasick:
        if self._automaton is None:
            from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

            self._automaton = BytesAhoCorasick(
                self._words,
                matchkind=MatchKind.LeftmostLongest,
                implementation=Implementation.DFA,
            )
        return self._automaton
