"""Rows out of files, line by line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.cli.labelled import Labelled, parsed
from model_router.cli.output import CommandError
from model_router.errors import RequestError
from model_router.hindsight.labels import Row

LINE = '{"prompt": "x", "engine": "coding"}\n'


def nothing(row: Row) -> None:
    """Accept every row."""


def test_rows_know_their_place(tmp_path: Path) -> None:
    """File, line, source and size; empty lines count as lines."""
    path = tmp_path / "a.b.jsonl"
    path.write_text(f"\n{LINE}")
    (row,) = Labelled([str(path)], nothing).rows()
    assert (row.place, row.source, row.size) == (f"{path}:2", "a.b", len(LINE))


def test_rows_come_one_by_one(tmp_path: Path) -> None:
    """A row is given before the next line is read."""
    path = tmp_path / "rows.jsonl"
    path.write_text(LINE + "nope\n")
    rows = Labelled([str(path)], nothing).rows()
    assert next(rows).prompt == "x"
    with pytest.raises(CommandError, match="1 line cannot be used"):
        next(rows)


def test_no_row_is_given_after_a_bad_one(tmp_path: Path) -> None:
    """After a mistake there is nothing left to measure, only to check."""
    path = tmp_path / "rows.jsonl"
    path.write_text(f"nope\n{LINE}")
    with pytest.raises(CommandError):
        next(Labelled([str(path)], nothing).rows())


def test_check_is_asked_about_every_row(tmp_path: Path) -> None:
    """What the caller refuses is a problem of its line."""

    def refuse(row: Row) -> None:
        raise RequestError("is not wanted", "take it out")

    path = tmp_path / "rows.jsonl"
    path.write_text(LINE * 2)
    with pytest.raises(CommandError) as caught:
        list(Labelled([str(path)], refuse).rows())
    assert "rows.jsonl, line 2: is not wanted; take it out" in str(caught.value)


def test_size_is_that_of_all_files(tmp_path: Path) -> None:
    """The progress bar knows the end, unless something is piped or missing."""
    path = tmp_path / "rows.jsonl"
    path.write_text(LINE)
    assert Labelled([str(path), str(path)], nothing).size() == 2 * len(LINE)
    assert Labelled([str(path), "-"], nothing).size() == 0
    assert Labelled(["/nowhere/rows.jsonl"], nothing).size() == 0


def test_long_line_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line over the cap is never held whole, and named like any other mistake."""
    monkeypatch.setattr("model_router.cli.batch.MAX_BYTES", 50)
    path = tmp_path / "rows.jsonl"
    path.write_text(LINE + json.dumps({"prompt": "x" * 100, "engine": "coding"}))
    with pytest.raises(CommandError, match="line 2: is longer than"):
        list(Labelled([str(path)], nothing).rows())


def test_byte_order_mark_is_passed_over() -> None:
    """Files of some editors begin with one."""
    assert parsed(b"\xef\xbb\xbf{}") == {}


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_an_error(line: bytes) -> None:
    """Nothing but RequestError is raised, and it says what to do."""
    try:
        parsed(line)
    except RequestError as error:
        hint = error.hint
    else:
        hint = "not needed"
    assert hint
