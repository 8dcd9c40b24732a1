"""The script that times labelled prompts: what it prints, and that a peer stands beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "scripts"


def test_it_measures_each_length_and_a_peer(tmp_path: Path) -> None:
    """Conditions with yardsticks, and the figures of every interpreter, of both lengths."""
    rows = [{"prompt": f"summarize note {n}"} for n in range(20)]
    more = "and the weather was fine " * 90
    rows += [{"prompt": f"summarize note {n} {more}"} for n in range(20)]
    text = "\n".join(map(json.dumps, [*rows, {"messages": []}]))
    (tmp_path / "other.jsonl").write_text(text, encoding="utf-8")
    (tmp_path / "rows.jsonl").write_text(text, encoding="utf-8")
    command = [sys.executable, str(SCRIPTS / "benchmark_prompts.py"), str(tmp_path)]
    done = subprocess.run(
        [*command, "--rounds", "1", "--peer", sys.executable, "--skip", "other"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert set(report["conditions"]["yardsticks"]) == {
        "python_c_pass_ms", "json_loads_us", "sum_of_a_million_us",
    }  # fmt: skip
    for figures in (report["figures"], *report["peers"]):
        assert set(figures) == {"under 400", "2000 and more"}
        for row in figures.values():
            assert row["prompts"] == 10
            assert 0 < row["p10_us"] <= row["p50_us"] <= row["p90_us"]
