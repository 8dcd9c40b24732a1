"""Measure `route_fast` on prompts of labelled files, each when it is first seen.

    python scripts/benchmark_prompts.py ../shared/eval [--skip NAME] [--peer PYTHON] [--rounds 3]

Reads every JSONL file under the folders given, but NAME.jsonl; each row has a `prompt`. Prompts
under 400 characters and those of 2,000 and more are timed one after the other in a process of its
own, after 300 that are not counted. --peer names another interpreter whose `model_router` has the
same call, such as one with hermes-router; rounds alternate. Prints JSON: the conditions, and for
each interpreter the median, mean and tenth percentiles in microseconds: the least of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

LENGTHS = {"under 400": (0, 400, 6_000), "2000 and more": (2_000, 10**9, 600)}
"""Characters from and to, and how many prompts at most."""
WARM = 300

Figures = dict[str, dict[str, float]]


def prompts(folders: Sequence[str], skipped: Sequence[str]) -> Iterator[str]:
    """The prompts of all rows, in the order of the files."""
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.jsonl")):
            if path.stem in skipped:
                continue
            with path.open(encoding="utf-8") as file:
                for line in file:
                    prompt = json.loads(line).get("prompt")
                    if isinstance(prompt, str):
                        yield prompt


def timed(folders: Sequence[str], skipped: Sequence[str]) -> Figures:
    """What a worker measures."""
    from model_router import ModelRouter

    decide = ModelRouter.from_config().route_fast
    every = list(prompts(folders, skipped))
    random.Random(0).shuffle(every)
    found: Figures = {}
    for name, (least, most, number) in LENGTHS.items():
        chosen = [prompt for prompt in every if least <= len(prompt) < most]
        warm = min(WARM, len(chosen) // 2)
        for prompt in chosen[:warm]:
            decide(prompt)
        took = sorted(_nanoseconds(decide, prompt) for prompt in chosen[warm : warm + number])
        if took:
            found[name] = {
                "prompts": len(took),
                "p50_us": took[len(took) // 2] / 1e3,
                "p10_us": took[len(took) // 10] / 1e3,
                "p90_us": took[len(took) * 9 // 10] / 1e3,
                "mean_us": round(sum(took) / len(took) / 1e3, 2),
            }
    return found


def _nanoseconds(decide: object, prompt: str) -> int:
    start = time.perf_counter_ns()
    decide(prompt)  # type: ignore[operator]
    return time.perf_counter_ns() - start


def worker(python: str, folders: Sequence[str], skipped: Sequence[str]) -> Figures:
    """The figures of one process."""
    skip = [part for name in skipped for part in ("--skip", name)]
    command = [python, __file__, *folders, *skip, "--worker"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def least(rounds: Sequence[Figures]) -> Figures:
    """The least of each figure over several rounds."""
    return {
        name: {key: min(one[name][key] for one in rounds) for key in rounds[0][name]}
        for name in rounds[0]
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folders", nargs="+", help="folders with JSONL files")
    parser.add_argument("--skip", action="append", default=[], help="a file's name without .jsonl")
    parser.add_argument("--peer", action="append", default=[], help="another interpreter")
    parser.add_argument("--rounds", type=int, default=3, help="processes for each (3)")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    folders = [str(Path(folder).absolute()) for folder in options.folders]
    if options.worker:
        print(json.dumps(timed(folders, options.skip)))
        return 0
    from benchmark_yardsticks import yardsticks

    load = os.getloadavg() if hasattr(os, "getloadavg") else None
    conditions = {"platform": platform.platform(), "load": load, "yardsticks": yardsticks()}
    pythons = [sys.executable, *(str(Path(peer).absolute()) for peer in options.peer)]
    rounds: dict[str, list[Figures]] = {python: [] for python in pythons}
    for _ in range(options.rounds):
        for python in pythons:
            rounds[python].append(worker(python, folders, options.skip))
    ours, *peers = (least(rounds[python]) for python in pythons)
    print(json.dumps({"conditions": conditions, "figures": ours, "peers": peers}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
