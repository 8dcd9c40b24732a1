"""Event logs on a disk, as the proxy writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def event(row_id: str = "r1", **changes: Any) -> dict[str, Any]:
    """A forwarded request's event; None takes a key out."""
    row = {
        "event_type": "routing_event", "timestamp": "2026-03-01T10:00:00.000Z",
        "request_id": row_id, "selected_engine": "fast_local", "chosen_engine": "fast_local",
        "route": "simple", "status": "forwarded", "status_code": 200, "fallback_used": False,
        "decision_layer_enabled": True, "route_latency_ms": 0.1, "upstream_latency_ms": 90.0,
        "total_latency_ms": 100.0, "usage_prompt_tokens": 5, "usage_completion_tokens": 2,
        "usage_total_tokens": 7, "cost_usd": 0.5, **changes,
    }  # fmt: skip
    return {key: value for key, value in row.items() if value is not None}


def held(row_id: str = "r1", **changes: Any) -> dict[str, Any]:
    """The event of a request that waits for a person."""
    return event(
        row_id, selected_engine="human_confirm", chosen_engine=None, status="human_confirm",
        status_code=409, route="confirmation", decision_layer_enabled=None,
        upstream_latency_ms=None, usage_prompt_tokens=None, usage_completion_tokens=None,
        usage_total_tokens=None, cost_usd=None, **changes,
    )  # fmt: skip


def label(row_id: str, engine: str, **more: Any) -> dict[str, Any]:
    """A row of feedback."""
    kind = {"event_type": "routing_feedback", "request_id": row_id, "expected_engine": engine}
    return kind | more


def write_log(path: Path, *rows: dict[str, Any] | str) -> Path:
    """A log with these rows; a text stands as it is."""
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
