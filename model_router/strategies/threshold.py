"""threshold: two or three engines by a score. At a threshold the stronger one takes it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from model_router.strategies.facts import Choice, Decide, Facts
from model_router.strategies.score import build_score
from model_router.types import Catalog


def build(options: Mapping[str, Any], catalog: Catalog) -> Decide:
    """`engines`, weakest first, by a score against `thresholds`.

    More tokens than `max_tokens` score 100. An agent's side call goes to the weakest. After the
    engine chosen come the stronger ones, then the weaker ones.
    """
    engines, thresholds = tuple(options["engines"]), list(options["thresholds"])
    score, longest = build_score(options.get("score")), options.get("max_tokens")
    orders = [(*engines[i:], *reversed(engines[:i])) for i in range(len(engines))]

    def decide(facts: Facts) -> Choice:
        if facts.helper:
            return Choice("threshold.helper", engines=orders[0])
        if longest is not None and facts.tokens > longest:
            return Choice("threshold.max_tokens", engines=orders[-1], points=100)
        points = score(facts)
        level = bisect_right(thresholds, points)
        return Choice(f"threshold.level_{level}", engines=orders[level], points=round(points))

    return decide
