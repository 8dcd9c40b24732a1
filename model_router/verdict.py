"""What a set of signals decides under one catalog: the route, the needs and the scores.

A verdict depends on the signals alone, never on the text, so it is worked out once for each set.
"""

from __future__ import annotations

from typing import NamedTuple

from model_router.scores import confidence, extra, saturate, weights_of
from model_router.signals import COMPLEXITY_LANE, LANES, RISK_LANE, Lexicon, pack, unpack
from model_router.types import (
    FEATURE_BIT,
    FEATURES,
    NEED_FRESHNESS,
    NEED_IMAGE,
    NEED_IMAGE_GENERATION,
    NEED_TOOLS,
    Catalog,
)

SIMPLE, BALANCED, REASONING, CODING, RESEARCH, VISION, IMAGE, CONFIRMATION = range(8)
"""Indexes into types.ROUTES."""

BASE = pack({"balanced": 10})
"""Where a text goes that no signal speaks for."""

ROUTE_NEEDS: tuple[int, ...] = (
    0,
    0,
    0,
    NEED_TOOLS,
    NEED_TOOLS | NEED_FRESHNESS,
    NEED_IMAGE,
    NEED_IMAGE_GENERATION,
    0,
)
"""What each of types.ROUTES needs of its engine. Seeing and drawing need no tools."""

MEMO_SIZE = 8_192
"""Verdicts remembered; more sets of signals than that are worked out each time."""

_ALL_FEATURES = (1 << len(FEATURES)) - 1
_AMBIGUOUS = FEATURE_BIT["ambiguous"]
_SENSITIVE = FEATURE_BIT["sensitive_domain"]


class Verdict(NamedTuple):
    """What a set of signals decides, whatever the text that fired them. Scores are 0-100."""

    route: int  # index into ROUTES
    needs: int  # need bits of the route and of the user's signals
    confirm: bool  # a person is asked, whatever is ordered
    strict: bool  # a person is asked under the profile `safe`
    fired: int  # bits, combinations included
    features: int
    complexity: int
    risk: int
    confidence: int
    points: tuple[int, ...]  # of the seven routes


class Verdicts:
    """The verdicts of one catalog, remembered. Safe to share between threads."""

    def __init__(self, lexicon: Lexicon, catalog: Catalog) -> None:
        self.memo: dict[int, Verdict] = {}
        self._lexicon = lexicon
        self._lanes = [signal.lanes for signal in lexicon.signals]
        self._marks = [s.features | s.needs << len(FEATURES) for s in lexicon.signals]
        self._scoring = scoring = catalog.scoring
        self._vague_counts = not catalog.safety.allow_ambiguous_high_impact
        self._complexity = weights_of(scoring.complexity)
        self._risk = weights_of(scoring.risk)
        self._confidence = weights_of(scoring.confidence)

    def of(self, fired: int) -> Verdict:
        """The verdict on a set of signals, given as bits without their combinations."""
        known = self.memo.get(fired)
        if known is None:
            known = self._judged(fired)
            if len(self.memo) < MEMO_SIZE:
                self.memo[fired] = known
        return known

    def _judged(self, fired: int) -> Verdict:
        every = self._lexicon.combined(fired)
        indexes = self._lexicon.fired_signals(every)
        lanes = unpack(BASE + sum(map(self._lanes.__getitem__, indexes)))
        marks = 0
        for i in indexes:
            marks |= self._marks[i]
        features, points = marks & _ALL_FEATURES, tuple(lanes[:LANES])
        complexity, risk = self._scores(lanes, features)
        second, best = sorted(points)[-2:]
        sure = confidence(features, best - second, bool(indexes))
        sure = max(0, sure - extra(self._confidence, features))
        route = self._settle(points.index(best), complexity, sure)
        unclear, sensitive = bool(features & _AMBIGUOUS), bool(features & _SENSITIVE)
        return Verdict(
            route,
            ROUTE_NEEDS[route] | marks >> len(FEATURES),
            risk >= self._scoring.risk_threshold or (unclear and sensitive and self._vague_counts),
            unclear or sensitive or risk >= 50,
            every,
            features,
            complexity,
            risk,
            sure,
            points,
        )

    def _scores(self, lanes: list[int], features: int) -> tuple[int, int]:
        """Complexity and risk, 0-100."""
        k = self._scoring.saturation_k
        complexity = lanes[COMPLEXITY_LANE] + extra(self._complexity, features)
        risk = lanes[RISK_LANE] + extra(self._risk, features)
        return saturate(complexity, k), saturate(risk, k)

    def _settle(self, route: int, complexity: int, sure: int) -> int:
        """The route that points and thresholds give together."""
        scoring = self._scoring
        if route > BALANCED:
            return route
        if complexity >= scoring.reasoning_threshold or sure < scoring.confidence_threshold:
            return REASONING
        if route == SIMPLE and complexity >= scoring.simple_threshold:
            return BALANCED
        return route
