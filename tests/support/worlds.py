"""Whole routers drawn from a seed: a catalog with limits and rules of its own, and hints."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import NamedTuple

from model_router.router import ModelRouter
from model_router.types import (
    NEED_TOOLS,
    ROUTES,
    Catalog,
    Hints,
    PrivacyPolicy,
    Rule,
    SafetyPolicy,
    Scoring,
    Tier,
)
from tests.support.catalogs import NAMES, some_catalog, some_hints
from tests.support.strategies import some_strategy

ATTACHMENTS = ("image", "pdf", "audio", "code", "file")
SIGNALS = ("code.write", "transform.rewrite", "ask.how_to", "summary.ask", "shape.question")


class World(NamedTuple):
    """A router and the hints of one call."""

    router: ModelRouter
    hints: Hints


def some_rule(random: Random, number: int, known: tuple[str, ...]) -> Rule:
    """A rule that holds rather often, for a route or for an engine that may not exist."""
    by_engine = random.random() < 0.4
    return Rule(
        name=f"rule-{number}",
        any_signals=tuple(random.sample(known, 2)) if random.random() < 0.3 else (),
        needs=random.choice((0, 0, 0, NEED_TOOLS)),
        min_chars=random.choice((None, None, 5, 400)),
        max_chars=random.choice((None, None, 60, 2_000)),
        min_complexity=random.choice((None, None, 20)),
        languages=random.choice(((), (), (), ("en",), ("es", "ru"))),
        route=None if by_engine else random.choice(ROUTES),
        engine=random.choice((*NAMES, "ghost")) if by_engine else None,
    )


def some_scoring(random: Random) -> Scoring:
    """Thresholds and weights that change what is simple, complex or risky."""
    return Scoring(
        saturation_k=random.choice((10, 50, 90)),
        complexity={"coding_intent": random.randrange(100)},
        risk={"multi_step_reasoning": random.choice((0, 0, 90))},
        confidence={"ambiguous": random.randrange(60)},
        reasoning_threshold=random.choice((20, 60, 90)),
        simple_threshold=random.choice((10, 35)),
        tiers=random.choice(((Tier("low", 50), Tier("high", 100)), Scoring().tiers)),
    )


def some_router_catalog(random: Random, *, confirming: bool | None = None) -> Catalog:
    """Any catalog, with rules, weights and a privacy mode; `confirming` fixes the gate."""
    catalog = some_catalog(random)
    gate = random.random() < 0.7 if confirming is None else confirming
    known = tuple(name for name in SIGNALS if name in known_signals())
    rules = tuple(some_rule(random, n, known) for n in range(random.choice((0, 0, 0, 1, 2))))
    return replace(
        catalog,
        safety=SafetyPolicy(require_human_confirmation=gate),
        privacy=PrivacyPolicy(random.choice(("off", "flag", "flag", "local_only"))),
        scoring=some_scoring(random) if random.random() < 0.3 else Scoring(),
        rules=rules,
        strategy=some_strategy(random, known),
    )


def known_signals() -> frozenset[str]:
    """The ids of the packaged signals."""
    from model_router.assessment import packaged_tables

    return frozenset(packaged_tables(None)[0].index)


def all_hints(random: Random) -> Hints:
    """Hints of every kind that may come with a request, but `tools`."""
    return replace(
        some_hints(random),
        attachments=tuple(random.sample(ATTACHMENTS, random.choice((0, 0, 0, 1, 2)))),
        role=random.choice((None,) * 6 + ROUTES),
    )


def some_world(seed: int, *, confirming: bool | None = None) -> World:
    """A router over any catalog, some of its engines unavailable, and hints for one call."""
    random = Random(seed)
    catalog = some_router_catalog(random, confirming=confirming)
    missing = random.sample(NAMES, random.choice((0, 0, 0, 1, 2)))
    report = dict.fromkeys(missing, ("OPENAI_API_KEY is not set",))
    hints = all_hints(random) if random.random() < 0.8 else Hints()
    tools = random.choice((None, None, None, ("shell",)))
    router = ModelRouter(catalog, availability_report=report)
    return World(router, replace(hints, tools=tools))
