"""Walking the ways to answer: each in turn, until one answers or none is left.

Nothing reaches the client before it is known to be an answer: a stream is held until its first
content, an error or its end. So a backend that fails, or says nothing, can still be replaced.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable
from typing import Any, TypeVar

from model_router.proxy import failures
from model_router.proxy.body import BodyError, read_body
from model_router.proxy.exchange import NO_BUFFER, Exchange
from model_router.proxy.failures import Failure
from model_router.proxy.gate import GateFull
from model_router.proxy.problems import UPSTREAM, Problem, shaped
from model_router.proxy.service import Candidate
from model_router.proxy.sse import (
    CONTENT,
    EMPTY,
    ERROR,
    WAIT,
    Opening,
    Renamer,
    error_event,
    renamed,
)
from model_router.proxy.upstream import Answer, UpstreamError
from model_router.proxy.usage import usage_in
from model_router.proxy.wire_headers import returned, value_of

PLAIN_HELD = 4 * 1024 * 1024
"""A plain answer is held whole up to this size, so that one that is cut can be replaced."""

SHORT_WAIT = 2.0
"""A server that asks for no longer pause than this is asked again when nobody else is left."""

T = TypeVar("T")


async def forward(x: Exchange) -> None:
    """Answer the client: by the first candidate that can, or with what went wrong."""
    failed: list[tuple[Candidate, Failure]] = []
    asked = 0
    ways = x.choice.candidates
    for place, candidate in enumerate(ways):
        if asked >= x.service.config.max_attempts:
            break
        failure = await _try(x, candidate, alone=place == len(ways) - 1)
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
        await _patiently(x, asyncio.sleep(failure.wait + random.uniform(0.01, 0.1)))
        again = await _try(x, candidate, alone=True)
        if again is None:
            return
        failure = again
    if failure.raw is not None and not x.sent:
        status, headers, body = failure.raw
        if value_of(headers, b"content-type") is None or body[:1] == b"{":
            headers = [row for row in headers if row[0] != b"content-type"]
            headers.append((b"content-type", b"application/json"))
        await x.whole(status, headers, body, candidate)
    else:
        await x.refuse(failure.problem)


async def _try(x: Exchange, candidate: Candidate, *, alone: bool) -> Failure | None:
    """Ask one candidate; None when the client has its answer."""
    backend = candidate.backend
    now = time.monotonic()
    if not backend.breaker.allows(now):
        return _noted(x, candidate, failures.resting(backend.name, backend.breaker.wait(now)))
    try:
        if not backend.gate.try_enter():
            await _patiently(x, backend.gate.enter())
    except BaseException as error:
        backend.breaker.released()
        if isinstance(error, GateFull):
            return _noted(x, candidate, failures.crowded(backend.name, error.waited))
        raise
    backend.calls += 1
    try:
        failure = await _ask(x, candidate, alone=alone)
    except BaseException:
        backend.breaker.released()
        raise
    finally:
        backend.gate.leave()
    if failure is None:
        return None
    _judge(candidate, failure)
    return _noted(x, candidate, failure)


def _judge(candidate: Candidate, failure: Failure) -> None:
    """What a failure says of the backend's health."""
    breaker, now = candidate.backend.breaker, time.monotonic()
    candidate.backend.last_error = failure.problem.message
    if failure.wait is not None and failure.wait > SHORT_WAIT:
        breaker.rest(now + min(failure.wait, 60.0))
    elif failure.sick:
        breaker.failed(now)
    else:
        breaker.succeeded()  # it answered, if not what was hoped for


def _noted(x: Exchange, candidate: Candidate, failure: Failure) -> Failure:
    x.note(candidate, failure.outcome)
    return failure


async def _ask(x: Exchange, candidate: Candidate, *, alone: bool) -> Failure | None:
    backend = candidate.backend
    started = time.monotonic()
    try:
        answer = await _patiently(x, _sent(x, candidate, backend.settings.retries if alone else 0))
    except UpstreamError as error:
        return failures.of_error(error, backend.name)
    x.metrics.first_byte.see(backend.name, time.monotonic() - started)
    try:
        if answer.status >= 300:
            return await _refusal(x, candidate, answer)
        kind = value_of(answer.headers, b"content-type") or b""
        if kind.lower().startswith(b"text/event-stream"):
            return await _stream(x, candidate, answer)
        return await _plain(x, candidate, answer)
    except UpstreamError as error:
        return failures.of_error(error, backend.name)
    finally:
        if not answer.ended:
            await answer.close()


async def _sent(x: Exchange, candidate: Candidate, retries: int) -> Answer:
    """The head of the answer. Only a backend that could not be reached is asked again."""
    call = x.call(candidate)
    for turn in range(retries):
        try:
            return await candidate.backend.upstream.send(call)
        except UpstreamError as error:
            if error.sent:
                raise
        await asyncio.sleep(0.05 * 2**turn * random.uniform(0.5, 1.5))
    return await candidate.backend.upstream.send(call)


async def _patiently(x: Exchange, work: Awaitable[T]) -> T:
    """Wait for `work`; with heartbeats switched on a streaming client hears one now and then."""
    pause = x.service.config.heartbeat_seconds
    if not pause or not x.streams:
        return await work
    task = asyncio.ensure_future(work)
    try:
        while True:
            done, _ = await asyncio.wait({task}, timeout=pause)
            if done:
                return task.result()
            await x.beat()
    except asyncio.CancelledError:
        task.cancel()
        raise


