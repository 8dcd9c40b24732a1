"""What must hold of a user's signals: patterns that can be read, ids that exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from model_router.catalog.raw import Data, part, rows
from model_router.catalog.report import Path, Report, closest, show_value, suggest, unique

_ACTION_KEYS = ("form", "objects", "spares", "unless", "strong", "polite", "coding")


def check_signals(data: Data, report: Report) -> None:
    """Adds what is wrong with `signals`, and with the ids that rules name, to `report`."""
    listed = list(rows(data, "signals"))
    unique(("signals",), "id", [(i, row.get("id")) for i, row in listed], report)
    for index, row in listed:
        for check in _ROW_CHECKS:
            check(("signals", index), row, report)
    _known_ids(data, report)


def _source(path: Path, row: Data, report: Report) -> None:
    """A row fires by its patterns, by other rows, or by a shape."""
    patterns, requires = bool(row.get("patterns")), bool(row.get("requires"))
    if patterns and requires:
        report.problem(path, "has both patterns and requires", "make two rows of it")
    elif row.get("without") and not requires:
        report.problem((*path, "without"), "counts only beside requires", "add requires")
    elif row.get("kind") == "shape":
        _shape(path, row, report)
    elif not patterns and not requires:
        report.problem(
            (*path, "patterns"),
            "is required and absent or empty",
            "add words to look for, or name other signals in requires",
        )


def _shape(path: Path, row: Data, report: Report) -> None:
    from model_router.signals.shapes import SHAPES

    name = row.get("id")
    if isinstance(name, str) and name not in SHAPES:
        message = f"{show_value(name)} is not a shape; kind shape changes the points of one"
        report.problem((*path, "id"), message, suggest(name, SHAPES))


def _patterns(path: Path, row: Data, report: Report) -> None:
    from model_router.signals.patterns import PatternError, literals

    given = row.get("patterns")
    for n, pattern in enumerate(given if isinstance(given, list) else ()):
        if not isinstance(pattern, str) or not pattern.strip():
            continue
        try:
            literals(pattern)
        except PatternError as error:
            message = f"pattern of {show_value(row.get('id'))} cannot be read: {error}"
            report.problem((*path, "patterns", n), message, "docs/signals.md shows the syntax")


def _action(path: Path, row: Data, report: Report) -> None:
    if row.get("kind") == "action" and row.get("action") is None:
        report.problem(
            (*path, "action"),
            "is required for kind action and absent",
            "name the class of action, or choose another kind",
        )
    if row.get("action") is None:
        for key in _ACTION_KEYS:
            if row.get(key):
                report.remark((*path, key), "does nothing without action")
    elif row.get("form") in ("foreign", "native") and not row.get("objects"):
        message = f"is required for form {row['form']} and absent: the row would never count"
        report.problem((*path, "objects"), message, "add the words that the deed is done to")
    elif row.get("at") in ("head", "lead"):
        report.remark((*path, "at"), "does nothing beside action: its form says where it counts")


_ROW_CHECKS: tuple[Callable[[Path, Data, Report], None], ...] = (
    _source,
    _patterns,
    _action,
)


def _known_ids(data: Data, report: Report) -> None:
    named = [(path, name) for path, name in _references(data) if isinstance(name, str)]
    if not named:
        return
    known = known_ids(data)
    for path, name in named:
        if name not in known:
            match = closest(name, known)
            hint = f"did you mean {match}?" if match else "docs/signals.md lists the packaged ids"
            report.problem(path, f"names {show_value(name)}, which is not a signal", hint)


def known_ids(data: Data) -> list[str]:
    """The ids of a catalog's own signals and of the packaged ones."""
    from model_router.signals.rows import packaged

    own = [row.get("id") for _, row in rows(data, "signals")]
    return [*(name for name in own if isinstance(name, str)), *(s.id for s in packaged()[0])]


def _references(data: Data) -> Iterator[tuple[Path, Any]]:
    for index, row in rows(data, "signals"):
        for key in ("requires", "without"):
            yield from _listed(("signals", index, key), row.get(key))
    for index, row in rows(data, "rules"):
        for key in ("signals", "any_signals"):
            yield from _listed(("rules", index, "when", key), part(row, "when").get(key))


def _listed(path: Path, names: Any) -> Iterator[tuple[Path, Any]]:
    for n, name in enumerate(names if isinstance(names, list) else ()):
        yield (*path, n), name
