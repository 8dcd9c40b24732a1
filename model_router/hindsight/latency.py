"""How long calls took. The figures belong to the machine that took them."""

from __future__ import annotations

from array import array

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
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)] / 1000
