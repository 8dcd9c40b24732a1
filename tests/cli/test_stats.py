"""stats: a log's figures as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.event_logs import event, held, label, write_log
from tests.support.proxies import Proxy, one_backend
from tests.support.upstreams import Upstream, friendly

LOG = "observability: {enabled: true, log_path: e.jsonl}\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of two days, the older one rotated."""
    write_log(tmp_path / "e.jsonl.1", event("a", timestamp="2026-03-01T01:00:00.000Z"))
    later = {"timestamp": "2026-03-02T01:00:00.000Z"}
    rows = (event("b", fallback_used=True, **later), held("c", **later), label("b", "x"), "{torn")
    return write_log(tmp_path / "e.jsonl", *rows)


def test_text(run: Any, log: Path) -> None:
    """Figures of all, then a row a day; torn lines are told on stderr."""
    result = run("stats", str(log))
    assert result.exit_code == 0
    assert result.stdout.startswith("3 requests from 2 files, 1 torn line\n")
    assert "engines  fast_local 2, human_confirm 1" in result.stdout
    assert "asked    1 went to a person" in result.stdout
    assert "cost     1.000000 USD in 2 requests" in result.stdout
    days = [line.split() for line in result.stdout.splitlines() if line.startswith("  2026")]
    assert [row[:4] for row in days] == [
        ["2026-03-01", "1", "0", "0"],
        ["2026-03-02", "2", "1", "0"],
    ]
    assert "line 4: is not JSON" in result.stderr


def test_json(run: Any, log: Path) -> None:
    """The same figures, by day too."""
    found = json.loads(run("stats", str(log), "--json").stdout)
    assert found["schema"] == "model-router/stats/1"
    assert (found["requests"], found["fallbacks"], found["other_rows"]) == (3, 1, 0)
    assert found["tokens"] == {"prompt": 10, "completion": 4, "cached_input": 0}
    assert [day["requests"] for day in found["days"]] == [1, 2]


def test_some_days(run: Any, log: Path) -> None:
    """--since and --until choose; what is no day is refused."""
    found = json.loads(run("stats", str(log), "--since", "2026-03-02", "--json").stdout)
    assert found["requests"] == 2
    assert json.loads(run("stats", str(log), "--until", "2026-03-01", "--json").stdout)[
        "requests"
    ] == 1  # fmt: skip
    result = run("stats", str(log), "--since", "March")
    assert result.exit_code == 2
    assert "write 2026-03-01" in result.stderr


def test_standard_input(run: Any, log: Path) -> None:
    """- reads what is piped in, for logs that are packed."""
    result = run("stats", "-", "--json", input=log.read_text())
    assert json.loads(result.stdout)["requests"] == 2


def test_narrow_terminals(run: Any, log: Path) -> None:
    """Forty columns are enough."""
    result = run("stats", str(log), env={"COLUMNS": "40"})
    assert max(map(len, result.stdout.splitlines())) <= 40


def test_nothing(run: Any, tmp_path: Path) -> None:
    """An empty log is no error."""
    result = run("stats", str(write_log(tmp_path / "e.jsonl")))
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)


def test_what_the_proxy_wrote(run: Any, tmp_path: Path) -> None:
    """Its own log counts as it was served."""
    with Upstream(friendly) as server, Proxy(tmp_path, one_backend(server.url, LOG)) as proxy:
        proxy.chat()
        proxy.chat("drop the production database")
    found = json.loads(run("stats", str(tmp_path / "e.jsonl"), "--json").stdout)
    assert (found["requests"], found["confirmations"], found["errors"]) == (2, 1, 0)
    assert found["days"][0]["latency"]["total"]["p50_ms"] > 0
