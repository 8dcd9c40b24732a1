"""A loaded catalog as the mapping that would load it again, with every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_router.types import NEED_NAMES, OVERRIDE_KEYS, Catalog, Engine, Pool, Rule, Scoring


def effective(catalog: Catalog) -> dict[str, Any]:
    """The whole catalog, in the order of the reference configuration."""
    safety, privacy, weights = catalog.safety, catalog.privacy, catalog.weights
    overrides = {key: action in safety.freed for action, key in OVERRIDE_KEYS.items()}
    overrides["allow_ambiguous_high_impact"] = safety.allow_ambiguous_high_impact
    categories = privacy.categories
    return {
        "version": 1,
        "routing_targets": dict(catalog.targets),
        "engines": {name: engine_row(engine) for name, engine in catalog.engines.items()},
        "safety": {
            "require_human_confirmation": safety.require_human_confirmation,
            "confirmation_overrides": overrides,
            "coding_actions": safety.coding_actions,
        },
        "privacy": {
            "mode": privacy.mode,
            "categories": None if categories is None else sorted(categories),
            "code": privacy.code,
        },
        "scoring": _scoring(catalog.scoring),
        "weights": {
            "enabled": weights.enabled,
            "file": weights.file,
            "share": weights.share,
            "caution": weights.caution,
            "layer": weights.layer,
        },
        "signals": [plain(row) for row in catalog.signals],
        "rules": [_rule(rule) for rule in catalog.rules],
        "strategy": plain(catalog.strategy.given) or catalog.strategy.name,
        "provider_policy": {
            **_pool(catalog.provider_policy.base),
            "route_pools": {
                route: _pool(pool) for route, pool in catalog.provider_policy.routes.items()
            },
        },
    }


def engine_row(engine: Engine) -> dict[str, Any]:
    """One engine's row."""
    needs = engine.availability
    return {
        "provider": engine.provider,
        "model": engine.model,
        "api_model": engine.api_model,
        "adapter": engine.adapter,
        "strengths": list(engine.strengths),
        "max_context": engine.max_context,
        "cost_tier": engine.cost_tier,
        "latency_tier": engine.latency_tier,
        "enabled": engine.enabled,
        "fallback": engine.fallback,
        "supports_tools": engine.supports_tools,
        "modalities": sorted(engine.modalities),
        "thinking": engine.thinking,
        "location": engine.location,
        "tier": engine.tier,
        "capability_tier": engine.capability_tier,
        "trust_tier": engine.trust_tier,
        "capability": engine.capability,
        "trust": engine.trust,
        "cost": engine.cost,
        "latency": engine.latency,
        "price_input": engine.price_input,
        "price_output": engine.price_output,
        "price_cached": engine.price_cached,
        "availability": {
            "status": needs.status,
            "required_env": list(needs.required_env),
            "required_commands": list(needs.required_commands),
            "required_paths": list(needs.required_paths),
        },
    }


def _scoring(scoring: Scoring) -> dict[str, Any]:
    return {
        "saturation_k": scoring.saturation_k,
        "thresholds": {
            "simple": scoring.simple_threshold,
            "reasoning": scoring.reasoning_threshold,
            "risk": scoring.risk_threshold,
            "confidence": scoring.confidence_threshold,
        },
        "weights": {
            "complexity": dict(scoring.complexity),
            "risk": dict(scoring.risk),
            "confidence": dict(scoring.confidence),
        },
        "tiers": [{"name": tier.name, "max_score": tier.max_score} for tier in scoring.tiers],
        "baseline_engine": scoring.baseline_engine,
    }


def _rule(rule: Rule) -> dict[str, Any]:
    when = {
        "signals": list(rule.signals),
        "any_signals": list(rule.any_signals),
        "needs": [name for name, bit in NEED_NAMES.items() if rule.needs & bit],
        "min_chars": rule.min_chars,
        "max_chars": rule.max_chars,
        "min_complexity": rule.min_complexity,
        "max_complexity": rule.max_complexity,
        "languages": list(rule.languages),
    }
    then = {"engine": rule.engine} if rule.route is None else {"route": rule.route}
    # Zero is a condition: only what was not said is left out.
    said = {key: value for key, value in when.items() if value is not None and value != []}
    return {"name": rule.name, "when": said, "then": then}


def _pool(pool: Pool) -> dict[str, Any]:
    return {
        "provider_allowlist": None if pool.allow is None else sorted(pool.allow),
        "provider_denylist": sorted(pool.deny),
        "local_only": pool.local_only,
        "hosted_allowed": pool.hosted_allowed,
        "max_cost_tier": pool.max_cost_tier,
        "max_latency_tier": pool.max_latency_tier,
    }


def plain(value: Any) -> Any:
    """Mappings as dicts and tuples as lists, all the way down."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
