"""Measure model-router-proxy, and print JSON with the conditions of the run.

    python scripts/benchmark_proxy.py [--rounds 3] [--seconds 3] [--quick] [--json]
        [--peer NAME=PYTHON] [--beside 'NAME=COMMAND --port {port} --to {upstream}']

Three kinds of process: a fast upstream of our own, the proxy as a user starts it with one worker,
and the load. `direct` is the upstream without a proxy; nginx stands beside where it is installed.
--peer names another interpreter, whose own model-router-proxy is measured too, and --beside any
other gateway by the command that starts it on {port} in front of {upstream}, a base URL. All take
turns within a round, so that they see the same machine; the figures are medians over the rounds,
CPU is the least. CPU is that of the whole process, from /proc, so it is null elsewhere than on
Linux. How fast the machine is just then is told by `json_loads_us`: the standard library's time for
the agent body.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmark_targets import (
    Target,
    beside,
    cpu_seconds,
    free_port,
    nginx,
    pinned,
    proxy,
    rss_mb,
    started,
)
from benchmark_yardsticks import json_loads_us

HERE = Path(__file__).parent
PLAIN = (("small", 1), ("small", 32), ("small", 128), ("agent", 1), ("agent", 32),
         ("agent_new", 1))  # fmt: skip
STREAMS = (("stream_one", 1), ("stream_one", 16), ("stream", 16))
CHUNKS = 50
BARS = {
    "small_c1_p50_ms": 0.35,
    "small_c1_cpu_us": 250,
    "small_c32_per_second": 8000,
    "small_c32_p99_ms": 15,
    "agent_c1_per_second": 1500,
    "small_c128_per_second": 8000,
    "agent_c32_per_second": 3000,
    "first_token_added_ms": 0.7,
    "cpu_us_per_chunk": 50,
    "event_log_cost": 0.1,
    "rss_mb": 60,
    "rss_growth_mb": 2,
    "boot_seconds": 0.6,
    "innocent_delay_ms": 50,
}
"""What we want of it, for one worker on one core of the machine in docs/benchmarks.md."""

Figures = dict[str, Any]


# ------------------------------------------------------------------ one measurement


def measured(target: Target, case: str, connections: int, seconds: float) -> Figures:
    """The load's figures for a target, with the CPU that each request took there."""
    command = [*pinned(1), sys.executable, str(HERE / "benchmark_load.py"), str(target.port),
               case, str(connections), str(seconds)]  # fmt: skip
    before = None if target.pid is None else cpu_seconds(target.pid)
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60)
    after = None if target.pid is None else cpu_seconds(target.pid)
    found: Figures = json.loads(run.stdout)
    spent = None if before is None or after is None else after - before
    found["cpu_us"] = None if spent is None else round(spent / found["requests"] * 1e6, 1)
    return found


def middle(rows: list[Figures]) -> Figures:
    """The median of each figure over the rounds; of CPU the least."""
    found: Figures = {}
    for key, value in rows[0].items():
        values = [row[key] for row in rows]
        if isinstance(value, dict):
            found[key] = middle(values)
        elif None in values:
            found[key] = None
        elif key == "cpu_us":
            found[key] = min(values)
        else:
            found[key] = max(values) if key in ("bad", "max") else statistics.median(values)
    return found


def alternated(
    targets: list[Target], cases: tuple[tuple[str, int], ...], rounds: int, seconds: float
) -> Figures:
    """Every case for every target, in turns; by target and case."""
    for target in targets:
        for case in dict.fromkeys(case for case, _ in cases):
            measured(target, case, 8, min(seconds, 0.5))  # to warm it
    rows: dict[tuple[str, str], list[Figures]] = {}
    for turn in range(rounds):
        for case, connections in cases:
            for target in targets if turn % 2 == 0 else reversed(targets):
                row = measured(target, case, connections, seconds)
                rows.setdefault((target.name, f"{case}_c{connections}"), []).append(row)
    found: Figures = {}
    for (name, case), figures in rows.items():
        found.setdefault(name, {})[case] = middle(figures)
    return found


# ------------------------------------------------------------------ what is reported


def streams(found: Figures) -> Figures:
    """What a stream costs on the way: time to the first token added, CPU a chunk, stalls."""
    direct = found["direct"]
    report: Figures = {}
    for name, rows in found.items():
        if name == "direct":
            continue
        one, many = rows["stream_one_c16"], rows["stream_c16"]
        added = (
            rows["stream_one_c1"]["first_ms"]["p50"] - direct["stream_one_c1"]["first_ms"]["p50"]
        )
        chunk = None
        if one["cpu_us"] is not None:
            chunk = round((many["cpu_us"] - one["cpu_us"]) / (CHUNKS - 1), 1)
        report[name] = {"first_token_added_ms": round(added, 3), "cpu_us_per_chunk": chunk,
                        "pause_ms": many["pause_ms"], "bad": many["bad"]}  # fmt: skip
    return report


def held(target: Target, requests: int, seconds: float) -> list[Figures]:
    """Memory as requests go by, until about `requests` were answered."""
    rows: list[Figures] = []
    done = 0
    while done < requests:
        done += int(measured(target, "small", 32, 4 * seconds)["requests"])
        rows.append({"requests": done, "rss_mb": target.pid and rss_mb(target.pid)})
    return rows


def delayed(target: Target, rounds: int, seconds: float) -> Figures:
    """What one body of ten megabytes costs the slowest of the small requests beside it, in ms."""
    load = [*pinned(1), sys.executable, str(HERE / "benchmark_load.py"), str(target.port)]
    rows: dict[str, list[float]] = {"alone": [], "beside": []}
    for _ in range(rounds):
        for name, slowest in rows.items():
            small = subprocess.Popen(
                [*load, "small", "1", str(seconds)], stdout=subprocess.PIPE, text=True
            )
            if name == "beside":
                time.sleep(seconds / 5)
                huge = [*load, "adversarial", "1", "0"]
                subprocess.run(huge, check=True, stdout=subprocess.DEVNULL, timeout=60)
            slowest.append(json.loads(small.communicate()[0])["ms"]["max"])
    return {name: round(statistics.median(slowest), 3) for name, slowest in rows.items()}


