"""What was chosen: for each route one model, where it is served, and what must be there first.

Plain values between the questions and the files. Contexts are tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

from model_router.types import DEFAULT_TARGETS, ROUTES

CHOSEN_ROUTES = tuple(route for route in ROUTES if route != "confirmation")
"""The routes that a model is chosen for, in the order in which they are asked."""

HOSTED_ENGINES = {
    "simple": "fast_hosted", "balanced": "balanced_hosted", "reasoning": "reasoning_hosted",
}  # fmt: skip
"""Engines whose usual name says `local`, where the model is not."""

USUAL_CONTEXT = 32_768
HOSTED_CONTEXT = 128_000


@dataclass(frozen=True, slots=True)
class Selection:
    """One engine of the catalog and the backend that serves it."""

    route: str
    engine: str
    model: str
    """The name its server serves it under."""
    kind: str
    """A key of backend_kinds.KINDS."""
    base_url: str
    context: int = USUAL_CONTEXT
    tools: bool = True
    vision: bool = False
    local: bool = True
    needs_env: tuple[str, ...] = ()
    """Variables without which it is off."""
    needs_paths: tuple[str, ...] = ()
    """Files without which it is off: those of a download."""
    remarks: tuple[str, ...] = ()
    """Sentences that stand as comments in the catalog."""


def engine_name(route: str, local: bool) -> str:
    """The engine that a route goes to."""
    return DEFAULT_TARGETS[route] if local else HOSTED_ENGINES.get(route, DEFAULT_TARGETS[route])
