"""rule_list: ordered rules with conditions on text and scores; the first that holds decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model_router.strategies.facts import Choice, Decide, Facts, cheapest
from model_router.strategies.words import finder
from model_router.types import FEATURE_BIT, NEED_NAMES, Catalog, Engine

Row = Mapping[str, Any]
Test = Callable[[Facts], bool]


def build(options: Mapping[str, Any], catalog: Catalog) -> Decide:
    """The first of `rules` whose conditions all hold; when none does, the router's own route."""
    rules = [(_tests(row.get("when") or {}), row["then"]) for row in options["rules"]]

    def decide(facts: Facts) -> Choice:
        for number, (tests, then) in enumerate(rules, 1):
            if all(test(facts) for test in tests):
                return _outcome(f"rule_list.{number}", then, facts)
        return Choice("rule_list.none", route=facts.route)

    return decide


# ------------------------------------------------------------------ outcomes


def _outcome(code: str, then: Row, facts: Facts) -> Choice:
    if then.get("tier") is not None:
        return Choice(code, engines=_of_tier(then["tier"], bool(then.get("thinking")), facts))
    engine = then.get("engine")
    return Choice(code, route=then.get("route"), engines=(engine,) if engine else ())


def _of_tier(tier: int, thinking: bool, facts: Facts) -> tuple[str, ...]:
    """Eligible engines: the tier's own by price, then larger ones, then smaller ones.

    With `thinking`, those of a tier that can think come before those that cannot.
    """

    def place(engine: Engine) -> tuple[int, bool]:
        above = engine.tier - tier if engine.tier >= tier else 10 + tier - engine.tier
        return above, thinking and engine.thinking in (None, "none")

    return tuple(engine.name for engine in sorted(cheapest(facts.eligible), key=place))


# ------------------------------------------------------------------ conditions


def _tests(when: Row) -> list[Test]:
    return [make(when[key]) for key, make in CONDITIONS.items() if when.get(key) not in (None, [])]


def _mask(names: Sequence[str], bits: Mapping[str, int]) -> int:
    return sum(bits[name] for name in set(names))


def _words(patterns: Sequence[str]) -> Test:
    found = finder(patterns)
    return lambda facts: found(facts.window())


def _no_words(patterns: Sequence[str]) -> Test:
    found = finder(patterns)
    return lambda facts: not found(facts.window())


def _features(names: Sequence[str]) -> Test:
    mask = _mask(names, FEATURE_BIT)
    return lambda facts: bool(facts.features & mask)


def _needs(names: Sequence[str]) -> Test:
    mask = _mask(names, NEED_NAMES)
    return lambda facts: facts.needs & mask == mask


CONDITIONS: dict[str, Callable[[Any], Test]] = {
    "routes": lambda names: lambda facts: facts.route in names,
    "tasks": lambda names: lambda facts: facts.task in names,
    "words": _words,
    "no_words": _no_words,
    "signals": lambda names: lambda facts: facts.signals.issuperset(names),
    "any_signals": lambda names: lambda facts: not facts.signals.isdisjoint(names),
    "features": _features,
    "needs": _needs,
    "tools": lambda given: lambda facts: facts.tools is given,
    "min_chars": lambda least: lambda facts: facts.length >= least,
    "max_chars": lambda most: lambda facts: facts.length <= most,
    "min_tokens": lambda least: lambda facts: facts.tokens >= least,
    "max_tokens": lambda most: lambda facts: facts.tokens <= most,
    "min_complexity": lambda least: lambda facts: facts.complexity >= least,
    "max_complexity": lambda most: lambda facts: facts.complexity <= most,
    "languages": lambda codes: lambda facts: facts.language in codes,
}
"""Conditions by key: what the catalog gives becomes a test of the facts."""
