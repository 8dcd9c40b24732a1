"""How much of the gap between a weak and a strong model a score closes, by RouteLLM's definition.

Requests are sorted by a score. At each decile of the scores one point of a curve is taken: what is
at or above goes to the strong model, and the points are the share of strong calls and the quality
that results. APGR is the area under that curve, with 0 for the weak model alone and 1 for the
strong one. CPT(x) is the share of strong calls at which x of the gap is closed.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple

from model_router.hindsight.tally import mean

BINS = 10
Pair = tuple[str, str]


class Gap(NamedTuple):
    """One curve's figures. They are None where weak and strong do equally well."""

    apgr: float | None
    cpt50: float | None
    cpt80: float | None


class Results:
    """How well each model did on the rows of one source, and how each contender scored them."""

    def __init__(self) -> None:
        self.count = 0
        self.models: dict[str, array[float]] = {}
        self.scores: dict[str, array[float]] = {}

    def add(self, results: dict[str, float], scores: dict[str, float]) -> None:
        """One row: what the models reached, and the scores that contenders gave it."""
        for name in results.keys() - self.models.keys():
            self.models[name] = array("d", [math.nan]) * self.count
        for name, column in self.models.items():
            column.append(results.get(name, math.nan))
        for name, score in scores.items():
            self.scores.setdefault(name, array("d")).append(score)
        self.count += 1

    def pairs(self, wanted: Sequence[Pair]) -> list[Pair]:
        """The pairs to look at: those wanted that are here, or the worst and the best model."""
        if wanted:
            return [pair for pair in wanted if set(pair) <= self.models.keys()]
        means = {name: sum(column) / self.count for name, column in self.models.items()}
        whole = sorted((value, name) for name, value in means.items() if not math.isnan(value))
        return [(whole[0][1], whole[-1][1])] if len(whole) > 1 else []

    def gaps(self, weak: str, strong: str) -> PairGaps | None:
        """The figures of every contender for a pair; None where no row has both models."""
        low, high = self.models[weak], self.models[strong]
        rows = [i for i in range(self.count) if not math.isnan(low[i] + high[i])]
        if not rows:
            return None
        weaks, strongs = [low[i] for i in rows], [high[i] for i in rows]
        gaps = {
            name: gap([column[i] for i in rows], weaks, strongs)
            for name, column in self.scores.items()
        }
        return PairGaps(weak, strong, len(rows), _mean(weaks), _mean(strongs), gaps)


class PairGaps(NamedTuple):
    """A weak and a strong model, their means, and each contender's figures."""

    weak: str
    strong: str
    rows: int
    weak_mean: float
    strong_mean: float
    gaps: dict[str, Gap]


def gap(scores: Sequence[float], weak: Sequence[float], strong: Sequence[float]) -> Gap:
    """APGR, CPT(50 %) and CPT(80 %) of `scores` for two models' results on the same rows."""
    low, high = _mean(weak), _mean(strong)
    if high == low:
        return Gap(None, None, None)
    points = curve(scores, weak, strong)
    area = math.fsum((x2 - x1) * (y1 + y2) / 2 for (x1, y1), (x2, y2) in pairwise(points))
    shares, values = [x for x, _ in points], [y for _, y in points]
    half, most = (interpolated(low + part * (high - low), values, shares) for part in (0.5, 0.8))
    return Gap((area - low) / (high - low), half, most)


def curve(
    scores: Sequence[float], weak: Sequence[float], strong: Sequence[float]
) -> list[tuple[float, float]]:
    """Share of strong calls and mean result at each decile of the scores, fewest calls first.

    Rows with equal scores are split evenly: each gives the mean gain of its group, which is what
    breaking ties at random gives on average.
    """
    count = len(scores)
    order = sorted(range(count), key=scores.__getitem__)
    gains: list[float] = []
    for _, group in groupby(order, key=scores.__getitem__):
        tied = [strong[i] - weak[i] for i in group]
        gains += [_mean(tied)] * len(tied)
    # above[k] is what the k rows with the highest scores gain together
    above = list(accumulate(reversed(gains), initial=0.0))
    base = math.fsum(weak)
    # The k-th decile of n sorted scores stands at (n - 1) * k / 10; what is below stays weak.
    strong_calls = [0, *(count - -(-(count - 1) * k // BINS) for k in range(BINS - 1, -1, -1))]
    return [(calls / count, (base + above[calls]) / count) for calls in strong_calls]


def interpolated(value: float, rising: Sequence[float], result: Sequence[float]) -> float:
    """`result` where `rising` reaches `value`: straight between points, constant outside.

    Where the table dips on its way up, the place is found by bisection, as RouteLLM does.
    """
    if value >= rising[-1]:
        return result[-1]
    if value < rising[0]:
        return result[0]
    at = min(bisect_right(rising, value), len(rising) - 1) - 1
    rise = rising[at + 1] - rising[at]
    if rise == 0:
        return result[at]
    return result[at] + (result[at + 1] - result[at]) * (value - rising[at]) / rise


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def mean_gap(gaps: Sequence[Gap]) -> Gap:
    """The mean of several pairs' figures, each over the pairs that have it."""
    columns = zip(*gaps, strict=True) if gaps else ((), (), ())
    return Gap(*(mean(x for x in column if x is not None) for column in columns))
