"""The numbers that a decision tree asks about, by name."""

from __future__ import annotations

from collections.abc import Callable

from model_router.strategies.facts import Facts
from model_router.types import FEATURE_BIT, NEED_NAMES, ROUTES

Input = Callable[[Facts], float]

NUMBERS: dict[str, Input] = {
    "length": lambda facts: facts.length,
    "tokens": lambda facts: facts.tokens,
    "complexity": lambda facts: facts.complexity,
    "risk": lambda facts: facts.risk,
    "confidence": lambda facts: facts.confidence,
    "tools": lambda facts: facts.tools,
    "helper": lambda facts: facts.helper,
}
FAMILIES: dict[str, Callable[[str], Input]] = {
    "feature": lambda name: lambda facts: facts.has(name),
    "need": lambda name: lambda facts: facts.asks(name),
    "route": lambda name: lambda facts: facts.route == name,
    "signal": lambda name: lambda facts: name in facts.signals,
    "language": lambda name: lambda facts: facts.language == name,
    "task": lambda name: lambda facts: facts.task == name,
}
"""`family.name` is 1 when it holds, else 0."""

_CLOSED: dict[str, tuple[str, ...]] = {
    "feature": tuple(FEATURE_BIT),
    "need": tuple(NEED_NAMES),
    "route": ROUTES,
}


def input_named(name: str) -> Input | None:
    """The input of that name, or None when there is none."""
    if name in NUMBERS:
        return NUMBERS[name]
    family, _, rest = name.partition(".")
    if family not in FAMILIES or not rest:
        return None
    if rest not in _CLOSED.get(family, (rest,)):
        return None
    return FAMILIES[family](rest)


def known_inputs() -> tuple[str, ...]:
    """Every name out of a fixed list: numbers, features, needs and routes."""
    listed = (f"{family}.{name}" for family, names in _CLOSED.items() for name in names)
    return (*NUMBERS, *listed)
