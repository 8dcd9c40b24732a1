"""The hot path of plans: what planning in full gives, whatever was planned before."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router import hotplan
from model_router.catalog import load_catalog
from model_router.request.hints import NO_HINTS
from model_router.router import ModelRouter
from model_router.types import (
    Catalog,
    Hints,
    PrivacyPolicy,
    Request,
    Rule,
    SafetyPolicy,
    Strategy,
    WeightsPolicy,
)
from tests.support import texts
from tests.support.catalogs import usual_catalog
from tests.support.weights import packaged_catalog

CHANGES: dict[str, dict[str, Any]] = {
    "packaged": {},
    "without weights": {"weights": WeightsPolicy(enabled=False)},
    "without caution": {"weights": WeightsPolicy(caution=False)},
    "gate open": {"safety": SafetyPolicy(require_human_confirmation=False)},
    "coding actions free": {"safety": SafetyPolicy(coding_actions="none")},
    "privacy off": {"privacy": PrivacyPolicy(mode="off")},
}
"""Catalogs of which the hot path knows everything."""


@cache
def router(name: str) -> ModelRouter:
    """A router that is shared, so that it remembers what earlier texts asked for."""
    catalog = packaged_catalog()
    if name == "usual":
        return ModelRouter(usual_catalog())
    return ModelRouter(replace(catalog, **CHANGES[name]))


MEDIA: list[frozenset[str]] = [*[frozenset()] * 5, frozenset({"image"}), frozenset({"pdf"})]
HINTS = [*[NO_HINTS] * 4, Hints(), Hints(role="coding")]


def request(text: str, seed: int) -> Request:
    """A request for `text`, in one of four with something beside it."""
    random = Random(seed)
    plain = random.random() < 0.4
    return Request(
        text,
        context=() if plain else random.choice([(), ("delete all files",), ("mail a@b.c",)]),
        modalities=frozenset()
        if plain
        else random.choice([frozenset()] * 5 + [{"image"}, {"pdf"}]),
        tools=None if plain else random.choice([None, (), ("bash",), ("read", "search")]),
        context_tokens=random.choice([0, 0, 3_000, 7_000, 40_000, 10**6]),
        max_output_tokens=random.choice([None, None, 1, 8_000, 200_000]),
        helper=None if plain else random.choice([None] * 5 + ["title"]),
        hints=NO_HINTS
        if plain
        else random.choice([NO_HINTS] * 4 + [Hints(), Hints(role="coding")]),
    )


TEXTS = st.integers(0, 2**32).map(texts.short) | st.integers(0, 2**32).map(texts.long)


@pytest.mark.parametrize("name", [*CHANGES, "usual"])
@settings(max_examples=120, deadline=None)
@given(TEXTS, st.integers(0, 2**32))
def test_it_is_the_plan_made_in_full(name: str, text: str, seed: int) -> None:
    """Whatever the text, what comes with it, and what was asked before."""
    made = router(name)
    asked = request(text, seed)
    assert made.plan(asked) == made._full_plan(asked)


@pytest.mark.parametrize("name", [*CHANGES, "usual"])
def test_every_example_and_order_has_the_full_plan(name: str) -> None:
    """The examples of all signals, and orders and mentions of the corpus, twice over."""
    made = router(name)
    for text in (*texts.examples(), *texts.ORDERS, *texts.MENTIONS, *texts.README) * 2:
        asked = Request(text, hints=NO_HINTS)
        assert made.plan(asked) == made._full_plan(asked), text


def test_what_is_ordered_is_confirmed_whatever_came_before() -> None:
    """A remembered plan never stands in for that of an order."""
    made = router("packaged")
    harmless = [made.plan(f"{text} please") for text in ("sing", "tell me a joke", "hello")]
    assert not any(plan.confirm for plan in harmless)
    for order in texts.ORDERS:
        assert made.plan(order).confirm, order


def planned_in_full(made: ModelRouter, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are planned in full from now on."""
    seen: list[str] = []
    full = made._full_plan
    monkeypatch.setattr(made, "_full_plan", lambda asked: (seen.append(asked.text), full(asked))[1])
    return seen


def test_a_plan_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same numbers are planned in full once."""
    made = ModelRouter(usual_catalog())
    seen = planned_in_full(made, monkeypatch)
    plans = [made.plan(text) for text in ("hello there", "hello there", "hello there  ")]
    assert seen == ["hello there"]
    assert plans[0] is plans[1] is plans[2]


@pytest.mark.parametrize(
    "asked",
    [
        Request("hello", hints=Hints(profile="private")),
        Request("hello", hints=NO_HINTS, tools=()),
        Request("hello", hints=NO_HINTS, helper="title"),
        Request("hello", hints=NO_HINTS, modalities=frozenset({"image"})),
        Request("delete all my files", hints=NO_HINTS),
        Request("привет", hints=NO_HINTS),
    ],
)
def test_what_is_not_ordinary_is_planned_in_full(
    asked: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hints, media, side calls, tools that are forbidden, orders and other scripts."""
    made = ModelRouter(usual_catalog())
    seen = planned_in_full(made, monkeypatch)
    made.plan(asked)
    made.plan(asked)
    assert seen == [asked.text] * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"rules": (Rule("r", min_chars=2, route="coding"),)},
        {"strategy": Strategy("fixed", {"engine": "fast_local"})},
        {"privacy": PrivacyPolicy(mode="local_only")},
    ],
)
def test_careful_catalogs_have_no_hot_path(changes: dict[str, Any]) -> None:
    """Where more decides than signals and weights, every plan is made in full."""
    assert ModelRouter(replace(usual_catalog(), **changes))._hot_plan is None


def test_what_was_remembered_goes_when_engines_are_looked_at_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After `refresh` an engine that can no longer be used is in no plan."""
    catalog: Catalog = load_catalog(environ={}, home="/nonexistent")
    made = ModelRouter(catalog, availability_report={})
    before = made.plan("hello").engine
    monkeypatch.setattr(
        "model_router.router.availability_report", lambda catalog: {before: ("it is gone",)}
    )
    made.refresh()
    assert made.plan("hello").engine != before


def test_memory_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers come from texts, so no more than so many plans are kept; the rest is right too."""
    monkeypatch.setattr(hotplan, "MEMO_SIZE", 2)
    made = ModelRouter(usual_catalog())
    seen = planned_in_full(made, monkeypatch)
    for text in ("hello", "fix the parser", "prove that 7 is prime", "prove that 7 is prime"):
        assert made.plan(text).engine == made._full_plan(Request(text)).engine
    assert seen.count("hello") == 2
    assert seen.count("prove that 7 is prime") == 4
