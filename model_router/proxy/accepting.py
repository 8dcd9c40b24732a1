"""Taking clients' connections: all that wait, in one turn of the loop.

libuv takes one a turn. With many clients at work a turn is as long as a request of each of them, so
the last of 128 that connect at once would wait for 8,000 answers before it is heard. asyncio's own
loop takes as many as wait, and needs none of this.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterable
from typing import Protocol

MOST_AT_ONCE = 64
"""Connections taken in a turn, so that those who are in go on in between."""


class Listening(Protocol):
    """What is needed of a socket that listens."""

    def fileno(self) -> int:
        """Its descriptor."""
        ...


class Acceptor:
    """Takes connections for a server on uvloop, beside the server itself, until `stop`."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, protocol: Callable[[], asyncio.Protocol]
    ) -> None:
        self._loop = loop
        self._protocol = protocol
        self._listeners: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, listeners: Iterable[Listening]) -> None:
        """Begin, where the loop needs it."""
        if not type(self._loop).__module__.startswith("uvloop"):
            return
        for listener in listeners:
            # One of our own: the server watches its descriptor already.
            own = socket.socket(fileno=os.dup(listener.fileno()))
            own.setblocking(False)
            self._listeners.append(own)
            self._loop.add_reader(own, self._accept, own)

    def stop(self) -> None:
        """Take no more."""
        while self._listeners:
            own = self._listeners.pop()
            self._loop.remove_reader(own)
            own.close()

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(MOST_AT_ONCE):
            try:
                client, _ = listener.accept()
            except OSError:
                return  # nobody waits; where descriptors have run out, the server deals with it
            task = self._loop.create_task(self._connect(client))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self, client: socket.socket) -> None:
        client.setblocking(False)
        try:
            if client.family != socket.AF_UNIX:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(self._protocol, client)
        except BaseException as error:
            client.close()
            if not isinstance(error, OSError):  # who is gone already is no error
                raise
