"""The hot path: the same verdict as the general path, or none of its business."""

from __future__ import annotations

from functools import cache

import pytest

from model_router.assessment import Assessor
from model_router.hotpath import FEW
from model_router.safety.candidates import as_they_are
from model_router.safety.orders import find_orders, most_named
from model_router.signals.lexicon import LONG
from model_router.text.reading import Readings
from model_router.types import Catalog, SafetyPolicy
from tests.support import texts


@cache
def assessor() -> Assessor:
    return Assessor(Catalog(engines={}))


@pytest.mark.parametrize("text", ["é", "delete\u200b", "\ud800", "a" * (LONG + 1), "дом"])
def test_what_is_long_or_not_ascii_is_left_to_the_general_path(text: str) -> None:
    """The hot path answers for short ASCII alone."""
    assert assessor().fast(text) is None


@pytest.mark.parametrize("text", ["", " ", "\x00", "hello", "a" * LONG, *texts.README])
def test_short_ascii_has_a_verdict(text: str) -> None:
    """Everything else gets a verdict and its reading."""
    decided = assessor().fast(text)
    assert decided is not None
    tally, weight, _, reading = decided
    fired, wanted, _, readings = assessor().lexicon.scan(text)
    assert tally == assessor().verdicts.tally(fired)
    assert weight == wanted
    assert Readings(reading) == readings


@pytest.mark.parametrize("text", [*texts.README, *texts.ORDERS[:6], *texts.MENTIONS])
def test_actions_that_are_left_out_order_nothing(text: str) -> None:
    """What the cheap look leaves out, the judgement would leave out too."""
    made = assessor()
    decided = made.fast(text)
    assert decided is not None
    _, _, named, reading = decided
    judged = (made.lexicon, made.actions, SafetyPolicy())
    _, _, every, readings = made.lexicon.scan(text)
    assert find_orders(named or (), Readings(reading), *judged, sift=as_they_are) == find_orders(
        every, readings, *judged, sift=made.sift
    )


def test_a_text_of_nothing_but_actions_is_counted_in_full() -> None:
    """Safety asks a person about a text with too many actions, so the hot path hides none."""
    assert most_named(0) >= FEW
    text = ("rm -rf sudo kill drop " * 60)[:LONG]
    made = assessor()
    decided = made.fast(text)
    assert decided is not None
    _, _, named, readings = made.lexicon.scan(text)
    actions = list(named)
    if len(actions) >= FEW:
        assert decided[2] is not None
        assert list(decided[2]) == actions
    assert made.weigh(text).found == find_orders(
        actions, readings, made.lexicon, made.actions, SafetyPolicy(), sift=made.sift
    )


def test_plain_words_name_no_action() -> None:
    """None says that there is nothing to judge, which is what most prompts are."""
    decided = assessor().fast("what is the tallest tree in the park")
    assert decided is not None
    assert decided[2] is None
