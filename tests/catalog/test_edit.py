"""Values put into a catalog's text: what is beside them stays, and it means what was wanted."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.catalog import strict_yaml
from model_router.catalog.edit import CannotEditError, with_values
from model_router.catalog.report import Report
from model_router.errors import RouterConfigError

LIMIT = ("scoring", "thresholds", "reasoning")
LAYER = ("weights", "layer")
BOTH: dict[tuple[str, ...], Any] = {LIMIT: 55, LAYER: "c.layer-1a.json"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "scoring:\n  # why\n  thresholds:\n    reasoning: 60 # from here\n",
            "scoring:\n  # why\n  thresholds:\n    reasoning: 55 # from here\n",
            id="a value in its line",
        ),
        pytest.param(
            "scoring:\n  saturation_k: 50 # k\n",
            "scoring:\n  thresholds: {reasoning: 55}\n  saturation_k: 50 # k\n",
            id="a section more",
        ),
        pytest.param(
            "engines: {a: 1}",
            "engines: {a: 1}\nscoring: {thresholds: {reasoning: 55}}\n",
            id="nothing there, no newline at the end",
        ),
        pytest.param(
            "scoring: {thresholds: {simple: 4}, saturation_k: 5}\n",
            "scoring: {thresholds: {reasoning: 55, simple: 4}, saturation_k: 5}\n",
            id="in braces",
        ),
        pytest.param(
            "scoring: {thresholds: {}}\n", "scoring: {thresholds: {reasoning: 55}}\n", id="empty"
        ),
        pytest.param(
            "scoring:\nweights: {}\n",
            "scoring: {thresholds: {reasoning: 55}}\nweights: {}\n",
            id="null",
        ),
        pytest.param(
            "a: 1\r\nscoring:\r\n  k: 5\r\n",
            "a: 1\r\nscoring:\r\n  thresholds: {reasoning: 55}\r\n  k: 5\r\n",
            id="windows",
        ),
        pytest.param(
            "{engines: 3}\n",
            "{scoring: {thresholds: {reasoning: 55}}, engines: 3}\n",
            id="all in braces",
        ),
    ],
)
def test_where_it_is_written(before: str, after: str) -> None:
    """Only where it belongs: layout and comments stay."""
    assert with_values(before, {LIMIT: 55}) == after


def test_several_values() -> None:
    """Two of one section that is not there share it; null takes a value out."""
    values = {LIMIT: 55, ("scoring", "thresholds", "simple"): 20, LAYER: None}
    found = yaml.safe_load(with_values("weights: {layer: x.json}\n", values))
    assert found == {
        "scoring": {"thresholds": {"reasoning": 55, "simple": 20}},
        "weights": {"layer": None},
    }


@pytest.mark.parametrize("name", ["a b: #c.json", "no", "'", "12", "~", "ä.json", "a\\b", "- a"])
def test_any_name_reads_back(name: str) -> None:
    """Names that YAML would take for something else are quoted."""
    assert yaml.safe_load(with_values("a: 1\n", {LAYER: name}))["weights"]["layer"] == name


@pytest.mark.parametrize(
    "text",
    [
        "base: &b {thresholds: {reasoning: 60}}\nscoring: *b\n",
        "- a\n",
        "scoring:\n  thresholds:\n    reasoning: {a: 1}\n",
        "a: 1\n...\n",
    ],
)
def test_what_cannot_be_edited(text: str) -> None:
    """Where a value would change another one too, or has no place, nothing is changed."""
    with pytest.raises(CannotEditError) as caught:
        with_values(text, {LIMIT: 55})
    assert "by hand: scoring.thresholds.reasoning: 55" in str(caught.value) or "mapping" in str(
        caught.value
    )


KEYS = st.sampled_from(["scoring", "thresholds", "reasoning", "weights", "layer", "b", "é"])
LEAVES = st.none() | st.integers(-9, 9) | st.text("ab: #{}\n", max_size=6) | st.booleans()
TREES = st.dictionaries(
    KEYS, st.recursive(LEAVES, lambda inner: st.dictionaries(KEYS, inner), max_leaves=6)
)


@given(data=TREES, flow=st.sampled_from([None, True, False]), indent=st.integers(1, 6))
@settings(deadline=None)
def test_any_catalog(data: dict[str, Any], flow: bool | None, indent: int) -> None:
    """However it is laid out: it means what was there with the new values, or it is refused."""
    text = yaml.safe_dump(
        data, default_flow_style=flow, indent=indent, allow_unicode=True, sort_keys=False
    )
    wanted = deepcopy(strict_yaml.parse(text, Report("c")))
    try:
        found = strict_yaml.parse(with_values(text, BOTH), Report("c"))
    except CannotEditError:
        return
    for path, value in BOTH.items():
        place = wanted
        for key in path[:-1]:
            if not isinstance(place.get(key), dict):
                place[key] = {}
            place = place[key]
        place[path[-1]] = value
    assert found == wanted


def test_no_yaml() -> None:
    """What no parser reads is said so."""
    with pytest.raises(RouterConfigError):
        with_values("a: [", {LIMIT: 1})
