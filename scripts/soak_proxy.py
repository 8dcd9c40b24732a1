"""Run the proxy for a while under load and faults, and check that nothing was lost or sent twice.

    python scripts/soak_proxy.py --minutes 10 [--workers 2]

Servers are killed and started again, the proxy file changes under load, clients leave in the midst
of streams. At the end: every request was answered by some server, none reached one server twice,
the log holds each once in whole lines, and memory is where it was. Exit code 1 when not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.load import BROKEN, Load  # noqa: E402
from tests.support.processes import Process, UpstreamProcess, children, free_port  # noqa: E402
from tests.support.proxies import chat, several, until  # noqa: E402

LOG = "observability: {enabled: true, log_path: e.jsonl, max_bytes: 1000000, backups: 1000}\n"


def memory(process: int) -> int:
    """Megabytes that a process and its children hold; 0 where that cannot be read."""
    total = 0
    for one in (process, *children(process)):
        try:
            total += int(Path(f"/proc/{one}/statm").read_text().split()[1])
        except OSError:
            continue
    return total * 4096 // 1_000_000


async def leave(port: int, many: int) -> None:
    """Clients that ask for a stream and go after its first bytes."""

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        raw = json.dumps(chat("rewrite this", stream=True)).encode()
        head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
        writer.write(head + b"content-length: %d\r\n\r\n" % len(raw) + raw)
        await reader.read(30)
        writer.transport.abort()

    await asyncio.gather(*(one() for _ in range(many)), return_exceptions=True)


def changed(text: str, retries: int) -> str:
    """The proxy file with other settings of its backends."""
    return text.replace('"model"', f'"retries": {retries}, "breaker_seconds": 0.3, "model"')


def soak(folder: Path, seconds: float, workers: int, seed: int) -> list[str]:
    """Run it; what went wrong."""
    rng = random.Random(seed)
    port = free_port()
    with UpstreamProcess(folder, "one") as one, UpstreamProcess(folder, "two") as two:
        text = several(LOG, fast_local=one.url, balanced_local=two.url)
        words = ("--port", str(port), "--workers", str(workers))
        with Process(folder, changed(text, 1), *words) as proxy:
            assert until(lambda: proxy.answers(f"http://127.0.0.1:{port}"), 40), proxy.said
            with Load(port, many=8) as load:
                assert load.more(500, 60)
                before = memory(proxy.process.pid)
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    _fault(rng, proxy, port, one, two, text)
                    if not load.more(100, 30):
                        break
                after = memory(proxy.process.pid)
            proxy.process.send_signal(signal.SIGTERM)
            code = proxy.process.wait(60)
        counts = load.counts
        print(f"{sum(counts.values())} requests {dict(counts)}, {before} MB before, {after} after")
        told = _events(folder)
        seen = [max(Counter(row.ids).values(), default=0) for row in (one, two)]
    wrong = {
        "the exit code is not 0": code != 0,
        "a request was not answered": set(counts) != {200} if workers == 1 else counts[BROKEN] > 50,
        "a request reached a server twice": max(seen) > 1,
        "the log has a request twice": max(told.values()) > 1,
        "the log misses a request": workers == 1 and not set(load.statuses) <= set(told),
        "memory grew": after > before * 1.5 + 20,
    }
    return [text for text, is_so in wrong.items() if is_so]


def _fault(
    rng: random.Random, proxy: Process, port: int, one: UpstreamProcess, two: UpstreamProcess,
    text: str,
) -> None:  # fmt: skip
    kind = rng.choice(["kill", "reload", "leave"])
    if kind == "kill":
        one.kill()
        time.sleep(rng.random())
        one.start()
    elif kind == "reload":
        fresh = proxy.path.with_suffix(".new")
        fresh.write_text(changed(text, rng.randint(0, 5)))
        fresh.replace(proxy.path)
        time.sleep(2.5)
    else:
        asyncio.run(leave(port, 50))
    assert two.process.poll() is None


def _events(folder: Path) -> Counter[str]:
    """How often the log names each request. Raises ValueError for a line that is not whole."""
    names: Counter[str] = Counter()
    for path in folder.glob("e.jsonl*"):
        for row in path.read_text().splitlines():
            names[json.loads(row)["request_id"]] += 1
    return names


def main(argv: list[str] | None = None) -> int:
    """Soak as long as the options say; 1 when something was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        wrong = soak(Path(folder), options.minutes * 60, options.workers, options.seed)
    print("\n".join(f"wrong: {row}" for row in wrong) or "nothing lost, nothing sent twice")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
