"""Processes that are killed, disks that fill, clients and servers that dawdle: what is left."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.load import BROKEN, Load
from tests.support.processes import (
    Process,
    UpstreamProcess,
    children,
    free_port,
    gone,
    is_running,
)
from tests.support.proxies import chat, one_backend, several, until
from tests.support.upstreams import Out, Seen, Upstream, completion, deltas, friendly

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
LOG = "observability: {enabled: true, log_path: e.jsonl}\n"


def events(folder: Path) -> tuple[list[dict[str, Any]], bytes]:
    """The whole lines of the log, and what follows the last one."""
    raw = (folder / "e.jsonl").read_bytes()
    *rows, rest = raw.split(b"\n")
    return [json.loads(row) for row in rows], rest


class TestKilledUpstream:
    @pytest.mark.parametrize("transport", ["http1", "httpx"])
    def test_under_load_nobody_notices(self, tmp_path: Path, transport: str) -> None:
        """The plan's next engine answers; nothing is asked twice; it is used when it is back."""
        with UpstreamProcess(tmp_path) as killed, Upstream(friendly) as good:
            text = several(fast_local=killed.url, balanced_local=good.url)
            more = f'"breaker_seconds": 0.3, "transport": "{transport}", "model": "fast'
            text = text.replace('"model": "fast', more)
            with Process(tmp_path, text, "--port", "0") as proxy, Load(proxy.port) as load:
                assert load.more(50)
                killed.kill()
                assert load.more(100)
                reached = len(killed.ids)
                killed.start()
                assert until(lambda: len(killed.ids) > reached + 20, 15)
        assert set(load.counts) == {200}
        assert max(Counter(killed.ids).values()) == 1
        fallen = Counter(seen.headers["x-request-id"] for seen in good.seen)
        assert max(fallen.values()) == 1
        assert set(killed.ids) | set(fallen) == set(load.statuses)

    def test_in_mid_stream_the_client_is_told(self, tmp_path: Path) -> None:
        """Each open stream ends with an error event and no [DONE], and the proxy goes on."""
        code = (
            "import sys, time\n"
            "from tests.support.upstreams import Upstream, deltas\n"
            "async def reply(seen, out):\n"
            "    await out.events(*deltas(*'a' * 400), pause=0.05)\n"
            "with Upstream(reply, port=int(sys.argv[1])):\n"
            "    time.sleep(600)\n"
        )
        port = free_port()
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        killed = subprocess.Popen([sys.executable, "-c", code, str(port)], env=environ)
        try:
            text = one_backend(f"http://127.0.0.1:{port}/v1", retries=5)
            with Process(tmp_path, text, "--port", "0") as proxy:
                assert until(lambda: _listens(port), 20)
                found = asyncio.run(_cut_streams(proxy.port, 20, killed.kill))
                assert until(lambda: _health(proxy.port)["status"] != "draining")
        finally:
            killed.kill()
            killed.wait(10)
        for raw in found:
            assert b"[DONE]" not in raw
            assert b"stream_interrupted" in raw
            assert raw.endswith(b"\r\n0\r\n\r\n")


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _health(port: int) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=20) as found:
        return json.loads(found.read())


def _request(body: dict[str, Any], *, close: bool = True) -> bytes:
    raw = json.dumps(body).encode()
    end = b"connection: close\r\n" if close else b""
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n" + end
    return head + b"content-length: %d\r\n\r\n" % len(raw) + raw


async def _cut_streams(port: int, many: int, cut: Any) -> list[bytes]:
    """The bytes of streams that were all open when `cut` was called."""
    pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(many)]
    for _, writer in pairs:
        writer.write(_request(chat(stream=True)))
    begun = await asyncio.gather(*(reader.readuntil(b"data: ") for reader, _ in pairs))
    cut()
    async with asyncio.timeout(20):
        rests = await asyncio.gather(*(reader.read() for reader, _ in pairs))
    for _, writer in pairs:
        writer.close()
    return [first + rest for first, rest in zip(begun, rests, strict=True)]


