"""Percentiles of durations."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model_router.hindsight.latency import Latency


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
