"""A score of 0-100 from a table of points: sizes in bands, words, and the look of a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model_router.strategies.facts import Facts
from model_router.strategies.words import finder

Score = Callable[[Facts], float]
Part = Callable[[Facts, str], int]
Row = Mapping[str, Any]

_NUMBERED = re.compile(r"^[ \t]{0,8}\d{1,3}[.)][ \t]", re.MULTILINE)
_TABLE_ROW = re.compile(r"^\|[^\n|]{1,200}\|", re.MULTILINE)
_URL = re.compile(r"https?://\S{33}")
_MARKUP = re.compile(r"^\s{0,40}[{\[<][\s\"'a-zA-Z/?!{\[]", re.MULTILINE)


def build_score(table: Row | None) -> Score:
    """The score that a table describes; without one, the router's own complexity."""
    if table is None:
        return lambda facts: facts.complexity
    parts = [*_banded(table), *map(_worded, table.get("words") or ()), *_structured(table)]

    def score(facts: Facts) -> int:
        window = facts.window()
        return min(100, max(0, sum(part(facts, window) for part in parts)))

    return score


# ------------------------------------------------------------------ sizes


def _code_lines(facts: Facts, text: str) -> int:
    """Lines inside fenced blocks; -1 without a block."""
    blocks = text.split("```")[1:-1:2]
    return sum(block.count("\n") for block in blocks) if blocks else -1


def _paths(facts: Facts, text: str) -> int:
    """Different words that look like a file's name."""
    words = {word.strip("\"'`()[]{}<>,;:.!?*") for word in text.split() if "." in word}
    return sum(map(_is_path, words))


def _is_path(word: str) -> bool:
    stem, _, ending = word.rpartition(".")
    named = ending.isalnum() and ending[:1].isalpha() and len(ending) <= 5
    return named and (len(stem) > 1 or (len(stem) == 1 and len(ending) > 1))


MEASURES: dict[str, Part] = {
    "tokens": lambda facts, text: facts.tokens,
    "characters": lambda facts, text: facts.length,
    "code_lines": _code_lines,
    "paths": _paths,
    "questions": lambda facts, text: text.count("?"),
}
"""What can be counted, by the table's key."""


def _banded(table: Row) -> list[Part]:
    return [_bands(measure, table[name]) for name, measure in MEASURES.items() if table.get(name)]


def _bands(measure: Part, bands: Sequence[Row]) -> Part:
    """The points of the highest band that is reached."""
    rows = sorted(((band["from"], band["points"]) for band in bands), reverse=True)

    def part(facts: Facts, text: str) -> int:
        count = measure(facts, text)
        return next((points for start, points in rows if count >= start), 0)

    return part


# ------------------------------------------------------------------ words


def _worded(row: Row) -> Part:
    """Points when one of the words is there; with `each`, for each of them up to `most`."""
    points, within = row["points"], row.get("within", 40)
    patterns = row["any"]
    groups = [[one] for one in patterns] if row.get("each") else [patterns]
    finders = [finder(group, within) for group in groups]
    most = row.get("most") or 100

    def part(facts: Facts, text: str) -> int:
        total = points * sum(found(text) for found in finders)
        return int(max(-most, min(most, total)))

    return part


# ------------------------------------------------------------------ looks


def _two_questions(text: str) -> bool:
    return any(line.count("?") > 1 for line in text.splitlines())


LOOKS: tuple[Callable[[str], bool], ...] = (
    lambda text: "```" in text,
    lambda text: _NUMBERED.search(text) is not None,
    _two_questions,
    lambda text: _URL.search(text) is not None,
    lambda text: _MARKUP.search(text) is not None,
    lambda text: _TABLE_ROW.search(text) is not None,
)
"""Code fence, numbered list, two questions on a line, long address, JSON or XML, table row."""


def _structured(table: Row) -> list[Part]:
    row = table.get("structure")
    if not row:
        return []
    points, most = row["points"], row["most"]

    def part(facts: Facts, text: str) -> int:
        return int(min(most, points * sum(look(text) for look in LOOKS)))

    return [part]
