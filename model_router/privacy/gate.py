"""The first gate: most short prompts are plain words, and plain words hold nothing private."""

from __future__ import annotations

LONGEST = 2_000
"""Characters up to which the gate is worth trying."""
LONGEST_WORD = 15
"""Every key is longer than this; a word of letters that is not longer is no key."""

_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz,.\n"


def plain_words(text: str) -> bool:
    """Whether `text` is short words of ASCII letters, commas and full stops and nothing else.

    Every detector needs a digit, a sign, a quotation mark or a long word, so in such a text none
    of them can find anything. A test holds that against `find`.
    """
    if len(text) > LONGEST or not text.isascii():
        return False
    if text.rstrip("?").encode().translate(None, _PLAIN):
        return False
    return max(map(len, text.split()), default=0) <= LONGEST_WORD
