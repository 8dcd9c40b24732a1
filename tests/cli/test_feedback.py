"""feedback: what is checked, and what the log then holds."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from model_router.cli.feedback import append
from model_router.cli.output import CommandError
from tests.support.event_logs import event, held, write_log


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with two requests, one of them held."""
    return write_log(tmp_path / "e.jsonl", event("r1"), held("r2"))


def last(path: Path) -> dict[str, Any]:
    """The last row of a file."""
    row: dict[str, Any] = json.loads(path.read_text().splitlines()[-1])
    return row


def test_one_row_is_added(run: Any, log: Path) -> None:
    """With what was said; the rows before it stay as they are."""
    before = log.read_text()
    words = ("r1", "code_agent", "--outcome", "bad", "--notes", "a \u001b[1m note")
    result = run("feedback", *words, "--log", str(log))
    assert result.exit_code == 0, result.output
    assert result.stdout == "r1: fast_local was chosen, code_agent is right\n"
    assert log.read_text().startswith(before)
    row = last(log)
    assert row.pop("timestamp").endswith("Z")
    assert row == {
        "event_type": "routing_feedback", "request_id": "r1", "expected_engine": "code_agent",
        "outcome_label": "bad", "notes": "a \u001b[1m note",
    }  # fmt: skip


def test_a_route_stands_for_its_engine(run: Any, log: Path) -> None:
    """The row names the engine, whatever the catalog says later."""
    assert run("feedback", "r1", "coding", "--log", str(log)).exit_code == 0
    assert last(log)["expected_engine"] == "code_agent"


def test_a_person_may_be_right(run: Any, log: Path) -> None:
    """And so may the one that was chosen."""
    result = run("feedback", "r2", "human_confirm", "--log", str(log))
    assert result.stdout == "r2: human_confirm is right\n"


def test_the_second_word(run: Any, log: Path) -> None:
    """It is added, and what it replaces is said."""
    run("feedback", "r1", "code_agent", "--log", str(log))
    result = run("feedback", "r1", "fast_local", "--log", str(log), "--json")
    data = json.loads(result.stdout)
    assert data["schema"] == "model-router/feedback/1"
    assert data["replaced"] == "code_agent"
    assert data["chosen_engine"] == "fast_local"
    assert len(log.read_text().splitlines()) == 4


def test_an_unknown_id(run: Any, log: Path) -> None:
    """Exit code 2, where ids come from, and nothing is written."""
    before = log.read_bytes()
    result = run("feedback", "r3", "code_agent", "--log", str(log))
    assert result.exit_code == 2
    assert "has no request 'r3'" in result.stderr
    assert "X-Request-Id" in result.stderr
    assert log.read_bytes() == before


def test_an_unknown_engine(run: Any, log: Path) -> None:
    """Exit code 2 with the nearest name, and nothing is written."""
    before = log.read_bytes()
    result = run("feedback", "r1", "code_agnt", "--log", str(log))
    assert result.exit_code == 2
    assert "did you mean code_agent?" in result.stderr
    assert log.read_bytes() == before


def test_an_unknown_outcome(run: Any, log: Path) -> None:
    """The nearest word is named."""
    result = run("feedback", "r1", "code_agent", "--outcome", "god", "--log", str(log))
    assert result.exit_code == 2
    assert "did you mean good?" in result.stderr


def test_a_request_in_a_rotated_file(run: Any, log: Path) -> None:
    """It is found there; the row goes to the log itself, which only its owner may read."""
    log.rename(log.with_name("e.jsonl.1"))
    write_log(log)
    log.unlink()
    log.touch(0o600)
    assert run("feedback", "r1", "code_agent", "--log", str(log)).exit_code == 0
    assert last(log)["request_id"] == "r1"


def test_a_half_line_swallows_nothing(run: Any, log: Path) -> None:
    """What a killed process left is ended first."""
    with log.open("a") as file:
        file.write('{"half')
    assert run("feedback", "r1", "code_agent", "--log", str(log)).exit_code == 0
    assert log.read_text().splitlines()[2] == '{"half'
    assert last(log)["request_id"] == "r1"


def test_without_log_the_proxy_file_says_it(run: Any, log: Path, tmp_path: Path) -> None:
    """The log that the user's proxy writes."""
    (tmp_path / "router").mkdir()
    (tmp_path / "router" / "routing_proxy.yaml").write_text(
        "backends: {a: {base_url: 'http://127.0.0.1:1', model: m}}\n"
        f"observability: {{enabled: true, log_path: {log}}}\n"
    )
    assert run("feedback", "r1", "code_agent").exit_code == 0
    assert last(log)["expected_engine"] == "code_agent"
    log.unlink()
    result = run("feedback", "r1", "code_agent")
    assert result.exit_code == 2
    assert "observability.enabled" in result.stderr


def test_the_file_is_its_owners(tmp_path: Path) -> None:
    """A log that has to be made is made for one reader."""
    append(str(tmp_path / "e.jsonl"), {"a": 1})
    assert (tmp_path / "e.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    """It is said why, and that nothing was labelled."""
    with pytest.raises(CommandError, match="cannot be written") as caught:
        append(str(tmp_path), {"a": 1})
    assert "nothing was labelled" in str(caught.value.hint)


def test_many_at_once(tmp_path: Path) -> None:
    """Rows of several writers never mix."""
    path = tmp_path / "e.jsonl"

    def write(number: int) -> None:
        for _ in range(30):
            append(str(path), {"n": number, "x": "y" * 500})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = [json.loads(line) for line in path.read_text().splitlines() if line]
    assert len(rows) == 180


def test_the_proxys_own_catalog(run: Any, tmp_path: Path) -> None:
    """Without --log and --config: the log and the catalog that the proxy file names."""
    home = tmp_path / "router"
    home.mkdir()
    row = "{provider: local, model: m, max_context: 32000}"
    (home / "own.yaml").write_text(f"engines: {{only_one: {row}}}\n")
    (home / "routing_proxy.yaml").write_text(
        "backends: {a: {base_url: 'http://127.0.0.1:1/v1', model: m}}\nrouter_config: own.yaml\n"
        "observability: {enabled: true, log_path: e.jsonl}\n"
    )
    write_log(home / "e.jsonl", event("r1"))
    assert run("feedback", "r1", "only_one").exit_code == 0
    assert last(home / "e.jsonl")["expected_engine"] == "only_one"
    result = run("feedback", "r1", "code_agent")
    assert result.exit_code == 0, "a role stands for the engine of its route"
    assert run("feedback", "r1", "no_such").exit_code == 2
