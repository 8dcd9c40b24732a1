"""One chat request on its way: what was chosen, what was tried, and what the client has seen."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable
from typing import Any, NamedTuple, TypeVar

from model_router.proxy.body import Body, rewritten
from model_router.proxy.choosing import BODY_HINTS, Choice
from model_router.proxy.incoming import JSON, TRACE, Incoming
from model_router.proxy.metrics import Metrics
from model_router.proxy.problems import Problem
from model_router.proxy.service import Candidate, Service
from model_router.proxy.sse import error_event
from model_router.proxy.upstream import Call, Header
from model_router.proxy.wire_headers import header_lines, onward

NO_BUFFER: Header = (b"x-accel-buffering", b"no")
BEAT = b": ping\n\n"

T = TypeVar("T")


class Exchange:
    """A request, its choice and its fate. Times are of the monotonic clock."""

    __slots__ = (
        "backend", "began", "body", "choice", "decided_in", "engine", "incoming", "metrics",
        "model", "path", "requested_model", "sent", "service", "status", "streams", "tried",
        "usage",
    )  # fmt: skip

    def __init__(
        self,
        service: Service,
        incoming: Incoming,
        body: Body,
        choice: Choice,
        metrics: Metrics,
        path: str,
        began: float,
    ) -> None:
        self.service = service
        self.incoming = incoming
        self.body = body
        self.choice = choice
        self.metrics = metrics
        self.path = path  # of the endpoint below a backend's base URL
        self.began = began
        self.decided_in = time.monotonic() - began
        self.tried: list[tuple[str, str | None, str]] = []
        self.sent = False  # whether the client has the head
        self.status = 0
        self.engine = choice.engine
        self.backend = ""
        self.model: str | None = None
        self.usage: dict[str, Any] | None = None
        self.streams = body.data.get("stream") is True  # whether the client asked for that
        # The name to give back, when answers shall have the one that was asked for.
        self.requested_model: str | None = None
        if service.config.response_model == "requested":
            self.requested_model = body.data.get("model")

    def call(self, candidate: Candidate) -> Call:
        """The request for a candidate: the client's bytes, with what has to change."""
        settings = candidate.backend.settings
        strip = settings.strip_parameters
        if self.body.has(BODY_HINTS):
            strip = (*strip, BODY_HINTS)
        incoming = self.incoming
        return Call(
            b"POST",
            candidate.backend.target(self.path, incoming.query),
            incoming.onward or onward(incoming.headers),
            rewritten(self.body, candidate.model, strip, settings.set_parameters),
            incoming.id,
        )

    def note(self, candidate: Candidate, outcome: str) -> None:
        """Remember how a candidate fared."""
        self.tried.append((candidate.backend.name, candidate.model, outcome))
        self.metrics.attempts.add(candidate.backend.name, outcome)

    # ------------------------------------------------------------------ to the client

    async def start(self, status: int, headers: list[Header], candidate: Candidate | None) -> None:
        """Send the head, unless a heartbeat already did."""
        if self.sent:
            self._answered(status, candidate)
            return
        self.given(status, candidate)
        rows = [*headers, *self._standing(candidate).headers, *self._own_headers()]
        await self.incoming.transport.send(
            {"type": "http.response.start", "status": status, "headers": rows}
        )

    def given(self, status: int, candidate: Candidate | None) -> None:
        """Note that the client has its answer."""
        self.sent = self.incoming.begun = True
        self._answered(status, candidate)

    def _answered(self, status: int, candidate: Candidate | None) -> None:
        self.status = status
        if candidate is not None:
            self.engine, self.backend = candidate.engine, candidate.backend.name
            self.model = candidate.model

    async def piece(self, data: bytes) -> None:
        """Send a piece of the body."""
        await self.incoming.transport.send(
            {"type": "http.response.body", "body": data, "more_body": True}
        )

    async def end(self, data: bytes = b"") -> None:
        """Send the last piece of the body."""
        await self.incoming.transport.send({"type": "http.response.body", "body": data})

    async def beat(self) -> None:
        """Send a heartbeat; the first brings the head, so errors come as events from now on."""
        await self.start(200, [(b"content-type", b"text/event-stream"), NO_BUFFER], None)
        await self.piece(BEAT)

    def patiently(self, work: Awaitable[T]) -> Awaitable[T]:
        """`work`, to be awaited. With heartbeats on, a streaming client hears one now and then."""
        pause = self.service.config.heartbeat_seconds
        return self._beating(work, pause) if pause and self.streams else work

    async def _beating(self, work: Awaitable[T], pause: float) -> T:
        task = asyncio.ensure_future(work)
        try:
            while True:
                done, _ = await asyncio.wait({task}, timeout=pause)
                if done:
                    return task.result()
                await self.beat()
        except asyncio.CancelledError:
            task.cancel()
            raise

    async def whole(
        self, status: int, headers: list[Header], body: bytes, candidate: Candidate | None
    ) -> None:
        """Send a whole answer."""
        rows = [*headers, (b"content-length", b"%d" % len(body))]
        at_once = None if self.sent else self.incoming.transport.answer
        if at_once is not None and at_once(status, rows, self.lines(candidate), body):
            self.given(status, candidate)
            return
        await self.start(status, rows, candidate)
        await self.end(body)

    async def refuse(self, problem: Problem) -> None:
        """Tell the client what is wrong: as an answer, or as an event once the head is out."""
        if self.sent:
            self.status = problem.status
            await self.end(error_event(problem.error, mid_line=False))
            return
        rows = [JSON, *problem.headers]
        await self.whole(problem.status, rows, problem.body(), None)

    def _standing(self, candidate: Candidate | None) -> _Standing:
        """The headers that say who answered and why: the same for all with this decision."""
        choice, mode = self.choice, self.service.config.routing_mode
        _, engine, route, tier, _, profile, _, decided, _, _ = choice
        key: object = (mode, engine, route, tier, profile, decided)
        if candidate is not None:
            key = (key, candidate.engine, candidate.backend.name, candidate.model)
        found = _REMEMBERED.get(key)
        if found is None:
            rows = _standing_rows(mode, choice, candidate)
            found = _Standing(rows, header_lines(rows))
            if len(_REMEMBERED) < _MOST_REMEMBERED:
                _REMEMBERED[key] = found
        return found

    def lines(self, candidate: Candidate | None) -> bytes:
        """The headers that the proxy adds to an answer, as they go over the wire."""
        incoming = self.incoming
        standing = self._standing(candidate).lines
        if incoming.extra or len(self.tried) > 1 or TRACE in incoming.headers:
            return standing + header_lines(self._own_headers())
        return standing + _OWN % (incoming.id, incoming.id)

    def _own_headers(self) -> list[Header]:
        """The headers that this request alone has."""
        request_id = self.incoming.id
        rows = [
            (b"x-request-id", request_id),
            (b"x-modelrouter-request-id", request_id),
            _FALLBACK if len(self.tried) > 1 else _NO_FALLBACK,
            *self.incoming.extra,
        ]
        if self.incoming.wants_trace:
            rows.append((b"x-modelrouter-trace", self._trace()))
        return rows

    def _trace(self) -> bytes:
        """Everything about the decision so far, as one line of JSON."""
        choice = self.choice
        value = {
            "engine": choice.engine,
            "route": choice.route,
            "tier": choice.tier,
            "egress": choice.egress,
            "profile": choice.profile,
            "chain": [[row.engine, row.backend.name, row.model] for row in choice.candidates],
            "tried": self.tried,
            "decided_in_us": round(self.decided_in * 1e6),
        }
        return json.dumps(value).encode("ascii", "backslashreplace")[:6000]


