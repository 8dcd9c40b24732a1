"""The files of a log: rotated ones, torn lines, and what is asked of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.cli.event_files import MOST_TORN, EventFiles, family
from model_router.cli.output import CommandError
from model_router.hindsight.events import Label
from tests.support.event_logs import event, label, write_log


def test_rotated_files_come_first(tmp_path: Path) -> None:
    """The oldest first, by number and not by letter; other files of the folder are none."""
    log = write_log(tmp_path / "e.jsonl", event("new"))
    for number in (1, 2, 10):
        write_log(tmp_path / f"e.jsonl.{number}", event(f"old{number}"))
    for other in ("e.jsonl.bak", "e.jsonl.0", "xe.jsonl.1", "e.jsonl.1.gz"):
        write_log(tmp_path / other, event("no"))
    with EventFiles([str(log)]) as files:
        ids = [line.event["request_id"] for line in files.lines() if line.event]
    assert ids == ["old10", "old2", "old1", "new"]


def test_each_file_counts_once(tmp_path: Path) -> None:
    """A pattern that the shell expanded, and a link to the same file, change nothing."""
    log = write_log(tmp_path / "e.jsonl", event("new"))
    old = write_log(tmp_path / "e.jsonl.1", event("old"))
    (tmp_path / "link").symlink_to(log)
    with EventFiles([str(log), str(old), str(tmp_path / "link")]) as files:
        assert files.names == [str(old), str(log)]
    assert family([str(old)]) == [str(old)]


def test_a_rotation_while_it_reads(tmp_path: Path) -> None:
    """Files are opened at once, so what moves meanwhile is read once."""
    log = write_log(tmp_path / "e.jsonl", event("b"))
    old = write_log(tmp_path / "e.jsonl.1", event("a"))
    with EventFiles([str(log)]) as files:
        os.replace(old, tmp_path / "e.jsonl.2")
        os.replace(log, tmp_path / "e.jsonl.1")
        write_log(log, event("c"))
        ids = [line.event["request_id"] for line in files.lines() if line.event]
    assert ids == ["a", "b"]


def test_torn_lines_are_told_with_their_places(tmp_path: Path) -> None:
    """Half lines, other values and bad UTF-8 are counted; the lines around them are read."""
    log = write_log(tmp_path / "e.jsonl", event("a"), '{"half": ', "", "[]", event("b"))
    with log.open("ab") as file:
        file.write(b'"\xff"\n{"last')
    with EventFiles([str(log)]) as files:
        ids = [line.event["request_id"] for line in files.lines() if line.event]
        assert ids == ["a", "b"]
        assert files.torn == 4
    assert [place.split(":")[0].split(", ")[1] for place in files.torn_places] == [
        "line 2", "line 4", "line 6", "line 7",
    ]  # fmt: skip
    assert "holds a list, not an event" in files.torn_places[1]
    assert "is not UTF-8" in files.torn_places[2]


def test_only_some_places_are_kept(tmp_path: Path) -> None:
    """A file that is no log at all takes no memory."""
    log = write_log(tmp_path / "e.jsonl", *["no"] * 100)
    with EventFiles([str(log)]) as files:
        assert [line.event for line in files.lines()] == [None] * 100
    assert (files.torn, len(files.torn_places)) == (100, MOST_TORN)


def test_the_last_label_counts(tmp_path: Path) -> None:
    """Also when the earlier one stands in a rotated file; other rows are none."""
    log = write_log(
        tmp_path / "e.jsonl", label("a", "two", outcome_label="bad"), event("routing_feedback"),
        label("b", ""), '{"event_type": "routing_feedback", "re',
    )  # fmt: skip
    write_log(tmp_path / "e.jsonl.1", label("a", "one"), label("c", "three"))
    with EventFiles([str(log)]) as files:
        assert files.labels() == {"a": Label("two", "bad"), "c": Label("three")}


def test_the_rows_of_one_request(tmp_path: Path) -> None:
    """An id inside another id or in another key is not it."""
    log = write_log(
        tmp_path / "e.jsonl", event("r1"), event("r11"), event("x", caller="r1"), label("r1", "e")
    )
    with EventFiles([str(log)]) as files:
        assert [row["event_type"] for row in files.about("r1")] == [
            "routing_event", "routing_feedback",
        ]  # fmt: skip


def test_no_file(tmp_path: Path) -> None:
    """It is said which."""
    with pytest.raises(CommandError, match="no-such"):
        EventFiles([str(tmp_path / "no-such")])


@settings(max_examples=60)
@given(content=st.binary(max_size=300))
def test_any_bytes_are_read(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """No content is an error, and every byte is counted."""
    path = tmp_path_factory.mktemp("log") / "e.jsonl"
    path.write_bytes(content)
    with EventFiles([str(path)]) as files:
        files.labels()
        assert sum(line.size for line in files.lines()) == len(content) == files.size()
