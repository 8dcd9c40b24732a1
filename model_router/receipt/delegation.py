"""Is this work to hand to an agent? Flags, reasons and one piece of advice for receipts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from model_router.receipt.requirements import PromptFeatures

DELEGATION: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        "mechanical_work_likely",
        "delegation.mechanical_work",
        "the work is mechanical",
        ("mechanical_work_intent",),
    ),
    (
        "judgment_heavy_likely",
        "delegation.judgment_heavy",
        "the work needs judgment",
        ("judgment_heavy_intent",),
    ),
    (
        "verification_heavy_likely",
        "delegation.verification_heavy",
        "the result has to be verified",
        ("verification_intent",),
    ),
    (
        "repo_wide_likely",
        "delegation.repo_wide",
        "it reaches across a whole repository",
        ("repo_wide_intent",),
    ),
    (
        "risky_or_external_action",
        "delegation.risky_or_external_action",
        "it acts on something outside the conversation",
        (
            "destructive_action",
            "external_action",
            "high_impact_external_action",
            "purchase_action",
            "send_action",
            "requires_confirmation",
        ),
    ),
    (
        "ambiguity_sensitive",
        "delegation.ambiguity_sensitive",
        "what is wanted is not clear",
        ("ambiguous",),
    ),
)
"""Flag of the receipt, its reason code, its sentence, and the features that set it."""


def codes(features: PromptFeatures) -> Iterator[str]:
    """The reason code of every flag that is set."""
    for _, code, _, names in DELEGATION:
        if any(getattr(features, name) for name in names):
            yield code


def suitability(features: PromptFeatures) -> dict[str, Any]:
    """Flags for handing the work to an agent, their reasons, and one piece of advice."""
    flags = {
        flag: any(getattr(features, name) for name in names) for flag, _, _, names in DELEGATION
    }
    reasons = [text for flag, _, text, _ in DELEGATION if flags[flag]]
    return {**flags, "reasons": reasons, "guidance": _guidance(flags)}


def _guidance(flags: dict[str, bool]) -> str:
    if flags["risky_or_external_action"]:
        return "Ask a person before an agent acts on this."
    if flags["ambiguity_sensitive"]:
        return "Clarify the request before delegating it."
    if flags["judgment_heavy_likely"]:
        return "Delegate to a capable engine and review the result."
    if flags["verification_heavy_likely"] or flags["repo_wide_likely"]:
        return "Delegate together with a way to check the result, such as tests."
    if flags["mechanical_work_likely"]:
        return "Suitable for delegation to a small or an agentic engine."
    return "Nothing speaks for or against delegating this."
