"""Points become scores: complexity, risk and confidence, each from 0 to 100."""

from __future__ import annotations

from collections.abc import Mapping

from model_router.types import FEATURE_BIT

RISK_FLOORS: dict[str, int] = {
    "destructive": 75,
    "high_impact": 75,
    "deploy": 70,
    "access": 70,
    "device": 70,
    "purchase": 65,
    "send": 60,
    "schedule": 60,
    "publish": 65,
}
"""The least risk of a text that orders a deed of this class."""

CONFIDENCE_TOP = 90
_AMBIGUOUS = FEATURE_BIT["ambiguous"]

Weights = tuple[tuple[int, int], ...]
"""(feature bit, points) of a catalog's `scoring.weights`."""


def weights_of(named: Mapping[str, int]) -> Weights:
    """`scoring.weights.<score>` of a catalog, by feature bit. Unknown features count for nothing."""
    return tuple((FEATURE_BIT[name], points) for name, points in named.items() if name in FEATURE_BIT)


def extra(weights: Weights, features: int) -> int:
    """Points that a catalog's weights add for the features present."""
    return sum(points for bit, points in weights if features & bit)


def saturate(points: int, k: int) -> int:
    """Points as a score: 0 at 0, 50 at `k`, never more than 100."""
    return (200 * points + points + k) // (2 * (points + k)) if points > 0 else 0


def confidence(features: int, margin: int, signals: int, length: int, risk: int) -> int:
    """How clear the text is. 90 at best; `margin` is the lead of the best route over the next."""
    if not length:
        return CONFIDENCE_TOP - 40
    score = CONFIDENCE_TOP
    if features & _AMBIGUOUS:
        score -= 35
    if not signals:
        score -= 10
    if risk >= 60 and length < 80:
        score -= 15
    return max(0, min(score, max(60, 64 + margin) if score >= 60 else score))
