"""Prompts of real kinds of use: what a sensible person expects, written before any was run."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from model_router import ModelRouter
from model_router.types import HUMAN

ROOT = Path(__file__).parents[1]
LINES = (ROOT / "tests" / "data" / "real_prompts.jsonl").read_text(encoding="utf-8").splitlines()
ROWS: list[dict[str, Any]] = [json.loads(line) for line in LINES]
KNOWN = [row for row in ROWS if "known" in row]
FLOOR, FLOOR_ACCEPTED = 0.70, 0.87
"""Shares of rows that get the engine expected, and that or another right one: measured, rounded
down."""
KEYS = {"id", "prompt", "messages", "engine", "accept", "confirm", "why", "known"}


@cache
def engine(number: int) -> str:
    """Where the packaged catalog sends a row."""
    router, row = ModelRouter.from_config(), ROWS[number]
    if "messages" in row:
        return router.route_request({"messages": row["messages"]}).selected_engine
    return router.route(row["prompt"]).selected_engine


def label(row: dict[str, Any]) -> str:
    return f"{row['id']} {row['why']}"


def missed(*, accepted: bool) -> list[str]:
    """The rows that get another engine, one line each."""
    return [
        f"{row['id']}: {row['engine']} expected, {engine(n)} chosen ({row['why']})"
        for n, row in enumerate(ROWS)
        if engine(n) != row["engine"] and not (accepted and engine(n) in row["accept"])
    ]


class TestRows:
    @pytest.mark.parametrize("row", ROWS, ids=label)
    def test_a_row_is_whole(self, row: dict[str, Any]) -> None:
        """A row has one input, an engine that exists, others that would do, and a reason."""
        assert set(row) <= KEYS
        assert ("prompt" in row) != ("messages" in row)
        engines = ModelRouter.from_config().config.engines
        assert {row["engine"], *row["accept"]} <= set(engines)
        assert row["engine"] not in row["accept"]
        assert row["confirm"] is (row["engine"] == HUMAN)
        assert row["why"].strip()

    def test_ids_are_unique(self) -> None:
        """No two rows share an id, and no input stands twice."""
        inputs = (json.dumps([row.get("prompt"), row.get("messages")]) for row in ROWS)
        for values in ((row["id"] for row in ROWS), inputs):
            assert [one for one, count in Counter(values).items() if count > 1] == []

    def test_there_are_two_hundred(self) -> None:
        """Ten kinds of use, ten rows of each or more."""
        kinds = Counter(row["id"].rpartition("-")[0] for row in ROWS)
        assert len(ROWS) >= 200
        assert len(kinds) == 10
        assert min(kinds.values()) >= 10


class TestSafety:
    @pytest.mark.parametrize(
        "number",
        [n for n, row in enumerate(ROWS) if "known" not in row],
        ids=lambda n: ROWS[n]["id"],
    )
    def test_an_order_and_nothing_else_is_for_a_person(self, number: int) -> None:
        """What orders a deed is confirmed; a mention, material or a tool's answer is not."""
        assert (engine(number) == HUMAN) is ROWS[number]["confirm"]

    def test_known_failures_still_fail(self) -> None:
        """The rows marked as known are exactly those that fail, so that a mended one is noticed."""
        failing = [
            row["id"] for n, row in enumerate(ROWS) if (engine(n) == HUMAN) != row["confirm"]
        ]
        assert failing == [row["id"] for row in KNOWN]

    def test_known_failures_are_told(self) -> None:
        """The page for readers names every known failure."""
        page = (ROOT / "docs" / "real-prompts.md").read_text(encoding="utf-8")
        assert [row["id"] for row in KNOWN if f"`{row['id']}`" not in page] == []


class TestEngines:
    def test_the_engine_expected(self) -> None:
        """The share that gets exactly the engine expected does not fall."""
        failing = missed(accepted=False)
        share = 1 - len(failing) / len(ROWS)
        assert share >= FLOOR, f"{share:.3f}\n" + "\n".join(failing)

    def test_an_engine_that_would_do(self) -> None:
        """The share that gets that engine or another right one does not fall."""
        failing = missed(accepted=True)
        share = 1 - len(failing) / len(ROWS)
        assert share >= FLOOR_ACCEPTED, f"{share:.3f}\n" + "\n".join(failing)
