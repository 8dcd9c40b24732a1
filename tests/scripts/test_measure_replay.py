"""The script that measures replay: its log is one of ours, and it prints its conditions."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "measure_replay.py"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no wait4")
@pytest.mark.parametrize("words", [[], ["--prompts"]])
def test_it_measures(words: list[str]) -> None:
    """Conditions first, then seconds, CPU, memory and speed of each command."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--events", "200", *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert re.match(r"200 events and 10 labels in 3 files, \d+ MB; Python 3", head)
    assert [row.split()[0] for row in rows] == ["replay", "stats"]
    assert all(re.search(r"[\d.]+ s +[\d.]+ s of CPU +\d+ MB", row) for row in rows)
