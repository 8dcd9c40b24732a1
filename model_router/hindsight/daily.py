"""Traffic by day, and all of it."""

from __future__ import annotations

import re
from typing import Any

from model_router.hindsight.events import Event, text
from model_router.hindsight.traffic import Traffic

MOST_DAYS = 3_660
UNDATED = "undated"
"""Stands for events without a day, and for days after the first MOST_DAYS."""

_DAY = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(?=T|\Z)", re.ASCII)


class Daily:
    """Counts events by the UTC day of their time, from `since` to `until`, both included."""

    def __init__(self, since: str | None = None, until: str | None = None) -> None:
        self.since, self.until = since, until
        self.days: dict[str, Traffic] = {}

    def add(self, event: Event) -> None:
        """Count one event, if its day is wanted."""
        day = day_of(text(event, "timestamp") or "")
        if day is None and (self.since or self.until):
            return
        if day is not None and not (self.since or day) <= day <= (self.until or day):
            return
        self._traffic(day or UNDATED).add(event)

    def _traffic(self, day: str) -> Traffic:
        traffic = self.days.get(day)
        if traffic is None:
            day = day if len(self.days) < MOST_DAYS else UNDATED
            traffic = self.days.setdefault(day, Traffic())
        return traffic

    def report(self) -> dict[str, Any]:
        """All traffic, and under `days` that of each day, in order."""
        whole = Traffic()
        for traffic in self.days.values():
            whole.merge(traffic)
        days = [{"day": day, **self.days[day].figures()} for day in sorted(self.days)]
        return {**whole.figures(), "days": days}


def day_of(timestamp: str) -> str | None:
    """The day of a time such as 2026-03-01T10:00:00Z, or None when that is no time."""
    match = _DAY.match(timestamp)
    return match[0] if match else None
