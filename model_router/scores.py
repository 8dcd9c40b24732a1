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
LEAST_SURE = 60
"""Confidence is lower only for a vague text."""
_AMBIGUOUS = FEATURE_BIT["ambiguous"]

Weights = tuple[tuple[int, int], ...]
"""(feature bit, points) of a catalog's `scoring.weights`."""


def weights_of(named: Mapping[str, int]) -> Weights:
    """A catalog's `scoring.weights.<score>` by feature bit; unknown features count for nothing."""
    return tuple(
        (FEATURE_BIT[name], points) for name, points in named.items() if name in FEATURE_BIT
    )


def extra(weights: Weights, features: int) -> int:
    """Points that a catalog's weights add for the features present."""
    return sum([points for bit, points in weights if features & bit]) if weights else 0


def saturate(points: int, k: int, top: int = 100) -> int:
    """Points as a score: 0 at 0, half of `top` at `k`, never more than `top`."""
    return (2 * top * points + points + k) // (2 * (points + k)) if points > 0 else 0


def confidence(features: int, margin: int, anything: bool) -> int:
    """How clear a text is. 90 at best; `margin` is the lead of the best route over the next.

    Below 60 only when the text is vague: a close race alone is not a reason to go higher.
    """
    if features & _AMBIGUOUS:
        return CONFIDENCE_TOP - 35
    return max(LEAST_SURE, min(CONFIDENCE_TOP - (0 if anything else 10), 64 + margin))
