"""Slots: long texts in other alphabets, read through tables with a byte for each character.

`_slots.c` does the same in one pass, where a compiler was there when the package was installed. A
change here is a change there.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from model_router.native import native

if TYPE_CHECKING:
    from model_router.text import _slots as compiled
else:
    compiled = native("model_router.text._slots")

PURE = compiled is None
"""Whether this machine does without our C."""

NO_SLOT = 0xFF
"""What has no slot is left out, or is "?"."""
FIRST = 128
"""Slots below are ASCII itself."""
_NOBODY = "\ufffe"  # no character, for slots that none has


class Table(NamedTuple):
    """Characters that have a slot from FIRST on, in their order, and what stands for each slot."""

    codec: object
    pages: bytes
    words: bytes
    marks: bytes


def table(chars: Sequence[str], words: bytes, marks: bytes) -> Table:
    """A table of up to 127 characters that are not ASCII, all of the lower 16 bits. `words` and
    `marks` have a byte for each slot: 128 of ASCII, then one for each character.
    """
    if len(chars) > NO_SLOT - FIRST:
        raise ValueError(f"{len(chars)} characters do not fit {NO_SLOT - FIRST} slots")
    of_slots = "".join(map(chr, range(FIRST))) + "".join(chars).ljust(FIRST, _NOBODY)
    numbered = {ord(char): FIRST + i for i, char in enumerate(chars)}
    numbered |= {code: code for code in range(FIRST)}
    codec, pages = codecs.charmap_build(of_slots), _pages(numbered)
    return Table(codec, pages, words.ljust(NO_SLOT + 1), marks.ljust(NO_SLOT + 1))


def _pages(numbered: Mapping[int, int]) -> bytes:
    """For each upper byte the number of its page, then the pages. The first has no slot at all."""
    uppers = sorted({code >> 8 for code in numbered})
    pages = bytearray(256) + bytes([NO_SLOT]) * 256 * (len(uppers) + 1)
    for number, upper in enumerate(uppers, 1):
        pages[upper] = number
    for code, slot in numbered.items():
        pages[256 * (pages[code >> 8] + 1) + (code & 0xFF)] = slot
    return bytes(pages)


def through(text: str, tables: Sequence[Table], *, pure: bool = PURE) -> list[tuple[bytes, bytes]]:
    """The readings of a text in lower case by each of the tables; what has no slot is left out."""
    if not (pure or PURE):
        return [compiled.through(text, one.pages, one.words, one.marks) for one in tables]
    text = _lower(text)
    found = [codecs.charmap_encode(text, "ignore", one.codec)[0] for one in tables]  # type: ignore[arg-type]
    framed = [b" %b " % encoded for encoded in found]
    return [
        (encoded.translate(one.words), encoded.translate(one.marks))
        for one, encoded in zip(tables, framed, strict=True)
    ]


def lowered(text: str, words: bytes, *, pure: bool = PURE) -> tuple[bytes, bytes]:
    """A text in lower case, each character by itself, as UTF-8, where a lone surrogate is "?"; and
    before it the same through a table of bytes."""
    if not (pure or PURE):
        return compiled.lowered(text, words)
    marks = b" %b " % _lower(text).encode("utf-8", "replace")
    return marks.translate(words), marks


def _lower(text: str) -> str:
    """`str.lower` without its two rules that look at more than a character or make two of one."""
    return text.replace("\u03a3", "\u03c3").replace("\u0130", "i").lower()


def slots(text: str, one: Table, *, pure: bool = PURE) -> bytes:
    """The slot of each character of a text, "?" for those that have none."""
    if not (pure or PURE):
        return compiled.slots(text, one.pages)
    return codecs.charmap_encode(text, "replace", one.codec)[0]  # type: ignore[arg-type]
