"""Asks a strategy about a request and turns its wish into an assessment. Fails closed.

A strategy is asked only where the router is free to choose: nothing a person must confirm, and
nothing a rule of the catalog has settled, is put to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from model_router.strategies import SHADOW, Choice, Decide, Facts, build
from model_router.types import (
    HUMAN,
    OWN_STRATEGIES,
    ROUTES,
    Assessment,
    Catalog,
    Engine,
    Reason,
    Request,
)

Reassess = Callable[[int], Assessment]
"""The assessment of the same request on another route, an index into ROUTES."""

_CODE = re.compile(r"[a-z0-9._-]{1,60}")
FAILED = "strategy.failed"


def strategists(catalog: Catalog) -> tuple[Strategist | None, Strategist | None]:
    """The strategy that decides and the one that watches; None is the router itself.

    Raises RouterConfigError for a strategy that nobody offers or that cannot be built.
    """
    chosen = catalog.strategy
    if chosen.name != SHADOW:
        return Strategist(chosen.name, build(chosen, catalog)), None
    first, second = chosen.options["first"], chosen.options["second"]
    watching = Strategist(second.name, build(second, catalog))
    if first.name in OWN_STRATEGIES:
        return None, watching
    return Strategist(first.name, build(first, catalog)), watching


class Strategist:
    """One strategy at work. Safe to share between threads when the strategy is."""

    def __init__(self, name: str, decide: Decide) -> None:
        self.name = name
        self._decide = decide

    def advise(
        self,
        assessment: Assessment,
        request: Request,
        eligible: Callable[[], tuple[Engine, ...]],
        reassess: Reassess,
    ) -> Assessment:
        """The assessment with the strategy's wish in it; the same one where it has no say.

        A strategy that raises, or answers what is no choice, sends the request to a person. Its
        error is told by kind only: the message may quote the prompt.
        """
        if assessment.confirm or assessment.rule is not None or assessment.route == "confirmation":
            return assessment
        try:
            choice = checked(self._decide(facts(assessment, request, eligible())))
        except Exception as error:
            kind = type(error).__name__
            text = f"strategy {self.name!r} failed ({kind}), so a person decides"
            return replace(
                assessment, confirm=True, reasons=(*assessment.reasons, Reason(FAILED, text))
            )
        return self._settled(assessment, choice, reassess)

    def _settled(self, assessment: Assessment, choice: Choice, reassess: Reassess) -> Assessment:
        route, engines = choice.route, choice.engines
        if route == "confirmation" or HUMAN in engines[:1]:
            assessment = replace(assessment, route="confirmation")
        elif route is not None and route != assessment.route:
            assessment = reassess(ROUTES.index(route))
        reason = Reason(f"strategy.{choice.code}", self._said(choice), choice.points)
        return replace(
            assessment,
            reasons=(*assessment.reasons, reason),
            forced_engine=engines[0] if engines else None,
            next_engines=tuple(engines[1:]),
            by_strategy=bool(engines),
        )

    def _said(self, choice: Choice) -> str:
        if choice.engines:
            return f"strategy {self.name!r} asks for {choice.engines[0]}"
        if choice.route is not None:
            return f"strategy {self.name!r} takes the route {choice.route}"
        return f"strategy {self.name!r} leaves the route as it is"


def facts(assessment: Assessment, request: Request, eligible: tuple[Engine, ...]) -> Facts:
    """What a strategy may read about a request."""
    return Facts(
        text=request.text,
        route=assessment.route,
        tokens=assessment.tokens,
        language=assessment.language,
        complexity=assessment.complexity,
        risk=assessment.risk,
        confidence=assessment.confidence,
        task=assessment.task_type,
        features=assessment.features,
        needs=assessment.needs,
        signals=frozenset(assessment.signals),
        tools=bool(request.tools or request.hints.tools),
        helper=request.helper is not None,
        eligible=eligible,
    )


def checked(choice: object) -> Choice:
    """A choice of the right form. Raises TypeError or ValueError for anything else."""
    if not isinstance(choice, Choice):
        raise TypeError("not a Choice")
    code, route, engines, points = choice
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise ValueError("code")
    if route is not None and route not in ROUTES:
        raise ValueError("route")
    if not isinstance(engines, tuple) or not all(isinstance(name, str) for name in engines):
        raise ValueError("engines")
    if not isinstance(points, int):
        raise TypeError("points")
    return choice
