"""A report as one HTML page that needs nothing else: no script, no font, no picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

FIGURES = (
    ("strict", "strict accuracy"),
    ("lenient", "lenient accuracy"),
    ("macro_f1", "macro-F1"),
    ("confirm_recall", "orders confirmed"),
    ("false_confirm_action", "false stops, action sets"),
    ("false_confirm_chat", "false stops, chat sets"),
    ("apgr", "APGR"),
    ("cpt50", "CPT(50 %)"),
    ("cpt80", "CPT(80 %)"),
)
"""The figures in the order in which they are shown, and what they are called."""

SOURCE_KEYS = ("rows", "strict", "lenient", "orders", "confirm_recall", "others", "false_confirm")
SOURCE_HEADS = ("rows", "strict", "lenient", "orders", "found", "others", "stopped")
CLASS_KEYS = ("rows", "chosen", "precision", "recall", "f1")
CLASS_HEADS = ("rows", "chosen", "precision", "recall", "F1")

STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #5c636b; --line: #d8dce1;
  --paper: #ffffff; --panel: #f4f6f8; --good: 20, 120, 80; --bad: 190, 60, 40; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ea; --soft: #a0a7af; --line: #3a3f45; --paper: #16181b; --panel: #1f2226;
    --good: 70, 190, 130; --bad: 240, 120, 95; } }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 70rem; color: var(--ink);
  background: var(--paper); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
p { margin: .3rem 0; max-width: 46rem; } .soft { color: var(--soft); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right;
  vertical-align: top; }
th:first-child, td:first-child { text-align: left; }
thead th { color: var(--soft); font-weight: 500; }
thead th { white-space: nowrap; }
tbody th { font-weight: 500; overflow-wrap: anywhere; min-width: 7.5rem; }
table.list th, table.list td { text-align: left; overflow-wrap: anywhere; min-width: 5.5rem; }
td.right { background: rgba(var(--good), calc(var(--share) * .4)); }
td.wrong { background: rgba(var(--bad), calc(var(--share) * .45)); }
.met { color: rgb(var(--good)); } .missed { color: rgb(var(--bad)); }
"""

HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="model-router eval">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Routing evaluation</title>
"""
"""How every page begins; it is also how an older page is recognised."""


def page(report: Mapping[str, Any]) -> str:
    """The page for a report, as `model-router eval --json` prints it."""
    parts = [
        _header(report),
        _gate(report["gate"]),
        _headline(report),
        _confusion(report["confusion"]),
        _classes(report["classes"]),
        _sources(report["sources"]),
        _pairs(report["pairs"]),
        _compared(report["compare"]),
        _errors(report["errors"]),
    ]
    return f"{HEAD}<style>{STYLE}</style>\n</head>\n<body>\n{''.join(parts)}</body>\n</html>\n"


def number(value: float | None, digits: int = 3) -> str:
    """A figure with a fixed number of digits; a dash for one that could not be measured."""
    return "–" if value is None else f"{value:,.{digits}f}"


def _header(report: Mapping[str, Any]) -> str:
    rows = report["rows"]
    files = ", ".join("standard input" if path == "-" else path for path in report["files"])
    facts = (
        f"{rows['all']:,} rows from {files}: {rows['labelled']:,} name an "
        f"engine, {rows['orders']:,} order something, {rows['others']:,} order nothing."
    )
    latency = ", ".join(
        f"{key.removesuffix('_us')} {number(value, 1)} µs"
        for key, value in report["latency"].items()
    )
    return (
        "<h1>Routing evaluation</h1>\n"
        f"<p>{_safe(facts)}</p>\n"
        f"<p>Catalog: {_safe(report['catalog'])}. model-router {_safe(report['version'])}.</p>\n"
        f'<p class="soft">route_fast took {latency}, on the machine that made this page: compare '
        "it only with runs on the same machine.</p>\n"
    )


def _gate(gate: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for row in gate:
        least = "at_least" in row
        asked = f"{'at least' if least else 'at most'} {row['at_least' if least else 'at_most']:g}"
        style, word = ("met", "met") if row["met"] else ("missed", "not met")
        text = f"{row['metric']}: {number(row['measured'])}, asked for {asked}: "
        lines.append(f'<p>{_safe(text)}<strong class="{style}">{word}</strong></p>\n')
    return _section("Bounds", "".join(lines)) if lines else ""


def _headline(report: Mapping[str, Any]) -> str:
    names = list(report["figures"])
    rows = [
        (called, [_cell(number(report["figures"][name][key])) for name in names])
        for key, called in FIGURES
        if report["figures"]["router"][key] is not None
    ]
    return _section("Figures", _table(["", *names], rows)) if rows else ""


def _confusion(matrix: Mapping[str, Mapping[str, int]]) -> str:
    if not matrix:
        return ""
    engines = [*matrix, *sorted({e for row in matrix.values() for e in row} - matrix.keys())]
    rows = [
        (label, [_shaded(chosen.get(e, 0), sum(chosen.values()), e == label) for e in engines])
        for label, chosen in matrix.items()
    ]
    text = '<p class="soft">A row is what the label says, a column what the router chose.</p>\n'
    return _section("Confusion matrix", text + _table(["", *engines], rows))


def _shaded(count: int, whole: int, right: bool) -> str:
    if not count:
        return '<td class="soft">0</td>'
    style = "right" if right else "wrong"
    return f'<td class="{style}" style="--share: {count / whole:.3f}">{count:,}</td>'


def _classes(classes: Sequence[Mapping[str, Any]]) -> str:
    rows = [(row["engine"], [_value(row[key]) for key in CLASS_KEYS]) for row in classes]
    return _section("Engines", _table(["", *CLASS_HEADS], rows)) if rows else ""


def _sources(sources: Mapping[str, Mapping[str, Any]]) -> str:
    if len(sources) < 2:
        return ""
    rows = [(name, [_value(row[key]) for key in SOURCE_KEYS]) for name, row in sources.items()]
    return _section("Sources", _table(["", *SOURCE_HEADS], rows))


def _pairs(pairs: Sequence[Mapping[str, Any]]) -> str:
    if not pairs:
        return ""
    names = list(pairs[0]["gaps"])
    heads = ["", "rows", "weak", "strong", *(f"APGR {name}" for name in names)]
    heads += [f"CPT(50 %) {names[0]}", f"CPT(80 %) {names[0]}"]
    rows = []
    for pair in pairs:
        values = [pair["rows"], pair["weak_mean"], pair["strong_mean"]]
        values += [pair["gaps"][name]["apgr"] for name in names]
        values += [pair["gaps"][names[0]][key] for key in ("cpt50", "cpt80")]
        label = f"{pair['source']}: {pair['weak']}, {pair['strong']}"
        rows.append((label, [_value(value) for value in values]))
    return _section("Weak or strong model", _table(heads, rows))


def _compared(compared: Mapping[str, Any] | None) -> str:
    if compared is None:
        return ""
    lines = "".join(
        f"<p>{name}: {row['better']:,} better, {row['worse']:,} worse, p = {number(row['p'])}: "
        f"<strong>{_safe(row['verdict'])}</strong></p>\n"
        for name in ("engine", "confirm")
        if (row := compared[name])["rows"]
    )
    rows = [
        (
            flip["place"],
            [
                _cell("better" if flip["better"] else "worse"),
                _cell(f"{flip['before']} → {flip['after']}"),
                _cell(flip.get("prompt", "")),
            ],
        )
        for flip in compared["flips"]
    ]
    table = _table(["row", "", "engine", "prompt"], rows, listing=True) if rows else ""
    return _section(f"Beside {compared['catalog']}", lines + table)


def _errors(errors: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            miss["place"],
            [
                _cell(miss["kind"]),
                _cell(f"{miss['expected']} → {miss['engine']}"),
                _cell(f"{miss['confidence']}"),
                _cell(miss["prompt"]),
            ],
        )
        for miss in errors
    ]
    if not rows:
        return ""
    text = (
        '<p class="soft">Missed orders first, then wrong engines, then false stops; of each kind '
        "those of which the router was surest. The prompts come from your own files: do not pass "
        "this page on where the files may not go.</p>\n"
    )
    heads = ["row", "what", "label → chosen", "confidence", "prompt"]
    return _section("Worst cases", text + _table(heads, rows, listing=True))


def _section(title: str, body: str) -> str:
    return f"<h2>{_safe(title)}</h2>\n{body}"


def _table(
    heads: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]], *, listing: bool = False
) -> str:
    """A table of figures, or a `listing` of texts. The cells are HTML already."""
    head = "".join(f'<th scope="col">{_safe(name)}</th>' for name in heads)
    kind = ' class="list"' if listing else ""
    body = "".join(
        f'<tr><th scope="row">{_safe(label)}</th>{"".join(cells)}</tr>\n' for label, cells in rows
    )
    return (
        f'<div class="wide"><table{kind}>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}</tbody>\n</table></div>\n"
    )


def _cell(text: str) -> str:
    return f"<td>{_safe(text)}</td>"


def _safe(text: str) -> str:
    """`text` as HTML; what would not be seen, or would turn the line around, as its escape."""
    shown = text if text.isprintable() else "".join(map(_printable, text))
    return escape(shown)


def _printable(char: str) -> str:
    return char if char.isprintable() else ascii(char)[1:-1]


def _value(value: float | int | None) -> str:
    return _cell(f"{value:,}" if isinstance(value, int) else number(value))
