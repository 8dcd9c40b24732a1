"""Which models of the catalog could serve a route on a machine, and what stops the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from model_router.setup.budget import Budget
from model_router.setup.fit import (
    CONTEXT_STEPS,
    Footprint,
    Need,
    catalog_footprint,
    level,
    need,
    usable_context,
)
from model_router.setup.machine import Machine
from model_router.setup.model_catalog import CatalogModel, ModelCatalog
from model_router.setup.routes import Route
from model_router.setup.speed import Speed, speed


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model looked at for one route on one machine."""

    model: CatalogModel
    rank: int
    footprint: Footprint
    need: Need
    """At the context that is planned for it."""
    level: str
    """fits | tight | partial | no"""
    usable_context: int
    speed: Speed | None

    @property
    def total(self) -> int:
        """Bytes it needs at the planned context."""
        return self.need.total


@dataclass(frozen=True, slots=True)
class Refused:
    """A model that was not looked at further, and why."""

    model: CatalogModel
    rank: int
    why: str


def candidates(
    catalog: ModelCatalog, route: Route, machine: Machine, budget: Budget, allowance: int
) -> Iterator[Candidate | Refused]:
    """Every model that the catalog ranks for the route's role, in the catalog's order.

    Contexts are planned within `allowance` bytes, where that is enough for the least of them.
    """
    for model in catalog.models:
        rank = model.roles.get(route.role)
        if rank is not None:
            yield _looked_at(model, rank, route, machine, budget, allowance)


def _looked_at(
    model: CatalogModel,
    rank: int,
    route: Route,
    machine: Machine,
    budget: Budget,
    allowance: int,
) -> Candidate | Refused:
    if route.tools and model.tools is False:
        return Refused(model, rank, "it takes no tools")
    footprint = catalog_footprint(model, vision=route.role == "vision")
    if footprint is None:
        return Refused(model, rank, "the size of its files is not known")
    if footprint.context is not None and footprint.context < route.least_context:
        return Refused(model, rank, f"its context ends at {footprint.context} tokens")
    planned = need(footprint, planned_context(footprint, route, allowance))
    stands = level(planned.total, budget.bytes, budget.beside)
    if model.memory is not None:
        return Candidate(model, rank, footprint, planned, stands, 0, None)
    return Candidate(
        model, rank, footprint, planned, stands, usable_context(footprint, budget.bytes),
        _speed(model, footprint, machine, budget, stands == "partial"),
    )  # fmt: skip


def planned_context(footprint: Footprint, route: Route, allowance: int) -> int:
    """The context wanted for the route when it fits, else the most that does, else the least."""
    most = footprint.context or route.wanted_context
    steps = [s for s in CONTEXT_STEPS if route.least_context <= s <= route.wanted_context]
    allowed = [step for step in steps if step <= most] or [route.least_context]
    fitting = [step for step in allowed if need(footprint, step).total <= allowance]
    return fitting[-1] if fitting else allowed[0]


def _speed(
    model: CatalogModel, footprint: Footprint, machine: Machine, budget: Budget, partial: bool
) -> Speed | None:
    share = 1.0
    if model.active is not None and model.parameters:
        share = model.active / model.parameters
    return speed(
        budget, machine, weights=footprint.weights, share=share,
        kv_per_token=footprint.kv_per_token, quantisation=model.quantisation, partial=partial,
    )  # fmt: skip
