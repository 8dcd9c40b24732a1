"""Traffic: what events add up to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.hindsight.traffic import MOST_NAMES, OTHERS, Traffic
from tests.support.event_logs import event, held


def of(*events: dict[str, Any]) -> Traffic:
    """The traffic of some events."""
    traffic = Traffic()
    for row in events:
        traffic.add(row)
    return traffic


def test_what_is_counted() -> None:
    """Requests, who answered, how it ended, tokens, cost."""
    found = of(
        event(), event(selected_engine="code_agent", fallback_used=True),
        event(status="stream_interrupted", cost_usd=None), event(status="client_left"), held(),
    ).figures()  # fmt: skip
    expected = {
        "requests": 5, "confirmations": 1, "fallbacks": 1, "errors": 1,
        "engines": {"fast_local": 3, "code_agent": 1, "human_confirm": 1},
        "routes": {"simple": 4, "confirmation": 1},
        "tokens": {"prompt": 20, "completion": 8, "cached_input": 0},
        "cost_usd": 1.5, "priced": 3,
    }  # fmt: skip
    assert {key: found[key] for key in expected} == expected
    assert found["statuses"]["client_left"] == 1
    assert found["latency"]["total"]["p50_ms"] == pytest.approx(100, rel=0.02)


def test_no_prices_no_cost() -> None:
    """Nothing known is not nothing paid."""
    assert of(held()).figures()["cost_usd"] is None


def test_parts_add_up() -> None:
    """Two counts merged are the count of both."""
    rows = [event(route_latency_ms=n, cost_usd=n / 8) for n in range(9)] + [held()]
    left, right = of(*rows[:4]), of(*rows[4:])
    left.merge(right)
    assert left.figures() == of(*rows).figures()


def test_names_without_end() -> None:
    """A log of a thousand engines takes the memory of a few hundred."""
    names = of(*(event(selected_engine=f"e{n}") for n in range(MOST_NAMES * 2))).names["engines"]
    assert len(names) == MOST_NAMES + 1
    assert names[OTHERS] == MOST_NAMES


KEYS = st.sampled_from(sorted(event()))
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none())


@given(changes=st.dictionaries(KEYS, VALUES))
def test_broken_events(changes: dict[str, Any]) -> None:
    """Whatever a key holds, the request counts and nothing is raised."""
    assert of({**event(), **changes}).figures()["requests"] == 1
