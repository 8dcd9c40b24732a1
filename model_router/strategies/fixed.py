"""fixed: one engine for everything that it can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_router.strategies.facts import Choice, Decide, Facts
from model_router.types import Catalog


def build(options: Mapping[str, Any], catalog: Catalog) -> Decide:
    """`engine` for every request. What it cannot do goes along its fallbacks."""
    choice = Choice("fixed", engines=(options["engine"],))

    def decide(facts: Facts) -> Choice:
        return choice

    return decide