def event_log_cost(found: Figures) -> float:
    """The share that a log adds to what a request costs: of CPU, where that is known, because the
    proxy has one core and CPU is what the neighbours disturb least; else of requests a second."""
    logged, silent = found["logged"]["small_c32"], found["silent"]["small_c32"]
    if logged["cpu_us"] is not None and silent["cpu_us"] is not None:
        return round(logged["cpu_us"] / silent["cpu_us"] - 1, 3)
    return round(silent["requests_per_second"] / logged["requests_per_second"] - 1, 3)


def summary(found: Figures, name: str = "proxy") -> Figures:
    """The figures that the bars are about."""
    plain = found["plain"][name]
    memory = [row["rss_mb"] for row in found["memory"]]
    return {
        "small_c1_p50_ms": plain["small_c1"]["ms"]["p50"],
        "small_c1_cpu_us": plain["small_c1"]["cpu_us"],
        "small_c32_per_second": plain["small_c32"]["requests_per_second"],
        "small_c32_p99_ms": plain["small_c32"]["ms"]["p99"],
        "small_c128_per_second": plain["small_c128"]["requests_per_second"],
        "agent_c1_per_second": plain["agent_c1"]["requests_per_second"],
        "agent_c32_per_second": plain["agent_c32"]["requests_per_second"],
        "first_token_added_ms": found["streams"][name]["first_token_added_ms"],
        "cpu_us_per_chunk": found["streams"][name]["cpu_us_per_chunk"],
        "event_log_cost": event_log_cost(found["event_log"]),
        "rss_mb": memory[-1],
        "rss_growth_mb": None if memory[0] is None else round(memory[-1] - memory[0], 2),
        "boot_seconds": round(found["boot_seconds"][name], 3),
        "innocent_delay_ms": round(
            max(found["huge_body"]["beside"] - found["huge_body"]["alone"], 0), 3
        ),
    }


def met(figures: Figures) -> dict[str, bool | None]:
    """Which bars the figures meet; None where there is no figure."""
    found: dict[str, bool | None] = {}
    for name, bar in BARS.items():
        figure = figures[name]
        more = name.endswith("per_second")
        found[name] = None if figure is None else (figure >= bar if more else figure <= bar)
    return found


def conditions(options: argparse.Namespace) -> Figures:
    """What the figures depend on."""
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "pinned": bool(pinned(0)),
        "json_loads_us": json_loads_us(),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "workers": 1,
    }


def report(options: argparse.Namespace) -> Figures:
    """Everything, as JSON-ready data."""
    peers = dict(row.split("=", 1) for row in options.peer)
    rounds, seconds = options.rounds, options.seconds
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        script = [sys.executable, str(HERE / "benchmark_upstream.py"), str(port)]
        up = stack.enter_context(started("direct", script, port, 1))
        targets = [up]
        for name, python in {"proxy": sys.executable, **peers}.items():
            targets.append(stack.enter_context(proxy(name, python, port, folder)))
        if shutil.which("nginx"):
            targets.append(stack.enter_context(nginx(port, folder)))
        for name, command in (row.split("=", 1) for row in options.beside):
            targets.append(stack.enter_context(beside(name, command, port)))
        found: Figures = {"conditions": conditions(options)}
        found["boot_seconds"] = {row.name: row.boot for row in targets[1:]}
        found["plain"] = alternated(targets, PLAIN, rounds, seconds)
        found["streams"] = streams(alternated(targets, STREAMS, rounds, seconds))
        logged = stack.enter_context(proxy("logged", sys.executable, port, folder, log=True))
        silent = targets[1]._replace(name="silent")
        found["event_log"] = alternated([logged, silent], (("small", 32),), rounds, seconds)
        found["huge_body"] = delayed(targets[1], rounds, 2.0 if options.quick else 5.0)
        found["rss_mb_after_all"] = None if targets[1].pid is None else rss_mb(targets[1].pid)
        fresh = stack.enter_context(proxy("fresh", sys.executable, port, folder))
        found["memory"] = held(fresh, options.requests, seconds)
    found["summary"], found["bars"] = summary(found), BARS
    found["met"] = met(found["summary"])
    return found


def words(found: Figures) -> str:
    """The report for people."""
    rows = [f"{key}: {value}" for key, value in found["conditions"].items()]
    rows += ["", f"{'':16}{'':14}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>9}"]
    for name, cases in found["plain"].items():
        for case, row in cases.items():
            figures = (
                row["requests_per_second"],
                row["ms"]["p50"],
                row["ms"]["p99"],
                row["cpu_us"],
            )
            rows.append(f"{name:16}{case:14}" + "".join(f"{figure!s:>9}" for figure in figures))
    rows += ["", f"{'':28}{'measured':>12}{'wanted':>12}"]
    for name, bar in found["bars"].items():
        mark = {True: "", False: "  short", None: "  unknown"}[found["met"][name]]
        rows.append(f"{name:28}{found['summary'][name]!s:>12}{bar!s:>12}{mark}")
    return "\n".join(rows) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Run it all and print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--requests", type=int, default=200_000, help="after which memory counts")
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("--beside", action="append", default=[], metavar="NAME=COMMAND")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.seconds, options.requests = 1, min(options.seconds, 1.0), 10_000
    found = report(options)
    sys.stdout.write(json.dumps(found, indent=1) + "\n" if options.json else words(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