class TestKilledProxy:
    def test_what_was_answered_is_on_disk(self, tmp_path: Path) -> None:
        """After kill -9 under load the log holds whole lines, one for each request, and the next
        start goes on in the same file."""
        with Upstream(friendly) as server:
            text = one_backend(server.url, LOG)
            with Process(tmp_path, text, "--port", "0") as proxy, Load(proxy.port) as load:
                assert load.more(200)
                proxy.kill()
                killed = time.monotonic()
            found, torn = events(tmp_path)
            names = [row["request_id"] for row in found]
            assert len(set(names)) == len(names)
            # A thread writes what waits at once, so a second's delay is wide room.
            settled = {name for name, at in load.when.items() if at < killed - 1.0}
            assert settled <= set(names)
            assert set(names) <= set(load.statuses)
            with Process(tmp_path, text, "--port", "0") as proxy:
                assert proxy.answers()
                proxy.process.send_signal(signal.SIGTERM)
                assert proxy.process.wait(15) == 0
        raw = (tmp_path / "e.jsonl").read_bytes()
        assert raw.endswith(b"\n")
        assert raw.count(b"\n") == len(found) + 1 + bool(torn)
        assert json.loads(raw.splitlines()[-1])["status"] == "forwarded"
        seen = Counter(row.headers["x-request-id"] for row in server.seen if row.method == "POST")
        assert max(seen.values()) == 1

    @LINUX
    def test_a_worker(self, tmp_path: Path) -> None:
        """Only the requests it held break, nothing is sent twice, and another takes its place."""
        port = free_port()
        with Upstream(friendly) as server:
            text = one_backend(server.url, LOG)
            with Process(tmp_path, text, "--port", str(port), "--workers", "2") as proxy:
                assert until(lambda: proxy.answers(f"http://127.0.0.1:{port}"), 40), proxy.said
                assert until(lambda: len(_workers(proxy)) == 2, 20)
                before = _workers(proxy)
                with Load(port, many=8) as load:
                    assert load.more(50)
                    os.kill(before[0], signal.SIGKILL)
                    assert load.more(50)
                    assert until(lambda: len(_workers(proxy)) == 2, 30)
                    assert load.more(50)
                proxy.process.send_signal(signal.SIGTERM)
                assert proxy.process.wait(30) == 0
        assert set(load.counts) <= {200, BROKEN}
        assert load.counts[BROKEN] <= 16  # eight connections, and eight that waited in its backlog
        seen = Counter(row.headers["x-request-id"] for row in server.seen if row.method == "POST")
        assert max(seen.values()) == 1
        found, rest = events(tmp_path)
        assert not rest
        names = [row["request_id"] for row in found]
        assert len(set(names)) == len(names)

    @LINUX
    def test_the_first_process_takes_its_workers_along(self, tmp_path: Path) -> None:
        """Killed outright, it leaves nobody behind who holds the port."""
        port = free_port()
        with Upstream(friendly) as server:
            text = one_backend(server.url)
            with Process(tmp_path, text, "--port", str(port), "--workers", "2") as proxy:
                assert until(lambda: proxy.answers(f"http://127.0.0.1:{port}"), 40), proxy.said
                left = children(proxy.process.pid)
                assert len([one for one in left if is_running(one)]) >= 2
                proxy.kill()
                try:
                    assert gone(left, 15)
                finally:
                    for one in filter(is_running, left):
                        os.kill(one, signal.SIGKILL)
            assert not _listens(port)


def _workers(proxy: Process) -> list[int]:
    """The processes that serve: not the one that watches over shared memory."""
    found = []
    for one in children(proxy.process.pid):
        words = Path(f"/proc/{one}/cmdline").read_bytes() if is_running(one) else b""
        if b"spawn_main" in words:
            found.append(one)
    return found


class TestReloadAndDrain:
    def test_a_hundred_signals_under_load(self, tmp_path: Path) -> None:
        """A hundred reloads by SIGHUP, every second one with another client: no request fails."""
        with Upstream(friendly) as server:
            text = one_backend(server.url, LOG + "proxy: {watch_seconds: 0}\n")
            other = text.replace('"model"', '"retries": 2, "model"')
            with Process(tmp_path, text, "--port", "0") as proxy:
                with Load(proxy.port, many=6) as load:
                    for turn in range(100):
                        _replace(proxy.path, other if turn % 2 else text)
                        proxy.process.send_signal(signal.SIGHUP)
                        told = turn + 1
                        assert until(lambda told=told: proxy.said.count("reloaded") == told)
                    assert load.more(20)
                proxy.process.send_signal(signal.SIGTERM)
                assert proxy.process.wait(15) == 0
        assert set(load.counts) == {200}
        names = [row["request_id"] for row in events(tmp_path)[0]]
        assert sorted(names) == sorted(load.statuses)
        seen = Counter(row.headers["x-request-id"] for row in server.seen if row.method == "POST")
        assert seen == Counter(load.statuses.keys())

    def test_a_hundred_open_streams_are_finished(self, tmp_path: Path) -> None:
        """SIGTERM: no new connection is taken, every stream ends whole, the exit code is 0."""

        async def slow(seen: Seen, out: Out) -> None:
            await out.events(*deltas(*"abcdefgh"), pause=0.2)

        with Upstream(slow) as server:
            text = one_backend(server.url, LOG)
            with Process(tmp_path, text, "--port", "0") as proxy:

                def end() -> None:
                    proxy.process.send_signal(signal.SIGTERM)

                found = asyncio.run(_cut_streams(proxy.port, 100, end))
                assert proxy.process.wait(20) == 0
                assert not _listens(proxy.port)
        assert len(found) == 100
        assert all(b"data: [DONE]\n\n\r\n0\r\n\r\n" in raw for raw in found)
        assert all(raw.count(b'"content":"h"') == 1 for raw in found)
        rows, rest = events(tmp_path)
        assert not rest
        assert [row["status"] for row in rows] == ["forwarded"] * 100


