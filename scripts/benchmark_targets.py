"""What benchmark_proxy.py measures: each a process that is started, listens, and is ended."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

START = "import sys; from model_router.proxy import main; sys.exit(main())"


class Target(NamedTuple):
    """Something that answers on a port. `boot` is seconds from exec to an open port."""

    name: str
    port: int
    pid: int | None
    boot: float


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def pinned(core: int) -> list[str]:
    """What puts a command on a core, where there are two and the tool for it."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) < 2 or shutil.which("taskset") is None:
        return []
    return ["taskset", "-c", str(cores[core])]


@contextlib.contextmanager
def started(
    name: str, command: list[str], port: int, core: int, home: Path | None = None
) -> Iterator[Target]:
    """A process that listens on `port`, ended afterwards. Raises RuntimeError when it does not."""
    environ = dict(os.environ)
    if home is not None:
        environ["MODEL_ROUTER_HOME"] = str(home)
    began = time.perf_counter()
    process = subprocess.Popen(
        [*pinned(core), *command], env=environ, stderr=subprocess.DEVNULL, cwd=home
    )
    try:
        while not _listens(port):
            if process.poll() is not None or time.perf_counter() - began > 30:
                raise RuntimeError(f"{name} does not listen on port {port}")
            time.sleep(0.002)
        yield Target(name, port, process.pid, time.perf_counter() - began)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def proxy(name: str, python: str, upstream: int, folder: Path, log: bool = False) -> Any:
    """A model-router-proxy with one backend and one worker."""
    home = folder / f"{name}-{time.monotonic_ns()}"
    home.mkdir()
    backends = {"a": {"base_url": f"http://127.0.0.1:{upstream}/v1", "model": "m"}}
    events = {"enabled": log, "log_path": str(home / "events.jsonl")}
    settings = {"backends": backends, "observability": events}
    file = home / "proxy.yaml"
    file.write_text(json.dumps(settings))
    port = free_port()
    command = [python, "-c", START, "--config", str(file), "--port", str(port)]
    return started(name, command, port, 0, home)


def beside(name: str, command: str, upstream: int) -> Any:
    """Another gateway, by the command that starts it."""
    port = free_port()
    address = f"http://127.0.0.1:{upstream}/v1"
    words = [word.format(port=port, upstream=address) for word in shlex.split(command)]
    return started(name, words, port, 0)


def nginx(upstream: int, folder: Path) -> Any:
    """nginx as a proxy of one worker that keeps connections and does not buffer."""
    port = free_port()
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null;\n"
        "events { worker_connections 1024; }\n"
        f"http {{ access_log off; upstream u {{ server 127.0.0.1:{upstream}; keepalive 256; }}\n"
        f"  server {{ listen 127.0.0.1:{port}; client_body_buffer_size 1m;\n"
        "    location / { proxy_pass http://u; proxy_http_version 1.1; proxy_buffering off;\n"
        '      proxy_set_header Connection ""; } } }\n'
    )
    return started("nginx", ["nginx", "-c", str(file), "-p", str(folder)], port, 0)


def cpu_seconds(pid: int) -> float | None:
    """What a process and its threads have used so far."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
    except (OSError, ValueError):
        return None


def rss_mb(pid: int) -> float | None:
    """Memory that a process holds."""
    try:
        rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next(int(row.split()[1]) / 1024 for row in rows if row.startswith("VmRSS"))
