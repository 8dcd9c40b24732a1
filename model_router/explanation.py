"""Why a text was assessed as it was: the signals that mattered, in words, with where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_router.signals import Lexicon
from model_router.text import original_span
from model_router.types import ROUTES, Reason, Request

if TYPE_CHECKING:
    from model_router.assessment import Assessor, Weighed

MOST_REASONS = 6
"""Signals named in a receipt; the rest are in `signals`."""

TASKS: tuple[tuple[str, str], ...] = (
    ("transform.", "rewrite"),
    ("summary.", "summarise"),
    ("code.", "code"),
    ("reason.design", "architect"),
    ("reason.native", "reason"),
    ("reason.", "reason"),
    ("math.", "calculate"),
    ("convert.", "calculate"),
    ("web.", "retrieval"),
    ("vision.", "vision"),
    ("image.", "image"),
    ("talk.", "chat"),
    ("ask.definition", "define"),
    ("ask.", "question"),
    ("write.", "write"),
)
"""What kind of task a signal speaks for, by the beginning of its id."""

_DEFAULT_TASKS = ("question", "general", "reason", "code", "retrieval", "vision", "image", "general")


def text_reasons(
    weighed: Weighed, request: Request, assessor: Assessor, route: int, mentioned: Sequence[Reason]
) -> tuple[Reason, ...]:
    """The reasons of an assessment, the weightiest first: orders, signals, what the request adds."""
    reasons = _order_reasons(weighed, request, assessor)
    reasons += _signal_reasons(weighed, assessor.lexicon, route, request.text)
    reasons += _threshold_reasons(weighed, assessor, route)
    reasons += _request_reasons(request)
    return (*reasons, *mentioned)


def _order_reasons(weighed: Weighed, request: Request, assessor: Assessor) -> list[Reason]:
    reasons = []
    for order in weighed.found:
        signal = assessor.lexicon.signals[order.signal]
        state = "allowed by an override" if order.action in assessor.catalog.safety.freed else ""
        text = f"{signal.why} ({order.action.replace('_', ' ')})" + (f", {state}" if state else "")
        span = original_span(request.text, order.start, order.end) if order.exact else None
        reasons.append(Reason(f"safety.{order.action}", text, 0, span))
    return reasons


def _signal_reasons(weighed: Weighed, lexicon: Lexicon, route: int, text: str) -> list[Reason]:
    chosen = ROUTES[route]
    weights = [(lexicon.signals[i].adds.get(chosen, 0), i) for i in weighed.fired]
    strongest = sorted(
        ((points, i) for points, i in weights if points > 0),
        key=lambda pair: (-pair[0], lexicon.signals[pair[1]].id),
    )[:MOST_REASONS]
    spans = lexicon.spans(text, {i for _, i in strongest})
    return [
        Reason(f"signal.{lexicon.signals[i].id}", lexicon.signals[i].why, points, spans.get(i))
        for points, i in strongest
    ]


def _threshold_reasons(weighed: Weighed, assessor: Assessor, route: int) -> list[Reason]:
    scoring = assessor.catalog.scoring
    reasons = []
    if route == 2 and weighed.complexity >= scoring.reasoning_threshold:
        text = f"complexity {weighed.complexity} reaches {scoring.reasoning_threshold}"
        reasons.append(Reason("threshold.complexity", text))
    if route == 2 and weighed.confidence < scoring.confidence_threshold:
        text = f"confidence {weighed.confidence} is below {scoring.confidence_threshold}"
        reasons.append(Reason("threshold.confidence", text))
    if weighed.rule is not None:
        reasons.append(Reason("rule", f"rule {assessor.catalog.rules[weighed.rule].name!r} applies"))
    return reasons


def _request_reasons(request: Request) -> list[Reason]:
    reasons = []
    for modality in sorted(request.modalities | set(request.hints.attachments)):
        reasons.append(Reason(f"request.{modality}", f"the request carries a {modality} attachment"))
    if request.helper:
        text = f"an agent's side call ({request.helper}) is simple work"
        reasons.append(Reason("request.helper", text))
    if request.hints.role:
        reasons.append(Reason("request.role", f"the caller says this is {request.hints.role} work"))
    if request.tools:
        reasons.append(Reason("request.tools", "the request brings tools"))
    return reasons


def task_type(weighed: Weighed, lexicon: Lexicon, route: int) -> str:
    """The kind of task, from the signal that weighs most for the chosen route."""
    chosen = ROUTES[route]
    best = max(
        ((lexicon.signals[i].adds.get(chosen, 0), lexicon.signals[i].id) for i in weighed.fired),
        default=(0, ""),
    )
    if best[0] > 0:
        for prefix, task in TASKS:
            if best[1].startswith(prefix):
                return task
    return _DEFAULT_TASKS[route]
