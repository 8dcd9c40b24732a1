"""POST /v1/chat/completions: read, choose, forward. And the same without forwarding: /v1/route."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Any

from model_router.proxy.arrays import SHORTEST
from model_router.proxy.choosing import BODY_HINTS, Asked, Choice, NeedsPerson, choose
from model_router.proxy.event_lines import line
from model_router.proxy.events import of_confirmation, of_exchange
from model_router.proxy.exchange import Exchange
from model_router.proxy.forward import Begun, forward
from model_router.proxy.incoming import Incoming
from model_router.proxy.live import Live
from model_router.proxy.looking import Looked, look, read_asked
from model_router.proxy.problems import CONFIRM, Problem, Refused
from model_router.proxy.service import Service
from model_router.proxy.state import uptime
from model_router.types import HUMAN

PATH = "/chat/completions"
LONG = 4096
"""Characters of a prompt that is kept until the log's thread comes to its event."""
LARGE, HUGE = 128 * 1024, 512 * 1024
"""A body of more bytes is looked at in a thread, or in a process, so that nobody waits for it."""


async def chat(live: Live, incoming: Incoming) -> None:
    """Answer a chat request. Raises Refused, for what never got to a backend."""
    began = time.monotonic()
    service = live.service
    raw = await incoming.body(service.config.max_body_bytes)
    try:
        looked = await _looked(live, service, incoming, raw)
    except NeedsPerson as needed:
        await ask_person(live, service, incoming, raw, needed, began)
    else:
        await answered(live, exchange(live, service, incoming, looked, began))


def exchange(
    live: Live, service: Service, incoming: Incoming, looked: Looked, began: float
) -> Exchange:
    """What begins when it is decided who may answer."""
    body, choice = looked
    return Exchange(service, incoming, body, choice, live.metrics, PATH, began)


async def answered(live: Live, x: Exchange, begun: Begun | None = None) -> None:
    """Have an exchange answered, and count it."""
    count(live, x, await _raced(x, begun))


async def ask_person(
    live: Live, service: Service, incoming: Incoming, raw: bytes, needed: NeedsPerson, began: float
) -> None:
    """Answer a request that a person has to approve, if one did. Raises Refused, which asks for
    that."""
    looked = await _approved(live, service, incoming, raw, needed, began)
    await answered(live, exchange(live, service, incoming, looked, began))


async def _approved(
    live: Live, service: Service, incoming: Incoming, raw: bytes, needed: NeedsPerson, began: float
) -> Looked:
    sign = partial(live.approvals.mark, incoming.caller, incoming.path, needed.hints, raw)
    mark = await asyncio.to_thread(sign) if len(raw) > LARGE else sign()
    token = incoming.headers.get(b"x-model-router-approval")
    said = None if token is None else token.decode("latin-1").strip()
    if not live.approvals.redeem(mark, said, uptime()):
        raise _confirmation(live, incoming, needed, mark, said is not None, began) from None
    live.metrics.approvals.add("used")
    return await _looked(live, service, incoming, raw, approved=True)


async def _looked(
    live: Live, service: Service, incoming: Incoming, raw: bytes, *, approved: bool = False
) -> Looked:
    if len(raw) < SHORTEST:
        return look(service, incoming.headers, raw, approved)
    if len(raw) <= HUGE:
        scanners = live.arrays.scanners(incoming.caller)
        if len(raw) <= LARGE:
            return look(service, incoming.headers, raw, approved, scanners)
        return await asyncio.to_thread(look, service, incoming.headers, raw, approved, scanners)
    return await live.aside(service).look(incoming.headers, raw, approved, live.telling)


def _confirmation(
    live: Live, incoming: Incoming, needed: NeedsPerson, mark: str, refused: bool, began: float
) -> Refused:
    """The answer to a request that a person must confirm: why, and how to approve it."""
    row = live.approvals.ask(mark, incoming.caller, needed.action, uptime())
    live.metrics.confirmations.add(needed.action or "other")
    if live.telling:
        took = time.monotonic() - began
        live.tell(of_confirmation(live.service, incoming, needed, row.id, took))
    how = f"approve it with `model-router approve {row.id}` and send the same request again"
    why = "; ".join(needed.reasons[:3])
    message = f"a person must confirm this request{': ' + why if why else ''}; {how}"
    if refused:
        message = f"the approval is not valid for this request, or was used; {message}"
    confirmation = {
        "id": row.id,
        "action_class": needed.action,
        "reasons": list(needed.reasons),
        "route": needed.route,
        "expires_in": round(live.approvals.seconds),
        "approve": {
            "command": f"model-router approve {row.id}",
            "http": f"POST /v1/approvals/{row.id} with the admin key",
            "header": "X-Model-Router-Approval: the token that approving gives",
        },
    }
    headers = (
        (b"x-should-retry", b"false"),
        (b"x-modelrouter-engine", HUMAN.encode()),
        (b"x-routed-engine", HUMAN.encode()),
        (b"x-modelrouter-mode", live.service.config.routing_mode.encode()),
        (b"x-modelrouter-decision-id", row.id.encode()),
    )
    more = {"selected_engine": HUMAN, "confirmation": confirmation}
    status = live.service.config.confirm_status
    return Refused(Problem(status, message, CONFIRM, "human_confirm", None, headers, more))


