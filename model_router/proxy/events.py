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


class Ended(NamedTuple):
    """A request that is over: what its event tells of, and no more. Times are in seconds.

    The first eleven are what many have in common, see `_common_to`.
    """

    caller: str
    gone: bool
    status: int
    engine: str
    backend: str
    model: str | None
    chosen: str | None
    route: str
    tier: str
    profile: str
    decided: bool
    service: Service
    tried: list[tuple[str, str | None, str]]
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
        text, tokens = self.text, self.context_tokens
        return _common(self.service, self.at, self.request_id, self.caller, text, tokens) | {
            "status": _status(self),
            "status_code": self.status or None,
            "selected_engine": self.engine,
            "chosen_engine": self.chosen,
            "route": self.route,
            "tier": self.tier or None,
            "complexity_score": self.complexity,
            "risk_score": self.risk,
            "routing_profile": self.profile,
            "decision_layer_enabled": self.decided,
            "backend": self.backend or None,
            "backend_model": self.model,
            "fallback_used": len(self.tried) > 1,
            "chain_tried": self.tried,
            "route_latency_ms": round(self.decided_in * 1e3, 3),
            "upstream_latency_ms": round((self.took - self.decided_in) * 1e3, 1),
            "total_latency_ms": round(self.took * 1e3, 1),
            **_usage(self),
        }

    def line(self) -> bytes:
        """The event as a line of JSON: what it has in common with others is written once."""
        form = _FORMS.get(key := _common_to(self))
        if form is None:
            event = self()
            if len(_FORMS) >= _MOST_FORMS:
                return line_of(event)
            form = _FORMS[key] = _form(event)
        return (form % _own(self)).encode()


def of_exchange(x: Exchange, gone: bool, took: float) -> Told:
    """The event of a request that was forwarded, or that nobody answered. `took` is seconds.

    For a short prompt what makes it: the log's thread does that for many in a row, at half the
    price. A long one is not kept for that.
    """
    incoming, choice = x.incoming, x.choice
    request, decided = choice.request, choice.decided
    ended = _new(Ended, (
        incoming.caller, gone, x.status, x.engine, x.backend, x.model,
        choice.engine if decided else None, choice.route, choice.tier, choice.profile, decided,
        x.service, x.tried, time.time_ns() // 1_000_000, incoming.id, request.text,
        request.context_tokens, choice.complexity, choice.risk, x.usage, x.decided_in, took,
    ))  # fmt: skip
    if len(request.text) > LONG:
        return ended()
    return ended


_new = tuple.__new__
"""What a named tuple's own maker calls; a request has no time for more."""


# ------------------------------------------------------------------ many lines in a row

_FORMS: dict[object, str] = {}
_MOST_FORMS = 512


def _common_to(x: Ended) -> object:
    """What tells apart events whose lines differ in more than `_GAPS`."""
    service, tried = x[11:13]
    return (
        x[:11], service.served.catalog.source, service.config.routing_mode,
        tried[0] if len(tried) == 1 else tuple(tried),
    )  # fmt: skip


_GAPS: tuple[tuple[str, str], ...] = (
    ("complexity_score", '"complexity_score":%s,'),
    ("cost_usd", "%s"),
    ("estimated_tokens", '"estimated_tokens":%s,'),
    ("prompt", "%s"),
    ("prompt_hash", '"prompt_hash":"%s",'),
    ("prompt_length", '"prompt_length":%s,'),
    ("prompt_preview", "%s"),
    ("request_id", '"request_id":"%s",'),  # sane ids need no escapes
    ("risk_score", '"risk_score":%s,'),
    ("route_latency_ms", '"route_latency_ms":%s,'),
    ("timestamp", '"timestamp":"%s",'),
    ("total_latency_ms", '"total_latency_ms":%s,'),
    ("upstream_latency_ms", '"upstream_latency_ms":%s%s'),
)
"""Keys whose values hardly two events have in common, in their order, and what stands in a form for
each; `_own` fills that. What an event may be without is filled in whole, the tokens used last."""

_KEYS_OF_GAPS = frozenset(key for key, _ in _GAPS)


def _form(event: Event) -> str:
    """The line of an event with gaps for what is its own, to be filled by `%`."""
    rows = [
        (key, f"{encoded(key)}:{encoded(value)},".replace("%", "%%"))
        for key, value in event.items()
        if value is not None and key not in _KEYS_OF_GAPS and not key.startswith("usage_")
    ]
    return "{" + "".join(text for _, text in sorted([*rows, *_GAPS])) + "}\n"


def _own(x: Ended) -> tuple[object, ...]:
    """What fills the gaps of a form."""
    service, _, at, request_id, text, context_tokens, complexity, risk, _, decided_in, took = x[11:]
    cost, tokens = _spent(x)
    kept = _captured(service, text)
    return (
        complexity,
        cost,
        estimate_tokens(text) + context_tokens,
        _member("prompt", kept) if kept else "",
        _hash(text),
        len(text),
        _member("prompt_preview", kept) if kept else "",
        request_id.decode(),
        risk,
        round(decided_in * 1e3, 3),
        _timestamp(at),
        round(took * 1e3, 1),
        round((took - decided_in) * 1e3, 1),
        tokens,
    )


def _member(key: str, found: Event) -> str:
    """A member that an event may be without, as it stands in a line."""
    return f'"{key}":{encoded(found[key])},' if key in found else ""


def _spent(x: Ended) -> tuple[str, str]:
    """The members that tell of cost and of tokens used, as they stand in a line."""
    usage = x.usage
    if usage is None:
        return "", ""
    counts: tuple[Any, ...] = tuple(map(usage.get, _COUNTS))
    if set(map(type, counts)) == _INTEGERS and "prompt_tokens_details" not in usage:
        prices = x.service.served.catalog.engines.get(x.engine)
        cost = None if prices is None else _price(prices, counts[1], 0, counts[0])
        if cost is None or cost < _LARGE:
            return "" if cost is None else f'"cost_usd":{cost},', _TOKENS % counts
    found = _usage(x)
    rows = [
        f',"{key}":{encoded(value)}' for key, value in sorted(found.items()) if key != "cost_usd"
    ]
    return _member("cost_usd", found), "".join(rows)


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


def _timestamp(at: int) -> str:
    return f"{_second(at // 1000)}.{at % 1000:03d}Z"


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    """A second of the wall clock as ISO 8601 has it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _status(x: Ended) -> str:
    if x.gone:
        return "client_left"
    if x.tried and x.tried[-1][2] == "interrupted":
        return "stream_interrupted"
    return "forwarded" if x.backend and x.status < 500 else "upstream_request_failed"


_COUNTS = ("completion_tokens", "prompt_tokens", "total_tokens")
_TOKENS = "".join([f',"usage_{key}":%d' for key in _COUNTS])
_INTEGERS = {int}
_LARGE = 1e15  # USD; infinity has another name in JSON


def _usage(x: Ended) -> Event:
    usage = x.usage or {}
    found = {f"usage_{key}": usage.get(key) for key in _COUNTS}
    details = usage.get("prompt_tokens_details")
    if isinstance(details, dict):
        found["usage_cached_input_tokens"] = details.get("cached_tokens")
    kept = {key: value for key, value in found.items() if isinstance(value, int)}
    engine = x.service.served.catalog.engines.get(x.engine)
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
