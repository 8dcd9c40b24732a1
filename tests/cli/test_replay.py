"""replay: a log from the proxy to the figures, the gate, and what is said of torn lines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.event_logs import event, held, label, write_log
from tests.support.proxies import Proxy, one_backend
from tests.support.upstreams import Upstream, friendly

ROOT = Path(__file__).parents[2]
FULL = "observability: {enabled: true, log_path: e.jsonl, prompt_capture: full}\n"
REPAIR = "fix the repo and run tests"


@pytest.fixture
def lax(tmp_path: Path) -> str:
    """A catalog in which every task goes to one engine."""
    row = "{provider: local, model: m, max_context: 32000}"
    (tmp_path / "lax.yaml").write_text(f"engines: {{fast_local: {row}}}\n")
    return str(tmp_path / "lax.yaml")


def read(run: Any, *words: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the report of `replay --json`."""
    result = run("replay", *words, "--json")
    return result.exit_code, json.loads(result.stdout)


def test_from_the_proxy_to_the_figures(run: Any, tmp_path: Path) -> None:
    """The proxy writes, feedback adds, replay joins: the same catalog changes nothing."""
    with Upstream(friendly) as server, Proxy(tmp_path, one_backend(server.url, FULL)) as proxy:
        proxy.chat("rewrite this sentence politely", headers={"x_request_id": "one"})
        proxy.chat(REPAIR, headers={"x_request_id": "two"})
        proxy.chat("drop the production database", headers={"x_request_id": "three"})
    log = str(tmp_path / "e.jsonl")
    for about, engine in (("one", "code_agent"), ("one", "fast_local"), ("two", "fast_local")):
        assert run("feedback", about, engine, "--log", log).exit_code == 0
    packaged = str(ROOT / "model_router" / "data" / "catalog.yaml")
    code, found = read(run, log, "--config", packaged, "--fail-on-regression")
    assert code == 0
    assert (found["requests"], found["confirmations"], found["labelled_requests"]) == (3, 1, 2)
    assert found["confusion"] == {"fast_local": {"fast_local": 1, "code_agent": 1}}
    assert found["accuracy"] == 0.5
    assert (found["replay"]["replayed"], found["replay"]["flips"]) == (3, 0)
    assert found["latency"]["total"]["p50_ms"] > 0
    assert found["tokens"]["prompt"] == 10


def test_the_gate(run: Any, tmp_path: Path, lax: str) -> None:
    """Exit code 5 for a confirmation that is lost or labels that are missed; else 0."""
    log = str(write_log(tmp_path / "e.jsonl", held("a", prompt="what is the capital of France?")))
    code, found = read(run, log, "--config", lax, "--fail-on-regression")
    assert code == 5
    assert found["gate"] == [
        {"metric": "lost_confirmations", "at_most": 0, "measured": 1, "met": False}
    ]
    assert read(run, log, "--config", lax)[0] == 0
    result = run("replay", log, "--config", lax, "--fail-on-regression")
    assert "lost: a, human_confirm -> fast_local" in result.stdout
    assert "NOT MET: lost_confirmations: 1" in result.stdout
    assert "France" not in result.output


def test_a_catalog_that_misses_labels(run: Any, tmp_path: Path, lax: str) -> None:
    """The labels decide, not the flips."""
    log = tmp_path / "e.jsonl"
    right = {"chosen_engine": "code_agent", "prompt": REPAIR}
    write_log(log, event("a", **right), event("b", **right))
    assert read(run, str(log), "--config", lax, "--fail-on-regression")[0] == 0
    packaged = str(ROOT / "model_router" / "data" / "catalog.yaml")
    wrong = {"chosen_engine": "fast_local", "prompt": REPAIR}
    write_log(log, event("a", **wrong), label("a", "fast_local"))
    code, found = read(run, str(log), "--config", packaged, "--fail-on-regression")
    assert code == 5
    assert found["gate"][1]["metric"] == "net_worse"
    assert found["replay"]["labelled"]["engine"]["worse"] == 1


def test_rotated_files_and_torn_lines(run: Any, tmp_path: Path) -> None:
    """All is read; what cannot be is told with its place and stops nothing."""
    log = write_log(tmp_path / "e.jsonl", "{torn", event("b"), {"event_type": "else"})
    write_log(tmp_path / "e.jsonl.1", event("a"), label("b", "fast_local"))
    result = run("replay", str(log))
    assert result.exit_code == 0
    assert result.stdout.startswith("2 requests from 2 files, 1 torn line\n")
    assert f"{log}, line 1: is not JSON" in result.stderr
    assert read_torn(run, log) == (1, 1)


def read_torn(run: Any, log: Path) -> tuple[int, int]:
    """How many lines were torn and how many of another kind, by the JSON form on stdout alone."""
    result = run("replay", str(log), "--json")
    found = json.loads(result.stdout)
    return found["torn"]["lines"], found["other_rows"]


def test_an_empty_log(run: Any, tmp_path: Path) -> None:
    """Nothing is no error; there is nothing to divide by."""
    log = str(write_log(tmp_path / "e.jsonl"))
    assert run("replay", log).exit_code == 0
    assert read(run, log)[1]["accuracy"] is None


def test_a_hostile_log_moves_no_cursor(run: Any, tmp_path: Path) -> None:
    """Names from the file are shown with their control characters escaped."""
    evil = "\u001b[2J\u202e"
    log = write_log(
        tmp_path / "e.jsonl", event(evil, selected_engine=evil, chosen_engine=evil),
        label(evil, evil, outcome_label=evil),
    )  # fmt: skip
    result = run("replay", str(log))
    assert result.exit_code == 0
    assert "\u001b" not in result.output
    assert "\u202e" not in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-",), "files only"),
        (("e.jsonl", "--fail-on-regression"), "needs --config"),
        (("no-such.jsonl",), "no-such.jsonl"),
    ],
)
def test_wrong_usage(run: Any, words: tuple[str, ...], said: str) -> None:
    """Exit code 2, and what to write."""
    result = run("replay", *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_the_script_is_the_command(tmp_path: Path) -> None:
    """Its older options name logs; the answer and the exit code are the command's."""
    log = write_log(tmp_path / "e.jsonl", event("a"))
    labels = write_log(tmp_path / "f.jsonl", label("a", "code_agent"))
    script = str(ROOT / "scripts" / "replay_routing_log.py")
    words = [sys.executable, script, "--json", "--events", str(log), "--feedback", str(labels)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["confusion"] == {"code_agent": {"fast_local": 1}}


MEASURED = """
import resource, sys
from model_router.cli import main
code = main(["replay", sys.argv[1], "--json"])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux")
def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    """Sixty thousand events take hardly more memory than a hundred."""

    def peak(count: int) -> int:
        rows = [event(f"r{n}", total_latency_ms=n % 977 + 0.5) for n in range(100)]
        lines = [json.dumps(row) for row in rows]
        log = write_log(tmp_path / f"{count}.jsonl", *(lines[n % 100] for n in range(count)))
        words = [sys.executable, "-c", MEASURED, str(log)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        assert json.loads(done.stdout)["requests"] == count
        return int(done.stderr)

    assert peak(60_000) - peak(100) < 8_000
