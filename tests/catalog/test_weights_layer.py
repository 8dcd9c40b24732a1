"""`weights.layer` in a catalog: points on top, and nothing about who is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_router.catalog import load_catalog
from model_router.cli.effective import effective
from model_router.errors import RouterConfigError
from model_router.router import ModelRouter
from model_router.types import HUMAN
from model_router.weights import LARGEST, START
from tests.support.weights import content, row

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
