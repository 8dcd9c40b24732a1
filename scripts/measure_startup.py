"""Print how long the command line takes to start, as times and as ratios to `python -c pass`.

    python scripts/measure_startup.py [--runs 15] [--check]

Every case runs once in each round, so that all of them see the same machine. `best_ms` and
`median_ms` are wall clock; `over_bare` is the best time divided by the bare interpreter's. With
--check the exit code is 1 when a case is over its limit in ratio. `loads` says how long a process
takes to load the packaged weights file, once, after it has imported what loads it.

The interpreter runs with -S and finds the packages through PYTHONPATH. Otherwise the .pth files of
a development environment, an editable install among them, would count in every case, the bare one
too, and make the ratios look better than they are.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BARE = "python -c pass"
CLI = ("-m", "model_router")
CASES: dict[str, tuple[str, ...]] = {
    BARE: ("-c", "pass"),
    "import model_router": ("-c", "import model_router"),
    "import click": ("-c", "import click"),
    "model-router --version": (*CLI, "--version"),
    "model-router --help": (*CLI, "--help"),
    "model-router decide --help": (*CLI, "decide", "--help"),
    "model-router decide": (*CLI, "decide", "fix the repo and run tests"),
    "model-router decide --json": (*CLI, "decide", "--json", "fix the repo and run tests"),
}
LOADS: dict[str, str] = {
    "weights file": """
from time import perf_counter
from model_router.weights import load_weights, packaged_path
began = perf_counter()
load_weights(packaged_path())
print(perf_counter() - began)
""",
}
"""What prints how many seconds it took."""
LIMITS = {"model-router --version": 7.5, "model-router --help": 7.5, "model-router decide": 17.0}
"""Ratios to an interpreter that takes 10 ms with -S (14 ms without): 80 ms, and 180 ms."""


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What a case runs in: our sources and packages, and modules compiled once, as installed."""
    packages = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    kept = {key: value for key, value in environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": packages, "NO_COLOR": "1"}


def seconds(arguments: tuple[str, ...]) -> float:
    """The wall clock of one run; RuntimeError when it fails."""
    start = time.perf_counter()
    _said(arguments)
    return time.perf_counter() - start


def _said(arguments: tuple[str, ...]) -> str:
    command, environ = [sys.executable, "-S", *arguments], environment(os.environ)
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environ, check=False, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}")
    return done.stdout


def measured(runs: int) -> dict[str, list[float]]:
    """`runs` times of every case and of every load, after one round that is not counted."""
    for arguments in CASES.values():
        seconds(arguments)
    times: dict[str, list[float]] = {name: [] for name in (*CASES, *LOADS)}
    for _ in range(runs):
        for name, arguments in CASES.items():
            times[name].append(seconds(arguments))
        for name, code in LOADS.items():
            times[name].append(float(_said(("-c", code))))
    return times


def report(times: dict[str, list[float]]) -> dict[str, object]:
    """The conditions and a row for every case."""
    bare = min(times[BARE])
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "load": load,
        "runs": len(times[BARE]),
        "cases": {name: _row(times[name], bare, LIMITS.get(name)) for name in CASES},
        "loads": {name: _taken(times[name]) for name in LOADS},
    }


def _row(taken: list[float], bare: float, limit: float | None) -> dict[str, object]:
    return {**_taken(taken), "over_bare": round(min(taken) / bare, 2), "limit": limit}


def _taken(times: list[float]) -> dict[str, float]:
    return {
        "best_ms": round(min(times) * 1000, 1),
        "median_ms": round(statistics.median(times) * 1000, 1),
    }


def too_slow(times: dict[str, list[float]]) -> list[str]:
    """The cases over their limits."""
    bare = min(times[BARE])
    return [name for name, limit in LIMITS.items() if min(times[name]) / bare > limit]


def main(argv: list[str] | None = None) -> int:
    """Measure and print; 1 when --check is given and something is too slow."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=15, help="rounds that count (15)")
    parser.add_argument("--check", action="store_true", help="exit 1 over a limit")
    options = parser.parse_args(argv)
    times = measured(max(options.runs, 1))
    print(json.dumps(report(times), indent=2))
    slow = too_slow(times)
    for name in slow:
        print(f"{name} is over its limit of {LIMITS[name]} bare interpreters", file=sys.stderr)
    return 1 if slow and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
