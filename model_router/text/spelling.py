"""Spelling: which other letters a text has, and the text with each as it is plainly written.

`_spelling.c` does the same in one pass, where a compiler was there when the package was installed.
A change here is a change there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_router.native import native

if TYPE_CHECKING:
    from model_router.text import _spelling as compiled
else:
    compiled = native("model_router.text._spelling")

PURE = compiled is None
"""Whether this machine does without our C."""

MOST_DISTINCT = 64
FIRST_FOREIGN = 2_000
"""Different letters up to which each is spelled on its own; and the first bytes, in which there
may be too many already."""


def distinct(foreign: bytes, *, pure: bool = PURE) -> list[bytes] | None:
    """The different characters in a run of UTF-8 without ASCII, or None when there are many."""
    if not (pure or PURE):
        return compiled.distinct(foreign)
    first = _characters(foreign, FIRST_FOREIGN) if len(foreign) > FIRST_FOREIGN else b""
    if first and distinct(first, pure=True) is None:
        return None
    found: list[bytes] = []
    while foreign:
        if len(found) == MOST_DISTINCT:
            return None
        lead = foreign[0]
        found.append(foreign[: 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4])
        foreign = foreign.replace(found[-1], b"")
    return found


def _characters(foreign: bytes, most: int) -> bytes:
    """The whole characters in the first `most` bytes of such a run."""
    while 0x80 <= foreign[most] < 0xC0:
        most -= 1
    return foreign[:most]


def spelled(data: bytes, letters: list[bytes], plains: list[bytes], *, pure: bool = PURE) -> bytes:
    """UTF-8 in which each of up to 64 letters is replaced by what stands at its place in `plains`.
    No letter that is replaced by another may stand in one of these.
    """
    if not (pure or PURE):
        return compiled.spelled(data, letters, plains)
    for letter, plain in zip(letters, plains, strict=True):
        if letter != plain:
            data = data.replace(letter, plain)
    return data