class _Standing(NamedTuple):
    """Headers, and the same as they go over the wire."""

    headers: tuple[Header, ...]
    lines: bytes


_FALLBACK: Header = (b"x-modelrouter-fallback", b"true")
_NO_FALLBACK: Header = (b"x-modelrouter-fallback", b"false")
_OWN = b"x-request-id: %b\r\nx-modelrouter-request-id: %b\r\n" + header_lines([_NO_FALLBACK])
_REMEMBERED: dict[object, _Standing] = {}
_MOST_REMEMBERED = 2048


def _standing_rows(mode: str, choice: Choice, candidate: Candidate | None) -> tuple[Header, ...]:
    engine = candidate.engine if candidate else choice.engine
    rows = [
        ("x-modelrouter-engine", engine),
        ("x-modelrouter-mode", mode),
        ("x-modelrouter-decision-layer", "on" if choice.decided else "off"),
        ("x-modelrouter-profile", choice.profile),
        ("x-modelrouter-route-api", "chat_completions"),
        ("x-modelrouter-route", choice.route),
        ("x-routed-engine", engine),
    ]
    if choice.tier:
        rows.append(("x-modelrouter-tier", choice.tier))
    if candidate is not None:
        rows.append(("x-modelrouter-backend", candidate.backend.name))
        rows.append(("x-routed-backend", candidate.backend.name))
        if candidate.model:
            rows.append(("x-modelrouter-model", candidate.model))
    return tuple((name.encode(), header_text(value)) for name, value in rows)


def header_text(value: str) -> bytes:
    """Text as a header can hold it: other characters are escaped."""
    return value.encode("ascii", "backslashreplace").replace(b"\n", b" ").replace(b"\r", b" ")
