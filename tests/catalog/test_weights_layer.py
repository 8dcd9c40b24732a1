"""`weights.layer` in a catalog: points on top, and nothing about who is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.assessment import Assessor
from model_router.catalog import load_catalog
from model_router.cli.effective import effective
from model_router.errors import RouterConfigError
from model_router.router import ModelRouter
from model_router.signals.lexicon import window
from model_router.text.reading import read
from model_router.types import HUMAN
from model_router.verdict import CODING
from model_router.weights import (
    LARGEST,
    START,
    Weights,
    features_of,
    layered,
    load_weights,
    packaged_path,
    parse_weights,
)
from tests.support.weights import content, packaged_catalog, row

TEXT = "a zebra crossing"
OPEN = "money transfer to my mom"
"""Names an action that rules find not ordered."""


def write(folder: Path, small: str, section: str, **files: Any) -> Path:
    """A catalog with this section `weights`, and weights files beside it."""
    for name, data in files.items():
        (folder / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
    path = folder / "mine.yaml"
    path.write_text(f"{small}weights: {section}\n", encoding="utf-8")
    return path


def route(path: Path) -> str | None:
    """The route that the catalog takes."""
    return ModelRouter.from_config(path, validate_availability=False).route(TEXT).route


def engine(path: Path) -> str:
    """The engine that the catalog takes for what rules leave open."""
    return ModelRouter.from_config(path, validate_availability=False).route_fast(OPEN)


def test_points_add_up(tmp_path: Path, small: str) -> None:
    """What neither file does alone, both do together."""
    half = content({"zebra": row(coding=120)})
    section = "{file: one.json, layer: two.json}"
    path = write(tmp_path, small, section, one=half, two=half)
    assert route(path) == "coding"
    assert route(write(tmp_path, small, "{file: one.json}")) != "coding"


def test_on_top_of_the_packaged_weights(tmp_path: Path, small: str) -> None:
    """Without `file` the layer stands on what comes with the package."""
    layer = content({"zebra": row(coding=LARGEST)})
    path = write(tmp_path, small, "{layer: two.json}", two=layer)
    assert route(path) == "coding"
    decision = ModelRouter.from_config(path, validate_availability=False).route(TEXT)
    assert any("zebra" in reason for reason in decision.reasons)


def test_share_is_about_the_file(tmp_path: Path, small: str) -> None:
    """A layer counts in full; what switches weights off switches it off, too."""
    layer = content({"zebra": row(coding=200)})
    path = write(tmp_path, small, "{share: 1, layer: two.json}", two=layer)
    assert route(path) == "coding"
    for section in ("{share: 0, layer: two.json}", "{enabled: false, layer: two.json}"):
        assert route(write(tmp_path, small, section)) != "coding"


def test_lengths_and_prior_add_up(tmp_path: Path, small: str) -> None:
    """A step that both have counts twice, and one of the layer alone counts."""
    one = content({"zebra": row(simple=1)}, lengths={"0": row(coding=100), "5": row(coding=30)})
    two = content({}, lengths={"0": row(coding=100), "5": row(coding=30), "6": row(coding=30)})
    section = "{file: one.json, layer: two.json}"
    assert route(write(tmp_path, small, section, one=one, two=two)) == "coding"
    assert route(write(tmp_path, small, "{file: one.json}")) != "coding"


def test_it_asks_for_nobody(tmp_path: Path, small: str) -> None:
    """A layer with caution is a mistake of the catalog, told with the others at its path."""
    layer = content({}, caution={START: LARGEST})
    path = write(tmp_path, small, "{layer: two.json}", two=layer)
    with pytest.raises(RouterConfigError) as caught:
        load_catalog(path)
    (problem,) = caught.value.problems
    assert (problem.path, problem.line) == ("weights.layer", 10)
    assert "has caution" in problem.message
    assert "model-router tune" in str(problem.hint)


def test_the_files_caution_stays(tmp_path: Path, small: str) -> None:
    """Whom the first file asks is asked with a layer, too."""
    one, two = content({}, caution={START: LARGEST}), content({"money": row(simple=LARGEST)})
    section = "{file: one.json, layer: two.json}"
    path = write(tmp_path, small, section, one=one, two=two)
    assert engine(path) == HUMAN
    assert engine(write(tmp_path, small, "{file: two.json}")) != HUMAN


@pytest.mark.parametrize(
    ("data", "said"), [("{", "is not JSON"), ("{}", "no usable weights"), (None, "does not exist")]
)
def test_a_bad_layer(tmp_path: Path, small: str, data: str | None, said: str) -> None:
    """It is judged when the catalog loads, as the first file is."""
    if data is not None:
        (tmp_path / "two.json").write_text(data)
    with pytest.raises(RouterConfigError) as caught:
        load_catalog(write(tmp_path, small, "{layer: two.json}"))
    assert [problem.path for problem in caught.value.problems] == ["weights.layer"]
    assert said in str(caught.value)


def test_it_is_printed_again(tmp_path: Path, small: str) -> None:
    """`config show` prints its whole path; without one it is null."""
    path = write(tmp_path, small, "{layer: two.json}", two=content({}))
    assert effective(load_catalog(path))["weights"]["layer"] == str(tmp_path / "two.json")
    assert effective(load_catalog(write(tmp_path, small, "{}")))["weights"]["layer"] is None


CODE_ORDERS = ("delete my meeting for one pm on march nineteenth", "drop the production database")


@pytest.mark.parametrize("text", CODE_ORDERS)
def test_it_spares_nobody_without_tools(text: str) -> None:
    """An order that is confirmed without a layer is with it, whatever route it makes of it."""
    base = load_weights(packaged_path())
    words = {feature: row(coding=-LARGEST) for feature in text.split()}
    layer = parse_weights(content(words | {"the": row(simple=LARGEST)}))
    with_layer, without = (_assessor(found) for found in (layered(base, layer), base))
    for can_act in (True, False):
        assert with_layer.weigh(text, can_act=can_act).route != CODING
        before = without.weigh(text, can_act=can_act).confirm
        assert with_layer.weigh(text, can_act=can_act).confirm >= before


ROWS = st.lists(st.integers(-LARGEST, LARGEST), min_size=8, max_size=8)
WORDS = sorted({word for text in CODE_ORDERS for word in text.split()} | {"my meeting", "code"})


@given(
    words=st.dictionaries(st.sampled_from(WORDS), ROWS, max_size=6),
    text=st.lists(st.sampled_from([*CODE_ORDERS, "fix the code", "hello"]), min_size=1, max_size=3),
    can_act=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_no_layer_loses_a_confirmation(
    words: dict[str, list[int]], text: list[str], can_act: bool
) -> None:
    """Whatever points a layer has: who is asked without it is asked with it."""
    base = load_weights(packaged_path())
    asked = [
        _assessor(found).weigh(". ".join(text), can_act=can_act).confirm
        for found in (base, layered(base, parse_weights(content(words))))
    ]
    assert asked[1] >= asked[0]


@given(text=st.text(max_size=60))
@settings(deadline=None)
def test_a_texts_weight_is_what_the_matcher_finds(text: str) -> None:
    """Worked out from features alone, the weight is that of the decision."""
    base = load_weights(packaged_path())
    weighed = _assessor(base).weigh(text)
    assert base.of_features(features_of(read(window(text))), len(text)) == weighed.weight


def _assessor(weights: Weights) -> Assessor:
    """An assessor of the packaged catalog with other weights, their tables built once."""
    found = _ASSESSORS.get(id(weights))
    if found is None:
        with patch("model_router.assessment.chosen_weights", lambda catalog: weights):
            found = _ASSESSORS[id(weights)] = Assessor(packaged_catalog())
        _KEPT.append(weights)
    return found


_ASSESSORS: dict[int, Assessor] = {}
_KEPT: list[Weights] = []
