"""Rows of an event log: what is read of them, whatever they hold."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from model_router.hindsight.events import (
    Label,
    chosen,
    feedback_row,
    label_of,
    number,
    request_id,
    text,
)

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(value=ANY)
def test_any_value_is_read_or_passed_over(value: Any) -> None:
    """A number is finite and not negative, a name is text; everything else is None."""
    event = {"k": value}
    found = number(event, "k")
    assert found is None or (math.isfinite(found) and found >= 0)
    assert text(event, "k") is None or isinstance(value, str)
    assert request_id({"request_id": value}) in (None, value)


def test_true_is_no_number() -> None:
    """A flag where a number belongs does not count as 1."""
    assert number({"k": True}, "k") is None


def test_who_was_chosen() -> None:
    """The decision stands before the engine that answered; older logs have only that one."""
    assert chosen({"selected_engine": "b", "chosen_engine": "a"}) == "a"
    assert chosen({"selected_engine": "b"}) == "b"
    assert chosen({}) is None


def test_a_row_of_feedback_reads_back() -> None:
    """What is written is what is read; what was not said is left out."""
    now = datetime(2026, 3, 1, 10, 0, 0, 5000, tzinfo=UTC)
    row = feedback_row("r1", "code_agent", "bad", None, now)
    assert row["timestamp"] == "2026-03-01T10:00:00.005Z"
    assert "notes" not in row
    assert label_of(row) == Label("code_agent", "bad")
    assert label_of({"expected_engine": 3}) is None
