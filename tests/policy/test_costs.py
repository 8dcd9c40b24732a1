"""Estimated costs and what they are compared with."""

from __future__ import annotations

from model_router.policy.costs import Costs, Tariff, baseline_engine, tariff
from model_router.types import HUMAN, Catalog, Scoring
from tests.support.catalogs import catalog, engine

CHEAP = engine("cheap", price_input=0.5, price_output=1.5)
DEAR = engine("dear", price_input=3.0, price_output=15.0)
FREE = engine("free")


def costs(rows: Catalog, name: str, baseline: str | None, tokens: int, room: int) -> Costs:
    return Costs(tariff(rows, name, baseline), tokens, room)


def test_the_catalog_names_the_baseline() -> None:
    """scoring.baseline_engine wins when it is defined."""
    rows = catalog(CHEAP, DEAR, scoring=Scoring(baseline_engine="cheap"))
    assert baseline_engine(rows) == "cheap"


def test_an_undefined_baseline_is_passed_over() -> None:
    """A baseline that does not exist falls back to the dearest engine."""
    assert baseline_engine(catalog(CHEAP, DEAR, scoring=Scoring(baseline_engine="x"))) == "dear"


def test_the_dearest_enabled_engine_is_the_baseline() -> None:
    """A disabled engine counts only when no enabled one has a price."""
    off = engine("off", price_output=60.0, enabled=False)
    assert baseline_engine(catalog(FREE, CHEAP, DEAR, off)) == "dear"
    assert baseline_engine(catalog(FREE, off)) == "off"


def test_a_catalog_without_prices_has_no_baseline() -> None:
    """There is nothing to compare with, so nothing is saved."""
    assert baseline_engine(catalog(FREE)) is None
    assert costs(catalog(FREE), "free", None, 1000, 1000).saving == 0.0
    assert tariff(catalog(CHEAP), "cheap", None) == Tariff(0.5, 1.5)


def test_equal_prices_go_to_the_first_name() -> None:
    """The baseline does not depend on the order of the file."""
    twin = engine("aaa", price_input=3.0, price_output=15.0)
    assert baseline_engine(catalog(DEAR, twin)) == "aaa"


def test_prices_are_per_million_tokens() -> None:
    """Input tokens at the input price, the room at the output price."""
    found = costs(catalog(CHEAP, DEAR), "cheap", "dear", 1_000_000, 100_000)
    assert (found.estimated, found.baseline, found.saving) == (0.65, 4.5, 3.85)


def test_a_dearer_choice_saves_less_than_nothing() -> None:
    """The saving is not prettified."""
    assert costs(catalog(CHEAP, DEAR), "dear", "cheap", 1_000_000, 0).saving == -2.5


def test_a_person_costs_nothing_and_saves_nothing() -> None:
    """While a person decides nothing is spent."""
    found = costs(catalog(CHEAP, DEAR), HUMAN, "dear", 1_000_000, 0)
    assert (found.estimated, found.baseline, found.saving) == (0, 0, 0)


def test_estimates_have_six_decimals() -> None:
    """So that receipts are the same bytes everywhere."""
    assert costs(catalog(CHEAP), "cheap", "cheap", 1, 1).estimated == 0.000002
