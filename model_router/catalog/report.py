"""What was found wrong or odd while reading a catalog, each with its YAML path and line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from model_router.errors import Problem, RouterConfigError
from model_router.types import Remark

Path = tuple[str | int, ...]

TOP = "(top level)"
MAX_PROBLEMS = 500  # a file of garbage must not cost a minute of close matches
_SHOWN = 40


class Report:
    """Collects problems (they stop the load) and remarks (they do not). Order is file order."""

    __slots__ = ("checker", "lines", "problems", "remarks", "source", "uncounted")

    def __init__(self, source: str, checker: str = "validate-config") -> None:
        self.source = source
        self.checker = checker  # the command that lists what is wrong with such a file
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self.remarks: list[Remark] = []
        self.uncounted = 0

    def problem(
        self, path: Path, message: str, hint: str | None = None, line: int | None = None
    ) -> None:
        if len(self.problems) >= MAX_PROBLEMS:
            self.uncounted += 1
            return
        hint = printable(hint) if hint else None
        found = Problem(show_path(path), printable(message), line or self.line_of(path), hint)
        if found not in self.problems:
            self.problems.append(found)

    def remark(self, path: Path, message: str) -> None:
        if len(self.remarks) < MAX_PROBLEMS:
            self.remarks.append(Remark(show_path(path), printable(message), self.line_of(path)))

    @property
    def full(self) -> bool:
        return len(self.problems) >= MAX_PROBLEMS

    def line_of(self, path: Path) -> int | None:
        """The line of `path`, or of the nearest thing around it that has one."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None

    def raise_problems(self) -> None:
        """Raises one RouterConfigError with everything found; does nothing when all is well."""
        if self.problems:
            raise self.error()

    def error(self) -> RouterConfigError:
        problems = sorted(self.problems, key=lambda one: one.line or 0)
        count = len(problems) + self.uncounted
        noun = "problem" if count == 1 else "problems"
        rows = [f"{printable(self.source)}: {count} {noun}", *(f"  {one}" for one in problems)]
        if self.uncounted:
            rows.append(f"  and {self.uncounted} more")
        return RouterConfigError(
            "\n".join(rows),
            problems,
            self.source,
            hint=f"correct the file, then run `model-router {self.checker}`",
        )


def refuse(
    source: str,
    message: str,
    hint: str,
    line: int | None = None,
    checker: str = "validate-config",
) -> RouterConfigError:
    """The error for a file that can't be read at all: one problem, at the top."""
    report = Report(source, checker)
    report.problem((), message, hint, line)
    return report.error()


def unique(path: Path, key: str, values: list[tuple[int, Any]], report: Report) -> None:
    """Adds a problem for each of the (index, value) pairs whose value an earlier one has."""
    seen: dict[str, int] = {}
    for index, value in values:
        if not isinstance(value, str):
            continue
        if value in seen:
            where = report.line_of((*path, seen[value]))
            also = f"entry {seen[value] + 1}" + (f" on line {where}" if where else "")
            report.problem(
                (*path, index, key), f"{show_value(value)} is taken by {also}", "rename one"
            )
        seen.setdefault(value, index)


def show_path(path: Path) -> str:
    """`engines.fast_local.strengths[2]`; keys with other characters stand in quotes."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part}]"
        elif part and part.replace("_", "").replace("-", "").isalnum():
            shown += f".{part}"
        else:
            shown += f".{show_value(part)}"
    return shown.removeprefix(".") or TOP


def show_value(value: Any) -> str:
    """A short, printable form of a value found in a file."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        short = value if len(value) <= _SHOWN else value[: _SHOWN - 3] + "..."
        return '"' + printable(short).replace('"', '\\"') + '"'
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < 10**_SHOWN):
        return str(value)
    names = {dict: "a mapping", list: "a list", int: "a very long number"}
    return names.get(type(value), f"a {type(value).__name__}")


def printable(text: str) -> str:
    """`text` with control characters and broken Unicode escaped, so that a terminal is safe."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def closest(name: Any, allowed: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The name in `allowed` that `name` was probably meant to be, or None."""
    if not isinstance(name, str):
        return None
    folded = name[:80].casefold().replace("-", "_").replace(" ", "_")
    import difflib  # only a mistake pays for the import

    found = difflib.get_close_matches(folded, list(allowed), 1, cutoff)
    return found[0] if found else None


def suggest(name: Any, allowed: Iterable[str]) -> str:
    """A hint: the close match when there is one, and what is allowed."""
    names = list(allowed)
    match = closest(name, names)
    listed = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    if not names:
        return "nothing is defined that could stand here"
    return f"did you mean {match}? allowed: {listed}" if match else f"allowed: {listed}"
