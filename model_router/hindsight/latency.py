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


_LEAST = 1e-4
_log = math.log
_PER_BUCKET = 1 / _log(1.02)


class Spread:
    """Any number of durations in milliseconds, in little memory: each to about one percent."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()

    def add(self, milliseconds: float) -> None:
        """One call."""
        least = milliseconds if milliseconds > _LEAST else _LEAST
        self._buckets[round(_log(least) * _PER_BUCKET)] += 1

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
                return float(f"{math.exp(bucket / _PER_BUCKET):.3g}")
        return None
