"""The two contenders that understand nothing."""

from __future__ import annotations

import pytest

from model_router.hindsight.baselines import Chance, Length
from model_router.hindsight.labels import Names, Row
from model_router.types import DEFAULT_TARGETS
from tests.support.catalogs import catalog, engine


@pytest.mark.parametrize(
    ("length", "name"),
    [
        (1, "fast_local"),
        (59, "fast_local"),
        (60, "balanced_local"),
        (199, "balanced_local"),
        (200, "reasoning_local"),
        (9999, "reasoning_local"),
    ],
)
def test_length(names: Names, length: int, name: str) -> None:
    """Longer prompts go to larger engines, nobody is asked, and length is the complexity."""
    answer = Length(names).answer(Row("p", None, "x" * length, "s"))
    assert answer == (name, False, length)


def test_chance_is_the_same_in_every_run(names: Names) -> None:
    """The seed is fixed, and every engine of a route is drawn sooner or later."""
    row = Row("p", None, "x", "s")
    first, second = Chance(names), Chance(names)
    answers = [first.answer(row) for _ in range(200)]
    assert answers == [second.answer(row) for _ in range(200)]
    assert {answer.engine for answer in answers} == set(DEFAULT_TARGETS.values())
    assert all(answer.confirm == (answer.engine == "human_confirm") for answer in answers)


def test_baselines_speak_the_catalogs_names() -> None:
    """With a catalog of one engine both know that engine and a person only."""
    targets = dict.fromkeys(DEFAULT_TARGETS, "tiny") | {"confirmation": "human_confirm"}
    names = Names(catalog(engine("tiny"), targets=targets))
    row = Row("p", None, "x" * 500, "s")
    assert Length(names).answer(row).engine == "tiny"
    chance = Chance(names)
    assert {chance.answer(row).engine for _ in range(50)} == {"tiny", "human_confirm"}
