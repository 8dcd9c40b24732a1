"""What `tune` found, on a screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from model_router.cli.layout import home_as_tilde, labelled, wrapped
from model_router.cli.replay_board import joined
from model_router.cli.scoreboard import number, split, table
from model_router.cli.terminal import Terminal
from model_router.weights import COLUMNS

Report = Mapping[str, Any]

REFUSALS = {
    "lost_confirmations": "refused: a person would no longer be asked",
    "no_gain": "no gain",
    "unclear": "no more than chance may give",
    "worse_than_now": "not better than the layer that is there",
}
OUTCOMES = {
    "nothing": "nothing to change: no fit does better on labels it has not seen",
    "unchanged": "nothing to change: the catalog is fitted to these labels already",
    "refused": "nothing was changed: what would help lets something past that a person confirms",
}


def tune_board(report: Report, home: str, terminal: Terminal) -> list[str]:
    """The lines that `tune` prints for people."""
    return joined([
        _header(report, home, terminal),
        _trials(report, terminal),
        _classes(report, terminal),
        _safety(report, terminal),
        _words(report, terminal),
        _diff(report, terminal),
        _end(report, home, terminal),
    ])  # fmt: skip


def _header(report: Report, home: str, terminal: Terminal) -> list[str]:
    cases = report["cases"]
    texts = [
        f"{cases['all']:,} labelled prompts, {cases['taught']:,} of them about points",
        f"catalog {home_as_tilde(report['catalog'], home)}",
    ]
    if cases["contradictions"]:
        texts.append(f"{cases['contradictions']:,} prompts have labels that contradict each other")
    if cases["orders_missed"]:
        missed = cases["orders_missed"]
        texts.append(f"{missed:,} labels want a person who is not asked: tune does not teach that")
    return [line for text in texts for line in wrapped(terminal.safe(text), terminal.width)]


def _trials(report: Report, terminal: Terminal) -> list[str]:
    trials = report["trials"]
    if not trials:
        return []
    heads = [f"on prompts unseen, {report['folds']} folds", "before", "after"]
    rows = [
        [
            f"  {t['candidate']}",
            *(number(t[f"accuracy_{k}"], terminal) for k in ("before", "after")),
        ]
        for t in trials
    ]
    lines = table(heads, rows, terminal)
    said = [(t["candidate"], _verdict(t, report["chosen"])) for t in trials]
    return lines + labelled([(n, terminal.safe(text)) for n, text in said], terminal.width)


def _verdict(trial: Report, chosen: str | None) -> str:
    text = f"{split(trial)}: {trial['verdict']}"
    if trial["refused"]:
        text += f"; {REFUSALS[trial['refused']]}"
        text += f" ({', '.join(trial['lost_at'][:3])})" if trial["lost_at"] else ""
    return text + ("; chosen" if trial["candidate"] == chosen else "")


def _classes(report: Report, terminal: Terminal) -> list[str]:
    after = {row["engine"]: row for row in report["classes_after"]}
    rows = [
        [f"  {terminal.safe(row['engine'])}", number(row["rows"], terminal)]
        + [number(side["recall"], terminal) for side in (row, after[row["engine"]])]
        for row in report["classes_before"]
    ]
    return table(["recall", "rows", "before", "after"], rows, terminal) if rows else []


def _safety(report: Report, terminal: Terminal) -> list[str]:
    safety = report["safety"]
    if report["outcome"] not in ("proposed", "unchanged"):
        return []
    rows = [
        (
            "asked",
            f"{safety['asked_before']:,} prompts go to a person, {safety['lost']:,} are lost",
        ),
        ("other", f"{safety['other_engine']:,} of {safety['checked']:,} prompts change engine"),
    ]
    return labelled(rows, terminal.width)


def _words(report: Report, terminal: Terminal) -> list[str]:
    if not report["words"]:
        return []
    rows = [(word, _points(row)) for word, row in report["words"].items()]
    return labelled([(terminal.safe(word), text) for word, text in rows], terminal.width)


def _points(row: Sequence[int]) -> str:
    named = zip(COLUMNS, row, strict=True)
    return ", ".join(f"{name} {points / 16:+.1f}" for name, points in named if points)


def _diff(report: Report, terminal: Terminal) -> list[str]:
    colours = {"+": "green", "-": "red"}
    rows = []
    for line in report["diff"]:
        text = terminal.safe(line)
        rows.append(terminal.paint(text, colours[line[0]]) if line[:1] in colours else text)
    return rows


def _end(report: Report, home: str, terminal: Terminal) -> list[str]:
    outcome, cases = report["outcome"], report["cases"]
    if outcome == "too_few":
        text = f"too few labels: {cases['taught']:,} of the {cases['least']:,} that are needed"
    elif outcome != "proposed":
        text = OUTCOMES[outcome]
    elif report["written"]:
        text = f"wrote {', '.join(home_as_tilde(path, home) for path in report['written'])}"
    else:
        text = report["problem"] or "nothing is written: read the change, then give --write"
    rows = [text]
    if report["layer"] is not None:
        words = report["layer"]["words"]
        rows.insert(0, f"the layer holds {words:,} words and pairs of your prompts")
    return [line for row in rows for line in wrapped(terminal.safe(row), terminal.width)]
