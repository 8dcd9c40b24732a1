"""How many requests a backend takes at a time. The rest wait in a bounded queue, first in first
out, and not for ever."""

from __future__ import annotations

import asyncio
from collections import deque


class GateFull(Exception):
    """No place: the queue is full (`waited` false), or waiting took too long."""

    def __init__(self, waited: bool) -> None:
        super().__init__("waited too long for a place" if waited else "the queue is full")
        self.waited = waited


class Gate:
    """`most` at a time (None: no limit), `places` that wait, each `seconds` at most."""

    __slots__ = ("_places", "_seconds", "_waiting", "inside", "most")

    def __init__(self, most: int | None, places: int, seconds: float) -> None:
        self.most = most
        self.inside = 0
        self._places = places
        self._seconds = seconds
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def try_enter(self) -> bool:
        """Enter if there is room and nobody waits."""
        if self.most is not None and (self.inside >= self.most or self._waiting):
            return False
        self.inside += 1
        return True

    async def enter(self) -> None:
        """Enter as soon as there is room. Raises GateFull."""
        if self.try_enter():
            return
        if len(self._waiting) >= self._places:
            raise GateFull(waited=False)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._seconds):
                await turn
        except TimeoutError:
            self._give_up(turn)
            raise GateFull(waited=True) from None
        except asyncio.CancelledError:
            self._give_up(turn)
            raise

    def leave(self) -> None:
        """Make room; the one who waits longest enters."""
        self.inside -= 1
        while self._waiting and (self.most is None or self.inside < self.most):
            turn = self._waiting.popleft()
            if not turn.done():
                self.inside += 1
                turn.set_result(None)

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():
            self.leave()  # the turn had come in the same moment
        elif turn in self._waiting:
            self._waiting.remove(turn)
