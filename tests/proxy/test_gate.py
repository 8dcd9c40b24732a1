"""The gate: so many at a time, the rest in order, not too many and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from model_router.proxy.gate import Gate, GateFull


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    """Run a coroutine."""

    async def whole() -> Any:
        return await work()

    return asyncio.run(whole())


def test_without_a_limit_everybody_enters() -> None:
    """None is no limit."""
    gate = Gate(None, 0, 0.0)
    assert all(gate.try_enter() for _ in range(1000))


def test_who_waits_longest_enters_first() -> None:
    """First in, first out, and nobody overtakes."""

    async def work() -> list[int]:
        gate, order = Gate(1, 10, 5.0), []
        assert gate.try_enter()

        async def one(n: int) -> None:
            await gate.enter()
            order.append(n)
            await asyncio.sleep(0)
            gate.leave()

        tasks = [asyncio.create_task(one(n)) for n in range(5)]
        await asyncio.sleep(0.01)
        assert gate.waiting == 5
        assert not gate.try_enter()
        gate.leave()
        await asyncio.gather(*tasks)
        assert gate.inside == gate.waiting == 0
        return order

    assert run(work) == [0, 1, 2, 3, 4]


def test_a_full_queue_refuses() -> None:
    """At once."""

    async def work() -> None:
        gate = Gate(1, 1, 5.0)
        await gate.enter()
        task = asyncio.create_task(gate.enter())
        await asyncio.sleep(0)
        with pytest.raises(GateFull) as caught:
            await gate.enter()
        assert not caught.value.waited
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert gate.waiting == 0

    run(work)


def test_waiting_has_an_end() -> None:
    """And leaves no trace."""

    async def work() -> None:
        gate = Gate(1, 5, 0.02)
        await gate.enter()
        with pytest.raises(GateFull) as caught:
            await gate.enter()
        assert caught.value.waited
        assert gate.waiting == 0
        gate.leave()
        assert gate.try_enter()

    run(work)


def test_places_are_never_lost() -> None:
    """However tasks come, go and are cancelled, in the end the gate is empty and open."""

    async def work() -> None:
        import random

        gate = Gate(3, 50, 0.01)
        seen = 0

        async def one() -> None:
            nonlocal seen
            try:
                await gate.enter()
            except GateFull:
                return
            try:
                seen = max(seen, gate.inside)
                await asyncio.sleep(random.random() * 0.004)
            finally:
                gate.leave()

        tasks = [asyncio.create_task(one()) for _ in range(200)]
        for task in random.sample(tasks, 80):
            await asyncio.sleep(0.0002)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (gate.inside, gate.waiting) == (0, 0)
        assert seen <= 3
        assert all(gate.try_enter() for _ in range(3))
        assert not gate.try_enter()

    run(work)
