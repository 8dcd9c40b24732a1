"""Which engine each route goes to, also where the catalog does not say.

A small catalog need not name an engine for everything. A route that is not given goes to its
default engine; where there is none, to the neighbour that does such work best; where nobody can
do it, to a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from model_router.catalog import guesses
from model_router.catalog.report import Report
from model_router.types import DEFAULT_TARGETS, HUMAN

Rows = Mapping[str, Mapping[str, Any]]

# Ordered: the first route whose engine exists lends it.
NEIGHBOURS: dict[str, tuple[str, ...]] = {
    "simple": ("balanced", "reasoning", "coding"),
    "balanced": ("reasoning", "simple", "coding"),
    "reasoning": ("coding", "balanced", "simple"),
    "coding": ("reasoning", "balanced", "simple"),
}

# A route that not every engine can do, and how to tell who can.
ABLE: dict[str, Callable[[str, Mapping[str, Any]], bool]] = {
    "research": guesses.searches,
    "vision": guesses.sees,
    "image_generation": guesses.draws,
}


def complete(given: Mapping[str, str], engines: Rows, report: Report) -> dict[str, str]:
    """Every route with its engine: the given ones as they are, then defaults and neighbours."""
    settled = {
        route: given.get(route, engine)
        for route, engine in DEFAULT_TARGETS.items()
        if route in given or engine in engines
    }
    targets = dict(given)
    for route in DEFAULT_TARGETS:
        if route not in settled:
            engine, why = _stand_in(route, settled, engines)
            message = f"is not given and {DEFAULT_TARGETS[route]} is not defined: {why}"
            report.remark(("routing_targets", route), message)
            targets[route] = engine
        else:
            targets[route] = settled[route]
            _note_disabled(route, settled[route], engines, report)
    return targets


def _note_disabled(route: str, name: str, engines: Rows, report: Report) -> None:
    if name != HUMAN and not engines[name]["enabled"]:
        path = ("routing_targets", route)
        report.remark(path, f"goes to {name}, which is not enabled: its fallback is taken")


def _stand_in(route: str, settled: Mapping[str, str], engines: Rows) -> tuple[str, str]:
    candidates = _usable(engines)
    if route in ABLE:
        able = [name for name in candidates if ABLE[route](name, engines[name])]
        if able:
            return able[0], f"goes to {able[0]}, which can do it"
        return HUMAN, f"no engine can do it, so it goes to {HUMAN}"
    for neighbour in NEIGHBOURS.get(route, ()):
        name = settled.get(neighbour)
        if name in candidates:
            return name, f"goes to {name}, as {neighbour} does"
    return _by_size(route, candidates, engines)


def _by_size(route: str, candidates: list[str], engines: Rows) -> tuple[str, str]:
    """Among engines that no route names: the smallest for simple work, else the largest."""
    writers = [name for name in candidates if not guesses.draws(name, engines[name])]
    if route not in NEIGHBOURS or not writers:
        return HUMAN, f"so it goes to {HUMAN}"
    ordered = sorted(writers, key=lambda name: _size(engines[name]))
    name = ordered[0] if route == "simple" else ordered[-1]
    if route == "balanced":
        name = ordered[(len(ordered) - 1) // 2]
    return name, f"goes to {name}"


def _size(row: Mapping[str, Any]) -> tuple[int, int]:
    context = row["max_context"] or 0
    score = guesses.capability(row["capability_tier"] or guesses.capability_tier(row), context)
    return (guesses.size(row, score) if row["tier"] is None else row["tier"], context)


def _usable(engines: Rows) -> list[str]:
    """Models, switched on ones first, in file order. The old intent router answers nobody."""
    models = [
        name
        for name, row in engines.items()
        if name != "intent_router" and not guesses.is_person(name, row["provider"])
    ]
    return sorted(models, key=lambda name: not engines[name]["enabled"])
