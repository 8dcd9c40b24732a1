"""Exit 1 when deciding has become much slower than it should be. A wide guard, for CI.

    python scripts/check_route_fast_latency.py [--times 10] [--rounds 5]

The bars are what issue reports and docs/benchmarks.md promise on a quiet machine. A figure counts
as broken when it is more than --times its bar in every one of --rounds, so that a busy machine
does not break a build: other work makes a run slower for a second or two, slow code always.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import benchmark_texts as texts
from benchmark_route_fast import HOSTILE_SIZE, microseconds, router, short_figures, signal_words

HOSTILE_BAR_US = 10_000.0
REST_S = 3.0
"""Seconds between two rounds, in which the machine may become quiet."""


class Figure(NamedTuple):
    """One measured time and its bar, in microseconds."""

    name: str
    took: float
    bar: float


LONG_BARS: dict[str, dict[int, float]] = {
    "route_fast": {5_000: 60.0, 50_000: 300.0, 500_000: 2_500.0},
    "route": {500_000: 6_000.0},
}
SHORT_BARS: dict[str, dict[str, float]] = {
    "route_fast": {"best_us": 3.0, "unseen_mean_us": 6.0},
    "route": {"best_us": 50.0},
}


Measure = Callable[[], float]


def measures(made: Any) -> Iterator[tuple[str, float, Measure]]:
    """Every figure that has a bar: its name, the bar, and what measures it."""
    words = signal_words()
    for depth in ("route_fast", "route"):
        decide: Callable[[str], object] = getattr(made, depth)
        for key, bar in SHORT_BARS[depth].items():
            yield f"{depth} short {key}", bar, partial(short, decide, key)
        for size, bar in LONG_BARS[depth].items():
            yield f"{depth} {size} characters", bar, partial(long, decide, size)
        for shape in texts.SHAPES:
            text = texts.hostile(shape, HOSTILE_SIZE, words)
            yield f"{depth} {HOSTILE_SIZE} of {shape}", HOSTILE_BAR_US, partial(twice, decide, text)


def short(decide: Callable[[str], object], key: str) -> float:
    """One of the figures of short prompts."""
    return short_figures(decide, 5, quick=True)[key]


def long(decide: Callable[[str], object], size: int) -> float:
    """The least of several English texts of so many characters."""
    return min(microseconds(decide, texts.english(size, seed)) for seed in range(4))


def twice(decide: Callable[[str], object], text: str) -> float:
    """The least of two runs."""
    return min(microseconds(decide, text) for _ in range(2))


def least(measure: Measure, enough: float, rounds: int) -> float:
    """The least of up to `rounds` runs; one that is `enough` ends them."""
    took = measure()
    for _ in range(1, rounds):
        if took <= enough:
            break
        time.sleep(REST_S)
        took = min(took, measure())
    return took


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print every figure as JSON, name those that are broken; 1 when there are any."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--times", type=float, default=10.0, help="times its bar (10)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that a figure has (5)")
    options = parser.parse_args(argv)
    found = [
        Figure(name, least(measure, options.times * bar, options.rounds), bar)
        for name, bar, measure in measures(router())
    ]
    rows = [
        {"name": f.name, "us": round(f.took, 2), "bar_us": f.bar, "times": round(f.took / f.bar, 2)}
        for f in found
    ]
    print(json.dumps({"limit": options.times, "figures": rows}, indent=2))
    broken = [f for f in found if f.took > options.times * f.bar]
    for f in broken:
        print(f"{f.name}: {f.took:.1f} us, the bar is {f.bar:.1f} us", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
