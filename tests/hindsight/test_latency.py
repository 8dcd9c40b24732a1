"""Percentiles of durations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.hindsight.latency import Latency, Spread


def figures(*nanoseconds: int) -> dict[str, float | None]:
    latency = Latency()
    for taken in nanoseconds:
        latency.add(taken)
    return latency.figures()


def test_percentiles_in_microseconds() -> None:
    """One to a hundred microseconds, in any order."""
    taken = [n * 1000 for n in range(100, 0, -1)]
    assert figures(*taken) == {"p50_us": 51.0, "p90_us": 91.0, "p99_us": 100.0}


def test_nothing_was_timed() -> None:
    """Without calls there are no percentiles."""
    assert set(figures().values()) == {None}


@given(st.lists(st.integers(0, 10**12), min_size=1))
def test_percentiles_are_durations_in_order(taken: list[int]) -> None:
    """Each is one of the durations, and they do not fall."""
    found = [value for value in figures(*taken).values() if value is not None]
    assert found == sorted(found)
    for value in found:
        assert any(abs(value * 1000 - t) <= t * 1e-9 for t in taken)


class TestSpread:
    def test_percentiles_are_near(self) -> None:
        """Each within one percent and a bit of rounding, from a microsecond to a day."""
        for size in (0.001, 1.0, 80_000_000.0):
            spread = Spread()
            for step in range(1, 101):
                spread.add(size * step)
            for name, at in (("p50_ms", 51), ("p90_ms", 91), ("p99_ms", 100)):
                assert spread.figures()[name] == pytest.approx(size * at, rel=0.02)

    def test_nothing_measured(self) -> None:
        """There is no percentile of nothing."""
        assert set(Spread().figures().values()) == {None}

    def test_two_become_one(self) -> None:
        """Merged, they say what one would have said that saw all."""
        whole, left, right = Spread(), Spread(), Spread()
        for step in range(1, 200):
            whole.add(step)
            (left if step % 3 else right).add(step)
        left.merge(right)
        assert left.figures() == whole.figures()

    def test_its_size_is_that_of_the_range(self) -> None:
        """Ten thousand durations in a thousandfold range take a few hundred numbers."""
        spread = Spread()
        for step in range(10_000):
            spread.add(1 + step / 10)
        assert len(spread._buckets) < 500

    def test_no_time_at_all(self) -> None:
        """Zero is a duration."""
        spread = Spread()
        spread.add(0)
        assert spread.figures()["p50_ms"] == pytest.approx(1e-4, rel=0.02)
