"""docs/weights.md says what the code does."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from model_router.catalog.schema import CATALOG
from model_router.safety.caution import caution_features
from model_router.types import WeightsPolicy
from model_router.weights import (
    COLUMNS,
    FORMAT,
    LARGEST,
    LONGEST,
    MOST_FEATURES,
    packaged_path,
    parse_weights,
)
from tests.support.weights import without_weights

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "weights.md").read_text(encoding="utf-8")
KEYS = CATALOG.json["properties"]["weights"]["properties"]


@pytest.mark.parametrize("key", KEYS)
def test_every_key_of_the_catalog(key: str) -> None:
    """Each key has a row with its default."""
    default = getattr(WeightsPolicy(), key)
    absent = {"file": "the packaged one", "layer": "none"}
    said = absent[key] if default is None else json.dumps(default)
    assert f"| `weights.{key}` | {said} |" in PAGE


def test_the_example_is_a_file() -> None:
    """The example loads, and has every key that its table explains and no other."""
    (block,) = re.findall(r"```json\n(.*?)```", PAGE, re.S)
    data = json.loads(block)
    found = parse_weights(data)
    assert found.prior
    assert found.lengths
    assert found.words
    table = PAGE.split("```json")[1]
    assert re.findall(r"^\| `(\w+)` \|", table, re.M) == list(data)
    assert (data["format"], data["columns"]) == (FORMAT, list(COLUMNS))


def test_the_examples_features_exist() -> None:
    """Its features of caution are such as a text has."""
    (block,) = re.findall(r"```json\n(.*?)```", PAGE, re.S)
    lexicon = without_weights()._assessor.lexicon
    _, _, named, readings = lexicon.scan("money transfer to my mom?")
    found = caution_features(list(named), readings, lexicon)
    assert {*json.loads(block)["caution"]} - {"start:"} <= found


def test_the_bounds() -> None:
    """The numbers that the page gives are those of the code, and of the file."""
    assert f"from {-LARGEST - 1} to {LARGEST}" in PAGE
    assert f"at most {LONGEST} characters" in PAGE
    assert f"at most {MOST_FEATURES:,} of them" in PAGE
    (said,) = re.findall(r"about (\d+) kB", PAGE)
    assert abs(os.path.getsize(packaged_path()) / 1_000 - int(said)) < 20


def test_the_settings() -> None:
    """The numbers of the method are the trainer's defaults."""
    text = (ROOT / "scripts" / "train_weights.py").read_text(encoding="utf-8")
    known = dict(re.findall(r"^    (\w+): (?:int|float) = ([\d_.]+)", text, re.M))
    page = " ".join(PAGE.split())
    for wanted in (
        f"at least {known['least']} rows",
        f"at least {known['families']} families",
        f"divided by {float(known['points']):g}",
        f"log odds of -{known['caution_odds']}",
        f"more than {known['most']} rows counts as {known['most']}",
        f"({int(known['routes']):,} for routes, {int(known['complexity']):,} for complexity,",
        f"{known['caution']} for caution)",
    ):
        assert wanted in page, wanted
    assert f"{known['routes_share']} of what was learned for routes" in page
    assert f"and {known['complexity_share']} of what was learned for complexity" in page
    assert f"{known['prior_share']} of that" in page


@pytest.mark.parametrize("place", re.findall(r"\]\(([\w./-]+)\)", PAGE))
def test_links(place: str) -> None:
    """What the page points at is there."""
    assert (ROOT / "docs" / place).exists()


@pytest.mark.parametrize("page", ["README.md", "docs/contributing.md", "docs/catalog.md"])
def test_the_page_is_found(page: str) -> None:
    """The pages from which one would look for it point at it."""
    assert re.search(r"\]\((?:docs/)?weights\.md\)", (ROOT / page).read_text(encoding="utf-8"))


def test_the_scripts_that_it_names() -> None:
    """Every script and option of its commands exists."""
    for script in re.findall(r"scripts/(\w+\.py)", PAGE):
        assert (ROOT / "scripts" / script).is_file()
    text = (ROOT / "scripts" / "train_weights.py").read_text(encoding="utf-8")
    for option in ("--output", "--family", "--pair", "--levels"):
        assert option in PAGE
        assert f'"{option}"' in text
