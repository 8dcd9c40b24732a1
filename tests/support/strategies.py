"""Strategies drawn from a seed, and facts for those that are tried alone."""

from __future__ import annotations

from random import Random
from typing import Any

from model_router.strategies import Facts
from model_router.types import FEATURES, ROUTES, Strategy
from tests.support.catalogs import NAMES

ENGINES = (*NAMES, "ghost")


def facts(text: str = "hello", **changes: Any) -> Facts:
    """Facts of an ordinary text, with `changes`."""
    return Facts(**({"text": text, "route": "balanced", "tokens": len(text) // 4} | changes))


def some_strategy(random: Random, signals: tuple[str, ...] = ()) -> Strategy:
    """Any strategy; in half of the cases the router's own decision."""
    if random.random() < 0.5:
        return Strategy(random.choice(("rules+weights", "rules")))
    if random.random() < 0.15:
        first = random.choice((Strategy(), some_deciding(random, signals)))
        return Strategy("shadow", {"first": first, "second": some_deciding(random, signals)})
    return some_deciding(random, signals)


def some_deciding(random: Random, signals: tuple[str, ...] = ()) -> Strategy:
    """A strategy that chooses, with options that name engines which may not exist."""
    name = random.choice(tuple(OPTIONS))
    return Strategy(name, OPTIONS[name](random, signals))


def _fixed(random: Random, signals: tuple[str, ...]) -> dict[str, Any]:
    return {"engine": random.choice(ENGINES)}


def _threshold(random: Random, signals: tuple[str, ...]) -> dict[str, Any]:
    score = {"words": [{"any": ["the", "code ... file"], "points": 30}], "tokens": BANDS}
    return {
        "engines": random.choices(ENGINES, k=3),
        "thresholds": random.choice(([10, 50], [30, 31])),
        "score": random.choice((None, score)),
        "max_tokens": random.choice((None, 100)),
    }


BANDS = [{"from": 10, "points": 20}, {"from": 40, "points": 60}]


def _rule_list(random: Random, signals: tuple[str, ...]) -> dict[str, Any]:
    return {"rules": [_list_rule(random, signals) for _ in range(3)]}


def _list_rule(random: Random, signals: tuple[str, ...]) -> dict[str, Any]:
    conditions: list[dict[str, Any]] = [
        {},
        {"routes": random.sample(ROUTES, 3)},
        {"words": ["please", "the"]},
        {"no_words": ["the"]},
        {"features": random.sample(FEATURES, 4)},
        {"min_tokens": 20, "max_complexity": 60},
        {"languages": ["en", "ru"]},
        {"any_signals": list(signals)},
    ]
    outcomes: list[dict[str, Any]] = [
        {"route": random.choice(ROUTES)},
        {"engine": random.choice(ENGINES)},
        {"tier": random.randrange(3), "thinking": random.random() < 0.5},
    ]
    return {"name": "r", "when": random.choice(conditions), "then": random.choice(outcomes)}


def _tree(random: Random, signals: tuple[str, ...]) -> dict[str, Any]:
    def node(depth: int) -> dict[str, Any]:
        if depth == 0 or random.random() < 0.2:
            route = {"route": random.choice(ROUTES)}
            return random.choice((route, {"engine": random.choice(ENGINES)}))
        name = random.choice(("length", "complexity", "feature.coding_intent", "route.simple"))
        at_most = random.choice((0.5, 20, 200))
        return {"input": name, "at_most": at_most, "yes": node(depth - 1), "no": node(depth - 1)}

    return {"tree": {"schema": "model-router/tree/1", "root": node(3)}}


def _quality_cost(random: Random, signals: tuple[str, ...]) -> dict[str, Any]:
    quality = {name: {r: random.randrange(101) for r in ROUTES} for name in NAMES[:3]}
    return {
        "quality": random.choice(({}, quality)),
        "alpha": random.choice((0, 0.3, 5)),
        "band": random.choice((0, 0.15, 1)),
        "cost_cap": random.choice((0, 0.5, 2.0)),
        "baseline": random.choice((None, *NAMES)),
    }


OPTIONS = {
    "fixed": _fixed,
    "threshold": _threshold,
    "rule_list": _rule_list,
    "tree": _tree,
    "quality_cost": _quality_cost,
}
