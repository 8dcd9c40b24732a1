"""Why a text was assessed as it was: the signals that mattered, in words, with where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from model_router.lanes import LANES, UNIT, lane_of
from model_router.signals.lexicon import Lexicon
from model_router.text.spans import original_spans
from model_router.types import ROUTES, Reason, Request, Scoring
from model_router.verdict import REASONING, Verdict

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

_DEFAULT_TASKS = (
    "question",
    "general",
    "reason",
    "code",
    "retrieval",
    "vision",
    "image",
    "general",
)


class Grounds(NamedTuple):
    """What a set of signals gives as grounds for a route; the same for every text it fires in."""

    names: tuple[str, ...]  # ids of all signals, sorted
    indexes: tuple[int, ...]  # of the signals that the first of `reasons` are about
    reasons: tuple[Reason, ...]  # the strongest signals, the weightiest first
    task: str


def grounds(lexicon: Lexicon, fired: int, route: int) -> Grounds:
    """The grounds that a set of signals gives for a route."""
    signals = lexicon.signals
    indexes = sorted(lexicon.fired_signals(fired), key=lambda i: signals[i].id)
    chosen = ROUTES[route]
    weights = [(points, i) for i in indexes if (points := signals[i].adds.get(chosen, 0)) > 0]
    weights.sort(key=lambda pair: -pair[0])
    strongest = signals[weights[0][1]].id if weights else ""
    tasks = (task for prefix, task in TASKS if strongest.startswith(prefix))
    named = [
        Reason(f"signal.{signals[i].id}", signals[i].why, points)
        for points, i in weights[:MOST_REASONS]
    ]
    return Grounds(
        tuple(signals[i].id for i in indexes),
        tuple(i for _, i in weights[:MOST_REASONS]),
        tuple(named),
        next(tasks, _DEFAULT_TASKS[route]),
    )


def _threshold_reasons(verdict: Verdict, scoring: Scoring) -> Iterator[Reason]:
    if verdict.route != REASONING:
        return
    if verdict.complexity >= scoring.reasoning_threshold:
        text = f"complexity {verdict.complexity} reaches {scoring.reasoning_threshold}"
        yield Reason("threshold.complexity", text)
    if verdict.confidence < scoring.confidence_threshold:
        text = f"confidence {verdict.confidence} is below {scoring.confidence_threshold}"
        yield Reason("threshold.confidence", text)


def text_reasons(
    weighed: Weighed,
    request: Request,
    assessor: Assessor,
    known: Grounds,
    mentioned: Sequence[Reason],
    places: bool,
) -> tuple[Reason, ...]:
    """The reasons of an assessment, weightiest first: orders, signals, what the request adds."""
    ordered = _order_reasons(weighed, request, assessor) if weighed.found else ()
    signals = _placed(known, assessor.lexicon, request.text) if places else known.reasons
    return (
        *ordered,
        *signals,
        *_weight_reasons(weighed, request.text, assessor),
        *_threshold_reasons(weighed.verdict, assessor.catalog.scoring),
        *_rule_reasons(weighed, assessor),
        *_carried(request),
        *mentioned,
    )


def _order_reasons(weighed: Weighed, request: Request, assessor: Assessor) -> list[Reason]:
    reasons = []
    exact = [order for order in weighed.found if order.exact]
    spans = iter(original_spans(request.text, [(order.start, order.end) for order in exact]))
    for order in weighed.found:
        signal = assessor.lexicon.signals[order.signal]
        state = ", allowed by an override" if order.action in assessor.catalog.safety.freed else ""
        means = ", by the weight of its words" if order.weighed else ""
        text = f"{signal.why} ({order.action.replace('_', ' ')}){means}{state}"
        span = next(spans) if order.exact else None
        reasons.append(Reason(f"safety.{order.action}", text, 0, span))
    return reasons


def _placed(known: Grounds, lexicon: Lexicon, text: str) -> tuple[Reason, ...]:
    """The reasons with where in the text each signal stands."""
    spans = lexicon.spans(text, set(known.indexes))
    named = [
        reason._replace(span=spans.get(i))
        for i, reason in zip(known.indexes, known.reasons, strict=False)
    ]
    return (*named, *known.reasons[len(named) :])


MOST_FEATURES = 3
"""Words and pairs of a weights file that a receipt names."""


def _weight_reasons(weighed: Weighed, text: str, assessor: Assessor) -> Sequence[Reason]:
    """The words that weigh most for the route taken, where weights speak for it at all."""
    if not weighed.weight or weighed.route >= LANES:
        return ()
    speaks = lane_of(weighed.weight, weighed.route)
    if speaks < UNIT:
        return ()
    said = ", ".join(assessor.lexicon.weightiest(text, weighed.route, MOST_FEATURES))
    route = ROUTES[weighed.route]
    why = f"learned weights speak for {route}{f': {said}' if said else ''}"
    return (Reason(f"weights.{route}", why, speaks // UNIT),)


def _rule_reasons(weighed: Weighed, assessor: Assessor) -> tuple[Reason, ...]:
    if weighed.rule is None:
        return ()
    return (Reason("rule", f"rule {assessor.catalog.rules[weighed.rule].name!r} applies"),)


def _carried(request: Request) -> Sequence[Reason]:
    hints = request.hints
    if not (
        hints.role or hints.attachments or request.helper or request.tools or request.modalities
    ):
        return ()
    return _request_reasons(request)


def _request_reasons(request: Request) -> list[Reason]:
    reasons = []
    for modality in sorted(request.modalities | set(request.hints.attachments)):
        reasons.append(
            Reason(f"request.{modality}", f"the request carries a {modality} attachment")
        )
    if request.helper:
        text = f"an agent's side call ({request.helper}) is simple work"
        reasons.append(Reason("request.helper", text))
    if request.hints.role:
        reasons.append(Reason("request.role", f"the caller says this is {request.hints.role} work"))
    if request.tools:
        reasons.append(Reason("request.tools", "the request brings tools"))
    return reasons
