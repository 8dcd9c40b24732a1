"""What a whole request holds besides what it asks: private data, and orders nobody gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from model_router.assessment import Assessor
from model_router.privacy import Finding, contains, find
from model_router.types import PrivacyPolicy, Reason, Request

MOST_FINDINGS = 100


class Screening(NamedTuple):
    """What is private in a request, and a reason for each kind of it.

    Findings in the text come first, with their places in it. One for each kind found in the
    context follows, with an empty span: its place would say nothing about the text.
    """

    findings: tuple[Finding, ...] = ()
    reasons: tuple[Reason, ...] = ()


NOTHING = Screening()


def contains_private(text: str, context: Sequence[str], policy: PrivacyPolicy) -> bool:
    """Whether anything said holds private data of the categories that count."""
    return any(
        contains(part, categories=policy.categories, code=policy.code) for part in (text, *context)
    )


def screen(request: Request, policy: PrivacyPolicy) -> Screening:
    """Everything private in a request. Spans count in the text, not in the context."""
    if policy.mode == "off":
        return NOTHING
    findings = find(
        request.text, categories=policy.categories, code=policy.code, limit=MOST_FINDINGS
    )
    if not findings and not request.context:
        return NOTHING
    reasons = [_reason(finding.category, (finding.start, finding.end)) for finding in findings[:8]]
    elsewhere = _elsewhere(request.context, policy)
    reasons += [_reason(category, None) for category in sorted({f.category for f in elsewhere})]
    return Screening((*findings, *elsewhere), tuple(reasons))


def _elsewhere(context: Sequence[str], policy: PrivacyPolicy) -> list[Finding]:
    """One finding for each kind of private data in the context."""
    found: dict[str, Finding] = {}
    for part in context:
        for finding in find(part, categories=policy.categories, code=policy.code, limit=8):
            found.setdefault(finding.code, Finding(0, 0, finding.category, finding.code))
    return list(found.values())


def _reason(category: str, span: tuple[int, int] | None) -> Reason:
    where = "" if span else " in an earlier message, a tool result or system text"
    text = f"private data: {category.replace('_', ' ')}{where}"
    return Reason(f"privacy.{category}", text, 0, span)


def context_orders(request: Request, assessor: Assessor) -> tuple[Reason, ...]:
    """A reason when text that orders nothing, such as a tool result, reads like an order."""
    for part in request.context:
        found = assessor.orders_in(part)
        if found:
            action = found[0].action.replace("_", " ")
            text = (
                f"an earlier message, a tool result or system text reads like an order ({action})"
            )
            return (Reason("safety.context_mention", text),)
    return ()
