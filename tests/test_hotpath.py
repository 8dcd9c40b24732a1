"""The hot path: the same verdict as the general path, or none of its business."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.assessment import Assessor
from model_router.hotpath import FEW, LONGEST
from model_router.safety.candidates import as_they_are
from model_router.safety.orders import find_orders, most_named
from model_router.signals.lexicon import LONG
from model_router.text.reading import Readings
from model_router.types import Catalog, SafetyPolicy
from tests.support import texts


@cache
def assessor() -> Assessor:
    return Assessor(Catalog(engines={}))


@pytest.mark.parametrize("text", ["é", "delete\u200b", "\ud800", "a" * (LONGEST + 1), "дом"])
def test_what_is_very_long_or_not_ascii_is_left_to_the_general_path(text: str) -> None:
    """The hot path answers for ASCII alone, up to LONGEST characters."""
    assert assessor().fast(text) is None


def agrees(text: str) -> bool:
    """Whether the hot path has a verdict; then it is the general path's, with the same orders."""
    made, policy = assessor(), SafetyPolicy()
    decided = made.fast(text)
    if decided is None:
        return False
    tally, weight, named, reading = decided
    fired, wanted, every, readings = made.lexicon.scan(text)
    assert (tally, weight) == (made.verdicts.tally(fired), wanted)
    assert Readings(reading) == readings
    judged = (made.lexicon, made.actions, policy)
    general = find_orders(every, readings, *judged, sift=made.sifters.weighed, every=True)
    sift = as_they_are if len(named or ()) < FEW else made.sifters.weighed
    assert find_orders(named or (), readings, *judged, sift=sift, every=True) == general
    return True


@pytest.mark.parametrize("length", [LONG + 1, LONG + 2, 1_500, 4_000, 16_000, 60_000])
@pytest.mark.parametrize("seed", range(3))
def test_longer_ascii_has_the_general_verdict(length: int, seed: int) -> None:
    """Intent from both ends, orders from all of it, also from the middle."""
    prose = texts.prose(length)
    assert agrees(prose)
    order = texts.ORDERS[seed]
    half = length // 2
    assert agrees(f"{prose[:half]}\n{order}\n{prose[half:]}"[:LONGEST])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from([*texts.ORDERS, *texts.MENTIONS, *texts.README, "\n\n", "```", ". ", "? "]),
        min_size=20,
        max_size=120,
    ).map(" ".join)
)
def test_longer_ascii_of_anything(text: str) -> None:
    """Whatever a longer text is made of, both paths say the same."""
    agrees(text)


def test_more_actions_than_are_looked_at_are_for_the_general_path() -> None:
    """It counts them as they are read and asks a person when there are too many."""
    text = ("rm -rf sudo kill drop " * 1_000)[:20_000]
    assert assessor().fast(text) is None
    assert assessor().weigh(text).confirm


def test_weights_doubt_no_long_text() -> None:
    """Caution looks at short texts alone, by either path."""
    text = "text robby hello " + "and the weather was fine that day " * 40
    made = assessor()
    decided = made.fast(text)
    assert decided is not None
    _, _, named, reading = decided
    assert named is None or made.orders_a_person(named, reading) == made.weigh(text).confirm


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
        every, readings, *judged, sift=made.sifters.weighed
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
        actions, readings, made.lexicon, made.actions, SafetyPolicy(), sift=made.sifters.weighed
    )


def test_plain_words_name_no_action() -> None:
    """None says that there is nothing to judge, which is what most prompts are."""
    decided = assessor().fast("what is the tallest tree in the park")
    assert decided is not None
    assert decided[2] is None
