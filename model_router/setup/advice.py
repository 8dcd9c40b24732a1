"""The whole advice for a machine, and the data that `setup recommend --json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_router.setup.advisor import (
    PROFILES,
    Neighbour,
    Profile,
    RouteAdvice,
    advise_routes,
    allowance,
)
from model_router.setup.budget import Budget, budget_of
from model_router.setup.candidates import Candidate
from model_router.setup.machine import Machine
from model_router.setup.model_catalog import CatalogModel, ModelCatalog
from model_router.setup.residents import IMAGES, Together, each_its_own, resident_set


@dataclass(frozen=True, slots=True)
class Advice:
    """What to run on one machine."""

    catalog: ModelCatalog
    profile: str
    budget: Budget
    allowance: int
    """Bytes of the budget that the profile uses."""
    routes: tuple[RouteAdvice, ...]
    together: Together
    """The models to keep in memory at once."""
    alone: Together
    """Every route's own best model, for servers that load and unload."""
    stretched: bool
    """Whether `together` takes more than the profile would, so that no route stays empty."""


def advise(
    catalog: ModelCatalog, machine: Machine, profile: str = "balanced", *, pool_gpus: bool = False
) -> Advice:
    """The advice for a machine. KeyError for a profile that is not in PROFILES."""
    budget = budget_of(machine, pool_gpus=pool_gpus)
    wanted = PROFILES[profile]
    most = allowance(budget, wanted)
    routes = advise_routes(catalog, machine, budget, wanted)
    together, stretched = resident_set(routes, most), False
    if _empty(together):
        whole = Profile((1, 1), wanted.tokens_per_second)
        fuller = resident_set(advise_routes(catalog, machine, budget, whole), budget.bytes)
        if len(_empty(fuller)) < len(_empty(together)):
            together, stretched = fuller, True
    return Advice(catalog, profile, budget, most, routes, together, each_its_own(routes), stretched)


def _empty(together: Together) -> list[str]:
    return [route for route in together.without if route != IMAGES]


def advice_data(advice: Advice) -> dict[str, Any]:
    """The advice as JSON-ready data; the same bytes for the same machine, catalog and profile."""
    budget = advice.budget
    return {
        "catalog_version": advice.catalog.version,
        "profile": advice.profile,
        "budget": {
            "kind": budget.kind, "bytes": budget.bytes, "used_by_profile": advice.allowance,
            "ram_beside": budget.beside, "device": budget.device, "why": budget.why,
        },
        "routes": [_route(one, advice) for one in advice.routes],
        "set": {
            "together": _together(advice.together, budget), "stretched": advice.stretched,
            "swapped": _together(advice.alone, budget),
        },
    }  # fmt: skip


def _route(one: RouteAdvice, advice: Advice) -> dict[str, Any]:
    resident = advice.together.serving(one.route.name)
    return {
        "route": one.route.name,
        "role": one.route.role,
        "why": one.why,
        "in_set": resident.model_id if resident else None,
        "chosen": _chosen(one.chosen) if one.chosen else None,
        "smaller": _neighbour(one.smaller),
        "larger": _neighbour(one.larger),
    }


def _chosen(one: Candidate) -> dict[str, Any]:
    need, speed = one.need, one.speed
    return {
        **model_data(one.model),
        "rank": one.rank,
        "level": one.level,
        "context": need.context,
        "usable_context": one.usable_context,
        "need": {
            "weights": need.weights, "kv": need.kv, "recurrent": need.recurrent,
            "compute": need.compute, "margin": need.margin, "total": need.total,
            "basis": one.footprint.basis,
        },
        "speed": None if speed is None else {
            "low": speed.low, "high": speed.high, "band": speed.band,
            "confidence": speed.confidence, "basis": speed.basis,
        },
    }  # fmt: skip


def model_data(model: CatalogModel) -> dict[str, Any]:
    """What identifies a model, and what a config needs to know of it."""
    return {
        "id": model.id, "name": model.name, "repo": model.repo, "format": model.format,
        "quantisation": model.quantisation, "pinned": model.pinned, "tools": model.tools,
        "vision": model.vision, "license": model.license, "mlx_repo": model.mlx_repo,
    }  # fmt: skip


def _neighbour(one: Neighbour | None) -> Mapping[str, Any] | None:
    if one is None:
        return None
    return {"id": one.model_id, "rank": one.rank, "need": one.total, "why": one.why}


def _together(one: Together, budget: Budget) -> dict[str, Any]:
    return {
        "models": [
            {"id": r.model_id, "routes": list(r.routes), "context": r.context, "need": r.total}
            for r in one.residents
        ],
        "without": list(one.without),
        "sum": one.sum_bytes,
        "largest": one.largest_bytes,
        "sum_fits": one.sum_bytes <= budget.bytes,
        "largest_fits": one.largest_bytes <= budget.bytes,
    }
