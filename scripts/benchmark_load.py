"""The load of benchmark_proxy.py: connections that each ask again as soon as they are answered.

    python scripts/benchmark_load.py PORT CASE CONNECTIONS SECONDS

Prints one JSON line: requests a second, and the spread of the times in milliseconds. Every request
has words that were not sent before. CASE is a name of CASES.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from typing import Any, cast

from benchmark_upstream import run

WORDS = (
    *("lorem", "ipsum", "dolor", "sit", "amet", "garden", "table", "window", "river", "letter"),
    *("market", "summer", "winter", "paper", "simple", "yellow", "morning", "bridge", "corner"),
    *("story", "music", "village", "kitchen", "orange"),
)
POOL = 400
"""Bodies made before the clock starts; a connection goes on to the next with each request."""

Body = dict[str, Any]


def _plain(rng: random.Random, count: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(count))


def small(rng: random.Random) -> Body:
    """Two messages, half a kilobyte."""
    asked = f"summarize these notes please: {_plain(rng, 70)}"
    return {
        "model": "auto",
        "messages": [
            {"role": "system", "content": "You are helpful."},
            {"role": "user", "content": asked},
        ],
        "temperature": 0.2,
    }


def _tool(place: int) -> Body:
    about = "Reads, writes or lists what is in the workspace, relative to its root. " * 8
    keys = {f"p{k}": {"type": "string", "description": "what it is about, in a few words"}
            for k in range(6)}  # fmt: skip
    return {"type": "function", "function": {
        "name": f"tool_{place}", "description": about,
        "parameters": {"type": "object", "properties": keys, "required": ["p0"]}}}  # fmt: skip


def _agent(talk: random.Random, last: random.Random) -> Body:
    """22 messages and 20 tools, about 49 KB."""
    system = "You are a coding agent. Answer in short sentences, and name files. " * 70
    messages = [{"role": "system", "content": system}]
    for turn in range(10):
        said = f"please look at file number {turn} and tell me about it. {_plain(talk, 70)}"
        told = f"I looked at the file; it holds some functions. {_plain(talk, 200)}"
        messages += [{"role": "user", "content": said}, {"role": "assistant", "content": told}]
    words = f"fix the parser and run the tests, then say {_plain(last, 12)}"
    messages.append({"role": "user", "content": words})
    return {"model": "auto", "messages": messages, "stream": False,
            "tools": [_tool(place) for place in range(20)]}  # fmt: skip


def agent(rng: random.Random) -> Body:
    """An agent at work: the same history and tools each time, and a new last message."""
    return _agent(random.Random(7), rng)


def agent_new(rng: random.Random) -> Body:
    """The same tools, but a history that was never seen."""
    return _agent(rng, rng)


def stream(chunks: int, milliseconds: int) -> Any:
    """A small body that asks for a stream."""

    def made(rng: random.Random) -> Body:
        return small(rng) | {"stream": True, "seed": chunks * 1000 + milliseconds}

    return made


def adversarial(rng: random.Random) -> Body:
    """Ten megabytes of words that name actions, in one message that says no two things alike."""
    words = ("delete", "send", "drop", "the", "production", "database", "buy", "deploy", "key")
    said = [" ".join(rng.choice(words) for _ in range(20)) for _ in range(400)]
    text = " ".join(rng.choice(said) for _ in range(10_000_000 // 110))
    return {"model": "auto", "messages": [{"role": "user", "content": text}]}


CASES = {
    "small": small,
    "agent": agent,
    "agent_new": agent_new,
    "stream": stream(50, 2),
    "stream_one": stream(1, 0),
    "adversarial": adversarial,
}
"""What a request of each case looks like."""


def requests(case: str, count: int, seed: int | None = None) -> list[bytes]:
    """`count` requests with their heads. Without a seed they differ in each process."""
    rng = random.Random(seed)
    bodies = (json.dumps(CASES[case](rng)).encode() for _ in range(count))
    return [
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n"
        b"content-type: application/json\r\nuser-agent: load\r\naccept-encoding: gzip, deflate\r\n"
        b"content-length: %d\r\n\r\n%b" % (len(body), body)
        for body in bodies
    ]


class Load:
    """What all connections share: the requests, the end, and the times that were seen."""

    def __init__(self, rows: list[bytes], seconds: float) -> None:
        self.rows = rows
        self.at = 0
        self.until = time.perf_counter() + seconds
        self.took: list[float] = []
        self.first: list[float] = []
        self.pauses: list[float] = []
        self.bad = 0
        self.open = 0
        self.done = asyncio.Event()

    def next(self) -> bytes:
        """The request that is due."""
        self.at = (self.at + 1) % len(self.rows)
        return self.rows[self.at]

    def closed(self) -> None:
        """A connection is through."""
        self.open -= 1
        if not self.open:
            self.done.set()


class Client(asyncio.Protocol):
    """One connection: asks, waits for the whole answer, asks again."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._data = b""
        self._began = self._seen = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.closed()

    def _ask(self) -> None:
        self._data = b""
        self._began, self._seen = time.perf_counter(), 0.0
        self._transport.write(self._load.next())

    def data_received(self, data: bytes) -> None:
        now, load = time.perf_counter(), self._load
        self._data += data
        if b'"content"' in data:
            if self._seen:
                load.pauses.append(now - self._seen)
            else:
                load.first.append(now - self._began)
            self._seen = now
        if not _whole(self._data):
            return
        if not self._data.startswith(b"HTTP/1.1 200"):
            load.bad += 1
        load.took.append(now - self._began)
        if now < load.until:
            self._ask()
        else:
            self._transport.close()


def _whole(data: bytes) -> bool:
    """Whether an answer is complete."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    at = data.lower().find(b"content-length:", 0, head)
    if at < 0:
        return data.endswith(b"\r\n0\r\n\r\n")
    return len(data) >= head + 4 + int(data[at + 15 : data.index(b"\r\n", at)])


def spread(values: list[float]) -> dict[str, float]:
    """Median, 99th percentile and most, in milliseconds."""
    rows = sorted(values) or [0.0]
    picked = {"p50": len(rows) // 2, "p99": int(len(rows) * 0.99), "max": len(rows) - 1}
    return {name: round(rows[place] * 1000, 3) for name, place in picked.items()}


async def _load(port: int, case: str, connections: int, seconds: float) -> None:
    rows = requests(case, 1 if case == "adversarial" else POOL)
    load = Load(rows, seconds)
    load.open = connections
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: Client(load), "127.0.0.1", port)
    async with asyncio.timeout(seconds + 30):
        await load.done.wait()
    spent = time.perf_counter() - began
    found = {
        "requests": len(load.took),
        "requests_per_second": round(len(load.took) / spent, 1),
        "ms": spread(load.took),
        "first_ms": spread(load.first),
        "pause_ms": spread(load.pauses),
        "bad": load.bad,
        "body_bytes": len(rows[0]),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    run(_load(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
