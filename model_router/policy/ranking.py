"""How engines that could also take a request are ordered, and how the order explains itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from model_router.policy.limits import Limits
from model_router.records import record
from model_router.types import FEATURE_BIT, Assessment, Engine, Scoring

WEIGHTS: dict[str, tuple[float, float, float, float]] = {
    "default": (0.45, 0.30, 0.20, 0.05),
    "risk": (0.25, 0.50, 0.15, 0.10),
    "complex": (0.55, 0.25, 0.15, 0.05),
    "latency": (0.20, 0.20, 0.10, 0.50),
}
"""What counts, by mode: capability, trust, cheapness, speed. Each row sums to one."""

RISKY_SCORE = 50
SENSITIVE = (
    FEATURE_BIT["legal_domain"]
    | FEATURE_BIT["medical_domain"]
    | FEATURE_BIT["financial_domain"]
    | FEATURE_BIT["sensitive_domain"]
)


@record
class Alternative:
    """An engine that would also have fitted. All figures are 0-100, `cost` and `latency` less
    is better; `rank_score` weighs them for this request.
    """

    engine: str
    rank_score: float
    capability: int
    trust: int
    cost: int
    latency: int
    reasons: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The alternative as JSON-ready data."""
        return {
            "engine": self.engine,
            "rank_score": self.rank_score,
            "capability": self.capability,
            "trust": self.trust,
            "cost": self.cost,
            "latency": self.latency,
            "reasons": list(self.reasons),
        }


def ranking_mode(assessment: Assessment, limits: Limits, scoring: Scoring) -> str:
    """Which row of WEIGHTS a request is ranked by: latency, risk, complex or default."""
    if limits.latency_sensitive:
        return "latency"
    if assessment.risk >= RISKY_SCORE or assessment.features & SENSITIVE:
        return "risk"
    if assessment.complexity >= scoring.reasoning_threshold:
        return "complex"
    return "default"


def rank_score(engine: Engine, mode: str) -> float:
    """How good an engine is for a mode, 0-100, two decimals."""
    capability, trust, cheapness, speed = WEIGHTS[mode]
    total = (
        capability * engine.capability
        + trust * engine.trust
        + cheapness * (100 - engine.cost)
        + speed * (100 - engine.latency)
    )
    return round(total, 2)


def ranked(engines: Iterable[Engine], mode: str) -> list[Engine]:
    """Best first. Ties go to capability, then the cheaper, the faster, the first by name."""
    return sorted(engines, key=_order(mode))


def alternatives(engines: Iterable[Engine], mode: str) -> tuple[Alternative, ...]:
    """The engines as ranked alternatives, best first."""
    return tuple(_alternative(engine, mode) for engine in ranked(engines, mode))


def _order(mode: str) -> Callable[[Engine], tuple[float, int, int, int, str]]:
    return lambda e: (-rank_score(e, mode), -e.capability, e.cost, e.latency, e.name)


def _alternative(engine: Engine, mode: str) -> Alternative:
    reasons = [
        f"{engine.location} engine",
        f"cost tier {engine.cost_tier}",
        f"latency tier {engine.latency_tier}",
    ]
    if engine.supports_tools:
        reasons.append("supports tools")
    return Alternative(
        engine=engine.name,
        rank_score=rank_score(engine, mode),
        capability=engine.capability,
        trust=engine.trust,
        cost=engine.cost,
        latency=engine.latency,
        reasons=tuple(reasons),
    )
