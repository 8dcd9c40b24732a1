"""Handing an answer to the client: a refusal, a plain answer, a stream.

Each returns None when the client has its answer, or the Failure that it was: nothing was sent then,
and somebody else may be asked. Raises UpstreamError where nothing was sent, too.
"""

from __future__ import annotations

import time
from typing import Any

from model_router.proxy import failures
from model_router.proxy.body import BodyError, read_body
from model_router.proxy.exchange import NO_BUFFER, Exchange
from model_router.proxy.failures import Failure
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

_SHORTEST_KEY = 6

SHORT_WAIT = 2.0
"""A server that asks for no longer pause than this is asked again when nobody else is left."""


async def hand_over(x: Exchange, candidate: Candidate, answer: Answer) -> Failure | None:
    """Whatever came back, to the client, as far as it is an answer."""
    if answer.status >= 300:
        return await _refusal(x, candidate, answer)
    if is_stream(answer):
        return await _stream(x, candidate, answer)
    return await _plain(x, candidate, answer)


def is_stream(answer: Answer) -> bool:
    """Whether an answer consists of events."""
    kind = value_of(answer.headers, b"content-type") or b""
    return kind.lower().startswith(b"text/event-stream")


def judge(candidate: Candidate, failure: Failure) -> None:
    """Note what a failure says of the backend's health."""
    breaker, now = candidate.backend.breaker, time.monotonic()
    candidate.backend.last_error = failure.problem.message
    if failure.wait is not None and failure.wait > SHORT_WAIT:
        breaker.rest(now + min(failure.wait, 60.0))
    elif failure.sick:
        breaker.failed(now)
    else:
        breaker.succeeded()  # it answered, if not what was hoped for


async def _refusal(x: Exchange, candidate: Candidate, answer: Answer) -> Failure | None:
    body, _ = await _read_up_to(answer, failures.MOST_ERROR)
    body = without_key(body, candidate)
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


def without_key(body: bytes, candidate: Candidate) -> bytes:
    """An error's body without the backend's key: some servers quote it."""
    key = (candidate.backend.settings.api_key or "").encode()
    return body.replace(key, b"***") if len(key) >= _SHORTEST_KEY and key in body else body


def _words(body: bytes) -> str:
    return body[:2000].decode("utf-8", "replace")


async def _plain(x: Exchange, candidate: Candidate, answer: Answer) -> Failure | None:
    """A plain answer: held whole unless it is very long."""
    whole, body = True, answer.at_hand()
    if body is None:
        body, whole = await _read_up_to(answer, PLAIN_HELD)
    if not body and answer.status == 200:
        return failures.empty(candidate.backend.name)
    if b'"error"' in body[:256] and (error := _error_in(body)) is not None:
        return failures.of_event(error, candidate.backend.name)
    well(x, candidate)
    headers = returned(answer.headers)
    if not whole:
        await _long(x, candidate, answer, body)
        return None
    x.usage = usage_in(body)
    if (model := x.requested_model) is not None:
        body = renamed(body, model)
    if x.sent:  # a heartbeat began a stream, so the answer has to be an event of it
        await x.start(answer.status, headers, candidate)
        await x.end(b"data: " + b" ".join(body.splitlines()) + b"\n\n")
        return None
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
    judge(candidate, failure)
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
        piece = await x.patiently(answer.read())
        verdict = opening.feed(piece) if piece else opening.end()
    if verdict == ERROR:
        return failures.of_event(opening.error, candidate.backend.name)
    if verdict == EMPTY:
        return failures.empty(candidate.backend.name)
    assert verdict == CONTENT
    well(x, candidate)
    headers = [row for row in returned(answer.headers) if row[0] != b"content-length"]
    await x.start(answer.status, [*headers, NO_BUFFER], candidate)
    await _pass_on(x, candidate, answer, opening.held)
    return None


def well(x: Exchange, candidate: Candidate) -> None:
    """Note that a candidate answered."""
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
