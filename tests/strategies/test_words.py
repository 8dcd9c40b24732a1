"""Word patterns: words, prefixes, gaps; read in linear time whatever the text is."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.strategies.words import finder


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("refactor", "please REFACTOR this", True),
        ("refactor", "refactoring", False),
        ("refactor", "un_refactor", False),
        ("architect*", "the architecture", True),
        ("architect*", "anarchitect", False),
        ("race condition", "a race   condition", True),
        ("race condition", "a racecondition", False),
        ("across ... file", "across every single file", True),
        ("across ... file", "across" + "x" * 41 + " file", False),
        ("across ... file", "file across", False),
        ("if ... then ... else", "if it rains then go home, else stay", True),
        ("{", 'call({"a": 1})', True),
        ("*", "2 * 3", True),
        ("what is", "What is it?", True),
        ("überprüfe", "bitte Überprüfe es", True),
        ("any.thing", "anything", False),
    ],
)
def test_patterns(pattern: str, text: str, found: bool) -> None:
    """A pattern is words with borders, `*` a prefix, ` ... ` a short gap; nothing else is magic."""
    assert finder([pattern])(text) is found


def test_the_gap_can_be_set() -> None:
    """`within` says how many characters a gap may have."""
    assert finder(["a ... b"], within=3)("a 1 b") is True
    assert finder(["a ... b"], within=2)("a 1 b") is False


def test_one_of_several() -> None:
    """One pattern of a list is enough."""
    found = finder(["cat", "dog"])
    assert found("a dog")
    assert not found("a bird")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip))
def test_any_pattern_compiles(pattern: str) -> None:
    """No pattern is an error: what is magic to regular expressions is only a character here."""
    finder([pattern])("some text")


@pytest.mark.parametrize(
    "unit", ["a ", "across ", "architect", "\n", "if then ", "a.a.", "across a"]
)
def test_no_text_is_slow(unit: str) -> None:
    """Repetitions that trouble backtracking matchers are read in time linear in their length."""
    patterns = ["across ... files", "architect* ... file", "if ... then ... else", "a b"]
    found = finder(patterns)

    def seconds(size: int) -> float:
        text = (unit * size)[:size]
        start = perf_counter()
        found(text)
        return perf_counter() - start

    assert min(seconds(40_000) for _ in range(3)) < 0.5
