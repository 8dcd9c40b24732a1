"""Measure route_fast and route, and print JSON with the conditions of the run.

    python scripts/benchmark_route_fast.py [--rounds 3] [--quick] [--peer PYTHON]

Short prompts are timed one call at a time: `best_us` of a plain loop, and `unseen_mean_us` over
prompts that were never seen before. Long texts are timed at first sight, each once; hostile texts
at first sight in a process of their own. `doubling` is the time for twice a hostile text divided
by the time for it.

--peer names another interpreter whose installed `model_router` has the same two calls, such as
hermes-router's. Rounds alternate between the interpreters, so that all see the same machine;
`peers` then holds the same figures, and `ratios` each figure divided by ours.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import benchmark_texts as texts
from benchmark_yardsticks import yardsticks

SIZES = (500, 5_000, 50_000, 500_000)
QUICK_SIZES = (500, 5_000, 50_000)
HOSTILE_SIZE = 200_000
TIMEOUT = 120
Decide = Callable[[str], object]
Figures = dict[str, Any]


def router() -> Any:
    """A router for the packaged catalog, warmed by one long and one short text."""
    from model_router import ModelRouter

    made = ModelRouter.from_config(validate_availability=False)
    for text in (texts.english(3_000, 1), "hello"):
        made.route_fast(text)
        made.route(text)
    return made


def microseconds(decide: Decide, text: str) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    decide(text)
    return (time.perf_counter() - start) * 1e6


def short_figures(decide: Decide, seed: int, quick: bool) -> Figures:
    """The README's prompts in a loop, and with plain words after them, each seen once."""
    loops = 300 if quick else 2_000
    best = [min(microseconds(decide, p) for _ in range(loops)) for p in texts.README]
    fresh = texts.unseen(100 if quick else 1_000, seed)
    start = time.perf_counter()
    for text in fresh:
        decide(text)
    mean = (time.perf_counter() - start) / len(fresh) * 1e6
    return {
        "best_us": round(min(best), 2),
        "loop_mean_us": round(sum(best) / len(best), 2),
        "unseen_mean_us": round(mean, 2),
    }


def long_figures(decide: Decide, seed: int, quick: bool) -> Figures:
    """Texts of several sizes, English and half code, each timed when it is first seen."""
    found: Figures = {}
    for size in QUICK_SIZES if quick else SIZES:
        for name, made in (("english", texts.english), ("half code", texts.half_code)):
            samples = [made(size, seed + n) for n in range(3 if size > 100_000 else 8)]
            took = [microseconds(decide, text) for text in samples]
            found[f"{size} {name}"] = {
                "best_us": round(min(took), 1),
                "mean_us": round(sum(took) / len(took), 1),
            }
    return found


def signal_words() -> list[str]:
    """The words that packaged signals look for; plain words where there is no such table."""
    try:
        from model_router.signals.lexicon import packaged
    except ImportError:
        return list(texts.README)
    signals, _ = packaged()
    rows = (getattr(signal, "literals", ()) for signal in signals)
    found = [
        row.decode(errors="ignore") if isinstance(row, bytes) else row for r in rows for row in r
    ]
    return sorted({word.strip() for word in found if word.strip()}) or list(texts.README)


def hostile_figure(depth: str, shape: str) -> Figures:
    """One hostile text at first sight in this process, then twice as much of it."""
    words = signal_words()
    decide: Decide = getattr(router(), depth)
    first = microseconds(decide, texts.hostile(shape, HOSTILE_SIZE, words))
    twice = texts.hostile(shape, 2 * HOSTILE_SIZE, words)
    again = [microseconds(decide, texts.hostile(shape, HOSTILE_SIZE, words)) for _ in range(3)]
    double = min(microseconds(decide, twice) for _ in range(3))
    return {"first_ms": round(first / 1000, 2), "doubling": round(double / min(again), 2)}


