"""Traffic by day."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.hindsight.daily import MOST_DAYS, UNDATED, Daily, day_of
from tests.support.event_logs import event, held


def on(day: str) -> str:
    """A time on a day."""
    return f"{day}T12:00:00.000Z"


def test_days_add_up() -> None:
    """Each day has its own figures, in order; all of them are the sum."""
    daily = Daily()
    daily.add(event(timestamp=on("2026-03-02")))
    daily.add(event(timestamp=on("2026-03-01"), cost_usd=1.0))
    daily.add(held(timestamp=on("2026-03-01")))
    found = daily.report()
    days = [(day["day"], day["requests"], day["cost_usd"]) for day in found["days"]]
    assert days == [("2026-03-01", 2, 1.0), ("2026-03-02", 1, 0.5)]
    assert (found["requests"], found["cost_usd"], found["confirmations"]) == (3, 1.5, 1)


def test_only_some_days() -> None:
    """From the first to the last, both included; what has no day is then left out."""
    daily = Daily("2026-03-02", "2026-03-03")
    for day in ("2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"):
        daily.add(event(timestamp=on(day)))
    daily.add(event(timestamp=None))
    assert list(daily.days) == ["2026-03-02", "2026-03-03"]


def test_events_without_a_day() -> None:
    """They count, under a name of their own."""
    daily = Daily()
    daily.add(event(timestamp="yesterday"))
    assert daily.report()["days"][0]["day"] == UNDATED


def test_days_without_end() -> None:
    """A broken clock takes no more memory than ten years do."""
    daily = Daily()
    for number in range(MOST_DAYS + 50):
        daily.add(event(timestamp=on(f"{number:04d}-01-01")))
    assert len(daily.days) == MOST_DAYS + 1
    assert daily.report()["requests"] == MOST_DAYS + 50


@pytest.mark.parametrize("text", ["2026-13-01", "2026-1-1", "2026-03-01x", "", "٢٠٢٦-03-01"])
def test_what_is_no_day(text: str) -> None:
    """Only a day as the log writes it is one."""
    assert day_of(text) is None


@given(text=st.text())
def test_any_text(text: str) -> None:
    """Nothing is raised, and a day is ten characters."""
    assert len(day_of(text) or "2026-03-01") == 10
