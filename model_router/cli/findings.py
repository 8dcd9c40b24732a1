"""Problems and remarks of a file that was checked, as data and as lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from model_router.cli.layout import placed

if TYPE_CHECKING:
    from model_router.cli.terminal import Terminal
    from model_router.errors import Problem
    from model_router.types import Remark


def problem_data(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as JSON-ready data."""
    return [{"path": p.path, "line": p.line, "message": p.message, "hint": p.hint}
            for p in problems]  # fmt: skip


def remark_data(remarks: Iterable[Remark]) -> list[dict[str, Any]]:
    """Remarks as JSON-ready data."""
    return [{"path": r.path, "line": r.line, "message": r.message} for r in remarks]


def finding_lines(
    problems: Iterable[Problem], remarks: Iterable[Remark], terminal: Terminal
) -> list[str]:
    """The lines that people see: every problem, then the remarks under their title."""
    lines: list[str] = []
    for problem in problems:
        lines += placed(problem.path, problem.line, [problem.message, problem.hint], terminal)
    for number, remark in enumerate(remarks):
        lines += [] if number else ["", terminal.paint("remarks", "bold")]
        lines += placed(remark.path, remark.line, [remark.message], terminal)
    return lines


def problem_count(problems: tuple[Problem, ...], terminal: Terminal) -> str:
    """How many there are, painted."""
    count = len(problems)
    return terminal.paint(f"{count} problem{'s' * (count != 1)}", "red")
