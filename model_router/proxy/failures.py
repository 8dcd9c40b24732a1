"""Why a backend did not answer, and what follows: another one, a pause, or the client is told."""

from __future__ import annotations

import json
import re
import time
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from model_router.proxy.problems import (
    RATE,
    UPSTREAM,
    Problem,
    retry_after,
    shaped,
)
from model_router.proxy.upstream import CONNECT, CONNECT_TIMEOUT, Header, UpstreamError
from model_router.proxy.wire_headers import returned, value_of

MOST_ERROR = 1_000_000
"""Bytes of an error's body that are read."""

_OVERFLOW = re.compile(
    rb"context_length|context length|exceed_context|context size|context window"
    rb"|maximum context|too many tokens|prompt is too long|n_ctx",
    re.IGNORECASE,
)
_BLIND = re.compile(
    rb"image|vision|multimodal|multi-modal|mmproj|audio input|content type", re.IGNORECASE
)


class Failure(NamedTuple):
    """A backend that gave no answer worth passing on.

    `sick` counts against its health. `raw` is its own answer (status, headers, body), if it gave
    one; `problem` what the client is told otherwise. `tried` is false when it was not even asked.
    """

    outcome: str
    problem: Problem
    sick: bool = False
    tried: bool = True
    wait: float | None = None  # seconds after which it may be asked again
    raw: tuple[int, list[Header], bytes] | None = None


def of_error(error: UpstreamError, backend: str) -> Failure:
    """The failure of a backend that could not be reached, was late or hung up."""
    message = f"backend {backend} {error}"
    if error.timed_out:
        problem = Problem(504, message, UPSTREAM, error.kind)
    elif error.kind == CONNECT:
        problem = Problem(502, message, UPSTREAM, "upstream_unreachable")
    else:
        problem = Problem(502, message, UPSTREAM, "upstream_request_failed")
    outcome = "timeout" if error.timed_out and error.kind != CONNECT_TIMEOUT else error.kind
    return Failure(outcome, problem, sick=True)


def resting(backend: str, wait: float) -> Failure:
    """The failure of a backend that is left alone for now."""
    message = f"backend {backend} failed lately and is left alone for {wait:.0f} s"
    headers = (retry_after(wait),)
    problem = Problem(503, message, UPSTREAM, "backend_unavailable", headers=headers)
    return Failure("open", problem, tried=False, wait=wait)


def crowded(backend: str, waited: bool) -> Failure:
    """The failure of a backend that has no place: 429 for a full queue, 503 after waiting."""
    if waited:
        message = f"backend {backend} is busy: no place came free in time"
        problem = Problem(503, message, RATE, "queue_timeout", headers=(retry_after(2),))
    else:
        message = f"backend {backend} is busy and its queue is full"
        problem = Problem(429, message, RATE, "queue_full", headers=(retry_after(2),))
    return Failure("busy", problem, tried=False)


def empty(backend: str) -> Failure:
    """The failure of an answer without content: what servers do that cannot take the request."""
    message = (
        f"backend {backend} answered without any content; "
        "the request may be longer than its context, or of a kind that it cannot read"
    )
    return Failure("empty", Problem(502, message, UPSTREAM, "empty_answer"))


def of_event(error: Any, backend: str) -> Failure:
    """The failure of an answer that began with an error although its status said 200."""
    body = json.dumps({"error": error}).encode()
    code = error.get("code") if isinstance(error, dict) else None
    status = 502
    if isinstance(code, int) and 400 <= code <= 599:
        status = code
    elif _OVERFLOW.search(body):
        status = 400
    found = of_status(status, [], body, backend)
    return found or _told(status, [], body, backend, sick=False)


def of_status(status: int, headers: list[Header], body: bytes, backend: str) -> Failure | None:
    """The failure that an error status is; None when it is the client's to know, as it is."""
    if status < 400:
        message = f"backend {backend} answered with the status {status}"
        return Failure("redirect", Problem(502, message, UPSTREAM, "upstream_redirect"))
    head = body[:20_000]
    overflows = _OVERFLOW.search(head) is not None
    if status in (400, 413, 422) and not overflows:
        return None
    if 400 <= status < 500 and status not in (400, 401, 402, 403, 404, 408, 413, 422, 429):
        return None
    sick = status == 408 or (
        status >= 500 and status != 501 and not overflows and not _BLIND.search(head)
    )
    return _told(status, headers, body, backend, sick=sick)


def _told(status: int, headers: list[Header], body: bytes, backend: str, *, sick: bool) -> Failure:
    problem = Problem(status, f"backend {backend} answered {status}", UPSTREAM)
    wait = asked_wait(headers) if status in (429, 503) else None
    raw = (status, returned(headers), shaped(body, status))
    return Failure(str(status), problem, sick=sick and wait is None, wait=wait, raw=raw)


def asked_wait(headers: list[Header]) -> float | None:
    """Seconds that a server asks for: Retry-After-Ms, or Retry-After as seconds or a date."""
    exact = value_of(headers, b"retry-after-ms")
    given = value_of(headers, b"retry-after")
    try:
        if exact is not None:
            return min(max(float(exact) / 1000, 0.0), 86_400.0)
        if given is None:
            return None
        text = given.decode("ascii")
        if text.replace(".", "", 1).isdigit():
            return min(float(text), 86_400.0)
        return min(max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0), 86_400.0)
    except (ValueError, TypeError, OverflowError):
        return None
