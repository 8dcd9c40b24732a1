"""Validated rows to the plain objects of `model_router.types`."""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from typing import Any

from model_router.catalog import guesses, targets
from model_router.catalog.files import absolute
from model_router.catalog.report import Report
from model_router.types import (
    HUMAN,
    NEED_NAMES,
    OVERRIDE_KEYS,
    Availability,
    Catalog,
    Engine,
    Pool,
    PrivacyPolicy,
    ProviderPolicy,
    Rule,
    SafetyPolicy,
    Scoring,
    Tier,
    WeightsPolicy,
)

Row = Mapping[str, Any]

_PERSON = {
    "provider": "human",
    "model": "human-confirmation",
    "adapter": "confirmation_gate",
    "max_context": 1_000_000,
    "cost_tier": "none",
    "latency_tier": "manual",
}


def catalog(data: Row, raw: Row, folder: str | None, report: Report) -> Catalog:
    """The Catalog for validated `data`; `raw` is what the file says, defaults not filled in.

    Paths that engines require are taken relative to `folder`, when there is one.
    """
    rows = dict(data["engines"])
    if HUMAN not in rows:
        report.remark(("engines", HUMAN), "is not defined and was added: a person is always there")
        rows[HUMAN] = _implicit_person(data)
    engines = {name: engine(name, row, folder, report) for name, row in rows.items()}
    chosen = targets.complete(data["routing_targets"], rows, report)
    if not engines[chosen["confirmation"]].enabled:
        chosen["confirmation"] = HUMAN
    return Catalog(
        engines=engines,
        targets=chosen,
        safety=_safety(data["safety"]),
        privacy=_privacy(data["privacy"]),
        scoring=_scoring(data["scoring"]),
        weights=_weights(data["weights"], folder),
        signals=tuple(map(_given, data["signals"], raw.get("signals") or ())),
        rules=tuple(_rule(row) for row in data["rules"]),
        provider_policy=_policy(data["provider_policy"]),
        source=report.source,
        warnings=tuple(report.remarks),
    )


def _weights(row: Row, folder: str | None) -> WeightsPolicy:
    file = row["file"] and absolute(row["file"], folder)
    layer = row["layer"] and absolute(row["layer"], folder)
    return WeightsPolicy(row["enabled"], file, row["share"], row["caution"], layer)


def _given(row: Row, raw: Row) -> Row:
    """The keys of `row` that the file gives: a user's signal has the form of a packaged one."""
    return {key: row[key] for key in raw}


def _implicit_person(data: Row) -> Row:
    """A full row like any other: every key of a given row, empty, under a person's values."""
    some = next(iter(data["engines"].values()))
    empty: dict[str, Any] = dict.fromkeys(some)
    prices = {"price_input": 0.0, "price_output": 0.0, "price_cached": 0.0}
    return {**empty, **prices, **_PERSON, "strengths": [], "availability": {}, "enabled": True}


def engine(name: str, row: Row, folder: str | None, report: Report) -> Engine:
    """The Engine of one validated row, with everything that is left out worked out."""
    if guesses.is_person(name, row["provider"]):
        row = _as_person(name, row, report)
    where = row["location"] or guesses.location(row["provider"])
    row = {**row, "cost_tier": row["cost_tier"] or guesses.cost_tier(where)}
    kinds = row["modalities"]
    return Engine(
        name=name,
        provider=row["provider"],
        model=row["model"],
        adapter=row["adapter"] or row["provider"],
        strengths=tuple(row["strengths"]),
        max_context=row["max_context"],
        cost_tier=row["cost_tier"],
        latency_tier=row["latency_tier"] or "medium",
        enabled=row["enabled"],
        fallback=row["fallback"],
        supports_tools=_or(row["supports_tools"], guesses.supports_tools(name, row)),
        modalities=frozenset(guesses.modalities(name, row) if kinds is None else kinds),
        capability_tier=row["capability_tier"],
        trust_tier=row["trust_tier"],
        availability=_availability(row["availability"], folder),
        location=where,
        price_input=float(row["price_input"]),
        price_output=float(row["price_output"]),
        price_cached=float(row["price_cached"]),
        api_model=row["api_model"],
        thinking=row["thinking"],
        **_ranks(row),
    )


