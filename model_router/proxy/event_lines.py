"""Lines of the log in the quick way: most of what a line says was said by one before.

What lines share is remembered as a form, with the service that it is true of, and what is left is
filled in. It is the line of the event that `events` makes, which is made where a form does not do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_router.proxy.event_form import MEMBER, TEXT, WHOLE, Form, Gaps, filled, form
from model_router.proxy.event_log import encoded, line_of
from model_router.proxy.events import COUNTS, DETAILS, Ended, price, prompt_hash, timestamp
from model_router.text.tokens import estimate_tokens
from model_router.types import Engine

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

Told = Ended | Mapping[str, Any] | bytes
"""A request that is over, or an event, or its line."""

Known = tuple[Form, Engine | None, str]
"""A form, and the engine whose prices make the cost; where none does, what the line says of it."""


def line(x: Told) -> bytes:
    """The line of what the log is told."""
    if not isinstance(x, Ended):
        return x if isinstance(x, bytes) else line_of(x)
    (
        service, caller, gone, status, by, backend, model, engine, route, tier, profile, decided,
        tried, at, request_id, text, context_tokens, complexity, risk, usage, decided_in, took,
    ) = x  # fmt: skip
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
        caller, gone, status, by, backend, model, engine, route, tier, profile, decided,
        tried[0] if len(tried) == 1 else tuple(tried), len(counts),
    )  # fmt: skip
    known = service.event_forms.get(key)
    if known is None:
        return _first(x, key)
    (pieces, places), prices, cost = known
    try:
        return filled(pieces, places, (
            complexity,
            cost if prices is None else _cost(prices, counts),
            estimate_tokens(text) + context_tokens,
            prompt_hash(text),
            len(text),
            request_id,
            risk,
            decided_in * 1e3,
            timestamp(at),
            took * 1e3,
            (took - decided_in) * 1e3,
            *counts,
        ))  # fmt: skip
    except (OverflowError, TypeError):  # a server's numbers need not fit
        return line_of(x.event())


def _cached(usage: dict[str, Any]) -> tuple[Any, ...]:
    details = usage[DETAILS]
    return (details.get("cached_tokens"),) if isinstance(details, dict) else ()


def _cost(engine: Engine, counts: tuple[int, ...]) -> str:
    """The member that tells of cost, as it stands in a line."""
    completion, prompt, _ = counts[-3:]
    cost = price(engine, prompt, counts[0] if len(counts) > 3 else 0, completion)
    return f'"cost_usd":{encoded(cost)},'


def _first(ended: Ended, key: tuple[Any, ...]) -> bytes:
    """The line of a request without a form; that of the next ones is learnt from it."""
    service, event = ended.service, ended.event()
    forms = service.event_forms
    if service.config.observability.prompt_capture == "off" and len(forms) < _MOST_FORMS:
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
