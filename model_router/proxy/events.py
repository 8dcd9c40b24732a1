"""One event for each request: what was decided and how it went, for the log and for replay.

The text of a prompt is in an event only as far as `prompt_capture` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from time import time_ns
from typing import Any, NamedTuple

from model_router._version import __version__
from model_router.privacy import redact
from model_router.proxy.choosing import NeedsPerson
from model_router.proxy.event_form import fits, rounded
from model_router.proxy.exchange import Exchange
from model_router.proxy.incoming import Incoming
from model_router.proxy.service import Service
from model_router.text.tokens import estimate_tokens
from model_router.types import HUMAN, Engine

ROUTE_API = "chat_completions"
PREVIEW = 180
"""Characters of a prompt that redacted_preview keeps, after redaction."""

COUNTS = ("completion_tokens", "prompt_tokens", "total_tokens")
"""Kinds of tokens that a usage tells of."""

DETAILS = "prompt_tokens_details"
"""Where a usage tells of tokens that were cached."""

Event = dict[str, Any]


class Ended(NamedTuple):
    """A request that is over: what its event tells of, and no more. Times are in seconds."""

    service: Service
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
    tried: Sequence[tuple[str, str | None, str]]
    at: int  # milliseconds of the wall clock
    request_id: bytes
    text: str
    context_tokens: int
    complexity: float
    risk: int
    usage: dict[str, Any] | None
    decided_in: float
    took: float

    def event(self) -> Event:
        """The event."""
        text, tokens = self.text, self.context_tokens
        common = _common(self.service, self.at, self.request_id, self.caller, text, tokens)
        return common | {
            "status": _status(self),
            "status_code": self.status or None,
            "selected_engine": self.engine,
            "chosen_engine": self.chosen if self.decided else None,
            "route": self.route,
            "tier": self.tier or None,
            "complexity_score": rounded(self.complexity, 1),
            "risk_score": self.risk,
            "routing_profile": self.profile,
            "decision_layer_enabled": self.decided,
            "backend": self.backend or None,
            "backend_model": self.model,
            "fallback_used": len(self.tried) > 1,
            "chain_tried": self.tried,
            "route_latency_ms": rounded(self.decided_in * 1e3, 3),
            "upstream_latency_ms": rounded((self.took - self.decided_in) * 1e3, 1),
            "total_latency_ms": rounded(self.took * 1e3, 1),
            **_usage(self),
        }


def of_exchange(x: Exchange, gone: bool, took: float) -> Ended:
    """What makes the event of a request that was forwarded, or that nobody answered. `took` is
    seconds."""
    incoming = x.incoming
    _, engine, route, tier, _, profile, request, decided, complexity, risk = x.choice
    return _new(Ended, (
        x.service, incoming.caller, gone, x.status, x.engine, x.backend, x.model, engine, route,
        tier, profile, decided, x.tried, time_ns() // 1_000_000, incoming.id, request.text,
        request.context_tokens, complexity, risk, x.usage, x.decided_in, took,
    ))  # fmt: skip


_new = tuple.__new__
"""What a named tuple's own maker calls; a request has no time for more."""


def of_confirmation(
    service: Service, incoming: Incoming, needed: NeedsPerson, decision_id: str, took: float
) -> Event:
    """The event of a request that a person must confirm. `took` is seconds."""
    text, tokens = needed.request.text, needed.request.context_tokens
    return _common(service, now(), incoming.id, incoming.caller, text, tokens) | {
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
        "timestamp": timestamp(at),
        "request_id": request_id.decode(),
        "caller": caller,
        "route_api": ROUTE_API,
        "routing_mode": service.config.routing_mode,
        "config_source": service.served.catalog.source,
        "router_version": __version__,
        "prompt_hash": prompt_hash(text),
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


def prompt_hash(text: str) -> str:
    """What tells equal prompts from others: SHA-256 in hexadecimal digits."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def now() -> int:
    """Milliseconds of the wall clock."""
    return time_ns() // 1_000_000


@lru_cache(maxsize=16)
def timestamp(at: int) -> str:
    """Milliseconds of the wall clock as ISO 8601 has them."""
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


def _usage(x: Ended) -> Event:
    usage = x.usage or {}
    found = {f"usage_{key}": usage.get(key) for key in COUNTS}
    details = usage.get(DETAILS)
    if isinstance(details, dict):
        found["usage_cached_input_tokens"] = details.get("cached_tokens")
    kept: dict[str, Any] = {key: value for key, value in found.items() if fits(value)}
    engine = x.service.served.catalog.engines.get(x.engine)
    if engine is None or not kept:
        return kept
    prompt, cached = kept.get("usage_prompt_tokens", 0), kept.get("usage_cached_input_tokens", 0)
    cost = price(engine, prompt, cached, kept.get("usage_completion_tokens", 0))
    return {**kept, "cost_usd": cost}


def price(engine: Engine, prompt: int, cached: int, completion: int) -> float:
    """What tokens cost, in USD, by the catalog's prices for the engine that took them."""
    cost = (
        max(prompt - cached, 0) * engine.price_input
        + cached * (engine.price_cached or engine.price_input)
        + completion * engine.price_output
    )
    return round(cost / 1_000_000, 9)