# ------------------------------------------------------------------ while the client waits


async def _raced(x: Exchange, begun: Begun | None) -> bool:
    """Forward, and stop at once when the client leaves. Whether it left."""
    watch = _Watch(x.incoming)
    try:
        await forward(x, begun)
    except asyncio.CancelledError:
        if watch.stopped is None:
            raise
        watch.stopped.uncancel()
        return True
    finally:
        watch.end(x.sent)
    return False


class _Watch:
    """Waits for the client to leave, and then cancels the task that works for it: `stopped`.

    Our own server tells of it. Of another one nothing is heard but by a task that receives.
    """

    __slots__ = ("_over", "_transport", "_waiting", "stopped")

    def __init__(self, incoming: Incoming) -> None:
        self.stopped: asyncio.Task[Any] | None = None
        self._over = False
        self._transport = incoming.transport
        self._waiting: asyncio.Task[None] | None = None
        if self._transport.when_left is not None:
            self._transport.when_left(self._left)
        else:
            self._waiting = asyncio.create_task(self._wait(asyncio.current_task()))

    def end(self, answered: bool) -> None:
        """Watch no longer."""
        self._over = True
        if self._transport.when_left is not None:
            self._transport.when_left(None)
        elif self._waiting is None:
            return
        elif self.stopped is not None or not answered:
            self._waiting.cancel()  # after an answer `receive` tells of the end by itself

    def _left(self, task: asyncio.Task[Any]) -> None:
        if not self._over:
            self.stopped = task
            task.cancel()

    async def _wait(self, task: asyncio.Task[Any] | None) -> None:
        assert task is not None
        while True:
            message = await self._transport.receive()
            if message["type"] == "http.disconnect":
                break
        self._left(task)


def count(live: Live, x: Exchange, gone: bool) -> None:
    """Count an exchange that is over, and tell of it; `gone` says that its client left."""
    metrics, took = live.metrics, time.monotonic() - x.began
    if gone:
        metrics.left.add("streaming" if x.sent else "waiting")
    status, mode = "client_left" if gone else str(x.status), x.service.config.routing_mode
    metrics.over((x.engine, x.backend, status, mode, x.decided_in, took, x.usage))
    if live.log_decisions:
        live.tell(of_exchange(x, gone, took).event())
    elif live.log is not None:
        ended = of_exchange(x, gone, took)
        live.log.put(ended if len(ended.text) <= LONG else line(ended))


# ------------------------------------------------------------------ deciding only


async def route(live: Live, incoming: Incoming) -> None:
    """Answer with the plan and the receipt for a body; nothing is executed."""
    service = live.service
    raw = await incoming.body(service.config.max_body_bytes)
    if len(raw) > LARGE:
        found = await asyncio.to_thread(_routed, service, incoming, raw)
    else:
        found = _routed(service, incoming, raw)
    await incoming.answer_json(found)


def _routed(service: Service, incoming: Incoming, raw: bytes) -> dict[str, Any]:
    _, asked = read_asked(incoming.headers, raw)
    data = {key: value for key, value in asked.data.items() if key != BODY_HINTS}
    found: dict[str, Any] = {"object": "model_router.plan", "mode": service.config.routing_mode}
    try:
        choice = choose(service, asked)
    except NeedsPerson as needed:
        found |= {"engine": HUMAN, "confirm": True, "action_class": needed.action, "calls": []}
    else:
        found |= {"engine": choice.engine, "confirm": False, "route": choice.route}
        found |= {"tier": choice.tier, "egress": choice.egress, "calls": _calls(choice)}
    found["receipt"] = service.router.route_request(data, _router_hints(asked, service)).to_dict()
    return found


def _calls(choice: Choice) -> list[dict[str, Any]]:
    return [
        {"engine": row.engine, "backend": row.backend.name, "model": row.model}
        for row in choice.candidates
    ]


def _router_hints(asked: Asked, service: Service) -> dict[str, Any]:
    hints = dict(asked.hints)
    profile = service.config.routing_profile
    if profile not in (None, "balanced"):
        hints.setdefault("profile", profile)
    if asked.model in service.roles:
        hints.setdefault("role", service.roles[asked.model])
    elif asked.model in service.engines:
        hints.setdefault("force_engine", asked.model)
    return hints
