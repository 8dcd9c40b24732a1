"""Receipts in words: one sentence for each question a person asks about a decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from model_router.receipt import delegation
from model_router.types import HUMAN, Reason

if TYPE_CHECKING:
    from model_router.receipt.decision import RoutingDecision

ACTION_TEXT: dict[str, str] = {
    "destructive": "it orders something to be deleted or destroyed",
    "send": "it orders something to be sent",
    "purchase": "it orders a purchase or a payment",
    "schedule": "it orders something to be scheduled",
    "publish": "it orders something to be published",
    "deploy": "it orders a deployment",
    "access": "it orders a change of access or credentials",
    "device": "it orders a device or a shell to act",
    "high_impact": "it orders something with high impact",
}


def reason_codes(decision: RoutingDecision) -> tuple[str, ...]:
    """Machine codes, each once: profile, route, what fired, requirements, policy, safety."""
    return tuple(dict.fromkeys(_codes(decision)))


def _codes(decision: RoutingDecision) -> Iterator[str]:
    yield f"profile.{decision.routing_profile}"
    if not decision.config_valid:
        yield "config.invalid"
    yield f"route.{decision.route}"
    yield from (reason.code for reason in decision.explained)
    yield from _requirement_codes(decision)
    yield from _policy_codes(decision)
    if not decision.availability_valid:
        yield "availability.issue"
    if decision.fallback_engine and not decision.fallback_used:
        yield "fallback.configured"
    yield from delegation.codes(decision.features)
    confirm = decision.requires_confirmation
    yield "safety.confirmation_required" if confirm else "safety.no_confirmation_required"


def _requirement_codes(decision: RoutingDecision) -> Iterator[str]:
    rows = (
        ("tools", decision.requires_tools),
        ("freshness", decision.requires_freshness),
        ("code_execution", decision.requires_code_execution),
        ("vision", decision.requires_vision),
        ("image_generation", decision.requires_image_generation),
        ("modality", bool(decision.requirements.required_modalities)),
    )
    yield from (f"requirement.{name}" for name, holds in rows if holds)


def _policy_codes(decision: RoutingDecision) -> Iterator[str]:
    limits = decision.requirements.limits
    rows = (
        ("provider_allowlist", limits.allow is not None),
        ("local_only", decision.egress == "local_only"),
        ("provider_denylist", bool(limits.deny)),
        ("max_cost_tier", limits.max_cost_tier is not None),
        ("max_latency_tier", limits.max_latency_tier is not None),
        ("profile", limits.profile is not None),
        ("provider", bool(limits.policy_reasons)),
    )
    yield from (f"policy.{name}" for name, holds in rows if holds)


def summary(decision: RoutingDecision) -> str:
    """The decision in one sentence."""
    scores = (
        f"complexity {decision.complexity_score}, risk {decision.risk_score}, "
        f"confidence {decision.confidence_score}"
    )
    if decision.selected_engine == HUMAN:
        return f"{_human_cause(decision)} ({scores})."
    return f"{decision.selected_engine} takes this as {decision.route} work ({scores})."


def _human_cause(decision: RoutingDecision) -> str:
    if not decision.config_valid:
        return "A person decides, because the catalog cannot be used"
    if decision.requires_confirmation:
        return "A person must confirm first"
    if decision.fallback_used:
        return "A person decides, because no engine qualifies"
    return f"{HUMAN} was asked for, so a person decides"


def selected_route_explanation(decision: RoutingDecision) -> str:
    """Why this route: the strongest reasons, and the engine it leads to."""
    weighty = sorted(
        (reason for reason in decision.explained if reason.points > 0 and reason.text),
        key=lambda reason: -reason.points,
    )
    because = _joined(dict.fromkeys(reason.text for reason in weighty[:3]))
    said = f"Route {decision.route}" + (f", because {because}" if because else "")
    return f"{said}. The search began at {decision.target}."


def policy_explanation(decision: RoutingDecision) -> str:
    """Which limits held."""
    required = decision.requirements
    limits = required.limits
    rows = [
        *required.profile_reasons,
        *required.provider_policy_reasons,
        limits.max_cost_tier and f"cost tier at most {limits.max_cost_tier}",
        limits.max_latency_tier and f"latency tier at most {limits.max_latency_tier}",
        limits.allow is not None and f"only providers {', '.join(sorted(limits.allow)) or 'none'}",
        limits.deny and f"not providers {', '.join(sorted(limits.deny))}",
        decision.egress == "local_only" and "only local engines",
    ]
    text = _joined(dict.fromkeys(row for row in rows if isinstance(row, str)))
    return f"Limits: {text}." if text else "No limits from hints, profile or provider policy."


def rejection_explanation(decision: RoutingDecision) -> str:
    """Which engines could not be chosen, and why."""
    if not decision.rejected_engines:
        return "No engine was rejected."
    text = _joined(f"{row.engine} ({row.reason})" for row in decision.rejected_engines)
    return f"Rejected: {text}."


def fallback_explanation(decision: RoutingDecision) -> str:
    """What stood in, and what comes next."""
    if decision.selected_engine == HUMAN:
        used = decision.fallback_used
        return "Nothing else fits." if used else "No engine is tried before a person decided."
    parts = []
    if decision.fallback_used:
        parts.append(f"{decision.selected_engine} stands in for {decision.target}.")
    parts.append(f"If it fails: {', then '.join((*decision.chain, 'a person'))}.")
    return " ".join(parts)


def safety_explanation(decision: RoutingDecision) -> str:
    """Whether a person must confirm, and why."""
    if not decision.requires_confirmation:
        freed = ", ".join(decision.actions)
        return f"No confirmation is needed; allowed here: {freed}." if freed else (
            "No confirmation is needed."
        )  # fmt: skip
    why = ACTION_TEXT.get(decision.action_class or "", "")
    return f"A person must confirm: {why}." if why else "A person must confirm."


def privacy_explanation(decision: RoutingDecision) -> str:
    """What kinds of private data were found, and what follows."""
    counts = sorted(Counter(category for category, _, _ in decision.findings).items())
    found = ", ".join(f"{category} ({number})" for category, number in counts)
    said = f"Private data found: {found}." if found else "No private data was reported."
    if decision.egress == "local_only":
        return f"{said} The request stays on local engines."
    return f"{said} The request may go to any engine that qualifies."


def wrong_route_next_action(decision: RoutingDecision) -> str:
    """What to do when this was not the right engine."""
    if not decision.config_valid:
        return "Correct the catalog; model-router validate-config lists every problem."
    if decision.requires_confirmation:
        return (
            "If no person is needed here, free the action class in safety.confirmation_overrides."
        )
    if decision.selected_engine == HUMAN:
        return "Look at rejected_engines, then change the hints, or enable or add an engine."
    return "Force an engine with --force-engine, or add a rule or a signal to the catalog."


def receipt_dict(decision: RoutingDecision, schema: str) -> dict[str, Any]:
    """The receipt as JSON-ready data."""
    return {"schema": schema, **_facts(decision), **_choice(decision), **_words(decision)}


def _facts(decision: RoutingDecision) -> dict[str, Any]:
    plain = (
        "complexity_score", "complexity_unit", "risk_score", "confidence_score",
        "requires_confirmation", "requires_tools", "requires_freshness",
        "requires_code_execution", "requires_vision", "requires_image_generation",
        "config_valid", "availability_valid", "routing_profile", "route", "egress",
        "action_class", "verify", "tier", "task_type", "language", "estimated_tokens",
        "estimated_cost", "baseline_cost", "estimated_saving", "rule", "strategy", "router_version",
    )  # fmt: skip
    listed = ("reasons", "reason_codes", "availability_reasons", "actions", "signals")
    data = {name: getattr(decision, name) for name in plain}
    data |= {name: list(getattr(decision, name)) for name in listed}
    data["explained"] = [_reason(reason) for reason in decision.explained]
    data["findings"] = [
        {"category": category, "start": start, "end": end}
        for category, start, end in decision.findings
    ]
    return data


def _choice(decision: RoutingDecision) -> dict[str, Any]:
    return {
        "selected_engine": decision.selected_engine,
        "requested_engine": decision.requested_engine,
        "target": decision.target,
        "fallback_engine": decision.fallback_engine,
        "fallback_used": decision.fallback_used,
        "shadow": decision.shadow.to_dict() if decision.shadow else None,
        "fallback_chain": list(decision.fallback_chain),
        "chain": list(decision.chain),
        "requirements": decision.requirements.to_dict(),
        "rejected_engines": [rejection.to_dict() for rejection in decision.rejected_engines],
        "alternatives": [alternative.to_dict() for alternative in decision.alternatives],
    }


def _words(decision: RoutingDecision) -> dict[str, Any]:
    return {
        "summary": summary(decision),
        "delegation_suitability": delegation.suitability(decision.features),
        "selected_route_explanation": selected_route_explanation(decision),
        "policy_explanation": policy_explanation(decision),
        "rejection_explanation": rejection_explanation(decision),
        "fallback_explanation": fallback_explanation(decision),
        "safety_explanation": safety_explanation(decision),
        "privacy_explanation": privacy_explanation(decision),
        "wrong_route_next_action": wrong_route_next_action(decision),
    }


def _reason(reason: Reason) -> dict[str, Any]:
    span = None if reason.span is None else list(reason.span)
    return {"code": reason.code, "text": reason.text, "points": reason.points, "span": span}


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(parts)
