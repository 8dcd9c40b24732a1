"""Print how far estimate_tokens is from a real tokenizer's counts.

    python scripts/measure_tokens.py counts.jsonl

Each line is {"text": str, "tokens": number, "group": str (optional)}. Count the tokens with any
tokenizer you trust; none is shipped or downloaded. Errors are (estimate - tokens) / tokens.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from model_router.text.tokens import estimate_tokens


class Sample(NamedTuple):
    group: str
    text: str
    tokens: float


def read_samples(lines: Iterable[str]) -> Iterator[Sample]:
    """Yield the samples; ValueError names the line that is not of the form above."""
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            sample = Sample(str(row.get("group", "all")), row["text"], float(row["tokens"]))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f'line {number}: needs {{"text", "tokens"}} ({error!r})') from None
        if sample.tokens > 0:
            yield sample


def errors_by_group(samples: Iterable[Sample]) -> dict[str, list[float]]:
    """Return each group's relative errors, sorted; "total" holds all of them."""
    errors: dict[str, list[float]] = defaultdict(list)
    for sample in samples:
        error = (estimate_tokens(sample.text) - sample.tokens) / sample.tokens
        errors[sample.group].append(error)
        errors["total"].append(error)
    return {group: sorted(values) for group, values in sorted(errors.items())}


def summary_line(group: str, errors: list[float]) -> str:
    """Return one row of the table: count, median error with its sign, median and p90 without."""
    sizes = sorted(abs(error) for error in errors)
    p90 = sizes[min(len(sizes) - 1, int(0.9 * len(sizes)))]
    bias, middle = statistics.median(errors), statistics.median(sizes)
    return f"{group:24}{len(errors):7}{bias:+8.0%}{middle:8.0%}{p90:8.0%}"


def microseconds(text: str, rounds: int = 50) -> float:
    """Return the best time of one estimate over several rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        estimate_tokens(text)
        best = min(best, time.perf_counter() - start)
    return best * 1e6


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("counts", help='JSON lines of {"text", "tokens", "group"}')
    options = parser.parse_args(argv)
    with open(options.counts, encoding="utf-8") as lines:
        try:
            table = errors_by_group(read_samples(lines))
        except ValueError as error:
            print(f"{options.counts}: {error}", file=sys.stderr)
            return 1
    print(f"Python {platform.python_version()}, {platform.machine()}, counts: {options.counts}")
    print(f"{'group':24}{'texts':>7}{'bias':>8}{'median':>8}{'p90':>8}")
    for group, errors in table.items():
        print(summary_line(group, errors))
    for size in (30, 5_000, 500_000):
        text = ("please fix the failing tests 12. " * (size // 30 + 1))[:size]
        print(f"{size:>8,} ASCII characters: {microseconds(text):.1f} µs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
