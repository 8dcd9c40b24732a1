"""A router whose answers are known beforehand."""

from __future__ import annotations

from typing import Any

from model_router.types import Assessment
from tests.support.catalogs import usual_catalog


class FakeRouter:
    """Answers from a table of prompts; what it does not know goes to `fast_local`."""

    def __init__(self, engines: dict[str, str], catalog: Any = None) -> None:
        self.catalog = catalog or usual_catalog()
        self.engines = engines
        self.hints: list[Any] = []

    def route_fast(self, prompt: str, hints: Any = None) -> str:
        """The table's engine."""
        self.hints.append(hints)
        return self.engines.get(prompt, "fast_local")

    def assess(self, request: Any, hints: Any = None) -> Any:
        """The prompt's length as complexity; never asks for a person of its own accord."""
        return Assessment("simple", complexity=len(request), confidence=len(request) % 7)
