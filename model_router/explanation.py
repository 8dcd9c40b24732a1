"""Why a text was assessed as it was: the signals that mattered, in words, with where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

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
    weighed: Weighed,
    request: Request,
    assessor: Assessor,
    known: Grounds,
    mentioned: Sequence[Reason],
    places: bool,
) -> tuple[Reason, ...]:
    """The reasons of an assessment, the weightiest first: orders, signals, what the request adds."""
    reasons = _order_reasons(weighed, request, assessor)
    reasons += _signal_reasons(known, assessor.lexicon, request.text if places else None)
    reasons += _threshold_reasons(weighed, assessor)
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


class Grounds(NamedTuple):
    """What a set of signals gives as grounds for a route; the same for every text it fires in."""

    names: tuple[str, ...]  # ids of all signals, sorted
    strongest: tuple[tuple[int, int], ...]  # (points, index), the weightiest first
    task: str


def grounds(lexicon: Lexicon, fired: int, route: int) -> Grounds:
    """The grounds that the signals in `fired` give for a route."""
    signals = lexicon.signals
    indexes = sorted(lexicon.fired_signals(fired), key=lambda i: signals[i].id)
    chosen = ROUTES[route]
    weights = [(points, i) for i in indexes if (points := signals[i].adds.get(chosen, 0)) > 0]
    weights.sort(key=lambda pair: -pair[0])
    strongest = signals[weights[0][1]].id if weights else ""
    tasks = (task for prefix, task in TASKS if strongest.startswith(prefix))
    return Grounds(
        tuple(signals[i].id for i in indexes),
        tuple(weights[:MOST_REASONS]),
        next(tasks, _DEFAULT_TASKS[route]),
    )


def _signal_reasons(known: Grounds, lexicon: Lexicon, text: str | None) -> list[Reason]:
    spans = lexicon.spans(text, {i for _, i in known.strongest}) if text is not None else {}
    return [
        Reason(f"signal.{lexicon.signals[i].id}", lexicon.signals[i].why, points, spans.get(i))
        for points, i in known.strongest
    ]


def _threshold_reasons(weighed: Weighed, assessor: Assessor) -> list[Reason]:
    scoring = assessor.catalog.scoring
    reasons = []
    route = weighed.verdict.route
    if route == 2 and weighed.verdict.complexity >= scoring.reasoning_threshold:
        text = f"complexity {weighed.verdict.complexity} reaches {scoring.reasoning_threshold}"
        reasons.append(Reason("threshold.complexity", text))
    if route == 2 and weighed.verdict.confidence < scoring.confidence_threshold:
        text = f"confidence {weighed.verdict.confidence} is below {scoring.confidence_threshold}"
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
