"""The rows of an event log: what a request left behind, and what a person said of it later.

Logs come from disks: any key may be missing or hold anything, so each is read with care.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from model_router.types import PROFILES

ROUTING = "routing_event"
FEEDBACK = "routing_feedback"
OUTCOMES = ("good", "bad", "wrong_engine", "too_slow", "too_expensive", "unsafe")
"""What feedback may say of how a request went."""

LONGEST_NAME = 200
MOST = 1e15
"""No latency, count or cost is larger; what says so is broken."""

Event = Mapping[str, Any]


class Label(NamedTuple):
    """A person's word on a request: the engine that would have been right."""

    engine: str
    outcome: str | None = None


def text(event: Event, key: str) -> str | None:
    """A name in an event, or None when there is none."""
    value = event.get(key)
    return value[:LONGEST_NAME] if isinstance(value, str) and value else None


def number(event: Event, key: str) -> float | None:
    """A finite number of 0 or more in an event, or None."""
    value = event.get(key)
    if value.__class__ is not float and value.__class__ is not int:  # no bool either
        return None
    return value if 0 <= value <= MOST else None  # no comparison holds for NaN


def request_id(event: Event) -> str | None:
    """The id of the request that an event or a label is about. It is never cut."""
    value = event.get("request_id")
    return value if isinstance(value, str) and value else None


def chosen(event: Event) -> str | None:
    """The engine that was decided for; another may have answered after a fallback."""
    return text(event, "chosen_engine") or text(event, "selected_engine")


def hints_of(event: Event) -> dict[str, str] | None:
    """The hints of a logged request that change its decision, as far as the log has them."""
    profile = event.get("routing_profile")
    # `balanced` adds no limits, and without any hint a decision takes a tenth of the time.
    if profile == "balanced" or not isinstance(profile, str) or profile not in PROFILES:
        return None
    return {"profile": profile}


def label_of(event: Event) -> Label | None:
    """The label in a feedback row, or None when it names no engine."""
    engine = text(event, "expected_engine")
    return None if engine is None else Label(engine, text(event, "outcome_label"))


def feedback_row(
    about: str, engine: str, outcome: str | None, notes: str | None, now: datetime
) -> dict[str, Any]:
    """The row that `feedback` writes; what was not said is left out. `now` is in UTC."""
    row = {
        "event_type": FEEDBACK,
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z",
        "request_id": about,
        "expected_engine": engine,
        "outcome_label": outcome,
        "notes": notes,
    }
    return {key: value for key, value in row.items() if value is not None}
