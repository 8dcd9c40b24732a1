"""Asking backends how they are, in the background: who answers, and which models they have.

Real traffic counts too, see `breaker`. A probe that is merely slow proves nothing: a server that
computes one answer at a time is deaf meanwhile.
"""

from __future__ import annotations

import asyncio
import time

from model_router.proxy.backends import BackendRuntime
from model_router.proxy.breaker import CLOSED
from model_router.proxy.upstream import Call, UpstreamError
from model_router.servers import MOST_BODY, advertised


async def probe(backend: BackendRuntime, seconds: float) -> None:
    """Ask for the list of models, `seconds` at most, and note what that says. Never raises."""
    try:
        async with asyncio.timeout(seconds):
            status, body = await _asked(backend)
    except TimeoutError:
        return
    except UpstreamError as error:
        if not error.sent:
            backend.last_error = str(error)
            backend.breaker.failed(time.monotonic())
        return
    if status < 500 and backend.state() != CLOSED and not backend.breaker.asked_to_rest:
        backend.breaker.succeeded()
    if status == 200 and (found := advertised(body)) is not None:
        backend.advertised = found


async def _asked(backend: BackendRuntime) -> tuple[int, bytes]:
    answer = await backend.upstream.send(Call(b"GET", backend.target("/models")))
    try:
        pieces, size = [], 0
        while size < MOST_BODY and (piece := await answer.read()):
            pieces.append(piece)
            size += len(piece)
        return answer.status, b"".join(pieces)
    finally:
        if not answer.ended:
            await answer.close()
