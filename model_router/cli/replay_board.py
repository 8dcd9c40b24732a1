"""What a log says, on a screen: the figures of `replay` and of `stats`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from model_router.cli.layout import home_as_tilde, labelled, wrapped
from model_router.cli.scoreboard import (
    MOST_FLIPS,
    classes,
    confusion,
    gate,
    number,
    split,
    table,
)
from model_router.cli.terminal import Terminal
from model_router.hindsight.latency import PERCENTS

Report = Mapping[str, Any]


def replay_board(report: Report, home: str, terminal: Terminal) -> list[str]:
    """The lines that `replay` prints for people."""
    return joined([
        header(report, home, terminal),
        facts(report, terminal),
        latency(report["latency"], terminal),
        _labels(report, terminal),
        classes(report, terminal),
        confusion(report["confusion"], terminal),
        _replayed(report["replay"], home, terminal),
        gate(report["gate"], terminal),
    ])  # fmt: skip


def stats_board(report: Report, home: str, terminal: Terminal) -> list[str]:
    """The lines that `stats` prints for people."""
    return joined([
        header(report, home, terminal),
        facts(report, terminal),
        labelled([("routes", terminal.safe(counted(report["routes"])))], terminal.width)
        if report["requests"]
        else [],
        latency(report["latency"], terminal),
        _days(report["days"], terminal),
    ])  # fmt: skip


DAY_HEADS = ("days (UTC)", "requests", "asked", "failed", "p50 ms", "tokens", "USD", "fallbacks")


def _days(days: Sequence[Report], terminal: Terminal) -> list[str]:
    rows = [["  " + day["day"], *_day(day, terminal)] for day in days]
    return table(DAY_HEADS, rows, terminal) if rows else []


def _day(day: Report, terminal: Terminal) -> list[str]:
    tokens = day["tokens"]
    return [
        *(number(day[key], terminal) for key in ("requests", "confirmations", "errors")),
        number(day["latency"]["total"]["p50_ms"], terminal, 1),
        number(tokens["prompt"] + tokens["completion"], terminal),
        number(day["cost_usd"], terminal, 4),
        number(day["fallbacks"], terminal),
    ]


def joined(blocks: Sequence[list[str]]) -> list[str]:
    """Blocks with an empty line between them; empty ones are left out."""
    lines: list[str] = []
    for block in filter(None, blocks):
        lines += [*([""] if lines else []), *block]
    return lines


def header(report: Report, home: str, terminal: Terminal) -> list[str]:
    """How much was read, and from where."""
    files = [home_as_tilde(path, home) for path in report["files"]]
    source = files[-1] if len(files) == 1 else f"{len(files)} files"
    requests, torn = report["requests"], report["torn"]["lines"]
    text = f"{requests:,} request{'s' * (requests != 1)} from {source}"
    text += f", {torn:,} torn line{'s' * (torn != 1)}" if torn else ""
    return wrapped(terminal.safe(text), terminal.width)


def facts(report: Report, terminal: Terminal) -> list[str]:
    """Engines, endings, tokens and cost."""
    if not report["requests"]:
        return []
    tokens = report["tokens"]
    rows = [
        ("engines", counted(report["engines"])),
        ("status", counted(report["statuses"])),
        ("asked", f"{report['confirmations']:,} went to a person"),
        ("failed", f"{report['errors']:,}, fallbacks {report['fallbacks']:,}"),
        ("tokens", f"{tokens['prompt']:,} in, {tokens['completion']:,} out"),
    ]
    if report["cost_usd"] is not None:
        rows.append(("cost", f"{report['cost_usd']:,.6f} USD in {report['priced']:,} requests"))
    return labelled([(name, terminal.safe(text)) for name, text in rows], terminal.width)


def counted(names: Mapping[str, int]) -> str:
    """Names and how often each came, most frequent first."""
    return ", ".join(f"{name} {times:,}" for name, times in names.items()) or "none"


def latency(spreads: Mapping[str, Mapping[str, float | None]], terminal: Terminal) -> list[str]:
    """Percentiles of each kind of latency, in ms."""
    rows = [
        ["  " + kind, *(number(value, terminal, 2) for value in spread.values())]
        for kind, spread in spreads.items()
        if any(value is not None for value in spread.values())
    ]
    heads = ["latency, ms", *(f"p{percent}" for percent in PERCENTS)]
    return table(heads, rows, terminal) if rows else []


def _labels(report: Report, terminal: Terminal) -> list[str]:
    labels = report["labels"]
    if not labels["all"]:
        return ["no labels: model-router feedback adds them"]
    right = number(report["accuracy"], terminal)
    text = f"{labels['all']:,} labelled request{'s' * (labels['all'] != 1)}, accuracy {right}"
    if labels["without_event"]:
        text += f"; {labels['without_event']:,} are not in the log"
    rows = wrapped(text, terminal.width)
    if labels["outcomes"]:
        outcomes = terminal.safe(counted(labels["outcomes"]))
        rows += labelled([("outcomes", outcomes)], terminal.width)
    return rows


def _replayed(again: Report | None, home: str, terminal: Terminal) -> list[str]:
    if again is None:
        return []
    safety = again["safety"]
    rows = [
        ("decided", f"{again['replayed']:,}; {again['without_prompt']:,} have no prompt"),
        ("changed", f"{again['flips']:,}: {counted(again['pairs'])}"),
        ("asked", f"{safety['lost']:,} no longer go to a person, {safety['added']:,} newly do"),
    ]
    if again["unknown_labels"]:
        rows.append(("unknown", f"{again['unknown_labels']:,} labels name no engine of it"))
    for name in ("engine", "confirm"):
        if (score := again["labelled"][name])["rows"]:
            rows.append((name, f"{split(score)}: {score['verdict']}"))
    if again["accuracy"] is not None:
        rows.append(("accuracy", number(again["accuracy"], terminal)))
    title = wrapped(terminal.safe(f"with {home_as_tilde(again['catalog'], home)}"), terminal.width)
    safe = [(name, terminal.safe(text)) for name, text in rows]
    lost = [terminal.safe(_change("lost", row)) for row in safety["requests"]["lost"]]
    lines = [terminal.paint(row, "bold") for row in title] + labelled(safe, terminal.width)
    for text in lost[:MOST_FLIPS]:
        lines += ["  " + row for row in wrapped(text, terminal.width - 2)]
    return lines


def _change(word: str, row: Mapping[str, Any]) -> str:
    return f"{word}: {row['request_id'] or 'no id'}, {row['before']} -> {row['after']}"