def _ranks(row: Row) -> dict[str, int]:
    tier = row["capability_tier"] or guesses.capability_tier(row)
    capability = _or(row["capability"], guesses.capability(tier, row["max_context"]))
    trust = guesses.TRUST.get(row["trust_tier"] or guesses.trust_tier(row), guesses.TRUST_UNKNOWN)
    cost = guesses.COST.get(row["cost_tier"], guesses.UNKNOWN_TIER)
    latency = guesses.LATENCY.get(row["latency_tier"] or "medium", guesses.UNKNOWN_TIER)
    return {
        "capability": capability,
        "trust": _or(row["trust"], trust),
        "cost": _or(row["cost"], cost),
        "latency": _or(row["latency"], latency),
        "tier": _or(row["tier"], guesses.size(row, capability)),
    }


def _as_person(name: str, row: Row, report: Report) -> Row:
    """A person's row. The gate is always open to people, and leads on to no model."""
    fixed: dict[str, Any] = {"provider": "human", "location": "local", "availability": {}}
    if row["fallback"] is not None:
        report.remark(("engines", name, "fallback"), "is ignored: nothing comes after a person")
    if name == HUMAN and not row["enabled"]:
        report.remark(("engines", name, "enabled"), "is ignored: a person is always there")
        fixed["enabled"] = True
    if row["provider"].strip().lower() != "human":
        report.remark(("engines", name, "provider"), f"is read as human: {HUMAN} is a person")
    filled = {key: value if row[key] is None else row[key] for key, value in _PERSON.items()}
    return {**row, **filled, **fixed, "fallback": None}


def _availability(row: Row, folder: str | None) -> Availability:
    return Availability(
        status=row.get("status", "auto"),
        required_env=tuple(row.get("required_env", ())),
        required_commands=tuple(row.get("required_commands", ())),
        required_paths=tuple(_absolute(path, folder) for path in row.get("required_paths", ())),
    )


def _absolute(path: str, folder: str | None) -> str:
    """`path` seen from the catalog's folder, so that the working directory plays no part."""
    if folder is None or path.startswith("~"):
        return path
    return os.path.normpath(os.path.join(folder, path))


def _or(given: Any, guess: Any) -> Any:
    return guess if given is None else given


def _safety(row: Row) -> SafetyPolicy:
    overrides = row["confirmation_overrides"]
    return SafetyPolicy(
        require_human_confirmation=row["require_human_confirmation"],
        freed=frozenset(action for action, key in OVERRIDE_KEYS.items() if overrides[key]),
        allow_ambiguous_high_impact=overrides["allow_ambiguous_high_impact"],
        coding_actions=row["coding_actions"],
    )


def _privacy(row: Row) -> PrivacyPolicy:
    categories = row["categories"]
    return PrivacyPolicy(
        mode=row["mode"],
        categories=None if categories is None else frozenset(categories),
        code=row["code"],
    )


def _scoring(row: Row) -> Scoring:
    limits, weights, tiers = row["thresholds"], row["weights"], row["tiers"]
    return Scoring(
        saturation_k=row["saturation_k"],
        complexity=weights["complexity"],
        risk=weights["risk"],
        confidence=weights["confidence"],
        reasoning_threshold=limits["reasoning"],
        simple_threshold=limits["simple"],
        risk_threshold=limits["risk"],
        confidence_threshold=limits["confidence"],
        baseline_engine=row["baseline_engine"],
        **({"tiers": tuple(Tier(**tier) for tier in tiers)} if tiers else {}),
    )


def _rule(row: Row) -> Rule:
    when = row["when"]
    needs = 0
    for need in when["needs"]:
        needs |= NEED_NAMES[need]
    return Rule(
        name=row["name"],
        signals=tuple(when["signals"]),
        any_signals=tuple(when["any_signals"]),
        needs=needs,
        min_chars=when["min_chars"],
        max_chars=when["max_chars"],
        min_complexity=when["min_complexity"],
        max_complexity=when["max_complexity"],
        languages=tuple(when["languages"]),
        route=row["then"]["route"],
        engine=row["then"]["engine"],
    )


def _policy(row: Row) -> ProviderPolicy:
    routes = {route: _pool(pool) for route, pool in row["route_pools"].items()}
    return ProviderPolicy(base=_pool(row), routes=routes)


def _pool(row: Row) -> Pool:
    allowed = row["provider_allowlist"]
    return Pool(
        allow=frozenset(allowed) if allowed else None,
        deny=frozenset(row["provider_denylist"]),
        local_only=row["local_only"],
        hosted_allowed=row["hosted_allowed"],
        max_cost_tier=row["max_cost_tier"],
        max_latency_tier=row["max_latency_tier"],
    )
