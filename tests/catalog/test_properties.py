"""Whatever a file holds: a Catalog, or a RouterConfigError that says where."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.catalog import catalog_from_mapping, migrate, parse_catalog
from model_router.errors import RouterConfigError
from model_router.types import HUMAN, ROUTES, Catalog

ROOT = Path(__file__).resolve().parents[2]
REFERENCE_TEXT = (ROOT / "configs" / "model_router.yaml").read_text(encoding="utf-8")
REFERENCE = yaml.safe_load(REFERENCE_TEXT)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.binary(max_size=4)
    | st.sampled_from(["human_confirm", "fast_local", "local", "low", "off", "\ud800", "\x1b[31m"])
)
keys = st.sampled_from(
    [*REFERENCE, *REFERENCE["engines"]["fast_local"], *REFERENCE["rules"][0], "fast_local", "x"]
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(keys | st.text(), inner, max_size=4)
    ),
    max_leaves=20,
)
yaml_text = st.text(st.sampled_from("ab:- \n\t[]{},&*!|>'\"#?%@0159<engis_\u00e9\x00\ud800"))


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything inside a value."""
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for key, inner in items:
        yield (*path, key)
        yield from paths(inner, (*path, key))


PATHS = list(paths(REFERENCE))


def at(data: Any, path: tuple[Any, ...]) -> Any:
    """What stands at a path."""
    for key in path:
        data = data[key]
    return data


def sound(load: Any, data: Any) -> None:
    """A load ends in a whole Catalog, or in one error whose problems all have a path."""
    try:
        whole(load(data))
    except RouterConfigError as error:
        clear(error)


def clear(error: RouterConfigError) -> None:
    """What holds for every error: problems with a path, in text that a terminal can show."""
    assert error.problems
    assert all(problem.path and problem.message for problem in error.problems)
    assert all(row.isprintable() for row in str(error).split("\n"))


def whole(catalog: Catalog) -> None:
    """What holds for every catalog that loads."""
    assert set(ROUTES) <= set(catalog.targets)
    assert set(catalog.targets.values()) <= set(catalog.engines)
    gate = catalog.engines[catalog.targets["confirmation"]]
    assert gate.name == HUMAN or gate.provider.strip().lower() == "human"
    assert catalog.engines[HUMAN].enabled
    assert catalog.engines[HUMAN].fallback is None
    for engine in catalog.engines.values():
        assert engine.fallback is None or engine.fallback in catalog.engines | {HUMAN: None}
        assert engine.location in ("local", "hosted")
        assert engine.max_context > 0
    assert catalog.scoring.tiers[-1].max_score == 100


@settings(max_examples=300, deadline=None)
@given(yaml_text)
def test_any_text(text: str) -> None:
    """No text raises anything but RouterConfigError."""
    sound(parse_catalog, text)


@settings(max_examples=200, deadline=None)
@given(st.lists(yaml_text, max_size=3), st.data())
def test_any_text_inside_the_reference(inserts: list[str], data: st.DataObject) -> None:
    """Nor does any text put somewhere into a valid catalog."""
    text = REFERENCE_TEXT[:3000]
    for insert in inserts:
        place = data.draw(st.integers(0, len(text)))
        text = text[:place] + insert + text[place:]
    sound(parse_catalog, text)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(keys | st.text() | st.integers(), values, max_size=6))
def test_any_mapping(data: dict[Any, Any]) -> None:
    """No mapping raises anything but RouterConfigError, and none is changed."""
    before = copy.deepcopy(data)
    sound(catalog_from_mapping, data)
    assert repr(before) == repr(data)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PATHS), values)
def test_any_value_anywhere(path: tuple[Any, ...], value: Any) -> None:
    """A wrong value at any place of the reference is a Catalog or an error with a path."""
    data = copy.deepcopy(REFERENCE)
    at(data, path[:-1])[path[-1]] = value
    sound(catalog_from_mapping, data)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PATHS))
def test_any_key_left_out(path: tuple[Any, ...]) -> None:
    """So is the reference with any one thing left out."""
    data = copy.deepcopy(REFERENCE)
    del at(data, path[:-1])[path[-1]]
    sound(catalog_from_mapping, data)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([path for path in PATHS if isinstance(at(REFERENCE, path), dict)]),
    st.text(min_size=1),
    scalars,
)
def test_any_key_more(path: tuple[Any, ...], key: str, value: Any) -> None:
    """So is the reference with any one key more."""
    data = copy.deepcopy(REFERENCE)
    at(data, path)[key] = value
    sound(catalog_from_mapping, data)


@settings(max_examples=150, deadline=None)
@given(st.sets(st.sampled_from(list(REFERENCE["engines"]))))
def test_any_selection_of_engines(left_out: set[str]) -> None:
    """A catalog of some of the engines, without targets, still sends each route somewhere."""
    engines = {
        name: {**row, "fallback": None}
        for name, row in copy.deepcopy(REFERENCE["engines"]).items()
        if name not in left_out
    }
    sound(catalog_from_mapping, {"engines": engines})


@settings(max_examples=300, deadline=None)
@given(st.lists(yaml_text | st.sampled_from(REFERENCE_TEXT.splitlines()), max_size=30))
def test_migrate_takes_anything(rows: list[str]) -> None:
    """migrate never fails, and what it returns is stable."""
    text, notes = migrate("\n".join(rows))
    assert isinstance(text, str)
    assert all(isinstance(note, str) for note in notes)
    assert migrate(text)[0] == text


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 60), st.integers(1, 30))
def test_any_alias_tower_is_cheap(width: int, height: int) -> None:
    """Alias towers of any width and height load or are refused without being expanded."""
    rows = ["a0: &a0 [x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, height)]
    sound(parse_catalog, "\n".join(rows))