def _replace(path: Path, text: str) -> None:
    """Write a file whole, as editors do."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


class TestCrowds:
    def test_five_hundred_slow_clients(self, tmp_path: Path) -> None:
        """Clients that dribble their request, or do not read their answer, keep nobody waiting."""
        piece = b'data: {"choices":[{"delta":{"content":"' + b"x" * 8000 + b'"}}]}\n\n'

        async def much(seen: Seen, out: Out) -> None:
            if "whole" in seen.body.decode():
                await friendly(seen, out)
                return
            await out.stream_head()
            for _ in range(1000):
                await out.chunk(piece)
            await out.end()

        async def crowd(port: int) -> list[float]:
            clients = [await _deaf_client(port) for _ in range(500)]
            loop = asyncio.get_running_loop()
            for number, client in enumerate(clients):
                deaf = number % 5 == 0
                data = _request(chat(stream=True)) if deaf else _request(chat())[:60]
                await loop.sock_sendall(client, data)
            async with asyncio.timeout(20):
                while len(server.seen) < 100:
                    await asyncio.sleep(0.02)
            await asyncio.sleep(0.5)
            took = [await _timed(port) for _ in range(20)]
            for client in clients:
                client.close()
            return took

        with (
            Upstream(much) as server,
            Process(tmp_path, one_backend(server.url), "--port", "0") as proxy,
        ):
            took = asyncio.run(crowd(proxy.port))
            assert until(lambda: server.open < 10, 10)  # the deaf ones' calls were taken back
            assert _memory(proxy) < 400 * 1024 * 1024
            assert proxy.chat(text="whole")
        assert sorted(took)[len(took) // 2] < 1.0

    def test_five_hundred_slow_upstreams(self, tmp_path: Path) -> None:
        """Five hundred answers that take their time do not delay one from another server."""

        async def slow(seen: Seen, out: Out) -> None:
            await asyncio.sleep(2.5)
            await out.json(completion())

        async def crowd(port: int) -> tuple[list[float], list[bytes]]:
            ask = [_asked(port, "hello", model="fast_local") for _ in range(500)]
            waiting = [asyncio.create_task(one) for one in ask]
            async with asyncio.timeout(20):
                while len(late.seen) < 450:
                    await asyncio.sleep(0.02)
            took = [await _timed(port, model="balanced_local") for _ in range(20)]
            return took, await asyncio.gather(*waiting)

        with Upstream(slow) as late, Upstream(friendly) as quick:
            text = several(fast_local=late.url, balanced_local=quick.url)
            with Process(tmp_path, text, "--port", "0") as proxy:
                took, found = asyncio.run(crowd(proxy.port))
        assert all(raw.startswith(b"HTTP/1.1 200") for raw in found)
        assert len(late.seen) == 500
        assert len(quick.seen) == 20
        assert sorted(took)[len(took) // 2] < 1.0


async def _deaf_client(port: int) -> socket.socket:
    """A connection with little room for an answer."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
    return client


async def _asked(port: int, text: str, **more: Any) -> bytes:
    """The bytes of one whole exchange."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_request(chat(text, **more)))
    async with asyncio.timeout(30):
        found = await reader.read()
    writer.close()
    return found


async def _timed(port: int, **more: Any) -> float:
    """Seconds for one exchange that goes well."""
    began = time.monotonic()
    found = await _asked(port, "whole", **more)
    assert found.startswith(b"HTTP/1.1 200"), found[:500]
    return time.monotonic() - began


def _memory(proxy: Process) -> int:
    """Bytes that the process holds; 0 where that cannot be read."""
    try:
        text = Path(f"/proc/{proxy.process.pid}/statm").read_text()
    except OSError:
        return 0
    return int(text.split()[1]) * resource.getpagesize()


@LINUX
def test_a_full_disk_for_the_log(tmp_path: Path) -> None:
    """Requests are answered, it is said once, whole lines stay, and with room it goes on."""
    most = 8000

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    with Upstream(friendly) as server:
        text = one_backend(server.url, LOG)
        with Process(tmp_path, text, "--port", "0", begin=small) as proxy:
            assert all(proxy.answers() for _ in range(40))
            assert until(lambda: "events are lost" in proxy.said)
            assert (tmp_path / "e.jsonl").stat().st_size <= most
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(proxy.process.pid, resource.RLIMIT_FSIZE, unlimited)
            assert all(proxy.answers() for _ in range(5))
            proxy.process.send_signal(signal.SIGTERM)
            assert proxy.process.wait(15) == 0
            assert proxy.said.count("events are lost") == 1
    whole = torn = 0
    for row in (tmp_path / "e.jsonl").read_bytes().splitlines():
        try:
            json.loads(row)
            whole += 1
        except ValueError:
            torn += 1
    assert torn <= 1
    assert whole >= 5 + 5
    last = json.loads((tmp_path / "e.jsonl").read_bytes().splitlines()[-1])
    assert last["status"] == "forwarded"
