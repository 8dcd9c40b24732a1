"""How a model that is on this machine already would do here: by its own header, and by the list."""

from __future__ import annotations

import os
from dataclasses import dataclass

from model_router.setup.budget import Budget
from model_router.setup.candidates import planned_context
from model_router.setup.fit import Footprint, Need, header_footprint, level, need, usable_context
from model_router.setup.found import FoundModel
from model_router.setup.machine import Machine
from model_router.setup.model_catalog import CatalogModel, ModelCatalog
from model_router.setup.routes import Route
from model_router.setup.speed import Speed, speed


@dataclass(frozen=True, slots=True)
class LocalFit:
    """A model that was found, looked at for one route."""

    model: FoundModel
    footprint: Footprint
    need: Need
    level: str
    """fits | tight | partial | no"""
    usable_context: int
    speed: Speed | None
    listed: CatalogModel | None
    """The same model in the catalog, which ranks it; None when it is not there."""
    rank: int | None
    """Its rank for the route; None when nobody ranked it."""


def local_fit(
    model: FoundModel, route: Route, machine: Machine, budget: Budget, catalog: ModelCatalog
) -> LocalFit:
    """How `model` would do for `route` within `budget`."""
    facts = model.facts
    footprint = header_footprint(facts, model.size_bytes)
    planned = need(footprint, planned_context(footprint, route, budget.bytes))
    stands = level(planned.total, budget.bytes, budget.beside)
    share = 1.0
    if facts.active_parameters and facts.parameters:
        share = facts.active_parameters / facts.parameters
    rate = speed(
        budget, machine, weights=footprint.weights, share=share,
        kv_per_token=footprint.kv_per_token, quantisation=facts.quantisation,
        partial=stands == "partial",
    )  # fmt: skip
    listed = listed_as(model, catalog)
    return LocalFit(
        model, footprint, planned, stands, usable_context(footprint, budget.bytes), rate, listed,
        listed.roles.get(route.role) if listed else None,
    )  # fmt: skip


def listed_as(model: FoundModel, catalog: ModelCatalog) -> CatalogModel | None:
    """The catalog's row for a model that was found: by digest, else by name and exact size.

    Never by a name alone: one name stands for many files.
    """
    if not model.files:
        return None
    digest = (model.content or "").removeprefix("sha256:")
    first = os.path.basename(model.files[0]).lower()
    for row in catalog.models:
        for one in row.sources[0].files:
            if one.purpose is not None:
                continue
            if one.sha256 is not None and one.sha256 == digest:
                return row
            name = os.path.basename(one.path).lower()
            if not one.pattern and one.exact and name == first and row.size() == model.size_bytes:
                return row
    return None
