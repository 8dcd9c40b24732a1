"""Yardsticks: how fast a machine is at what no router has a part in.

A figure in microseconds says little about another machine. These are printed beside the figures, so
that two machines, or one in two hours, can be compared.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

ROUNDS = 15


def yardsticks() -> dict[str, float]:
    """The least time of a bare interpreter, in milliseconds; and in microseconds those of reading
    an agent's chat body as JSON and of summing a million numbers."""
    return {
        "python_c_pass_ms": round(least(_bare) * 1e3, 1),
        "json_loads_us": json_loads_us(),
        "sum_of_a_million_us": round(least(_sum) * 1e6, 1),
    }


def json_loads_us() -> float:
    """The least time that the standard library takes for an agent's body of 49 KB."""
    from benchmark_load import requests  # needs what the proxy needs, which a peer may not have

    body = requests("agent", 1, seed=1)[0].split(b"\r\n\r\n", 1)[1]
    return round(least(lambda: json.loads(body)) * 1e6, 1)


def least(work: Callable[[], object]) -> float:
    """The least of several times, in seconds."""
    return min(_seconds(work) for _ in range(ROUNDS))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _bare() -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def _sum() -> int:
    total = 0
    for number in range(1_000_000):
        total += number
    return total
