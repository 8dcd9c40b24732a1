"""Print how long `setup scan` takes as a process: on an empty home, and on many models.

    python scripts/measure_scan.py [--models 200] [--tokens 2000] [--runs 7] [--check]

The homes are made in a temporary folder. Half of the models lie in the Hugging Face cache, the
others in LM Studio's and Ollama's folders; every header has a vocabulary of --tokens tokens. A cold
scan has no header cache (the files themselves are in the system's memory: this script has just
written them); a warm one reads the cache that the scan before it wrote. With --check the exit code
is 1 over a limit. One header with 150,000 tokens is read by itself.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from model_router.setup.gguf import read_header  # noqa: E402
from tests.support.fake_home import FakeHome  # noqa: E402
from tests.support.gguf_files import chat_gguf, gguf  # noqa: E402

LIMITS = {"empty": 400.0, "cold": 1500.0, "warm": 300.0, "vocabulary": 150.0}
"""Milliseconds, best of all runs."""

VOCABULARY = 150_000


def furnished(home: FakeHome, models: int, tokens: int) -> None:
    """Put that many models into the home."""
    for number in range(models):
        body = chat_gguf(f"Model {number}", tokens=tokens, data=bytes([number % 251 + 1]))
        kind = number % 4
        if kind < 2:
            home.huggingface(f"acme/m{number}-GGUF", {f"m{number}-Q4_K_M.gguf": body})
        elif kind == 2:
            home.lmstudio(f"acme/m{number}", {f"m{number}-Q4_K_M.gguf": body})
        else:
            home.ollama(f"m{number}:4b", body)


def scan(home: FakeHome) -> float:
    """Milliseconds of one scan as a process; RuntimeError when it fails."""
    packages = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    environ = {"PATH": os.environ.get("PATH", ""), "HOME": str(home.home), "PYTHONPATH": packages}
    words = [sys.executable, "-S", "-m", "model_router", "setup", "scan", "--json"]
    start = time.perf_counter()
    done = subprocess.run(words, stdout=subprocess.DEVNULL, env=environ, check=False)
    took = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}")
    return took * 1000


def forget(home: FakeHome) -> None:
    """Remove the header cache."""
    shutil.rmtree(home.home / ".cache" / "model-router", ignore_errors=True)


def vocabulary() -> float:
    """Milliseconds to read one header with a large vocabulary."""
    body = gguf({"tokenizer.ggml.tokens": [f"token{number}" for number in range(VOCABULARY)]})
    start = time.perf_counter()
    read_header(io.BytesIO(body), len(body))
    return (time.perf_counter() - start) * 1000


def measured(models: int, tokens: int, runs: int) -> dict[str, list[float]]:
    """`runs` times of every case, in turns."""
    with TemporaryDirectory() as folder:
        empty, full = FakeHome(Path(folder) / "empty"), FakeHome(Path(folder) / "full")
        furnished(full, models, tokens)
        scan(empty)
        times: dict[str, list[float]] = {name: [] for name in LIMITS}
        for _ in range(runs):
            times["empty"].append(scan(empty))
            forget(full)
            times["cold"].append(scan(full))
            times["warm"].append(scan(full))
            times["vocabulary"].append(vocabulary())
    return times


def main(argv: list[str] | None = None) -> int:
    """Measure and print; 1 when --check is given and something is too slow."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--models", type=int, default=200, help="models of the full home (200)")
    parser.add_argument("--tokens", type=int, default=2000, help="tokens of a vocabulary (2000)")
    parser.add_argument("--runs", type=int, default=7, help="rounds (7)")
    parser.add_argument("--check", action="store_true", help="exit 1 over a limit")
    options = parser.parse_args(argv)
    times = measured(options.models, options.tokens, max(options.runs, 1))
    report = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "models": options.models,
        "tokens": options.tokens,
        "runs": options.runs,
        "cases": {
            name: {
                "best_ms": round(min(taken), 1),
                "median_ms": round(statistics.median(taken), 1),
                "limit_ms": LIMITS[name],
            }
            for name, taken in times.items()
        },
    }
    print(json.dumps(report, indent=2))
    slow = [name for name, taken in times.items() if min(taken) > LIMITS[name]]
    for name in slow:
        print(f"{name} is over its limit of {LIMITS[name]:g} ms", file=sys.stderr)
    return 1 if slow and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
