"""What a strategy may read, and what it may answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field
from typing import NamedTuple

from model_router.records import record
from model_router.types import FEATURE_BIT, NEED_NAMES, Engine

MOST_READ = 10_000
"""Characters of a text that word patterns are looked for in: half at each end."""


@record
class Facts:
    """One request as a strategy sees it. Scores are 0-100.

    `route` is the router's own; `eligible` are the engines that have every need, respect every
    limit and hold the request, in catalog order. `text` is for looking at, never for keeping.
    """

    text: str = field(repr=False)
    route: str
    tokens: int = 0  # of the whole request, estimated
    language: str = "en"
    complexity: float = 0
    risk: int = 0
    confidence: int = 0
    task: str = "general"
    features: int = 0  # FEATURE_BIT mask
    needs: int = 0  # NEED_NAMES bits
    signals: frozenset[str] = frozenset()
    tools: bool = False  # the request brings tools
    helper: bool = False  # an agent's side call, such as a title
    eligible: tuple[Engine, ...] = ()

    @property
    def length(self) -> int:
        """Characters of the text."""
        return len(self.text)

    def has(self, feature: str) -> bool:
        """Whether the text has a feature, one of types.FEATURES."""
        return bool(self.features & FEATURE_BIT.get(feature, 0))

    def asks(self, need: str) -> bool:
        """Whether the request needs something, one of types.NEED_NAMES."""
        return bool(self.needs & NEED_NAMES.get(need, 0))

    def window(self) -> str:
        """The text, or both its ends when it is long."""
        half = MOST_READ // 2
        text = self.text
        return text if len(text) <= MOST_READ else f"{text[:half]}\n{text[-half:]}"


class Choice(NamedTuple):
    """A strategy's wish: a route, or engines in the order in which they are wanted, or neither.

    `code` says why, for machines: small letters, digits, `.`, `_` and `-`. `points` is a number
    that receipts show beside it.
    """

    code: str
    route: str | None = None
    engines: tuple[str, ...] = ()
    points: int = 0


Decide = Callable[[Facts], Choice]


def price(engine: Engine) -> float:
    """USD per million tokens, three of them in for one out."""
    return (3 * engine.price_input + engine.price_output) / 4


def cheapest(engines: Iterable[Engine]) -> list[Engine]:
    """Engines by price, then by the catalog's own measure of cost, then by name."""
    return sorted(engines, key=lambda engine: (price(engine), engine.cost, engine.name))
