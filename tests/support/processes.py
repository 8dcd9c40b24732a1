"""Servers in processes of their own: the proxy's command, and an upstream that can be killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.proxies import chat, until

ROOT = Path(__file__).parents[2]
_MAIN = "import sys; from model_router.proxy import main; sys.exit(main())"
_UPSTREAM = """
import os, sys, time
from tests.support.upstreams import Upstream, friendly
port, path = int(sys.argv[1]), sys.argv[2]
log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
async def reply(seen, out):
    if seen.method == "POST":
        os.write(log, (seen.headers.get("x-request-id", "-") + "\\n").encode())
    await friendly(seen, out)
with Upstream(reply, port=port):
    os.write(log, b"ready\\n")
    time.sleep(600)
"""


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Process:
    """The command in a process of its own. `begin` runs in the child before it starts."""

    def __init__(
        self,
        folder: Path,
        text: str,
        *words: str,
        begin: Callable[[], None] | None = None,
        **environ: str,
    ) -> None:
        self.path = folder / "p.yaml"
        self.path.write_text(text)
        self.log = folder / "log"
        self.home = folder / "home"
        environment = {**os.environ, "MODEL_ROUTER_HOME": str(self.home), **environ}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _MAIN, "--config", str(self.path), *words],
                stderr=log, stdout=log, env=environment, preexec_fn=begin,
            )  # fmt: skip

    def __enter__(self) -> Process:
        known = (" ready on ", " processes on ")
        assert until(lambda: any(words in self.said for words in known), 30), self.said
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    @property
    def said(self) -> str:
        """What it wrote."""
        return self.log.read_text()

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.said.partition(" ready on ")[2].split()[0]

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.url.rpartition(":")[2])

    def chat(self, url: str = "", **more: Any) -> Any:
        """One chat request."""
        request = urllib.request.Request(
            f"{url or self.url}/v1/chat/completions", json.dumps(chat(**more)).encode()
        )
        with urllib.request.urlopen(request, timeout=20) as found:
            return json.loads(found.read())

    def answers(self, url: str = "") -> bool:
        """Whether a chat request is answered now."""
        try:
            return bool(self.chat(url))
        except (OSError, urllib.error.URLError):
            return False

    def kill(self) -> None:
        """kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


class UpstreamProcess:
    """A model server in a process of its own, that can be killed and started again.

    It notes the request id of each chat request before it answers.
    """

    def __init__(self, folder: Path, name: str = "upstream") -> None:
        self.port = free_port()
        self.path = folder / f"{name}.ids"
        self.process = self._started()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def ids(self) -> list[str]:
        """The ids of the chat requests that reached it."""
        return [row for row in self.path.read_text().split() if row != "ready"]

    def __enter__(self) -> UpstreamProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait(10)

    def start(self) -> None:
        """Start it again, on the same port."""
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        before = self._starts()
        process = subprocess.Popen(
            [sys.executable, "-c", _UPSTREAM, str(self.port), str(self.path)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        )
        assert until(lambda: self._starts() > before, 20)
        return process

    def _starts(self) -> int:
        return self.path.read_text().count("ready") if self.path.exists() else 0


def children(process: int) -> list[int]:
    """The processes that a process started and that still run; Linux only."""
    try:
        path = Path(f"/proc/{process}/task/{process}/children")
        return [int(row) for row in path.read_text().split()]
    except OSError:
        return []


def is_running(process: int) -> bool:
    """Whether a process runs."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(processes: list[int], seconds: float = 10.0) -> bool:
    """Wait until none of the processes runs; whether that happened."""
    deadline = time.monotonic() + seconds
    while any(map(is_running, processes)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(is_running, processes))
