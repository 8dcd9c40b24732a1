"""One event for each request: what was decided and how it went, for the log and for replay.

The text of a prompt is in an event only as far as `prompt_capture` says.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from model_router._version import __version__
from model_router.privacy import redact
from model_router.proxy.choosing import NeedsPerson
from model_router.proxy.event_form import MEMBER, TEXT, WHOLE, Form, Gaps, Value, form, rounded
from model_router.proxy.event_log import Told, encoded, line_of
from model_router.proxy.exchange import Exchange
from model_router.proxy.incoming import Incoming
from model_router.proxy.service import Service
from model_router.text.tokens import estimate_tokens
from model_router.types import HUMAN, Engine

ROUTE_API = "chat_completions"
PREVIEW = 180
"""Characters of a prompt that redacted_preview keeps, after redaction."""

LONG = 4096
"""Characters of a prompt that waits for the log's thread."""

Event = dict[str, Any]


class Fate(NamedTuple):
    """What many requests have in common: who answered, and how it went."""

    caller: str
    gone: bool
    status: int
    engine: str
    backend: str
    model: str | None
    chosen: str
    route: str
    tier: str
    profile: str
    decided: bool
    tried: tuple[tuple[str, str | None, str], ...]


class Ended(NamedTuple):
    """A request that is over: what its event tells of, and no more. Times are in seconds."""

    fate: Fate
    service: Service
    at: int  # milliseconds of the wall clock
    request_id: bytes
    text: str
    context_tokens: int
    complexity: float
    risk: int
    usage: dict[str, Any] | None
    decided_in: float
    took: float

    def __call__(self) -> Event:
        """The event."""
        fate, text, tokens = self.fate, self.text, self.context_tokens
        common = _common(self.service, self.at, self.request_id, fate.caller, text, tokens)
        return common | {
            "status": _status(fate),
            "status_code": fate.status or None,
            "selected_engine": fate.engine,
            "chosen_engine": fate.chosen if fate.decided else None,
            "route": fate.route,
            "tier": fate.tier or None,
            "complexity_score": rounded(self.complexity, 1),
            "risk_score": self.risk,
            "routing_profile": fate.profile,
            "decision_layer_enabled": fate.decided,
            "backend": fate.backend or None,
            "backend_model": fate.model,
            "fallback_used": len(fate.tried) > 1,
            "chain_tried": fate.tried,
            "route_latency_ms": rounded(self.decided_in * 1e3, 3),
            "upstream_latency_ms": rounded((self.took - self.decided_in) * 1e3, 1),
            "total_latency_ms": rounded(self.took * 1e3, 1),
            **_usage(self),
        }

    def line(self) -> bytes:
        """The event as a line of JSON: what it has in common with others is written once."""
        counts = _counts(self.usage)
        if counts is None:
            return line_of(self())
        forms = self.service.event_forms
        found = forms.get(key := (self.fate, len(counts)))
        if found is None:
            event = self()
            if len(forms) >= _MOST_FORMS:
                return line_of(event)
            found = forms[key] = _form_of(self, event, counts)
        try:
            return found[0].filled(_own(self, counts, found))
        except OverflowError:
            return line_of(self())


def of_exchange(x: Exchange, gone: bool, took: float) -> Told:
    """The event of a request that was forwarded, or that nobody answered. `took` is seconds.

    For a short prompt what makes it: the log's thread does that for many in a row, at less cost. A
    long one is not kept for that.
    """
    incoming = x.incoming
    _, engine, route, tier, _, profile, request, decided, complexity, risk = x.choice
    fate = _new(Fate, (
        incoming.caller, gone, x.status, x.engine, x.backend, x.model, engine, route, tier,
        profile, decided, tuple(x.tried),
    ))  # fmt: skip
    ended = _new(Ended, (
        fate, x.service, time.time_ns() // 1_000_000, incoming.id, request.text,
        request.context_tokens, complexity, risk, x.usage, x.decided_in, took,
    ))  # fmt: skip
    if len(request.text) > LONG:
        return ended()
    return ended


_new = tuple.__new__
"""What a named tuple's own maker calls; a request has no time for more."""


# ------------------------------------------------------------------ many lines in a row

_MOST_FORMS = 512

_OWN_GAPS = {
    "complexity_score": 1,
    "cost_usd": MEMBER,
    "estimated_tokens": WHOLE,
    "prompt": MEMBER,
    "prompt_hash": TEXT,
    "prompt_length": WHOLE,
    "prompt_preview": MEMBER,
    "request_id": TEXT,  # sane ids need no escapes
    "risk_score": WHOLE,
    "route_latency_ms": 3,
    "timestamp": TEXT,
    "total_latency_ms": 1,
    "upstream_latency_ms": 1,
}
"""Keys whose values hardly two events have in common; `_own` gives what fills them."""

_COUNTS = ("completion_tokens", "prompt_tokens", "total_tokens")
_KEYS_OF_COUNTS = [f"usage_{key}" for key in ("cached_input_tokens", *_COUNTS)]
_GAPS: dict[int, Gaps] = {
    count: _OWN_GAPS | dict.fromkeys(_KEYS_OF_COUNTS[4 - count :], WHOLE) for count in (0, 3, 4)
}
"""The same with those of the tokens used, by how many kinds are counted."""

Priced = tuple[Form, Engine | None, str]
"""A form, and the engine whose prices make the cost; where none does, what the line says of it."""


