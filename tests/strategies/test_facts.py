"""What a strategy may read: names for bits, prices, and a text that is never shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model_router.strategies.facts import MOST_READ, Choice, cheapest, price
from model_router.types import FEATURE_BIT, FEATURES, NEED_NAMES
from tests.support.catalogs import engine
from tests.support.strategies import facts


@given(st.sampled_from(FEATURES), st.sampled_from(sorted(NEED_NAMES)))
def test_bits_have_names(feature: str, need: str) -> None:
    """A feature and a need are asked for by name; a name that is none never holds."""
    found = facts(features=FEATURE_BIT[feature], needs=NEED_NAMES[need])
    assert found.has(feature)
    assert found.asks(need)
    assert not facts().has(feature)
    assert not facts().asks(need)
    assert not found.has("no_such_feature")
    assert not found.asks("no_such_need")


def test_the_text_is_not_shown() -> None:
    """The representation, which may end in a log, does not hold the prompt."""
    assert "my secret" not in repr(facts("my secret"))


@given(st.integers(0, 3 * MOST_READ))
def test_the_window_is_bounded(length: int) -> None:
    """A long text is read at both ends, a short one whole."""
    text = "a" * (length // 2) + "b" * (length - length // 2)
    window = facts(text).window()
    assert len(window) <= MOST_READ + 1
    assert window == text or (window[0], window[-1]) == ("a", "b")
    assert (window == text) == (length <= MOST_READ)


def test_prices_are_blended_three_to_one() -> None:
    """A price counts the input three times and the output once."""
    assert price(engine("a", price_input=1.0, price_output=5.0)) == 2.0


def test_the_cheapest_comes_first() -> None:
    """By price, then by the catalog's cost, then by name."""
    rows = [
        engine("dear", price_input=9.0),
        engine("b", cost=5),
        engine("c", cost=0),
        engine("a", cost=5),
    ]
    assert [row.name for row in cheapest(rows)] == ["c", "a", "b", "dear"]


def test_a_choice_may_be_empty() -> None:
    """Neither route nor engine is an opinion too: none."""
    assert Choice("abstains") == ("abstains", None, (), 0)
