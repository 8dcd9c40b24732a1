"""Everything that one version of the files means: routers, backends, who may call.

A service is built whole and never changed; a reload builds another and swaps them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from model_router.catalog import load_catalog
from model_router.proxy.backends import BackendRuntime, open_backends
from model_router.proxy.config import ProxyConfig
from model_router.proxy.door import Door
from model_router.proxy.served import Served, served
from model_router.receipt.decision import Plan
from model_router.records import record
from model_router.router import ModelRouter
from model_router.types import HUMAN, ROUTES

LOCAL_ONLY = "local_only"
ALWAYS_VIRTUAL = ("auto", "route-auto", "model-router")
ROUTE_PREFIX = "route-"
_MOST_REMEMBERED = 1024


@record
class Candidate:
    """One way to answer: an engine, where it is served, and under which name there."""

    engine: str
    backend: BackendRuntime
    model: str | None  # None: the name in the request stays


class Service:
    """One version of the files, ready to decide and to forward."""

    def __init__(
        self,
        config: ProxyConfig,
        found: Served,
        backends: Mapping[str, BackendRuntime],
        admin_key: str | None = None,
    ) -> None:
        self.config = config
        self.served = found
        self.backends = backends
        self.router = ModelRouter(found.catalog, availability_report=found.unavailable)
        self.door = Door(config.access, config.host, admin_key, bool(config.uds))
        self.decides = frozenset({*ALWAYS_VIRTUAL, *config.model_ids})
        self.roles = {ROUTE_PREFIX + route: route for route in ROUTES if route != "confirmation"}
        self.engines = frozenset(name for name in found.homes)
        self.event_forms: dict[Any, Any] = {}  # for `event_lines`: what many lines share
        self._remembered: dict[tuple[str, tuple[str, ...], str], tuple[Candidate, ...]] = {}

    @cached_property
    def unguarded(self) -> ModelRouter:
        """The same decisions with the gate open: for a request that a person approved."""
        catalog = self.served.catalog
        safety = replace(catalog.safety, require_human_confirmation=False)
        return ModelRouter(
            replace(catalog, safety=safety), availability_report=self.served.unavailable
        )

    def candidates(self, plan: Plan) -> tuple[Candidate, ...]:
        """The ways to carry out a plan, in order: never more than the plan allows."""
        key = (plan.engine, plan.chain, plan.egress)
        found = self._remembered.get(key)
        if found is None:
            rows = [
                row
                for engine in (plan.engine, *plan.chain)
                if engine != HUMAN
                for row in self._homes(engine, plan.egress)
            ]
            unique = {(row.backend.name, row.model): row for row in reversed(rows)}
            found = tuple(row for row in rows if unique[(row.backend.name, row.model)] is row)
            if len(self._remembered) < _MOST_REMEMBERED:
                self._remembered[key] = found
        return found

    def _homes(self, engine: str, egress: str) -> list[Candidate]:
        home = self.served.homes.get(engine)
        if home is None:
            return []
        row = self.served.catalog.engines[engine]
        found = []
        for name in (home, *self.config.fallback_backends.get(home, ())):
            backend = self.backends[name]
            if backend.local or egress != LOCAL_ONLY:
                model = backend.settings.model_for(engine) or row.api_model or row.model
                found.append(Candidate(engine, backend, model))
        return found

    def direct(self, name: str, model: str | None, label: str, egress: str) -> list[Candidate]:
        """The ways to reach a backend that was named: itself, and who stands in for it."""
        found = []
        for other in (name, *self.config.fallback_backends.get(name, ())):
            backend = self.backends.get(other)
            if backend is not None and (backend.local or egress != LOCAL_ONLY):
                own = model if other == name else backend.settings.model or model
                found.append(Candidate(label, backend, own))
        return found


def build_service(
    config: ProxyConfig,
    environ: Mapping[str, str],
    admin_key: str | None = None,
    before: Service | None = None,
) -> Service:
    """The service for a proxy file and the catalog it names. Raises RouterConfigError.

    Backends that `before` has with the same settings go on with their connections and state.
    """
    found = served(config, load_catalog(config.router_config), environ)
    kept = before.backends if before is not None else None
    return Service(config, found, open_backends(config.backends, environ, kept), admin_key)
