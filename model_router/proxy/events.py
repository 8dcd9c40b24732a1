"""One event for each request: what was decided and how it went, for the log and for replay.

The text of a prompt is in an event only as far as `prompt_capture` says.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from model_router._version import __version__
from model_router.privacy import redact
from model_router.proxy.choosing import NeedsPerson
from model_router.proxy.exchange import Exchange
from model_router.proxy.incoming import Incoming
from model_router.proxy.service import Service
from model_router.text.tokens import estimate_tokens
from model_router.types import HUMAN, Request

ROUTE_API = "chat_completions"
PREVIEW = 180
"""Characters of a prompt that redacted_preview keeps, after redaction."""

Event = dict[str, Any]


def of_exchange(x: Exchange, gone: bool) -> Event:
    """The event of a request that was forwarded, or that nobody answered."""
    total = time.monotonic() - x.began
    event = _common(x.service, x.incoming, x.choice.request)
    event |= {
        "status": _status(x, gone),
        "status_code": x.status or None,
        "selected_engine": x.engine,
        "chosen_engine": x.choice.engine if x.choice.decided else None,
        "route": x.choice.route,
        "tier": x.choice.tier or None,
        "complexity_score": x.choice.complexity,
        "risk_score": x.choice.risk,
        "routing_profile": x.choice.profile,
        "decision_layer_enabled": x.choice.decided,
        "backend": x.backend or None,
        "backend_model": x.model,
        "fallback_used": len(x.tried) > 1,
        "chain_tried": [[backend, model, outcome] for backend, model, outcome in x.tried],
        "route_latency_ms": round(x.decided_in * 1e3, 3),
        "upstream_latency_ms": round((total - x.decided_in) * 1e3, 1),
        "total_latency_ms": round(total * 1e3, 1),
    }
    return event | _usage(x)


def of_confirmation(
    service: Service, incoming: Incoming, needed: NeedsPerson, decision_id: str, took: float
) -> Event:
    """The event of a request that a person must confirm. `took` is seconds."""
    return _common(service, incoming, needed.request) | {
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


def _common(service: Service, incoming: Incoming, request: Request) -> Event:
    now = time.time_ns() // 1_000_000
    text = request.text
    found = {
        "event_type": "routing_event",
        "timestamp": f"{_second(now // 1000)}.{now % 1000:03d}Z",
        "request_id": incoming.id.decode(),
        "caller": incoming.caller,
        "route_api": ROUTE_API,
        "routing_mode": service.config.routing_mode,
        "config_source": service.served.catalog.source,
        "router_version": __version__,
        "prompt_hash": sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        "prompt_length": len(text),
        "estimated_tokens": estimate_tokens(text) + request.context_tokens,
    }
    capture = service.config.observability.prompt_capture
    if capture == "full":
        found["prompt"] = text
    elif capture == "redacted_preview":
        # More than is kept is redacted, so that nothing is cut in two and missed.
        found["prompt_preview"] = redact(text[: PREVIEW * 20]).text[:PREVIEW]
    return found


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    """A second of the wall clock as ISO 8601 has it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _status(x: Exchange, gone: bool) -> str:
    if gone:
        return "client_left"
    if x.tried and x.tried[-1][2] == "interrupted":
        return "stream_interrupted"
    return "forwarded" if x.backend and x.status < 500 else "upstream_request_failed"


def _usage(x: Exchange) -> Event:
    usage = x.usage or {}
    found = {
        "usage_prompt_tokens": usage.get("prompt_tokens"),
        "usage_completion_tokens": usage.get("completion_tokens"),
        "usage_total_tokens": usage.get("total_tokens"),
    }
    details = usage.get("prompt_tokens_details")
    if isinstance(details, dict):
        found["usage_cached_input_tokens"] = details.get("cached_tokens")
    kept = {key: value for key, value in found.items() if isinstance(value, int)}
    return kept | _cost(x, kept)


def _cost(x: Exchange, usage: dict[str, int]) -> Event:
    """What the answer cost, in USD, by the catalog's prices for the engine that gave it."""
    engine = x.service.served.catalog.engines.get(x.engine)
    if engine is None or not usage:
        return {}
    cached = usage.get("usage_cached_input_tokens", 0)
    fresh = max(usage.get("usage_prompt_tokens", 0) - cached, 0)
    cost = (
        fresh * engine.price_input
        + cached * (engine.price_cached or engine.price_input)
        + usage.get("usage_completion_tokens", 0) * engine.price_output
    )
    return {"cost_usd": round(cost / 1_000_000, 9)}
