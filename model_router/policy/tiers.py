"""Bands of the complexity score, as `scoring.tiers` names them."""

from __future__ import annotations

from model_router.types import Scoring


def tier_index(complexity: float, scoring: Scoring) -> int:
    """The band a score (0-100) belongs to, 0 for the lowest. Above the last band is the last."""
    for index, tier in enumerate(scoring.tiers):
        if complexity <= tier.max_score:
            return index
    return max(len(scoring.tiers) - 1, 0)


def tier_name(complexity: float, scoring: Scoring) -> str:
    """The name of that band; `any` when the catalog names no bands."""
    return scoring.tiers[tier_index(complexity, scoring)].name if scoring.tiers else "any"
