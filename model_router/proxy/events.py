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
from model_router.proxy.choosing import Choice, NeedsPerson
from model_router.proxy.event_log import Told
from model_router.proxy.exchange import Exchange
from model_router.proxy.incoming import Incoming
from model_router.proxy.service import Service
from model_router.text.tokens import estimate_tokens
from model_router.types import HUMAN

ROUTE_API = "chat_completions"
PREVIEW = 180
"""Characters of a prompt that redacted_preview keeps, after redaction."""

LONG = 4096
"""Characters of a prompt that waits for the log's thread."""

Event = dict[str, Any]


class Ended(NamedTuple):
    """A request that is over: what its event tells of, and no more. Times are in seconds."""

    service: Service
    at: int  # milliseconds of the wall clock
    request_id: bytes
    caller: str
    text: str
    context_tokens: int
    gone: bool
    status: int
    engine: str
    backend: str
    model: str | None
    choice: tuple[str | None, str, str, float, int, str, bool]  # see `_chosen`
    tried: list[tuple[str, str | None, str]]
    usage: dict[str, Any] | None
    decided_in: float
    took: float

    def event(self) -> Event:
        """The event."""
        text, tokens = self.text, self.context_tokens
        event = _common(self.service, self.at, self.request_id, self.caller, text, tokens)
        chosen, route, tier, complexity, risk, profile, decided = self.choice
        event |= {
            "status": _status(self),
            "status_code": self.status or None,
            "selected_engine": self.engine,
            "chosen_engine": chosen,
            "route": route,
            "tier": tier or None,
            "complexity_score": complexity,
            "risk_score": risk,
            "routing_profile": profile,
            "decision_layer_enabled": decided,
            "backend": self.backend or None,
            "backend_model": self.model,
            "fallback_used": len(self.tried) > 1,
            "chain_tried": self.tried,
            "route_latency_ms": round(self.decided_in * 1e3, 3),
            "upstream_latency_ms": round((self.took - self.decided_in) * 1e3, 1),
            "total_latency_ms": round(self.took * 1e3, 1),
        }
        return event | _usage(self)


def of_exchange(x: Exchange, gone: bool) -> Told:
    """The event of a request that was forwarded, or that nobody answered.

    For a short prompt what makes it: the log's thread does that for many in a row, at half the
    price. A long one is not kept for that.
    """
    request = x.choice.request
    ended = Ended(
        x.service, _now(), x.incoming.id, x.incoming.caller, request.text, request.context_tokens,
        gone, x.status, x.engine, x.backend, x.model, _chosen(x.choice), x.tried, x.usage,
        x.decided_in, time.monotonic() - x.began,
    )  # fmt: skip
    return ended.event if len(request.text) <= LONG else ended.event()


def _chosen(choice: Choice) -> tuple[str | None, str, str, float, int, str, bool]:
    engine = choice.engine if choice.decided else None
    scores = choice.complexity, choice.risk
    return engine, choice.route, choice.tier, *scores, choice.profile, choice.decided


def of_confirmation(
    service: Service, incoming: Incoming, needed: NeedsPerson, decision_id: str, took: float
) -> Event:
    """The event of a request that a person must confirm. `took` is seconds."""
    text, tokens = needed.request.text, needed.request.context_tokens
    return _common(service, _now(), incoming.id, incoming.caller, text, tokens) | {
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


def _now() -> int:
    return time.time_ns() // 1_000_000


def _common(
    service: Service, at: int, request_id: bytes, caller: str, text: str, context_tokens: int
) -> Event:
    found = {
        "event_type": "routing_event",
        "timestamp": f"{_second(at // 1000)}.{at % 1000:03d}Z",
        "request_id": request_id.decode(),
        "caller": caller,
        "route_api": ROUTE_API,
        "routing_mode": service.config.routing_mode,
        "config_source": service.served.catalog.source,
        "router_version": __version__,
        "prompt_hash": sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        "prompt_length": len(text),
        "estimated_tokens": estimate_tokens(text) + context_tokens,
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


def _status(x: Ended) -> str:
    if x.gone:
        return "client_left"
    if x.tried and x.tried[-1][2] == "interrupted":
        return "stream_interrupted"
    return "forwarded" if x.backend and x.status < 500 else "upstream_request_failed"


def _usage(x: Ended) -> Event:
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


def _cost(x: Ended, usage: dict[str, int]) -> Event:
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
