"""What the proxy says of itself: models, health, status, metrics."""

from __future__ import annotations

from typing import Any

from model_router._version import __version__
from model_router.proxy.backends import BackendRuntime
from model_router.proxy.incoming import Incoming
from model_router.proxy.live import Live
from model_router.proxy.metrics import Gauge
from model_router.proxy.problems import NOT_FOUND, Problem, Refused
from model_router.proxy.service import ALWAYS_VIRTUAL, Service
from model_router.proxy.state import uptime

OWNER = "model-router"
_TEXT = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")


def models(service: Service) -> list[dict[str, Any]]:
    """Every name that `model` may have: for a decision, a route, an engine, and of a backend."""
    names: dict[str, str] = dict.fromkeys((*ALWAYS_VIRTUAL, *service.config.model_ids), OWNER)
    if service.config.routing_mode == "decision":
        names |= dict.fromkeys(service.roles, OWNER)
        usable = service.engines - service.served.unavailable.keys()
        names |= dict.fromkeys(sorted(usable), OWNER)
    if service.config.respect_client_model or service.config.routing_mode != "decision":
        names |= dict.fromkeys(service.config.model_map, OWNER)
        for backend in service.backends.values():
            for name in (*sorted(backend.configured), *(backend.advertised or ())):
                names.setdefault(name, backend.name)
    return [{"id": name, "object": "model", "created": 0, "owned_by": by}
            for name, by in names.items()]  # fmt: skip


async def list_models(live: Live, incoming: Incoming) -> None:
    """Answer GET /v1/models."""
    await incoming.answer_json({"object": "list", "data": models(live.service)})


async def one_model(live: Live, incoming: Incoming) -> None:
    """Answer GET /v1/models/{id}."""
    name = incoming.path.removeprefix("/v1/models/")
    for row in models(live.service):
        if row["id"] == name:
            await incoming.answer_json(row)
            return
    message = "there is no such model here; GET /v1/models lists what there is"
    raise Refused(Problem(404, message, NOT_FOUND, "model_not_found", "model"))


async def health(live: Live, incoming: Incoming) -> None:
    """Answer GET /health: for anybody, so it tells no address, path or setting."""
    states = {name: row.state() for name, row in live.service.backends.items()}
    well = sum(state == "closed" for state in states.values())
    status = "ok" if well == len(states) else "degraded" if well else "unavailable"
    if live.draining:
        status = "draining"
    found = {"status": status, "version": __version__, "backends": states}
    await incoming.answer_json(found, 503 if live.draining else 200)


async def status(live: Live, incoming: Incoming) -> None:
    """Answer GET /v1/status: what runs and how it fares. No key is in it."""
    service = live.service
    config = service.config
    found = {
        "version": __version__,
        "uptime_seconds": round(uptime() - live.started, 1),
        "draining": live.draining,
        "config": config.source,
        "catalog": service.served.catalog.source,
        "mode": config.routing_mode,
        "profile": config.routing_profile or "balanced",
        "last_reload": live.last_reload,
        "remarks": [
            {"path": row.path, "message": row.message}
            for row in (*config.warnings, *service.served.remarks)
        ],
        "backends": {name: _backend(row) for name, row in service.backends.items()},
        "engines": {
            name: {"backend": service.served.homes.get(name), "location": engine.location,
                   "unavailable": list(service.served.unavailable.get(name, ()))}
            for name, engine in service.served.catalog.engines.items()
        },
    }  # fmt: skip
    await incoming.answer_json(found)


def _backend(row: BackendRuntime) -> dict[str, Any]:
    return {
        "kind": row.settings.kind,
        "base_url": row.settings.base_url,
        "location": "local" if row.local else "hosted",
        "breaker": row.state(),
        "failures_in_a_row": row.breaker.row,
        "last_error": row.last_error,
        "calls": row.calls,
        "inside": row.gate.inside,
        "waiting": row.gate.waiting,
        "limit": row.gate.most,
        "models": None if row.advertised is None else list(row.advertised),
        "loaded": None if row.loaded is None else sorted(row.loaded),
    }


async def metrics(live: Live, incoming: Incoming) -> None:
    """Answer GET /metrics."""
    rows = live.service.backends
    gauges = (
        Gauge("model_router_backend_up", "1 unless its breaker is open.", "backend",
              {name: float(row.state() == "closed") for name, row in rows.items()}),
        Gauge("model_router_backend_inflight", "Requests that it is answering.", "backend",
              {name: float(row.gate.inside) for name, row in rows.items()}),
        Gauge("model_router_backend_queued", "Requests that wait for it.", "backend",
              {name: float(row.gate.waiting) for name, row in rows.items()}),
    )  # fmt: skip
    await incoming.answer(200, live.metrics.text(*gauges), (_TEXT,))
