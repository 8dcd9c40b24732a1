"""The worst cases, in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.hindsight.labels import Names, Row
from model_router.hindsight.misses import KINDS, MOST_SHOWN, Misses, kind_of, one_line
from model_router.hindsight.tally import Answer, Marked, marked
from tests.support.catalogs import usual_catalog

NAMES = Names(usual_catalog())
ROWS = {
    "missed order": (Row("f:1", None, "a", "s", "fast_local", confirm=True), "fast_local"),
    "wrong engine": (Row("f:2", None, "b", "s", "code_agent"), "fast_local"),
    "false stop": (Row("f:3", None, "c", "s", "fast_local", confirm=False), "human_confirm"),
    "not the first choice": (
        Row("f:4", None, "d", "s", "code_agent", accept=("simple",)),
        "fast_local",
    ),
    "": (Row("f:5", None, "e", "s", "code_agent", confirm=False), "code_agent"),
}


def collected(limit: int, *cases: tuple[str, int]) -> list[str]:
    """The prompts kept of the named rows, each with the router's confidence."""
    misses = Misses(limit)
    for kind, confidence in cases:
        row, engine = ROWS[kind]
        answer = Answer(engine, engine == "human_confirm", 10)
        row = row._replace(prompt=f"{kind} {confidence}")
        misses.add(row, answer, marked(row, answer, NAMES), confidence, NAMES)
    return [miss.prompt for miss in misses.worst()]


@pytest.mark.parametrize("kind", ROWS)
def test_kinds(kind: str) -> None:
    """Each way to be wrong has its name, and what is right has none."""
    row, engine = ROWS[kind]
    mark = marked(row, Answer(engine, engine == "human_confirm", 0), NAMES)
    assert kind_of(row, mark) == (kind or None)


def test_worst_kind_and_surest_first() -> None:
    """Missed orders stand first, and of one kind those with the highest confidence."""
    cases = [(kind, sure) for kind in ROWS for sure in (10, 90)]
    expected = [f"{kind} {sure}" for kind in reversed(KINDS) for sure in (90, 10)]
    assert collected(99, *cases) == expected
    assert collected(3, *cases) == expected[:3]


def test_earlier_row_wins_a_draw() -> None:
    """Of equally bad rows the first ones are kept."""
    assert len(collected(1, ("wrong engine", 5), ("wrong engine", 5))) == 1
    misses = Misses(1)
    for place in ("f:1", "f:2"):
        row = Row(place, None, "x", "s", "code_agent")
        misses.add(row, Answer("fast_local", False, 0), Marked(False, False, None), 5, NAMES)
    assert misses.worst()[0].place == "f:1"


def test_nothing_is_kept_when_nothing_is_wanted() -> None:
    """A limit of 0 holds no prompt at all."""
    assert collected(0, ("wrong engine", 5)) == []


@given(st.lists(st.tuples(st.sampled_from(sorted(ROWS)), st.integers(0, 100)), max_size=30))
def test_a_limit_keeps_the_head_of_the_list(cases: list[tuple[str, int]]) -> None:
    """Keeping few gives the first of what keeping all gives."""
    assert collected(4, *cases) == collected(99, *cases)[:4]


def test_missed_order_expects_a_person() -> None:
    """What would have been right is a person, whatever the label says."""
    misses = Misses(1)
    row, engine = ROWS["missed order"]
    answer = Answer(engine, False, 0)
    misses.add(row, answer, marked(row, answer, NAMES), 1, NAMES)
    assert misses.worst()[0].to_dict()["expected"] == "human_confirm"


@given(st.text(max_size=3000))
def test_one_line(text: str) -> None:
    """A prompt becomes one line of bounded length."""
    line = one_line(text)
    assert len(line) <= MOST_SHOWN
    assert line.split() == line.split(" ") or line == ""
