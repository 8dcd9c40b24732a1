"""A decision on one short screen: the engine, why, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_router.cli.layout import labelled
from model_router.cli.terminal import Terminal
from model_router.types import HUMAN

if TYPE_CHECKING:
    from model_router.receipt.decision import RoutingDecision

MOST_REASONS = 3


def decision_screen(decision: RoutingDecision, terminal: Terminal) -> list[str]:
    """The lines that `decide` prints for people."""
    rows = [(" why" if n == 0 else "", why) for n, why in enumerate(_reasons(decision))]
    rows.append(("next", follow_up(decision)))
    lines = [headline(decision, terminal)]
    lines += labelled(
        [(label.strip(), terminal.safe(text)) for label, text in rows], terminal.width
    )
    return lines


def explanation_screen(decision: RoutingDecision, terminal: Terminal) -> list[str]:
    """What `decide --explain` prints: a sentence for each question one may have."""
    from model_router.receipt import explain

    rows = (
        ("decision", decision.summary),
        ("route", explain.selected_route_explanation(decision)),
        ("limits", explain.policy_explanation(decision)),
        ("rejected", explain.rejection_explanation(decision)),
        ("next", explain.fallback_explanation(decision)),
        ("safety", explain.safety_explanation(decision)),
        ("privacy", explain.privacy_explanation(decision)),
        ("not right?", explain.wrong_route_next_action(decision)),
    )
    lines = [headline(decision, terminal)]
    return lines + labelled([(label, terminal.safe(text)) for label, text in rows], terminal.width)


def headline(decision: RoutingDecision, terminal: Terminal) -> str:
    """The engine, and in a few words what the decision is."""
    style = "yellow" if decision.selected_engine == HUMAN else "green"
    engine = terminal.safe(decision.selected_engine)
    return f"{terminal.paint(engine, 'bold', style)}  {_kind(decision)}"


def _kind(decision: RoutingDecision) -> str:
    if not decision.config_valid:
        return "the catalog cannot be used"
    if decision.requires_confirmation:
        return "a person must confirm first"
    if decision.selected_engine == HUMAN:
        return "no engine qualifies" if decision.fallback_used else "asked for by name"
    return f"{decision.route.replace('_', ' ')} work"


def follow_up(decision: RoutingDecision) -> str:
    """What is tried after the engine, in order."""
    if decision.selected_engine == HUMAN:
        return "nothing is tried before a person decides"
    names = [*decision.chain, "a person"]
    return ", then ".join(names)


def _reasons(decision: RoutingDecision) -> list[str]:
    """One to three sentences: orders that need a person first, then what weighed most."""
    known = [reason for reason in decision.explained if reason.text]
    known.sort(key=lambda reason: (not _pressing(reason.code), -reason.points))
    texts = list(dict.fromkeys(reason.text for reason in known))
    return texts[:MOST_REASONS] or ["nothing in the text speaks for another engine"]


def _pressing(code: str) -> bool:
    return code.startswith(("safety.", "config.", "request.invalid", "rejection.", "rule"))
