"""A decision drawn for the terminal, section by section."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from model_router.cli.layout import bar, labelled
from model_router.cli.marks import marked_text, trimmed
from model_router.cli.screen import follow_up, headline
from model_router.cli.terminal import Terminal

if TYPE_CHECKING:
    from model_router.receipt.decision import RoutingDecision
    from model_router.types import Reason

MOST_QUOTED = 24
MOST_ENGINES = 4


class View(NamedTuple):
    """What a picture shows: the text as it was typed, the decision, the points of each route."""

    text: str
    decision: RoutingDecision
    route_points: dict[str, int]


def picture(view: View, terminal: Terminal) -> list[str]:
    """The whole picture as lines."""
    lines: list[str] = []
    for heading, draw in SECTIONS:
        body = draw(view, terminal)
        if body:
            lines += ["", terminal.paint(heading, "bold"), *body]
    return [headline(view.decision, terminal), *lines]


def _text(view: View, terminal: Terminal) -> list[str]:
    spans = [reason.span for reason in view.decision.explained if reason.span]
    spans += [(start, end) for _, start, end in view.decision.findings]
    return marked_text(view.text, spans, terminal)


def _why(view: View, terminal: Terminal) -> list[str]:
    rows = [
        (_points(r), _reason(r, view.text, terminal)) for r in view.decision.explained if r.text
    ]
    return labelled(dict.fromkeys(rows), terminal.width)


def _points(reason: Reason) -> str:
    if reason.points:
        return f"{reason.points:+4}"
    return "   !" if reason.code.startswith("safety.") else ""


def _reason(reason: Reason, text: str, terminal: Terminal) -> str:
    said = terminal.safe(reason.text)
    spans = trimmed(text, [reason.span]) if reason.span else []
    if not spans:
        return said
    start, end = spans[0]
    cut = terminal.glyphs.gap if end - start > MOST_QUOTED else ""
    quoted = terminal.safe(text[start : min(end, start + MOST_QUOTED)])
    return f'{said}: "{quoted}{cut}"'


def _scores(view: View, terminal: Terminal) -> list[str]:
    decision = view.decision
    rows = [
        ("complexity", decision.complexity_score, f"tier {decision.tier}"),
        ("risk", decision.risk_score, ""),
        ("confidence", decision.confidence_score, ""),
    ]
    return _bars(rows, 100, terminal)


def _routes(view: View, terminal: Terminal) -> list[str]:
    decision = view.decision
    ranked = sorted(view.route_points.items(), key=lambda row: -row[1])
    mark = "asked for" if decision.requires_confirmation else "chosen"
    rows = [
        (route, points, mark if route == decision.route else "")
        for route, points in ranked
        if points > 0 or route == decision.route
    ]
    return _bars(rows, max((points for _, points, _ in rows), default=0), terminal)


def _bars(rows: Sequence[tuple[str, float, str]], full: int, terminal: Terminal) -> list[str]:
    first = max((len(name) for name, _, _ in rows), default=0)
    notes = max((len(note) for _, _, note in rows), default=0)
    room = min(max(terminal.width - first - notes - 12, 3), 40)
    lines = []
    for name, value, note in rows:
        drawn = bar(value, full, room, terminal.glyphs)
        lines.append(f"  {name:<{first}}  {drawn} {value:>4}  {note}".rstrip())
    return lines


def _engines(view: View, terminal: Terminal) -> list[str]:
    decision = view.decision
    rows = [("chosen", decision.selected_engine)]
    for other in decision.alternatives[:MOST_ENGINES]:
        rows.append((f"{other.rank_score:6.1f}", f"{other.engine}: {', '.join(other.reasons)}"))
    if left := len(decision.alternatives) - MOST_ENGINES:
        rows += [("", f"{left} more would also fit")] if left > 0 else []
    refused: dict[str, list[str]] = {}
    for row in decision.rejected_engines:
        refused.setdefault(row.reason, []).append(row.engine)
    rows += [("no", f"{', '.join(names)}: {reason}") for reason, names in refused.items()]
    safe = [(label, terminal.safe(text)) for label, text in rows]
    return labelled(safe, terminal.width)


def _after(view: View, terminal: Terminal) -> list[str]:
    from model_router.receipt import explain

    decision = view.decision
    rows = (
        ("next", follow_up(decision)),
        ("limits", explain.policy_explanation(decision)),
        ("safety", explain.safety_explanation(decision)),
        ("privacy", explain.privacy_explanation(decision)),
    )
    safe = [(label, terminal.safe(text)) for label, text in rows]
    return labelled(safe, terminal.width)


SECTIONS: tuple[tuple[str, Callable[[View, Terminal], list[str]]], ...] = (
    ("text", _text),
    ("why", _why),
    ("scores", _scores),
    ("routes", _routes),
    ("engines", _engines),
    ("then", _after),
)
"""Each section's heading and what draws it. A section without lines is left out."""
