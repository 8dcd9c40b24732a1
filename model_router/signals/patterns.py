"""Patterns: literal words with a tiny syntax that always stands for a finite list of literals.

    (a|b)   either         [sz]   one of these characters         x?  (ab)?   with or without
    "..."   around the whole pattern: raw, found inside words too     \\(   the character itself

There is no `*`, `+` or `.`: whatever a user writes, matching stays linear in the text.
"""

from __future__ import annotations

from model_router.signals.automaton import OVERLAP
from model_router.text.reading import read

MOST_LITERALS = 4_000
"""Literals one pattern may stand for."""
MOST_CHARACTERS = 20_000
"""Characters of one pattern."""
MOST_NESTED = 20
"""Brackets inside brackets."""
LONGEST = OVERLAP - 8
"""Bytes of one literal."""


class PatternError(ValueError):
    """A pattern cannot be read; the message names the place."""


def expand(pattern: str) -> list[str]:
    """The literals that `pattern` stands for, in order, without repeats.

    Raises PatternError for brackets that do not match and for patterns past a limit.
    """
    if len(pattern) > MOST_CHARACTERS:
        raise PatternError(f"is {len(pattern)} characters long; at most {MOST_CHARACTERS}")
    found, rest = _alternatives(pattern, 0, 0)
    if rest != len(pattern):
        raise PatternError(f"unmatched ')' at character {rest + 1} of {_shown(pattern)}")
    return list(dict.fromkeys(" ".join(literal.split()) for literal in found))


def _shown(pattern: str) -> str:
    return repr(pattern if len(pattern) <= 80 else pattern[:77] + "...")


def _alternatives(pattern: str, i: int, depth: int) -> tuple[list[str], int]:
    if depth > MOST_NESTED:
        raise PatternError(f"brackets nest deeper than {MOST_NESTED} in {_shown(pattern)}")
    found: list[str] = []
    while True:
        part, i = _sequence(pattern, i, depth)
        found += part
        if len(found) > MOST_LITERALS:
            raise PatternError(_too_many(pattern))
        if i >= len(pattern) or pattern[i] != "|":
            return found, i
        i += 1


def _too_many(pattern: str) -> str:
    return f"{_shown(pattern)} stands for more than {MOST_LITERALS} literals"


def _sequence(pattern: str, i: int, depth: int) -> tuple[list[str], int]:
    found = [""]
    while i < len(pattern) and pattern[i] not in "|)":
        piece, i = _piece(pattern, i, depth)
        if i < len(pattern) and pattern[i] == "?":
            piece, i = ["", *piece], i + 1
        if len(found) * len(piece) > MOST_LITERALS:
            raise PatternError(_too_many(pattern))
        found = [head + tail for head in found for tail in piece]
        if len(found[-1]) > MOST_CHARACTERS // 10:
            raise PatternError(f"{_shown(pattern)} has a literal of more than {LONGEST} bytes")
    return found, i


def _piece(pattern: str, i: int, depth: int) -> tuple[list[str], int]:
    char = pattern[i]
    if char == "(":
        found, i = _alternatives(pattern, i + 1, depth + 1)
        if i >= len(pattern):
            raise PatternError(f"'(' is never closed in {_shown(pattern)}")
        return found, i + 1
    if char == "[":
        end = pattern.find("]", i)
        if end < 0:
            raise PatternError(f"'[' is never closed in {_shown(pattern)}")
        if end == i + 1:
            raise PatternError(f"nothing between '[' and ']' in {_shown(pattern)}")
        return list(pattern[i + 1 : end]), end + 1
    if char == "\\" and i + 1 < len(pattern):
        return [pattern[i + 1]], i + 2
    if char in "*?":
        place = f"at character {i + 1} of {_shown(pattern)}"
        raise PatternError(f"{char!r} {place} has nothing to repeat")
    return [char], i + 1


def literals(pattern: str) -> list[bytes]:
    """`pattern` as the byte strings an automaton looks for, in the normal form of a reading.

    Literals that read as ASCII are whole words: a space on both sides. Literals in other scripts
    have no boundaries (many scripts write none). A pattern in double quotes is raw.
    """
    raw = len(pattern) > 2 and pattern[0] == pattern[-1] == '"'
    found = [_normal(text, raw) for text in expand(pattern[1:-1] if raw else pattern)]
    return list(dict.fromkeys(found))


def _normal(literal: str, raw: bool) -> bytes:
    data = read(literal).latin[0][1:-1]
    if not data.strip():
        raise PatternError(f"{_shown(literal)} holds nothing to look for")
    if len(data) > LONGEST:
        raise PatternError(f"{_shown(literal)} is longer than {LONGEST} bytes")
    if raw or not data.isascii():
        return data
    return b" %b " % data
