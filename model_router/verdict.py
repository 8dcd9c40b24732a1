"""What signals and weights decide together under one catalog: the route, needs and scores.

What the signals give depends on the signals alone, so it is worked out once for each set of them.
The weight of the words is added for each text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from model_router.lanes import (
    BIAS,
    COMPLEXITY_LANE,
    HALF,
    LANE_BITS,
    LANES,
    READ,
    RISK_LANE,
    SIZE,
    UNIT,
    lane_of,
    leading,
    pack,
    sums,
)
from model_router.scores import LEAST_SURE, confidence, extra, saturate, weights_of
from model_router.signals.lexicon import Lexicon
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
"""Tallies remembered; more sets of signals than that are worked out each time."""

_ALL_FEATURES = (1 << len(FEATURES)) - 1
_AMBIGUOUS = FEATURE_BIT["ambiguous"]
_SENSITIVE = FEATURE_BIT["sensitive_domain"]


class Tally(NamedTuple):
    """What a set of signals gives, whatever the text that fired them."""

    lanes: int  # their sum in sixteenths of a point, BIAS included
    fired: int  # bits, combinations included
    features: int
    needs: int  # need bits of the user's signals
    risk: int  # 0-100
    confirm: bool  # a person is asked, whatever is ordered
    strict: bool  # a person is asked under the profile `safe`
    route: int  # index into ROUTES, where no word weighs


class Verdict(NamedTuple):
    """What signals and weights decide together. Scores are 0-100, complexity in tenths of one."""

    route: int  # index into ROUTES
    needs: int  # need bits of the route and of the user's signals
    confirm: bool  # a person is asked, whatever is ordered
    strict: bool  # a person is asked under the profile `safe`
    fired: int  # bits, combinations included
    features: int
    complexity: float
    risk: int
    confidence: int
    points: tuple[int, ...]  # of the seven routes


class Verdicts:
    """The verdicts of one catalog; what signals give is remembered. Safe to share by threads."""

    def __init__(self, lexicon: Lexicon, catalog: Catalog) -> None:
        self.memo: dict[int, Tally] = {}
        self._lexicon = lexicon
        self._sums = sums(
            [signal.lanes for signal in lexicon.signals],
            [s.features | s.needs << len(FEATURES) for s in lexicon.signals],
        )
        self._scoring = scoring = catalog.scoring
        self._vague_counts = not catalog.safety.allow_ambiguous_high_impact
        self._complexity = weights_of(scoring.complexity)
        self._risk = weights_of(scoring.risk)
        self._confidence = weights_of(scoring.confidence)
        self._k = UNIT * scoring.saturation_k
        self._reasoning_from = _points_for(scoring.reasoning_threshold, self._k) + HALF
        self._simple_from = _points_for(scoring.simple_threshold, self._k) + HALF
        self._wavers = bool(self._confidence) or scoring.confidence_threshold > LEAST_SURE

    def tally(self, fired: int) -> Tally:
        """What a set of signals gives, by bits without their combinations."""
        known = self.memo.get(fired)
        if known is None:
            known = self._tallied(fired)
            if len(self.memo) < MEMO_SIZE:
                self.memo[fired] = known
        return known

    def _tallied(self, fired: int) -> Tally:
        every = self._lexicon.combined(fired)
        total, marks = self._sums(every)
        total += BASE
        features = marks & _ALL_FEATURES
        if self._complexity:
            total += extra(self._complexity, features) << (LANE_BITS * COMPLEXITY_LANE)
        risk = lane_of(total, RISK_LANE)
        risk = saturate(risk + extra(self._risk, features), self._scoring.saturation_k)
        unclear, sensitive = bool(features & _AMBIGUOUS), bool(features & _SENSITIVE)
        summed = total * UNIT + BIAS
        lanes = summed.to_bytes(SIZE, "little")
        route, hard = leading(lanes)
        if route <= BALANCED:
            route = self._settled(route, hard, lanes, every, features)
        return Tally(
            summed,
            every,
            features,
            marks >> len(FEATURES),
            risk,
            risk >= self._scoring.risk_threshold or (unclear and sensitive and self._vague_counts),
            unclear or sensitive or risk >= 50,
            route,
        )

    def route(self, tally: Tally, weight: int) -> int:
        """The route that points, weights and thresholds give together: an index into ROUTES."""
        if not weight:
            return tally.route
        return self._route((tally.lanes + weight).to_bytes(SIZE, "little"), tally)

    def _route(self, total: bytes, tally: Tally) -> int:
        route, hard = leading(total)
        if route > BALANCED:
            return route
        return self._settled(route, hard, total, tally.fired, tally.features)

    def _settled(self, route: int, hard: int, total: bytes, fired: int, features: int) -> int:
        """The route where none of those with a task of their own leads."""
        if hard >= self._reasoning_from or (
            (self._wavers or features & _AMBIGUOUS)
            and self._confident(fired, features, READ(total)[:LANES])
            < self._scoring.confidence_threshold
        ):
            return REASONING
        return BALANCED if route == SIMPLE and hard >= self._simple_from else route

    def _confident(self, fired: int, features: int, points: Sequence[int]) -> int:
        second, best = sorted(points)[-2:]
        sure = confidence(features, (best - second) // UNIT, bool(fired))
        return max(0, sure - extra(self._confidence, features))

    def of(self, tally: Tally, weight: int = 0, *, brief: bool = False) -> Verdict:
        """The verdict on a text: what its signals give, and the weight of its words.

        `brief` leaves out what only explains: confidence and points.
        """
        total = (tally.lanes + weight).to_bytes(SIZE, "little")
        lanes, route = READ(total), self._route(total, tally) if weight else tally.route
        return Verdict(
            route,
            ROUTE_NEEDS[route] | tally.needs,
            tally.confirm,
            tally.strict,
            tally.fired,
            tally.features,
            saturate(lanes[COMPLEXITY_LANE] - HALF, self._k, 1_000) / 10,
            tally.risk,
            0 if brief else self._confident(tally.fired, tally.features, lanes[:LANES]),
            () if brief else tuple([(n - HALF + UNIT // 2) // UNIT for n in lanes[:LANES]]),
        )


def _points_for(score: int, k: int) -> int:
    """The fewest points that `saturate` takes for a score of at least `score`, of 100."""
    low, high = 0, 1_000 * k
    while low < high:
        middle = (low + high) // 2
        if saturate(middle, k, 1_000) >= 10 * score:
            high = middle
        else:
            low = middle + 1
    return low
