"""scripts/labelled_examples.py: what a trainer of weights sees of a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from model_router.signals.lexicon import LONG
from model_router.text.reading import read
from model_router.weights import HEADS, features_of
from tests.support import texts

Write = Callable[[str, Iterable[dict[str, Any]]], Path]
Example = Callable[..., Any]


@pytest.fixture
def example(script: Callable[[str], ModuleType], write: Write) -> Example:
    """A function from one row to what is seen of it."""
    reader = script("labelled_examples").Reader()

    def of(prompt: str, **truth: Any) -> Any:
        (found,) = reader.read(
            [write("mine", [{"prompt": prompt, **(truth or {"confirm": None})}])]
        )
        return found

    return of


def test_rules_are_seen_without_weights(example: Example) -> None:
    """Points and complexity are those of rules alone, so that weights learn what is left."""
    from tests.support.weights import without_weights

    text = "design a distributed task scheduler architecture"
    found, alone = example(text), without_weights().assess(text)
    assert found.complexity == alone.complexity
    assert list(found.points) == [alone.route_points[route] for route in HEADS]


def test_words_of_a_short_text(example: Example) -> None:
    """The features are those that the router finds."""
    text = "Fix the café's tests"
    found = example(text)
    assert found.features == features_of(read(text))
    assert found.length == len(text)


def test_words_of_a_long_text_are_those_of_its_ends(example: Example) -> None:
    """What stands in the middle of a long text teaches nothing."""
    found = example(f"first {texts.prose(LONG)} zebra {texts.prose(LONG)} last")
    assert {"first", "last"} <= found.features
    assert "zebra" not in found.features


@pytest.mark.parametrize(
    ("label", "head"),
    [("fast_local", 0), ("code_agent", 3), ("coding", 3), ("human_confirm", None), (None, None)],
)
def test_labels_are_heads(example: Example, label: str | None, head: int | None) -> None:
    """An engine's or a route's name is a column; a person is none."""
    assert example("text", label=label).head == head


def test_an_attachment_decides_for_itself(example: Example) -> None:
    """A row with a picture speaks for no head."""
    assert example("text", label="multimodal_vision").head == HEADS.index("vision")
    assert example("text", label="multimodal_vision", attachments=["image"]).head is None


def test_doubt_is_seen_where_rules_leave_it(example: Example) -> None:
    """Features of caution where an action is named and open; none for an order or a question."""
    open_, order = example("money transfer to my mom"), example("delete all backups")
    assert "signal:action.transfer" in open_.doubt
    assert not open_.ordered
    assert order.ordered
    assert order.doubt is None
    assert example("how do I transfer money to my mom").doubt is None
    assert example(f"money transfer to my mom. {texts.prose(LONG)}").doubt is None


def test_the_source_is_the_file(example: Example) -> None:
    """A file is one source, whatever its rows call themselves."""
    assert example("text", confirm=True, source="elsewhere").source == "mine"


@pytest.mark.parametrize(
    ("meta", "english"), [({}, True), ({"lang": "en"}, True), ({"lang": "de"}, False)]
)
def test_the_language_is_what_the_source_says(
    example: Example, meta: dict[str, str], english: bool
) -> None:
    """A row that names no language is English."""
    assert example("text", confirm=True, meta=meta).english is english
