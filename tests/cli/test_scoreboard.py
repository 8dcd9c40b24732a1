"""Tables on a terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.cli.layout import width_of
from model_router.cli.scoreboard import cut, number, scoreboard, table
from model_router.cli.terminal import Terminal
from model_router.hindsight.evaluate import Evaluation
from model_router.hindsight.labels import Row
from tests.support.routers import FakeRouter


def terminal(width: int = 80, encoding: str = "utf-8") -> Terminal:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    return Terminal(stream, "never", {"COLUMNS": str(width)})


def report(*rows: Row, **changes: Any) -> dict[str, Any]:
    evaluation = Evaluation(FakeRouter({"code": "code_agent"}), FakeRouter({}), errors=5)
    for row in rows:
        evaluation.add(row)
    facts = {"version": "1", "files": ["f.jsonl"], "gate": []}
    return {**facts, **evaluation.report(), **changes}


class TestTable:
    """Columns and widths."""

    def test_columns_are_aligned(self) -> None:
        """Names to the left, figures to the right."""
        rows = [["a", "1"], ["long name", "1,000"]]
        assert table(["x", "n"], rows, terminal()) == [
            "x              n",
            "a              1",
            "long name  1,000",
        ]

    def test_long_names_are_cut(self) -> None:
        """A name that does not fit ends in a gap."""
        rows = [["n" * 50, "1"]]
        assert table(["x", "n"], rows, terminal(20))[1] == "n" * 16 + "…" + "  1"

    def test_columns_are_left_out(self) -> None:
        """Where there is no room the last columns go, and the first figure stays."""
        rows = [["some name here", *["123456"] * 9]]
        shown = table(["x", *"abcdefghi"], rows, terminal(40))
        assert shown[1] == "some name here  123456  123456  123456"

    @given(st.lists(st.text("aあ ", min_size=1), min_size=1, max_size=5), st.integers(20, 100))
    def test_no_line_is_too_long(self, names: list[str], width: int) -> None:
        """Whatever the names, every line fits."""
        rows = [[name, "12", "3,456"] for name in names]
        lines = table(["name", "n", "m"], rows, terminal(width))
        assert max(map(width_of, lines)) <= width

    @given(st.text("aあ"), st.integers(4, 20))
    def test_cut_fits(self, text: str, width: int) -> None:
        """A cut text has at most the width, a short one is whole."""
        shown = cut(text, width, terminal())
        assert width_of(shown) <= width
        assert shown == text or width_of(text) > width

    @pytest.mark.parametrize(
        ("value", "shown"), [(None, "–"), (1234, "1,234"), (0.5, "0.500"), (1234.5, "1,234.500")]
    )
    def test_numbers(self, value: Any, shown: str) -> None:
        """Counts are whole, figures have three digits, what is not known is a dash."""
        assert number(value, terminal()) == shown


class TestScoreboard:
    """The whole screen."""

    def test_parts_without_figures_are_left_out(self) -> None:
        """Rows that say nothing but a prompt leave the counts and the time."""
        lines = scoreboard(report(Row("f:1", None, "x", "s"), compare=None), "", terminal())
        assert lines[:3] == [
            "1 row from f.jsonl: 0 name an engine, 0 order something, 0 order nothing",
            "catalog <memory>",
            "",
        ]
        assert lines[3].startswith("route_fast took p50")
        assert len(lines) == 5

    def test_ascii(self) -> None:
        """A terminal without UTF-8 gets plain characters."""
        rows = (
            Row("f:1", "a", "code ä", "s", "code_agent", confirm=True, scores={"a": 0, "b": 1}),
            Row("f:2", "a", "code", "t", "code_agent", accept=("simple",)),
        )
        text = "\n".join(scoreboard(report(*rows), "", terminal(80, "ascii")))
        assert text.isascii()
        assert " us," in text

    @pytest.mark.parametrize("width", [20, 40, 60, 80, 100])
    def test_every_width(self, width: int) -> None:
        """No line is longer than the terminal, from 20 columns on."""
        rows = [
            Row("f:1", "a", "code " * 30, "source", label, scores={"a": 0, "b": 1})
            for label in ("code_agent", "fast_local", "vision", "research", "reasoning")
        ]
        gate = [{"metric": "f1.engine_of_ours", "at_least": 0.5, "measured": 0.1, "met": False}]
        lines = scoreboard(report(*rows, gate=gate), "", terminal(width))
        assert max(map(width_of, lines)) <= width

    def test_wide_matrix_becomes_a_list(self) -> None:
        """Where a column for each engine has no room, the choices are listed in words."""
        confusion = {f"engine_{n}": {f"engine_{n}": 3, "other": 10 + n} for n in range(30)}
        lines = scoreboard(report(Row("f:1", None, "x", "s"), confusion=confusion), "", terminal())
        assert "  engine_7   17 other, 3 engine_7" in lines

    def test_many_flips_are_cut(self) -> None:
        """Twenty flips are shown, the others are counted."""
        rows = [Row(f"f:{n}", None, "code", "s", "code_agent") for n in range(25)]
        lines = scoreboard(report(*rows), "", terminal())
        assert "  and  5 more; --json lists all" in lines

    def test_unmeasured_bound(self) -> None:
        """A bound that nothing measures says so."""
        gate = [{"metric": "apgr", "at_least": 0.5, "measured": None, "met": False}]
        lines = scoreboard(report(Row("f:1", None, "x", "s"), gate=gate), "", terminal())
        assert lines[-1] == "NOT MET: apgr: no row measures it, asked for at least 0.5"
