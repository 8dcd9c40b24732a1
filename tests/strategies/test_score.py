"""Scores from a table of points."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.strategies.score import build_score
from tests.support.strategies import facts


def points(table: dict[str, Any] | None, text: str = "hello", **changes: Any) -> int:
    """The score of a text by a table."""
    return build_score(table)(facts(text, **changes))


def bands(*rows: tuple[int, int]) -> list[dict[str, int]]:
    return [{"from": start, "points": given} for start, given in rows]


def test_without_a_table_it_is_the_complexity() -> None:
    """The router's own complexity is the score where no table is given."""
    assert points(None, complexity=73) == 73


@pytest.mark.parametrize(("tokens", "score"), [(149, 0), (150, 10), (399, 10), (400, 20)])
def test_bands_count_from_their_start(tokens: int, score: int) -> None:
    """The highest band that is reached gives its points, and no other, in any order."""
    assert points({"tokens": bands((400, 20), (150, 10))}, tokens=tokens) == score


@pytest.mark.parametrize(
    ("key", "text", "count"),
    [
        ("characters", "12345", 5),
        ("code_lines", "x ```\na\nb\n``` y ```\nc\n```", 5),
        ("paths", "see a/b.py, main.go and main.go; e.g. version 3.5 (done.)", 2),
        ("questions", "why? how?", 2),
    ],
)
def test_measures(key: str, text: str, count: int) -> None:
    """Each measure counts what its name says."""
    table = {key: bands((count, 7), (count + 1, 50))}
    assert points(table, text) == 7


def test_no_code_is_less_than_no_lines() -> None:
    """A band from 0 lines needs a fenced block; an unclosed fence is none."""
    table = {"code_lines": bands((0, 5))}
    assert points(table, "no code") == 0
    assert points(table, "``` code") == 0
    assert points(table, "```code```") == 5


def test_words_count_once() -> None:
    """A row gives its points once, however many of its words are there."""
    table = {"words": [{"any": ["cat", "dog"], "points": 30}]}
    assert points(table, "cat dog cat") == 30


def test_each_counts_up_to_most() -> None:
    """With `each` every word counts, and `most` is the end of it, in both directions."""
    row = {"any": ["a", "b", "c"], "points": 7, "each": True, "most": 20}
    assert points({"words": [row]}, "a b") == 14
    assert points({"words": [row]}, "a b c") == 20
    less = {**row, "points": -7, "most": 10}
    base = {"characters": bands((0, 50))}
    assert points({"words": [less], **base}, "a b c") == 40


def test_within_is_the_gap_of_a_row() -> None:
    """`within` widens or narrows the gap of a row's patterns."""
    row = {"any": ["all ... files"], "points": 20}
    text = f"all {'x' * 35} files"
    assert points({"words": [{**row, "within": 50}]}, text) == 20
    assert points({"words": [{**row, "within": 10}]}, text) == 0


@pytest.mark.parametrize(
    "text",
    [
        "```x```",
        "1. first\n2. second",
        "why? and how?",
        "https://example.com/a/rather/long/address/indeed",
        '{"a": 1}',
        "| a | b |",
    ],
)
def test_structure(text: str) -> None:
    """Each kind of structure gives points, and plain text none."""
    assert points({"structure": {"points": 8, "most": 25}}, text) == 8
    assert points({"structure": {"points": 8, "most": 25}}, "plain words (and more)") == 0


def test_structure_has_an_end() -> None:
    """`most` is the most that structure gives."""
    text = "```x```\n1. a? b?\n| a | b |\n{ 'x'"
    assert points({"structure": {"points": 8, "most": 25}}, text) == 25


@given(st.text(max_size=300), st.integers(-100, 100), st.integers(-100, 100))
def test_scores_stay_in_range(text: str, one: int, other: int) -> None:
    """Whatever a table adds up to, the score lies in 0-100."""
    table = {
        "characters": bands((0, one)),
        "words": [{"any": ["*"], "points": other}],
        "structure": {"points": 100, "most": 100},
    }
    assert 0 <= points(table, text) <= 100
