"""Exit 1 when deciding has become much slower than it should be. A wide guard, for CI.

    python scripts/check_route_fast_latency.py [--times 10]

The bars are what issue reports and docs/benchmarks.md promise on a quiet machine; a figure counts
as broken when it is more than --times its bar, so that a busy machine does not break a build.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import benchmark_texts as texts
from benchmark_route_fast import HOSTILE_SIZE, microseconds, router, short_figures, signal_words

HOSTILE_BAR_US = 10_000.0


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


def figures(made: Any) -> Iterator[Figure]:
    """Every figure that has a bar."""
    words = signal_words()
    for depth in ("route_fast", "route"):
        decide: Callable[[str], object] = getattr(made, depth)
        short = short_figures(decide, 5, quick=True)
        for key, bar in SHORT_BARS[depth].items():
            yield Figure(f"{depth} short {key}", short[key], bar)
        for size, bar in LONG_BARS[depth].items():
            took = min(microseconds(decide, texts.english(size, seed)) for seed in range(4))
            yield Figure(f"{depth} {size} characters", took, bar)
        for shape in texts.SHAPES:
            text = texts.hostile(shape, HOSTILE_SIZE, words)
            took = min(microseconds(decide, text) for _ in range(2))
            yield Figure(f"{depth} {HOSTILE_SIZE} of {shape}", took, HOSTILE_BAR_US)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print every figure as JSON, name those that are broken; 1 when there are any."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--times", type=float, default=10.0, help="times its bar (10)")
    options = parser.parse_args(argv)
    found = list(figures(router()))
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