# ------------------------------------------------------------------ what an answer may be


async def _refusal(x: Exchange, candidate: Candidate, answer: Answer) -> Failure | None:
    body, _ = await _read_up_to(answer, failures.MOST_ERROR)
    failure = failures.of_status(answer.status, answer.headers, body, candidate.backend.name)
    if failure is not None:
        return failure
    candidate.backend.breaker.succeeded()
    x.note(candidate, str(answer.status))
    if x.sent:
        await x.refuse(Problem(answer.status, _words(body), UPSTREAM))
        return None
    tidy = shaped(body, answer.status)
    headers = returned(answer.headers)
    if tidy is not body:
        headers = [row for row in headers if row[0] not in (b"content-type", b"content-encoding")]
        headers.append((b"content-type", b"application/json"))
    await x.whole(answer.status, headers, tidy, candidate)
    return None


def _words(body: bytes) -> str:
    return body[:2000].decode("utf-8", "replace")


async def _plain(x: Exchange, candidate: Candidate, answer: Answer) -> Failure | None:
    """A plain answer: held whole unless it is very long."""
    body, whole = await _read_up_to(answer, PLAIN_HELD)
    if not body and answer.status == 200:
        return failures.empty(candidate.backend.name)
    if b'"error"' in body[:256] and (error := _error_in(body)) is not None:
        return failures.of_event(error, candidate.backend.name)
    _well(x, candidate)
    headers = returned(answer.headers)
    if not whole:
        await _long(x, candidate, answer, body)
        return None
    x.usage = usage_in(body)
    if x.sent:  # a heartbeat began a stream, so the answer has to be an event of it
        await x.start(answer.status, headers, candidate)
        await x.end(b"data: " + b" ".join(body.splitlines()) + b"\n\n")
        return None
    if (model := x.requested_model) is not None:
        body = renamed(body, model)
    await x.whole(answer.status, headers, body, candidate)
    return None


def _error_in(body: bytes) -> Any:
    """The error that a body with status 200 says, or None."""
    try:
        data = read_body(body).data
    except BodyError:
        return None
    return None if "choices" in data or not data.get("error") else data["error"]


async def _long(x: Exchange, candidate: Candidate, answer: Answer, held: bytes) -> None:
    """The rest of a very long plain answer goes out as it comes."""
    headers = returned(answer.headers)
    if (length := value_of(answer.headers, b"content-length")) is not None:
        headers.append((b"content-length", length))
    await x.start(answer.status, headers, candidate)
    await x.piece(held)
    while piece := await _next(x, candidate, answer):
        await x.piece(piece)
    if answer.ended:
        await x.end()
    else:
        raise ConnectionAbortedError("the answer was cut")  # the client sees it cut, too


async def _next(x: Exchange, candidate: Candidate, answer: Answer) -> bytes:
    """The next piece of an answer that the client is already reading; b"" when it is cut."""
    try:
        return await answer.read()
    except UpstreamError as error:
        _cut(x, candidate, error)
        return b""


def _cut(x: Exchange, candidate: Candidate, error: UpstreamError) -> Failure:
    failure = failures.of_error(error, candidate.backend.name)
    _judge(candidate, failure)
    x.note(candidate, "interrupted")
    return failure


async def _read_up_to(answer: Answer, most: int) -> tuple[bytes, bool]:
    """What of the body fits into `most` bytes, and whether that is all."""
    first = await answer.read()
    if answer.ended:
        return first, True
    pieces, size = [first], len(first)
    while size <= most and (piece := await answer.read()):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces), answer.ended


async def _stream(x: Exchange, candidate: Candidate, answer: Answer) -> Failure | None:
    opening = Opening()
    verdict = WAIT
    while verdict == WAIT:
        piece = await _patiently(x, answer.read())
        verdict = opening.feed(piece) if piece else opening.end()
    if verdict == ERROR:
        return failures.of_event(opening.error, candidate.backend.name)
    if verdict == EMPTY:
        return failures.empty(candidate.backend.name)
    assert verdict == CONTENT
    _well(x, candidate)
    headers = [row for row in returned(answer.headers) if row[0] != b"content-length"]
    await x.start(answer.status, [*headers, NO_BUFFER], candidate)
    await _pass_on(x, candidate, answer, opening.held)
    return None


def _well(x: Exchange, candidate: Candidate) -> None:
    candidate.backend.breaker.succeeded()
    x.note(candidate, "ok")


async def _pass_on(x: Exchange, candidate: Candidate, answer: Answer, piece: bytes) -> None:
    """Send a stream on as it comes. When it is cut, an error event tells the client."""
    renamer = None if (model := x.requested_model) is None else Renamer(model)
    last, used = piece, piece
    try:
        while piece:
            await x.piece(renamer.feed(piece) if renamer else piece)
            last = piece
            if b'"usage"' in piece:
                used = piece
            piece = await answer.read()
    except UpstreamError as error:
        problem = _cut(x, candidate, error).problem._replace(code="stream_interrupted")
        rest = renamer.end() if renamer else b""
        mid = not last.endswith((b"\n\n", b"\r\r", b"\r\n\r\n"))
        await x.end(rest + error_event(problem.error, mid_line=mid))
        return
    x.usage = usage_in(used)
    await x.end(renamer.end() if renamer else b"")