def worker(argument: str) -> Figures:
    """What a worker process measures: `all:<seed>:<quick>` or `<depth>:<shape>`."""
    what, _, rest = argument.partition(":")
    if what != "all":
        return hostile_figure(what, rest)
    seed, _, quick = rest.partition(":")
    made, found = router(), {}
    for depth in ("route_fast", "route"):
        decide = getattr(made, depth)
        found[depth] = {
            "short": short_figures(decide, int(seed), quick == "1"),
            "long": long_figures(decide, int(seed), quick == "1"),
        }
    return found


def run_worker(python: str, argument: str) -> Figures | None:
    """A worker's figures; None when it takes too long or fails."""
    command = [python, __file__, "--worker", argument]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT, check=True, cwd="/"
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        told = getattr(error, "stderr", None) or "it took too long"
        print(f"{python} {argument}: {str(told).strip()[-300:]}", file=sys.stderr)
        return None
    return dict(json.loads(done.stdout))


def least(figures: Sequence[Any]) -> Any:
    """The least of each figure over several rounds."""
    known = [figure for figure in figures if figure is not None]
    if not known:
        return None
    if isinstance(known[0], dict):
        return {key: least([figure.get(key) for figure in known]) for key in known[0]}
    return min(known)


def ratios(theirs: Any, ours: Any) -> Any:
    """Their figures divided by ours; above 1 means that ours are faster."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return {key: ratios(theirs.get(key), ours[key]) for key in ours}
    if not isinstance(theirs, int | float) or not isinstance(ours, int | float) or not ours:
        return None
    return round(theirs / ours, 2)


def measured(pythons: Sequence[str], rounds: int, quick: bool) -> dict[str, Figures]:
    """The figures of each interpreter, rounds alternating between them."""
    found: dict[str, list[Figures | None]] = {python: [] for python in pythons}
    for seed in range(rounds):
        for python in pythons:
            found[python].append(run_worker(python, f"all:{seed * 1_000}:{int(quick)}"))
    figures = {python: least(rows) or {} for python, rows in found.items()}
    for depth in ("route_fast", "route"):
        for shape in texts.SHAPES:
            for python in pythons:
                rows = [run_worker(python, f"{depth}:{shape}") for _ in range(1 if quick else 2)]
                hostile = figures[python].setdefault(depth, {}).setdefault("hostile", {})
                hostile[shape] = least(rows)
    return figures


def versions(python: str) -> Figures:
    """The versions of everything that matters in an interpreter."""
    code = (
        "import json, platform\n"
        "from importlib.metadata import version, PackageNotFoundError\n"
        "found = {'python': platform.python_version()}\n"
        "for name in ('model-router', 'hermes-router', 'ahocorasick_rs'):\n"
        "    try: found[name] = version(name)\n"
        "    except PackageNotFoundError: pass\n"
        "print(json.dumps(found))\n"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    return dict(json.loads(done.stdout))


def conditions(rounds: int) -> Figures:
    """Where and under what load this was measured."""
    return {
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
        "rounds": rounds,
        "hostile_characters": HOSTILE_SIZE,
        "yardsticks": yardsticks(),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=3, help="processes for each figure (3)")
    parser.add_argument("--quick", action="store_true", help="fewer calls, no 500,000 characters")
    parser.add_argument("--peer", action="append", default=[], help="another interpreter")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.worker:
        print(json.dumps(worker(options.worker)))
        return 0
    peers = [str(Path(peer).absolute()) for peer in options.peer]
    before = conditions(options.rounds)
    figures = measured([sys.executable, *peers], max(options.rounds, 1), options.quick)
    ours = figures[sys.executable]
    report: Figures = {"conditions": before, "versions": versions(sys.executable), "figures": ours}
    if peers:
        report["peers"] = [
            {"versions": versions(p), "figures": figures[p], "ratios": ratios(figures[p], ours)}
            for p in peers
        ]
    print(json.dumps(report, indent=2))
    return 0 if ours else 1


if __name__ == "__main__":
    sys.exit(main())
