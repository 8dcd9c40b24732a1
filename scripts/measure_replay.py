"""Print how long `model-router replay` and `stats` take for a large log, and in how much memory.

    python scripts/measure_replay.py                    a million events, three rotated files
    python scripts/measure_replay.py --prompts          with prompts, decided anew by a catalog

The log is made in a temporary folder (about 0.9 GB for a million events), always the same.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

FILES = ("events.jsonl.2", "events.jsonl.1", "events.jsonl")
LABELLED = 20
"""One event in so many has a label."""
ENGINES = ("fast_local", "balanced_local", "code_agent", "reasoning_local", "human_confirm")
WORDS = (
    "please", "rewrite", "note", "team", "summarize", "meeting", "fix", "tests", "repository",
    "explain", "why", "prove", "theorem", "primes", "compare", "plans", "write", "function",
)  # fmt: skip
RUN = "import sys; from model_router.cli import main; sys.exit(main(sys.argv[1:]))"


class Taken(NamedTuple):
    """What a run took: seconds on the clock, seconds of CPU, MB of memory at most."""

    wall: float
    cpu: float
    peak: float


def event(n: int, chance: random.Random, prompts: bool) -> dict[str, Any]:
    """An event as the proxy writes it."""
    engine = chance.choice(ENGINES)
    found = {
        "event_type": "routing_event", "request_id": f"{chance.getrandbits(128):032x}{n:08x}",
        "timestamp": f"2026-03-{n % 28 + 1:02d}T10:00:00.000Z", "route_api": "chat_completions",
        "caller": "local", "routing_mode": "decision", "config_source": "model_router.yaml",
        "router_version": "0", "prompt_hash": f"{chance.getrandbits(256):064x}",
        "prompt_length": 60, "estimated_tokens": 15, "status": "forwarded", "status_code": 200,
        "selected_engine": engine, "chosen_engine": engine, "route": "balanced", "tier": "low",
        "routing_profile": "balanced", "decision_layer_enabled": True, "backend": "a",
        "backend_model": "m", "fallback_used": False, "chain_tried": [["a", "m", "ok"]],
        "route_latency_ms": chance.lognormvariate(-2, 1), "cost_usd": 0.0001,
        "upstream_latency_ms": chance.lognormvariate(5, 2), "usage_prompt_tokens": 15,
        "total_latency_ms": chance.lognormvariate(6, 2), "usage_completion_tokens": 100,
    }  # fmt: skip
    if prompts:
        found["prompt"] = " ".join(chance.choices(WORDS, k=12))
    return found


def label(event: dict[str, Any]) -> dict[str, Any]:
    """A person's word on an event."""
    about = {"event_type": "routing_feedback", "request_id": event["request_id"]}
    return about | {"expected_engine": event["chosen_engine"]}


def rows(count: int, prompts: bool) -> Iterator[dict[str, Any]]:
    """The events of the log, and a label after some of them."""
    chance = random.Random(1)
    for n in range(count):
        row = event(n, chance, prompts)
        yield row
        if n % LABELLED == 0:
            yield label(row)


def write_log(folder: Path, count: int, prompts: bool) -> Path:
    """The newest of the log's files."""
    found = rows(count, prompts)
    share = (count + count // LABELLED) // len(FILES) + 1
    for name in FILES:
        with (folder / name).open("w", encoding="utf-8") as file:
            for _, row in zip(range(share), found, strict=False):
                file.write(json.dumps(row, sort_keys=True, separators=(",", ":")) + "\n")
    return folder / FILES[-1]


def run(words: list[str]) -> Taken:
    """What a command takes. Raises CalledProcessError when it fails."""
    start, before = time.perf_counter(), os.times()
    process = subprocess.Popen([sys.executable, "-c", RUN, *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    wall, after = time.perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return Taken(wall, cpu, megabytes(used))


def megabytes(used: resource.struct_rusage) -> float:
    """The most memory a process had: kilobytes on Linux, bytes on macOS."""
    return used.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def main(argv: list[str] | None = None) -> int:
    """Make the log, run the commands, print what they took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--prompts", action="store_true", help="decide prompts anew, too")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        log = write_log(Path(folder), options.events, options.prompts)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        print(
            f"{options.events:,} events and {-(-options.events // LABELLED):,} labels in "
            f"{len(FILES)} files, {size / 1e6:,.0f} MB; Python {platform.python_version()}, "
            f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, load "
            f"{os.getloadavg()[0]:.1f}"
        )
        catalog = Path(__file__).parents[1] / "model_router" / "data" / "catalog.yaml"
        again = ["--config", str(catalog)] if options.prompts else []
        for name, words in (
            ("replay", ["replay", str(log), *again]),
            ("stats", ["stats", str(log)]),
        ):
            taken = run([*words, "--json"])
            print(
                f"{name:8}{taken.wall:8.1f} s{taken.cpu:8.1f} s of CPU{taken.peak:8.0f} MB"
                f"{options.events / taken.wall:10,.0f} events/s"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
