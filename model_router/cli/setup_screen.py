"""How a setup looks in a terminal: questions, summary and changes, from 40 columns on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from model_router.cli.layout import labelled, width_of, wrapped
from model_router.cli.output import Output
from model_router.cli.setup_files import Draft, Places, difference
from model_router.cli.terminal import Terminal
from model_router.setup import summary
from model_router.setup.questions import Asked, Line, Option
from model_router.setup.wizard import Step

STYLES: dict[str, tuple[str, ...]] = {
    "head": ("bold",),
    "good": ("green",),
    "warn": ("yellow",),
    "added": ("green",),
    "removed": ("red",),
    "dim": ("dim",),
    "command": (),  # to be copied, so it is never wrapped
    "plain": (),
}
_STATES = {summary.READY: "good", summary.WAITING: "warn", summary.PERSON: "dim"}


def painted(lines: Iterable[Line], terminal: Terminal) -> list[str]:
    """Lines with what would steer a terminal escaped, in their colours where there are any."""
    return [terminal.paint(terminal.safe(line.text), *STYLES[line.style]) for line in lines]


def tell(output: Output, text: str) -> None:
    """Say something on stderr, in lines that fit."""
    for row in wrapped(output.err.safe(text), output.err.width):
        output.note(row)


def question(asked: Asked, step: Step, terminal: Terminal, *, everything: bool) -> list[str]:
    """A question with its numbered answers and what else may be typed."""
    width = terminal.width
    place = f"{step.number}/{step.total}  " if step.total > 1 else ""
    rows = [Line(""), *_wrapped(Line(place + asked.title, "head"), width)]
    for line in asked.lines:
        rows += _wrapped(line, width)
    options = (*asked.options, *(asked.hidden if everything else ()))
    rows += [*([Line("")] if options else []), *_options(options, terminal)]
    if asked.hidden and not everything:
        rows += _wrapped(Line(f"   m  {len(asked.hidden)} more", "dim"), width)
    return painted([*rows, Line(""), *_wrapped(Line(_keys(asked), "dim"), width)], terminal)


def _wrapped(line: Line, width: int) -> Iterator[Line]:
    """A line in rows of at most `width` columns, each indented as its beginning is."""
    if width_of(line.text) <= width or line.style == "command":
        yield line
        return
    indent = line.text[: len(line.text) - len(line.text.lstrip())]
    for row in wrapped(line.text, width - len(indent)):
        yield Line(indent + row, line.style)


def _options(options: Sequence[Option], terminal: Terminal) -> Iterator[Line]:
    group = ""
    for number, option in enumerate(options, 1):
        if option.group != group:
            group = option.group
            yield Line(f"  {group[0].upper()}{group[1:]}", "dim")
        label = terminal.safe(option.label)
        text = label + (f" ({terminal.safe(option.note)})" if option.note else "")
        for row in labelled([(str(number).rjust(2), text)], terminal.width):
            yield Line(row)


def _keys(asked: Asked) -> str:
    options = (*asked.options, *asked.hidden)
    at = next((n for n, one in enumerate(options, 1) if one.value == asked.usual), None)
    enter = f"Enter {at}" if at else f"Enter {asked.usual}"
    return f"  {enter}, s skip, b back, q quit, ? help"


def review(made: Draft, where: Places, home: str, width: int, *, whole: bool) -> list[Line]:
    """Who answers what, what is still to be done, and what changes in the files.

    `whole` shows new files in full.
    """
    lines = list(_table(summary.rows(made.chosen, made.catalog, made.off), width))
    if to_do := to_do_lines(made, home):
        lines += [Line(""), Line("To do before all of them answer", "head")]
        lines += [Line(row, "command") for row in to_do]
    for note in summary.notes(made.chosen):
        lines += [Line(""), *_wrapped(Line(note, "warn"), width)]
    for path, text in zip(where, made.texts, strict=True):
        change = difference(path, text, home)
        lines += [Line(""), *_wrapped(change[0], width), *change[1:]]
        if whole and not os.path.lexists(path):
            lines += [Line(f"+{row}", "added") for row in text.splitlines()]
    return lines


def to_do_lines(made: Draft, home: str) -> list[str]:
    """The commands that are still to be run, as a shell takes them."""
    rows = summary.to_do(made.chosen, made.off)
    return [f"  {row}".replace(f" {home}/", " ~/") for row in rows]


def _table(rows: Sequence[summary.Row], width: int) -> Iterator[Line]:
    first = max(len(row.route) for row in rows)
    for row in rows:
        text = f"{row.model} ({row.note})" if row.model else row.note
        for shown in labelled([(row.route.ljust(first), text)], width):
            yield Line(shown, _STATES[row.state])