def _form_of(x: Ended, event: Event, counts: tuple[int, ...]) -> Priced:
    made = form(event, _GAPS[len(counts)])
    engine = x.service.served.catalog.engines.get(x.fate.engine)
    if engine is None or not counts:
        return made, None, ""
    if engine.price_input or engine.price_output or engine.price_cached:
        return made, engine, ""
    return made, None, '"cost_usd":0.0,'


def _counts(usage: dict[str, Any] | None) -> tuple[int, ...] | None:
    """The tokens used, in the order of their keys; None for a usage of another form."""
    if usage is None:
        return ()
    counts: Any
    counts = usage.get("completion_tokens"), usage.get("prompt_tokens"), usage.get("total_tokens")
    for count in counts:
        if count.__class__ is not int:
            return None
    details = usage.get("prompt_tokens_details")
    if not isinstance(details, dict):
        return counts  # type: ignore[no-any-return]
    cached = details.get("cached_tokens")
    return (cached, *counts) if cached.__class__ is int else None


def _own(x: Ended, counts: tuple[int, ...], priced: Priced) -> tuple[Value, ...]:
    """What fills the gaps of a form."""
    _, service, at, request_id, text, context_tokens, complexity, risk, _, decided_in, took = x
    _, engine, cost = priced
    kept = _captured(service, text)
    return (
        float(complexity),
        cost if engine is None else _cost(engine, counts),
        estimate_tokens(text) + context_tokens,
        _member("prompt", kept) if kept else "",
        _hash(text),
        len(text),
        _member("prompt_preview", kept) if kept else "",
        request_id,
        risk,
        decided_in * 1e3,
        _timestamp(at),
        took * 1e3,
        (took - decided_in) * 1e3,
        *counts,
    )


def _member(key: str, found: Event) -> str:
    """A member that an event may be without, as it stands in a line."""
    return f'"{key}":{encoded(found[key])},' if key in found else ""


def _cost(engine: Engine, counts: tuple[int, ...]) -> str:
    """The member that tells of cost, as it stands in a line."""
    completion, prompt, _ = counts[-3:]
    cost = _price(engine, prompt, counts[0] if len(counts) > 3 else 0, completion)
    return f'"cost_usd":{encoded(cost)},'


# ------------------------------------------------------------------ what events say


def of_confirmation(
    service: Service, incoming: Incoming, needed: NeedsPerson, decision_id: str, took: float
) -> Event:
    """The event of a request that a person must confirm. `took` is seconds."""
    text, tokens = needed.request.text, needed.request.context_tokens
    at = time.time_ns() // 1_000_000
    return _common(service, at, incoming.id, incoming.caller, text, tokens) | {
        "status": "human_confirm",
        "status_code": service.config.confirm_status,
        "selected_engine": HUMAN,
        "route": needed.route,
        "action_class": needed.action,
        "decision_id": decision_id,
        "reasons": list(needed.reasons),
        "complexity_score": needed.complexity,
        "risk_score": needed.risk,
        "fallback_used": False,
        "route_latency_ms": round(took * 1e3, 3),
        "total_latency_ms": round(took * 1e3, 1),
    }


def _common(
    service: Service, at: int, request_id: bytes, caller: str, text: str, context_tokens: int
) -> Event:
    return {
        "event_type": "routing_event",
        "timestamp": _timestamp(at),
        "request_id": request_id.decode(),
        "caller": caller,
        "route_api": ROUTE_API,
        "routing_mode": service.config.routing_mode,
        "config_source": service.served.catalog.source,
        "router_version": __version__,
        "prompt_hash": _hash(text),
        "prompt_length": len(text),
        "estimated_tokens": estimate_tokens(text) + context_tokens,
        **_captured(service, text),
    }


def _captured(service: Service, text: str) -> Event:
    """What of a prompt the settings let be kept."""
    capture = service.config.observability.prompt_capture
    if capture == "full":
        return {"prompt": text}
    if capture == "redacted_preview":
        # More than is kept is redacted, so that nothing is cut in two and missed.
        return {"prompt_preview": redact(text[: PREVIEW * 20]).text[:PREVIEW]}
    return {}


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=16)
def _timestamp(at: int) -> str:
    return f"{_second(at // 1000)}.{at % 1000:03d}Z"


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    """A second of the wall clock as ISO 8601 has it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _status(fate: Fate) -> str:
    if fate.gone:
        return "client_left"
    if fate.tried and fate.tried[-1][2] == "interrupted":
        return "stream_interrupted"
    return "forwarded" if fate.backend and fate.status < 500 else "upstream_request_failed"


def _usage(x: Ended) -> Event:
    usage = x.usage or {}
    found = {f"usage_{key}": usage.get(key) for key in _COUNTS}
    details = usage.get("prompt_tokens_details")
    if isinstance(details, dict):
        found["usage_cached_input_tokens"] = details.get("cached_tokens")
    kept = {key: value for key, value in found.items() if isinstance(value, int)}
    engine = x.service.served.catalog.engines.get(x.fate.engine)
    if engine is None or not kept:
        return kept
    prompt, cached = kept.get("usage_prompt_tokens", 0), kept.get("usage_cached_input_tokens", 0)
    cost = _price(engine, prompt, cached, kept.get("usage_completion_tokens", 0))
    return {**kept, "cost_usd": cost}


def _price(engine: Engine, prompt: int, cached: int, completion: int) -> float:
    """What tokens cost, in USD, by the catalog's prices for the engine that took them."""
    cost = (
        max(prompt - cached, 0) * engine.price_input
        + cached * (engine.price_cached or engine.price_input)
        + completion * engine.price_output
    )
    return round(cost / 1_000_000, 9)
