"""The ordinary chat request, answered without a task: what the sockets tell goes on as it comes.

A body that is there whole and not large, no stream, a first candidate that is well and has an idle
connection, and a plain answer. Whatever turns out otherwise goes on in a task, in the general way,
from where it is.
"""

from __future__ import annotations

import time
from collections.abc import Coroutine
from typing import Any

from model_router.proxy.arrays import SHORTEST
from model_router.proxy.chat import LARGE, answered, ask_person, chat, count, exchange
from model_router.proxy.choosing import NeedsPerson
from model_router.proxy.exchange import Exchange
from model_router.proxy.forward import Begun
from model_router.proxy.guard import fails, guarded
from model_router.proxy.handing import is_stream, well
from model_router.proxy.http1_answer import Http1Answer
from model_router.proxy.http1_request import ServerRequest
from model_router.proxy.incoming import Incoming
from model_router.proxy.live import Live
from model_router.proxy.looking import look
from model_router.proxy.sse import renamed
from model_router.proxy.upstream import Call
from model_router.proxy.usage import usage_in
from model_router.proxy.wire_headers import header_lines, returned

Work = Coroutine[Any, Any, None]


def chat_directly(live: Live, incoming: Incoming, request: ServerRequest) -> Work | None:
    """The rest of the work on a chat request, for a task; None: it needs none so far.

    Raises Refused."""
    service = live.service
    raw = request.whole(min(LARGE, service.config.max_body_bytes) + 1)
    if raw is None or b"content-encoding" in incoming.headers:
        return chat(live, incoming)
    began = time.monotonic()
    scanners = None if len(raw) < SHORTEST else live.arrays.scanners(incoming.caller)
    try:
        looked = look(service, incoming.headers, raw, False, scanners)
    except NeedsPerson as needed:
        return ask_person(live, service, incoming, raw, needed, began)
    x = exchange(live, service, incoming, looked, began)
    if x.streams or not Direct(live, x, request).ask():
        return answered(live, x)
    return None


class Direct:
    """An exchange that waits for its answer without a task. See `http1_request.Direct`."""

    __slots__ = ("_answer", "_at", "_call", "_candidate", "_first", "_live", "_request", "_x")

    _answer: Http1Answer
    _call: Call

    def __init__(self, live: Live, x: Exchange, request: ServerRequest) -> None:
        self._live = live
        self._x = x
        self._request = request
        self._candidate = x.choice.candidates[0]
        self._at = x.began + x.decided_in  # when the candidate was asked
        self._first = 0.0  # when the answer began

    def ask(self) -> bool:
        """Ask the first candidate; false where that has to wait for anything."""
        backend = self._candidate.backend
        if backend.breaker.until is not None or not backend.gate.try_enter():
            return False
        answer = None
        try:
            self._call = self._x.call(self._candidate)
            answer = backend.upstream.begin(self._call)
        finally:
            if answer is None:
                backend.gate.leave()
        if answer is None:
            return False
        backend.calls += 1
        self._answer = answer
        self._request.direct = self
        answer.tell = self._told
        if answer.error is not None:
            self.go_on()
        return True

    def left(self) -> None:
        """The client left."""
        self._end()
        backend = self._candidate.backend
        self._answer.give_up()
        backend.breaker.released()
        backend.gate.leave()
        count(self._live, self._x, True)

    def go_on(self) -> None:
        """Go on in a task."""
        self._end()
        begun = Begun(self._call, self._answer, self._at)
        self._run(answered(self._live, self._x, begun))

    def _run(self, work: Work) -> None:
        self._request.run(guarded(self._live, self._x.incoming, work))

    def _end(self) -> None:
        self._request.direct = self._answer.tell = None

    def _told(self) -> None:
        """There is more of the answer, or an error."""
        answer = self._answer
        if not self._first:
            self._first = time.monotonic()
        if answer.complete and answer.status == 200:
            try:
                handed = self._handed(answer)
            except Exception as error:
                self._end()
                self._candidate.backend.gate.leave()
                self._run(fails(error))
                return
        else:  # the rest of a plain answer is waited for
            waits = answer.status == 200 and not answer.paused and answer.error is None
            handed = waits and not is_stream(answer)
        if not handed:
            self.go_on()

    def _handed(self, answer: Http1Answer) -> bool:
        """Hand over a whole answer; false where it is none, or the client cannot take it now."""
        x, request, body, lines = self._x, self._request, answer.at_hand(), _lines(answer)
        if not body or lines is None or b'"error"' in body[:256] or not request.writable():
            return False
        self._end()
        candidate = self._candidate
        backend = candidate.backend
        x.metrics.first_byte.see(backend.name, self._first - self._at)
        well(x, candidate)
        x.usage = usage_in(body)
        if (model := x.requested_model) is not None:
            body = renamed(body, model)
        request.answer_whole(lines + x.lines(candidate), body)
        x.given(200, candidate)
        count(self._live, x, False)
        backend.gate.leave()
        return True


def _lines(answer: Http1Answer) -> bytes | None:
    """A plain answer's headers as the client gets them, but for the length; None for a stream."""
    head = answer.head_seen
    if head is not None and head.lines is not None:
        return head.lines
    if is_stream(answer):
        return None
    lines = header_lines(returned(answer.headers))
    if head is not None:
        head.lines = lines
    return lines
