"""An evaluation's figures on a screen, in tables that fit the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from string import ascii_lowercase
from typing import Any

from model_router.cli.inputs import named
from model_router.cli.layout import char_width, home_as_tilde, labelled, width_of, wrapped
from model_router.cli.terminal import FANCY, Terminal
from model_router.hindsight.page import (
    CLASS_HEADS,
    CLASS_KEYS,
    FIGURES,
    SOURCE_HEADS,
    SOURCE_KEYS,
)

MOST_FLIPS = 20
SHORTEST_NAME = 14
GAP = 2
Report = Mapping[str, Any]


def scoreboard(report: Report, home: str, terminal: Terminal) -> list[str]:
    """The lines that `eval` prints for people."""
    blocks = [
        list(_header(report, home, terminal)),
        _figures(report, terminal),
        _latency(report, terminal),
        classes(report, terminal),
        confusion(report["confusion"], terminal),
        _sources(report, terminal),
        _pairs(report, terminal),
        _compared(report, home, terminal),
        list(_errors(report, terminal)),
        gate(report["gate"], terminal),
    ]
    lines: list[str] = []
    for block in filter(None, blocks):
        lines += [*([""] if lines else []), *block]
    return lines


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    terminal: Terminal,
    *,
    shortest: int = SHORTEST_NAME,
) -> list[str]:
    """Rows under their heads: the first column to the left and cut to fit, the others right.

    Columns that a narrow terminal has no room for are left out, the last first, so that the first
    one keeps `shortest` columns.
    """
    widths = [max(map(width_of, column)) for column in zip(heads, *rows, strict=True)]
    shortest = min(shortest, widths[0])
    while len(widths) > 2 and terminal.width - sum(w + GAP for w in widths[1:]) < shortest:
        widths.pop()
    first = min(widths[0], terminal.width - sum(w + GAP for w in widths[1:]))
    lines = []
    for row in (heads, *rows):
        cells = zip(row[1 : len(widths)], widths[1:], strict=True)
        name = cut(row[0], first, terminal)
        line = name + " " * (first - width_of(name))
        lines.append((line + "".join(cell.rjust(w + GAP) for cell, w in cells)).rstrip())
    return [terminal.paint(lines[0], "bold"), *lines[1:]]


def cut(text: str, width: int, terminal: Terminal) -> str:
    """`text` in at most `width` columns; a gap stands for what is left out at its end."""
    if width_of(text) <= width:
        return text
    gap = terminal.glyphs.gap
    room, kept = width - len(gap), ""
    for char in text:
        room -= char_width(char)
        if room < 0:
            break
        kept += char
    return kept + gap


def number(value: float | int | None, terminal: Terminal, digits: int = 3) -> str:
    """A count or a figure; a dash for one that could not be measured."""
    if value is None:
        return terminal.glyphs.dash
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}"


def _header(report: Report, home: str, terminal: Terminal) -> Iterator[str]:
    rows, files = report["rows"], [home_as_tilde(named(path), home) for path in report["files"]]
    sources = files[0] if len(files) == 1 else f"{len(files)} files"
    facts = (
        f"{rows['all']:,} row{'s' * (rows['all'] != 1)} from {sources}: "
        f"{rows['labelled']:,} name an engine, {rows['orders']:,} order something, "
        f"{rows['others']:,} order nothing"
    )
    yield from wrapped(terminal.safe(facts), terminal.width)
    catalog = f"catalog {home_as_tilde(report['catalog'], home)}"
    yield from wrapped(terminal.safe(catalog), terminal.width)


def _figures(report: Report, terminal: Terminal) -> list[str]:
    contenders = report["figures"]
    rows = [
        ["  " + called, *(number(figures[key], terminal) for figures in contenders.values())]
        for key, called in FIGURES
        if contenders["router"][key] is not None
    ]
    names = ["figures", *contenders]
    return table(names, rows, terminal, shortest=terminal.width) if rows else []


def _latency(report: Report, terminal: Terminal) -> list[str]:
    unit = "µs" if terminal.glyphs is FANCY else "us"
    shown = ", ".join(
        f"{key.removesuffix('_us')} {number(value, terminal, 1)} {unit}"
        for key, value in report["latency"].items()
    )
    text = f"route_fast took {shown}, on this machine: compare only runs on the same one"
    return wrapped(text, terminal.width)


def classes(report: Report, terminal: Terminal) -> list[str]:
    """Precision, recall and F1 by engine."""
    rows = [
        ["  " + terminal.safe(row["engine"]), *(number(row[key], terminal) for key in CLASS_KEYS)]
        for row in report["classes"]
    ]
    return table(["engines", *CLASS_HEADS], rows, terminal) if rows else []


def confusion(matrix: Mapping[str, Mapping[str, int]], terminal: Terminal) -> list[str]:
    """What was chosen for each label."""
    if not matrix:
        return []
    engines = [*matrix, *sorted({e for row in matrix.values() for e in row} - matrix.keys())]
    letters = ascii_lowercase[: len(engines)]
    wide = max(len(f"{count:,}") for row in matrix.values() for count in row.values())
    if len(engines) > len(letters) or (wide + GAP) * len(engines) + 20 > terminal.width:
        return _confusion_list(matrix, terminal)
    dot = "." if terminal.glyphs is not FANCY else "·"
    rows = []
    for letter, name in zip(letters, engines, strict=True):
        counts = matrix.get(name, {})
        cells = [(f"{counts[e]:,}" if counts.get(e) else dot) for e in engines]
        if name not in matrix:
            cells = [""] * len(engines)
        rows.append([f"  {letter} {terminal.safe(name)}", *cells])
    return table(["label, and chosen", *letters], rows, terminal)


def _confusion_list(matrix: Mapping[str, Mapping[str, int]], terminal: Terminal) -> list[str]:
    """For matrices that are too wide: what was chosen for each label, most frequent first."""
    rows = []
    for label, chosen in matrix.items():
        counted = sorted(chosen.items(), key=lambda item: (-item[1], item[0]))
        rows.append((label, ", ".join(f"{count:,} {engine}" for engine, count in counted)))
    safe = [(terminal.safe(label), terminal.safe(text)) for label, text in rows]
    return [terminal.paint("label, and chosen", "bold"), *labelled(safe, terminal.width)]


def _sources(report: Report, terminal: Terminal) -> list[str]:
    sources = report["sources"]
    if len(sources) < 2:
        return []
    rows = [
        ["  " + terminal.safe(name), *(number(row[key], terminal) for key in SOURCE_KEYS)]
        for name, row in sources.items()
    ]
    return table(["sources", *SOURCE_HEADS], rows, terminal)


def _pairs(report: Report, terminal: Terminal) -> list[str]:
    pairs, names = report["pairs"], list(report["figures"])
    if not pairs:
        return []
    rows = []
    for pair in pairs:
        closed = [pair["gaps"][name]["apgr"] for name in names]
        shown = [number(value, terminal) for value in (*closed, pair["gaps"]["router"]["cpt50"])]
        rows.append(["  " + terminal.safe(pair["source"]), number(pair["rows"], terminal), *shown])
    head, *lines = table(["APGR", "rows", *names, "CPT(50%)"], rows, terminal)
    return [
        head,
        *(
            row
            for line, pair in zip(lines, pairs, strict=True)
            for row in (line, *_models(pair, terminal))
        ),
    ]


def _models(pair: Mapping[str, Any], terminal: Terminal) -> Iterator[str]:
    """Which two models a row of figures is about."""
    text = (
        f"from {pair['weak']} ({number(pair['weak_mean'], terminal)}) "
        f"to {pair['strong']} ({number(pair['strong_mean'], terminal)})"
    )
    yield from ("    " + row for row in wrapped(terminal.safe(text), terminal.width - 4))


def _compared(report: Report, home: str, terminal: Terminal) -> list[str]:
    compared = report["compare"]
    if compared is None:
        return []
    title = terminal.safe(f"beside {home_as_tilde(compared['catalog'], home)}")
    rows = [
        (name, f"{split(compared[name])}: {compared[name]['verdict']}")
        for name in ("engine", "confirm")
        if compared[name]["rows"]
    ]
    rows.append(("changed", f"{compared['changed']:,} with another engine"))
    head = [terminal.paint(row, "bold") for row in wrapped(title, terminal.width)]
    lines = [*head, *labelled(rows, terminal.width)]
    flips = compared["flips"]
    for flip in flips[:MOST_FLIPS]:
        lines += _case(_flipped(flip), flip.get("prompt"), terminal)
    if (rest := len(flips) - MOST_FLIPS) > 0:
        lines += labelled([("and", f"{rest:,} more; --json lists all")], terminal.width)
    return lines


def split(score: Mapping[str, Any]) -> str:
    """How many rows changed for better and worse, and whether that is chance."""
    return f"{score['better']:,} better, {score['worse']:,} worse, p = {score['p']:.3g}"


def _flipped(flip: Mapping[str, Any]) -> str:
    word = "better" if flip["better"] else "worse"
    return f"{word}: {flip['place']}, {flip['before']} -> {flip['after']}"


def _errors(report: Report, terminal: Terminal) -> Iterator[str]:
    if not report["errors"]:
        return
    for row in wrapped("worst cases, with prompts from your files", terminal.width):
        yield terminal.paint(row, "bold")
    for miss in report["errors"]:
        said = f"{miss['kind']}: {miss['place']}, {miss['expected']} -> {miss['engine']}"
        yield from _case(said, miss["prompt"], terminal)


def _case(said: str, prompt: str | None, terminal: Terminal) -> Iterator[str]:
    yield from ("  " + row for row in wrapped(terminal.safe(said), terminal.width - 2))
    if prompt is not None:
        yield "    " + cut(terminal.safe(prompt), terminal.width - 4, terminal)


def gate(gate: Sequence[Mapping[str, Any]], terminal: Terminal) -> list[str]:
    """Which bounds are met."""
    return [line for row in gate for line in _bound(row, terminal)]


def _bound(row: Mapping[str, Any], terminal: Terminal) -> list[str]:
    """Whether a bound is met, in a line or a few."""
    least = "at_least" in row
    asked = f"at least {row['at_least']:g}" if least else f"at most {row['at_most']:g}"
    known = row["measured"] is not None
    measured = number(row["measured"], terminal) if known else "no row measures it"
    text = terminal.safe(f"{row['metric']}: {measured}, asked for {asked}")
    word, colour = ("met", "green") if row["met"] else ("NOT MET", "red")
    head, *rest = wrapped(f"{word}: {text}", terminal.width)
    return [terminal.paint(word, colour) + head.removeprefix(word), *rest]
