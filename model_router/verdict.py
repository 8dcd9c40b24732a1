"""What signals and weights decide together under one catalog: the route, needs and scores.

What the signals give depends on the signals alone, so it is worked out once for each set of them.
The weight of the words is added for each text. `_verdict.c` gives the same tallies and routes,
where a compiler was there when the package was installed. A change here is a change there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct
from struct import error as StructError
from typing import TYPE_CHECKING, NamedTuple

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
    summed,
    unpack,
)
from model_router.native import native
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

if TYPE_CHECKING:
    from model_router import _verdict as compiled
else:
    compiled = native("model_router._verdict")

PURE = compiled is None
"""Whether this machine does without our C."""

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

MOST_POINTS = 1 << 26
"""Points of all signals together up to which no sum leaves its lane."""

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
    """The verdicts of one catalog. Safe to share by threads.

    `tally` says what a set of signals gives, by bits without their combinations; `route` the route
    that a tally, the weight of the words and thresholds give together, an index into ROUTES; `lead`
    the same with the complexity in tenths of a point.
    `pure` does without our C.
    """

    def __init__(self, lexicon: Lexicon, catalog: Catalog, *, pure: bool = PURE) -> None:
        self.memo: dict[int, Tally] = {}
        self._lexicon = lexicon
        self._lanes = [signal.lanes for signal in lexicon.signals]
        self._marks = [s.features | s.needs << len(FEATURES) for s in lexicon.signals]
        self._scoring = scoring = catalog.scoring
        self._vague_counts = not catalog.safety.allow_ambiguous_high_impact
        self._complexity = weights_of(scoring.complexity)
        self._risk = weights_of(scoring.risk)
        self._confidence = weights_of(scoring.confidence)
        self._k = UNIT * scoring.saturation_k
        self._reasoning_from = _points_for(scoring.reasoning_threshold, self._k) + HALF
        self._simple_from = _points_for(scoring.simple_threshold, self._k) + HALF
        self._wavers = bool(self._confidence) or scoring.confidence_threshold > LEAST_SURE
        in_c = None if pure or PURE else self._in_c()
        self.tally: Callable[[int], Tally] = in_c.of if in_c else self._remembered
        self.route: Callable[[Tally, int], int] = in_c.route if in_c else self._weighed
        self.lead: Callable[[Tally, int], tuple[int, int]] = in_c.lead if in_c else self._led

    def _in_c(self) -> compiled.Tallies | None:
        """The same in C, unless the catalog asks for more than it is made for."""
        extras = [points for _, points in (*self._complexity, *self._risk)]
        most = sum(abs(points) for row in self._lanes for points in unpack(row))
        if self._wavers or most + sum(map(abs, extras)) >= MOST_POINTS:
            return None
        scoring = self._scoring
        vague = confidence(_AMBIGUOUS, 0, True) < scoring.confidence_threshold
        try:
            return compiled.Tallies(
                Tally,
                b"".join([(row + BIAS).to_bytes(SIZE, "little") for row in self._lanes]),
                Struct(f"<{len(self._marks)}Q").pack(*self._marks),
                (BASE + BIAS).to_bytes(SIZE, "little"),
                [(a, b, bit.bit_length() - 1) for a, b, bit in self._lexicon.combinations],
                self._complexity,
                self._risk,
                (
                    *(len(FEATURES), scoring.saturation_k, scoring.risk_threshold),
                    *(self._reasoning_from, self._simple_from, _AMBIGUOUS, _SENSITIVE),
                    *(self._vague_counts, vague),
                ),
            )
        except (OverflowError, StructError):  # too many signals, or needs
            return None

    def _remembered(self, fired: int) -> Tally:
        known = self.memo.get(fired)
        if known is None:
            known = self._tallied(fired)
            if len(self.memo) < MEMO_SIZE:
                self.memo[fired] = known
        return known

    def _tallied(self, fired: int) -> Tally:
        every = self._lexicon.combined(fired)
        total, marks = summed(self._lanes, self._marks, every)
        total += BASE
        features = marks & _ALL_FEATURES
        if self._complexity:
            total += extra(self._complexity, features) << (LANE_BITS * COMPLEXITY_LANE)
        risk = lane_of(total, RISK_LANE)
        risk = saturate(risk + extra(self._risk, features), self._scoring.saturation_k)
        unclear, sensitive = bool(features & _AMBIGUOUS), bool(features & _SENSITIVE)
        biased = total * UNIT + BIAS
        lanes = biased.to_bytes(SIZE, "little")
        route, hard = leading(lanes)
        if route <= BALANCED:
            route = self._settled(route, hard, lanes, every, features)
        return Tally(
            biased,
            every,
            features,
            marks >> len(FEATURES),
            risk,
            risk >= self._scoring.risk_threshold or (unclear and sensitive and self._vague_counts),
            unclear or sensitive or risk >= 50,
            route,
        )

    def _weighed(self, tally: Tally, weight: int) -> int:
        if not weight:
            return tally.route
        return self._route((tally.lanes + weight).to_bytes(SIZE, "little"), tally)

    def _led(self, tally: Tally, weight: int) -> tuple[int, int]:
        hard = lane_of(tally.lanes + weight - BIAS, COMPLEXITY_LANE)
        return self._weighed(tally, weight), saturate(hard, self._k, 1_000)

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
        lanes, route = READ(total), self.route(tally, weight) if weight else tally.route
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
