"""Scores of a prompt by itself, before any engine is considered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from model_router.assessment import Assessor
from model_router.errors import RequestError
from model_router.receipt.analysis import PromptAnalysis, build_analysis
from model_router.request.prompts import from_prompt
from model_router.types import Catalog, Scoring


def score_prompt(
    prompt: str | None,
    *,
    scoring_config: Scoring | None = None,
    scoring_weights: Mapping[str, Mapping[str, int]] | None = None,
) -> PromptAnalysis:
    """Scores and features of a prompt, before any engine is considered.

    `scoring_weights` maps complexity, risk or confidence to points for features, and takes the
    place of that part of `scoring_config`. Raises RequestError for anything else.
    """
    request = from_prompt(prompt, None)
    if scoring_config is None and not scoring_weights:
        return build_analysis(_usual_assessor().assess(request), _usual_assessor().catalog.scoring)
    scoring = _weighted(scoring_config or Scoring(), scoring_weights or {})
    return build_analysis(Assessor(Catalog({}, scoring=scoring)).assess(request), scoring)


@lru_cache(maxsize=1)
def _usual_assessor() -> Assessor:
    return Assessor(Catalog(engines={}))


def _weighted(scoring: Scoring, weights: Mapping[str, Mapping[str, int]]) -> Scoring:
    odd = [name for name in weights if name not in ("complexity", "risk", "confidence")]
    if odd:
        text = f"scoring_weights: {odd[0]!a} is not known"
        raise RequestError(text, "use complexity, risk or confidence")
    changes: dict[str, Any] = {name: dict(named) for name, named in weights.items()}
    return replace(scoring, **changes)
