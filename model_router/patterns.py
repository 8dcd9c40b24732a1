"""Patterns: literal words with a tiny syntax that always stands for a finite list of literals.

    (a|b)   either         [sz]   one of these characters         x?  (ab)?   with or without
    "..."   around the whole pattern: raw, found inside words too

There is no `*`, `+` or `.`: whatever a user writes, matching stays linear in the text.
"""

from __future__ import annotations

from model_router.text import WORDS_TABLE

MOST_LITERALS = 4_000
"""Literals one pattern may stand for."""


class PatternError(ValueError):
    """A pattern cannot be read; the message names the place."""


def expand(pattern: str) -> list[str]:
    """The literals that `pattern` stands for, in order, without repeats."""
    found, rest = _alternatives(pattern, 0)
    if rest != len(pattern):
        raise PatternError(f"unmatched ')' at character {rest + 1} of {pattern!r}")
    return list(dict.fromkeys(" ".join(literal.split()) for literal in found))


def _alternatives(pattern: str, i: int) -> tuple[list[str], int]:
    found: list[str] = []
    while True:
        part, i = _sequence(pattern, i)
        found += part
        if i >= len(pattern) or pattern[i] != "|":
            return found, i
        i += 1


def _sequence(pattern: str, i: int) -> tuple[list[str], int]:
    found = [""]
    while i < len(pattern) and pattern[i] not in "|)":
        piece, i = _piece(pattern, i)
        if i < len(pattern) and pattern[i] == "?":
            piece, i = ["", *piece], i + 1
        if len(found) * len(piece) > MOST_LITERALS:
            raise PatternError(f"{pattern!r} stands for more than {MOST_LITERALS} literals")
        found = [head + tail for head in found for tail in piece]
    return found, i


def _piece(pattern: str, i: int) -> tuple[list[str], int]:
    char = pattern[i]
    if char == "(":
        found, i = _alternatives(pattern, i + 1)
        if i >= len(pattern):
            raise PatternError(f"'(' is never closed in {pattern!r}")
        return found, i + 1
    if char == "[":
        end = pattern.find("]", i)
        if end < 0:
            raise PatternError(f"'[' is never closed in {pattern!r}")
        return list(pattern[i + 1 : end]), end + 1
    if char == "\\" and i + 1 < len(pattern):
        return [pattern[i + 1]], i + 2
    if char in "*?":
        raise PatternError(f"{char!r} at character {i + 1} of {pattern!r} has nothing to repeat")
    return [char], i + 1


def literals(pattern: str) -> list[bytes]:
    """`pattern` as the byte strings an automaton looks for, in the normal form of a reading.

    ASCII literals are whole words: a space on both sides. Literals in other scripts have no
    boundaries (many scripts write none). A pattern in double quotes is raw.
    """
    raw = len(pattern) > 2 and pattern[0] == pattern[-1] == '"'
    return [_normal(text, raw) for text in expand(pattern[1:-1] if raw else pattern)]


def _normal(literal: str, raw: bool) -> bytes:
    data = literal.lower().encode().translate(WORDS_TABLE)
    if not data.strip():
        raise PatternError(f"{literal!r} holds nothing to look for")
    if raw or not data.isascii():
        return data
    return b" %b " % data
