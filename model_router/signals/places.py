"""Places: where in a text a literal counts, and the tests that tell.

`_automaton.c` has the same tests. A change here is a change there.
"""

from __future__ import annotations

ANY, HEAD, LEAD, ACTION = range(4)
"""What a literal does: counts anywhere; only where a sentence begins; moves the place where the
sentence's own words begin ("could you please"); or names an action for safety to judge."""

INSIDE = bytes(chr(b).isalnum() or chr(b) in ",/&%$+" for b in range(256))
"""A word that follows one of these and a space stands inside a sentence."""

LETTERS = bytes(b for b in range(256) if b >= 128 or chr(b).isalpha() or chr(b) in " ,'")
"""What no shape depends on: letters, spaces, commas, apostrophes. For bytes.translate."""


def opens(words: bytes, marks: bytes, start: int, begin: int) -> bool:
    """Whether what is found at `start` opens a sentence, whose own words begin at `begin`."""
    before = start - (words[start] >= 0x80)  # no space belongs to these literals
    if before <= begin:
        return True
    return not INSIDE[marks[before - 1]] and begins(words, marks, before)


def begins(words: bytes, marks: bytes, start: int) -> bool:
    """Whether the word after byte `start` opens the text, a sentence or a line."""
    before = marks[start - 3 if start > 3 else 0 : start + 1].rstrip(b" \t\"'*_`>#-([")
    return before[-1] in b".!?:;\n\r" if before else start < 4 or words[:start].isspace()


def skip_spaces(words: bytes, i: int) -> int:
    """The last space of the run of spaces at `i`."""
    last = len(words) - 1
    while i < last and words[i + 1] == 0x20:
        i += 1
    return i
