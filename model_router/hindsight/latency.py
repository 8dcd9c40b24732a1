"""How long calls took. The figures belong to the machine that took them."""

from __future__ import annotations

import math
from array import array
from collections import Counter

PERCENTS = (50, 90, 99)


class Latency:
    """Durations in nanoseconds: eight bytes each."""

    def __init__(self) -> None:
        self._taken = array("Q")

    def add(self, nanoseconds: int) -> None:
        """One call."""
        self._taken.append(nanoseconds)

    def figures(self) -> dict[str, float | None]:
        """The percentiles of PERCENTS, in microseconds."""
        ordered = sorted(self._taken)
        return {f"p{percent}_us": _percentile(ordered, percent) for percent in PERCENTS}


def _percentile(ordered: list[int], percent: int) -> float | None:
    if not ordered:
        return None
    return ordered[_rank(percent, len(ordered))] / 1000


def _rank(percent: int, count: int) -> int:
    return min(count * percent // 100, count - 1)


class Spread:
    """Any number of durations in milliseconds, in little memory: each to about one percent."""

    WIDTH = math.log(1.02)
    LEAST = 1e-4

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()

    def add(self, milliseconds: float) -> None:
        """One call."""
        self._buckets[round(math.log(max(milliseconds, self.LEAST)) / self.WIDTH)] += 1

    def merge(self, other: Spread) -> None:
        """Take over what another one counted."""
        self._buckets.update(other._buckets)

    def figures(self) -> dict[str, float | None]:
        """The percentiles of PERCENTS, in milliseconds, to three digits."""
        return {f"p{percent}_ms": self._percentile(percent) for percent in PERCENTS}

    def _percentile(self, percent: int) -> float | None:
        rank = _rank(percent, self._buckets.total())
        for bucket in sorted(self._buckets):
            rank -= self._buckets[bucket]
            if rank < 0:
                return float(f"{math.exp(bucket * self.WIDTH):.3g}")
        return None
