"""Lines of the log in the quick way: most of what a line says was said by one before.

What lines share is remembered as a form, with the service that it is true of, and what is left is
filled in. It is the line of the event that `events` makes, which is made where a form does not do.
"""

from __future__ import annotations

from hashlib import sha256
from time import time_ns
from typing import Any

from model_router.proxy.event_form import MEMBER, TEXT, WHOLE, Form, Gaps, filled, form
from model_router.proxy.event_log import Told, encoded, line_of
from model_router.proxy.events import COUNTS, DETAILS, Ended, of_exchange, price, timestamp
from model_router.proxy.exchange import Exchange
from model_router.text.tokens import estimate_tokens
from model_router.types import Engine

LONG = 4096
"""Characters of a prompt that waits for the log's thread."""

_MOST_FORMS = 512

_OWN: Gaps = {
    "complexity_score": 1,
    "cost_usd": MEMBER,
    "estimated_tokens": WHOLE,
    "prompt_hash": TEXT,
    "prompt_length": WHOLE,
    "request_id": TEXT,  # sane ids need no escapes
    "risk_score": WHOLE,
    "route_latency_ms": 3,
    "timestamp": TEXT,
    "total_latency_ms": 1,
    "upstream_latency_ms": 1,
}
"""Keys whose values hardly two events have in common."""

_USED = [f"usage_{key}" for key in ("cached_input_tokens", *COUNTS)]
_GAPS: dict[int, Gaps] = {
    count: {**_OWN, **dict.fromkeys(_USED[4 - count :], WHOLE)} for count in (0, 3, 4)
}
"""The same with those of the tokens used, by how many kinds are counted."""

Known = tuple[Form, Engine | None, str]
"""A form, and the engine whose prices make the cost; where none does, what the line says of it."""


def told(x: Exchange, gone: bool, took: float) -> Told:
    """What the log gets for a request that is over: the line of its event, or what makes that, for
    the log's thread. `took` is seconds."""
    _, engine, route, tier, _, profile, request, decided, complexity, risk = x.choice
    service, incoming, tried, usage = x.service, x.incoming, x.tried, x.usage
    if usage is None:
        counts: tuple[Any, ...] = ()
    else:
        counts = (
            usage.get("completion_tokens"),
            usage.get("prompt_tokens"),
            usage.get("total_tokens"),
        )
        if DETAILS in usage:
            counts = (*_cached(usage), *counts)
    key = (
        incoming.caller, gone, x.status, x.engine, x.backend, x.model, engine, route, tier, profile,
        decided, tried[0] if len(tried) == 1 else tuple(tried), len(counts),
    )  # fmt: skip
    known = service.event_forms.get(key)
    if known is None:
        return _first(of_exchange(x, gone, took), key)
    (pieces, places), prices, cost = known
    text, decided_in = request.text, x.decided_in
    try:
        return filled(pieces, places, (
            complexity,
            cost if prices is None else _cost(prices, counts),
            estimate_tokens(text) + request.context_tokens,
            sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
            len(text),
            incoming.id,
            risk,
            decided_in * 1e3,
            timestamp(time_ns() // 1_000_000),
            took * 1e3,
            (took - decided_in) * 1e3,
            *counts,
        ))  # fmt: skip
    except (OverflowError, TypeError):  # a server's numbers need not fit
        return of_exchange(x, gone, took).event


def _cached(usage: dict[str, Any]) -> tuple[Any, ...]:
    details = usage[DETAILS]
    return (details.get("cached_tokens"),) if isinstance(details, dict) else ()


def _cost(engine: Engine, counts: tuple[int, ...]) -> str:
    """The member that tells of cost, as it stands in a line."""
    completion, prompt, _ = counts[-3:]
    cost = price(engine, prompt, counts[0] if len(counts) > 3 else 0, completion)
    return f'"cost_usd":{encoded(cost)},'


def _first(ended: Ended, key: tuple[Any, ...]) -> Told:
    """What the log gets for a request without a form; that of the next ones is learnt from it."""
    service = ended.service
    forms, capture = service.event_forms, service.config.observability.prompt_capture
    if capture != "off" and len(ended.text) <= LONG:
        return ended.event
    event = ended.event()
    if capture == "off" and len(forms) < _MOST_FORMS:
        forms[key] = _learnt(ended, event, key[-1])
    return line_of(event)


def _learnt(ended: Ended, event: dict[str, Any], counts: int) -> Known:
    made = form(event, _GAPS[counts])
    engine = ended.service.served.catalog.engines.get(ended.engine)
    if engine is None or not counts:
        return made, None, ""
    if engine.price_input or engine.price_output or engine.price_cached:
        return made, engine, ""
    return made, None, '"cost_usd":0.0,'
