"""Walking the ways to answer: each in turn, until one answers or none is left.

Nothing reaches the client before it is known to be an answer: a stream is held until its first
content, an error or its end. So a backend that fails, or says nothing, can still be replaced.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, NamedTuple

from model_router.proxy import failures
from model_router.proxy.exchange import Exchange
from model_router.proxy.failures import Failure
from model_router.proxy.gate import GateFull
from model_router.proxy.handing import SHORT_WAIT, hand_over, judge, without_key
from model_router.proxy.service import Candidate
from model_router.proxy.upstream import Answer, Call, UpstreamError
from model_router.proxy.wire_headers import value_of

if TYPE_CHECKING:
    from model_router.proxy.http1_answer import Http1Answer


class Begun(NamedTuple):
    """The first candidate was asked already, and is counted at its gate."""

    call: Call
    answer: Http1Answer
    at: float


async def forward(x: Exchange, begun: Begun | None = None) -> None:
    """Answer the client: by the first candidate that can, or with what went wrong."""
    failed: list[tuple[Candidate, Failure]] = []
    asked = 0
    ways = x.choice.candidates
    for place, candidate in enumerate(ways):
        if asked >= x.service.config.max_attempts:
            break
        alone = place == len(ways) - 1
        if begun is None:
            failure = await _try(x, candidate, alone=alone)
        else:
            failure = await _inside(x, candidate, alone=alone, begun=begun)
            begun = None
        if failure is None:
            return
        failed.append((candidate, failure))
        asked += failure.tried
    await _give_up(x, failed)


async def _give_up(x: Exchange, failed: list[tuple[Candidate, Failure]]) -> None:
    """The last word: that of the last backend that was asked, else why none was."""
    asked = [row for row in failed if row[1].tried]
    candidate, failure = (asked or failed)[-1]
    if failure.wait is not None and failure.tried and failure.wait <= SHORT_WAIT:
        await x.patiently(asyncio.sleep(failure.wait + random.uniform(0.01, 0.1)))
        again = await _try(x, candidate, alone=True)
        if again is None:
            return
        failure = again
    if failure.raw is not None and not x.sent:
        status, headers, body = failure.raw
        if value_of(headers, b"content-type") is None or body[:1] == b"{":
            headers = [row for row in headers if row[0] != b"content-type"]
            headers.append((b"content-type", b"application/json"))
        await x.whole(status, headers, without_key(body, candidate), candidate)
    else:
        await x.refuse(failure.problem)


async def _try(x: Exchange, candidate: Candidate, *, alone: bool) -> Failure | None:
    """Ask one candidate; None when the client has its answer."""
    backend = candidate.backend
    if backend.breaker.until is not None and not backend.breaker.allows(now := time.monotonic()):
        return _noted(x, candidate, failures.resting(backend.name, backend.breaker.wait(now)))
    try:
        if not backend.gate.try_enter():
            await x.patiently(backend.gate.enter())
    except BaseException as error:
        backend.breaker.released()
        if isinstance(error, GateFull):
            return _noted(x, candidate, failures.crowded(backend.name, error.waited))
        raise
    backend.calls += 1
    return await _inside(x, candidate, alone=alone)


async def _inside(
    x: Exchange, candidate: Candidate, *, alone: bool, begun: Begun | None = None
) -> Failure | None:
    """The part of `_try` behind the gate."""
    backend = candidate.backend
    try:
        failure = await _ask(x, candidate, alone, begun)
    except BaseException:
        backend.breaker.released()
        raise
    finally:
        backend.gate.leave()
    if failure is None:
        return None
    judge(candidate, failure)
    return _noted(x, candidate, failure)


def _noted(x: Exchange, candidate: Candidate, failure: Failure) -> Failure:
    x.note(candidate, failure.outcome)
    return failure


async def _ask(
    x: Exchange, candidate: Candidate, alone: bool, begun: Begun | None
) -> Failure | None:
    backend = candidate.backend
    started = time.monotonic() if begun is None else begun.at
    call = x.call(candidate) if begun is None else begun.call
    try:
        try:
            sending = backend.upstream.send(call, begun and begun.answer)
            answer = await x.patiently(sending)
        except UpstreamError as error:
            if error.sent or not alone or not backend.settings.retries:
                raise
            answer = await x.patiently(_sent_again(candidate, call))
    except UpstreamError as error:
        return failures.of_error(error, backend.name)
    x.metrics.first_byte.see(backend.name, time.monotonic() - started)
    try:
        return await hand_over(x, candidate, answer)
    except UpstreamError as error:
        return failures.of_error(error, backend.name)
    finally:
        if not answer.ended:
            await answer.close()


async def _sent_again(candidate: Candidate, call: Call) -> Answer:
    """The head of the answer of a backend that could not be reached; no other is asked again."""
    backend = candidate.backend
    for turn in range(backend.settings.retries):
        await asyncio.sleep(0.05 * 2**turn * random.uniform(0.5, 1.5))
        try:
            return await backend.upstream.send(call)
        except UpstreamError as error:
            if error.sent or turn + 1 == backend.settings.retries:
                raise
    raise AssertionError("no further try was asked for")
