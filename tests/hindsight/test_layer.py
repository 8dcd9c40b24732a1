"""A layer of weights learned from lessons: what it moves, what it leaves, and its bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.hindsight.cases import Lesson
from model_router.hindsight.layer import (
    LEAST_LESSONS,
    MOST_WORDS,
    Words,
    fit_layer,
    layer_text,
)
from model_router.hindsight.thresholds import Limits
from model_router.lanes import packed
from model_router.scores import saturate
from model_router.verdict import BALANCED, CODING, REASONING, SIMPLE
from model_router.weights import COLUMNS, LARGEST, literal, parse_weights

NOW = Limits(60, 35)
K = 50


def lesson(*words: str, goal: int, best: int = SIMPLE, complexity: float = 10.0) -> Lesson:
    """A text with these words whose points speak for `best`."""
    points = tuple(10 if route == best else 0 for route in range(7))
    return Lesson(tuple(sorted(words)), points, complexity, frozenset({goal}), False)


def layer(*lessons: Lesson, barred: frozenset[str] = frozenset()) -> Words:
    """What the lessons teach under the usual thresholds."""
    return fit_layer(list(lessons), NOW, K, barred)


def points(of: Lesson, words: Words) -> list[float]:
    """A lesson's points for each route with the layer."""
    return [
        p + sum(words[w][n] for w in of.features if w in words) / 16
        for n, p in enumerate(of.points)
    ]


def test_it_learns_a_habit() -> None:
    """Words of what comes out wrong speak for the right route until it leads; others do not."""
    wrong = [lesson("ledger", f"w{n}", goal=CODING) for n in range(10)]
    fine = [lesson("poem", f"v{n}", goal=SIMPLE) for n in range(10)]
    found = layer(*wrong, *fine)
    assert set(found) == {"ledger"}
    got = points(wrong[0], found)
    assert got.index(max(got)) == CODING


def test_what_is_right_teaches_nothing() -> None:
    """Where a route leads by enough nothing moves."""
    assert layer(*(lesson("poem", f"v{n}", goal=SIMPLE) for n in range(10))) == {}


def test_a_word_of_few_is_nobodys_habit() -> None:
    """A word counts from three lessons on."""
    rows = [lesson("ledger", goal=CODING)] * (LEAST_LESSONS - 1)
    assert layer(*rows) == {}
    assert set(layer(*rows, rows[0])) == {"ledger"}


def test_barred_words() -> None:
    """They get no points, however much they would explain."""
    rows = [lesson("ledger", "show", goal=CODING) for _ in range(9)]
    assert set(layer(*rows, barred=frozenset({"show"}))) == {"ledger"}
    assert layer(*rows, barred=frozenset({"show", "ledger"})) == {}


def test_hard_work_that_is_easy() -> None:
    """What went to reasoning for its complexity, and should not, loses complexity."""
    rows = [lesson("puzzle", goal=SIMPLE, complexity=70.0) for _ in range(9)]
    found = layer(*rows)
    assert found["puzzle"][COLUMNS.index("complexity")] < 0


def test_hard_work_that_is_right() -> None:
    """What complexity sends to reasoning already, and rightly, needs no points."""
    assert layer(*(lesson("proof", goal=REASONING, complexity=70.0) for _ in range(9))) == {}


def test_balanced_by_complexity_is_right() -> None:
    """Points for simple and a complexity above its end make balanced: nothing to learn."""
    assert layer(*(lesson("memo", goal=BALANCED, complexity=40.0) for _ in range(9))) == {}


WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "a b", "é"]), max_size=4, unique=True)
LESSONS = st.builds(
    lambda words, goal, best, tenths: lesson(*words, goal=goal, best=best, complexity=tenths / 10),
    WORDS,
    st.sampled_from([SIMPLE, BALANCED, REASONING, CODING]),
    st.sampled_from([SIMPLE, BALANCED, REASONING, CODING]),
    st.integers(0, 1000),
)


@given(lessons=st.lists(LESSONS, max_size=30))
@settings(max_examples=60, deadline=None)
def test_any_lessons_make_a_file(lessons: list[Lesson]) -> None:
    """Contradicting ones too: a file of the right form, the same bytes each time."""
    found = layer(*lessons)
    text = layer_text(found)
    assert text == layer_text(layer(*lessons))
    points = dict(zip(map(literal, found), packed(found.values()), strict=True))
    assert parse_weights(json.loads(text)).words == points
    assert json.loads(text)["caution"] == {}
    assert all(abs(value) <= LARGEST for row in found.values() for value in row)


def test_it_stays_small() -> None:
    """No more than so many words, the weightiest ones."""
    rows = [lesson(f"w{n}", goal=CODING) for n in range(MOST_WORDS + 50) for _ in range(3)]
    rows += [lesson("ledger", goal=CODING)] * 9
    found = layer(*rows)
    assert len(found) == MOST_WORDS
    assert "ledger" in found


def test_points_of_a_score() -> None:
    """The inverse of saturation: so many points give that complexity or a rounding below it."""
    from model_router.hindsight.layer import _from_score

    for tenths in range(0, 1000, 7):
        got = saturate(_from_score(tenths, 16 * K), 16 * K, 1_000)
        assert got == pytest.approx(tenths, abs=1)
    assert saturate(_from_score(1_000, 16 * K), 16 * K, 1_000) > 990
