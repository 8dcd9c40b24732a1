"""Taking connections: whoever connects is heard soon, however many are at work."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_router.proxy.accepting import Acceptor
from tests.support.proxies import Proxy, one_backend
from tests.support.upstreams import Upstream, friendly

uvloop = pytest.importorskip("uvloop")
CLIENTS = 48
ASK = b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"


class Busy(asyncio.Protocol):
    """A server's side that takes a millisecond for each line."""

    answers = 0
    open = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        Busy.open += 1

    def connection_lost(self, exc: Exception | None) -> None:
        Busy.open -= 1

    def data_received(self, data: bytes) -> None:
        time.sleep(0.001)
        Busy.answers += 1
        self.transport.write(b"%d\n" % Busy.answers)


class Keen(asyncio.Protocol):
    """A client's side that asks again as soon as it is answered. `heard` takes how many answers
    the server had given with its first one."""

    def __init__(self, heard: list[int], left: list[object]) -> None:
        self.heard = heard
        self.left = left
        self.first = True

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(b"?")

    def connection_lost(self, exc: Exception | None) -> None:
        self.left.append(self)

    def data_received(self, data: bytes) -> None:
        if self.first:
            self.heard.append(int(data.split()[0]))
            self.first = False
        if len(self.heard) < CLIENTS:
            self.transport.write(b"?")
        else:
            self.transport.close()


def heard_by(accepting: bool) -> list[int]:
    """How many answers were given before each client of many had its first one."""
    heard: list[int] = []
    ready: list[int] = []
    done = threading.Event()

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Busy, "127.0.0.1", 0, backlog=1000)
        acceptor = Acceptor(loop, Busy)
        if accepting:
            acceptor.start(server.sockets)
        ready.append(server.sockets[0].getsockname()[1])
        while Busy.open or not done.is_set():
            await asyncio.sleep(0.01)
        acceptor.stop()
        server.close()

    async def ask() -> None:
        loop = asyncio.get_running_loop()
        left: list[object] = []
        for _ in range(CLIENTS):
            await loop.create_connection(lambda: Keen(heard, left), "127.0.0.1", ready[0])
        while len(left) < CLIENTS:
            await asyncio.sleep(0.01)

    Busy.answers = 0
    thread = threading.Thread(target=uvloop.run, args=(serve(),), daemon=True)
    thread.start()
    while not ready:
        time.sleep(0.01)
    asyncio.run(asyncio.wait_for(ask(), 60))
    done.set()
    thread.join(10)
    return heard


def test_those_who_come_last_are_heard_in_the_first_rounds() -> None:
    """All that wait are taken at once, so nobody waits for the hundredth answer to the others."""
    assert max(heard_by(accepting=True)) < 8 * CLIENTS


def test_every_connection_works_as_the_servers_own(tmp_path: Path) -> None:
    """Whoever took it, it is answered, and small answers are not held back."""
    with Upstream(friendly) as server, Proxy(tmp_path, one_backend(server.url)) as proxy:
        clients = [socket.create_connection(("127.0.0.1", proxy.port), 10) for _ in range(150)]
        for client in clients:
            client.sendall(ASK)
        for client in clients:
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
            client.close()


def test_nobody_is_taken_after_the_end() -> None:
    """`stop` gives its sockets back, and the port takes nobody when the server closes it."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Busy, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        before = _open_descriptors()
        acceptor = Acceptor(loop, Busy)
        acceptor.start(server.sockets)
        assert _open_descriptors() == before + 1
        acceptor.stop()
        assert _open_descriptors() == before
        server.close()
        await server.wait_closed()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), 5)

    uvloop.run(run())


def _open_descriptors() -> int:
    return len(os.listdir("/dev/fd"))


def test_asyncios_own_loop_is_left_alone() -> None:
    """It takes all that wait by itself."""
    made: list[Callable[..., Any]] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Busy, "127.0.0.1", 0)
        acceptor = Acceptor(loop, Busy)
        acceptor.start(server.sockets)
        made.extend(acceptor._listeners)
        server.close()

    asyncio.run(run())
    assert not made
