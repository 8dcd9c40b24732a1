"""Cases: what rows and events say about prompts, and what may be learned of their words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.errors import RequestError
from model_router.hindsight.cases import (
    FOLDS,
    Case,
    Gathered,
    case_of_row,
    contradictions,
    lessons_of,
    routes_of,
    words_of,
)
from model_router.hindsight.events import Label
from model_router.hindsight.labels import Names, Row
from model_router.hindsight.layer import layer_text
from model_router.types import HUMAN, ROUTES
from model_router.weights import parse_weights
from tests.support.event_logs import event
from tests.support.weights import packaged_catalog, with_weights


def test_a_row(names: Names) -> None:
    """A label and what is accepted beside it become engines; attachments become hints."""
    row = Row("f:1", None, "look", "s", "coding", ("fast_local", "code_agent"), False, ("image",))
    found = case_of_row(row, names)
    assert found.right == ("code_agent", "fast_local")
    assert (found.confirm, found.hints) == (False, {"attachments": ("image",)})
    assert case_of_row(Row("f:2", None, "x", "s", confirm=True), names).right == ()
    with pytest.raises(RequestError):
        case_of_row(Row("f:3", None, "x", "s", "no_such"), names)


def test_events_with_prompt_and_label(names: Names) -> None:
    """Only both together are a case; what is of no use is counted by its reason."""
    labels = {
        "a": Label("coding"), "b": Label("fast_local"), "c": Label("gone"),
        "d": Label(HUMAN), "e": Label("fast_local"),
    }  # fmt: skip
    gathered = Gathered(labels, names)
    for row in (
        event("a", prompt="fix it", routing_profile="fast"), event("b"), event("b2", prompt="x"),
        event("c", prompt="x"), event("d", prompt="x", routing_profile="balanced"),
    ):  # fmt: skip
        gathered.add(row)
    one, person = gathered.cases
    assert (one.right, one.hints, one.confirm) == (("code_agent",), {"profile": "fast"}, None)
    assert (person.right, person.hints, person.confirm) == ((HUMAN,), None, True)
    assert gathered.figures() == {
        "all": 5, "used": 2, "without_event": 1, "without_prompt": 1, "unknown_engine": 1
    }  # fmt: skip


@given(prompt=st.text(), noise=st.lists(st.text(), max_size=3))
def test_a_prompt_has_one_fold(prompt: str, noise: list[str]) -> None:
    """The same prompt is always in the same part, whatever its label, so no part knows another."""
    folds = {Case(place, prompt, tuple(noise)).fold for place in ("a", "b")}
    assert len(folds) == 1
    assert folds <= set(range(FOLDS))


@given(prompt=st.text(max_size=200))
@settings(deadline=None)
def test_any_prompt_has_words(prompt: str) -> None:
    """Whatever a prompt holds, its words are given in order, and none has a digit."""
    found = words_of(prompt)
    assert list(found) == sorted(set(found))
    assert not any(char.isdigit() for word in found for char in word)


def test_private_words_are_not_learned() -> None:
    """An address, a key and a number are in no vocabulary; what stands around them is."""
    text = "write to jane.doe@corpmail.com with key sk-abcdefghijklmnopqrstuvwxyz123456 in 2024"
    found = words_of(text)
    assert {"write", "write to", "with", "key"} <= set(found)
    said = " ".join(found)
    for private in ("jane", "doe", "corpmail", "abcdefgh", "2024"):
        assert private not in said


def test_routes_of_an_engine() -> None:
    """The routes that lead to an engine, by their index; one may serve several."""
    found = routes_of(packaged_catalog())
    assert found["code_agent"] == {ROUTES.index("coding")}
    shared = routes_of(_with(packaged_catalog(), simple="x", coding="x"))
    assert shared["x"] == {ROUTES.index("simple"), ROUTES.index("coding")}


def _with(catalog: Any, **targets: str) -> Any:
    from dataclasses import replace

    return replace(catalog, targets={**catalog.targets, **targets})


def test_what_teaches() -> None:
    """Points decide of plain prompts; not of orders, pictures, people and unserved engines."""
    router = with_weights()
    cases = [
        Case("a", "rewrite this sentence politely", ("code_agent",)),
        Case("b", "drop the production database", ("code_agent",)),
        Case("c", "what is this", ("code_agent",), hints={"attachments": ("image",)}),
        Case("d", "rewrite this", (HUMAN,)),
        Case("e", "rewrite this", ("intent_router",)),
        Case("f", "rewrite this"),
    ]
    lesson, *others = lessons_of(cases, router)
    assert lesson is not None
    assert lesson.goal == {ROUTES.index("coding")}
    assert lesson.points.index(max(lesson.points)) == ROUTES.index("simple")
    assert "rewrite this" in lesson.features
    assert others == [None] * 5


def test_a_vague_text_is_doubtful() -> None:
    """What goes to reasoning because it is vague is no matter of hard work."""
    (lesson,) = lessons_of([Case("a", "handle this", ("fast_local",))], with_weights())
    assert lesson is not None
    assert lesson.doubtful


def test_contradictions() -> None:
    """Prompts whose labels have no engine in common."""
    found = [
        Case("a", "x", ("one",)), Case("b", "x", ("two",)), Case("c", "y", ("one", "two")),
        Case("d", "y", ("two",)), Case("e", "z"), Case("f", "z", ("one",)),
    ]  # fmt: skip
    assert contradictions(found) == 1


@given(prompt=st.text(st.characters(codec=None, categories=None), max_size=80))
@settings(deadline=None)
def test_any_word_can_be_in_a_file(prompt: str) -> None:
    """Whatever a prompt holds, half characters too: a layer of its words is read again."""
    text = layer_text({word: [1] * 8 for word in words_of(prompt)})
    parse_weights(json.loads(text.encode("utf-8")))
