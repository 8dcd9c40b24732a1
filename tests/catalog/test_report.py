"""Problems and remarks: their paths, lines, close matches and what a terminal is shown."""

from __future__ import annotations

from typing import Any

import pytest

from model_router.catalog.report import (
    MAX_PROBLEMS,
    Path,
    Report,
    closest,
    printable,
    show_path,
    show_value,
    suggest,
)
from model_router.errors import RouterConfigError


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ((), "(top level)"),
        (("engines", "fast_local", "max_context"), "engines.fast_local.max_context"),
        (("rules", 0, "then"), "rules[0].then"),
        (("engines", "my engine"), 'engines."my engine"'),
        (("engines", "a.b"), 'engines."a.b"'),
        (("engines", ""), 'engines.""'),
        (("engines", "gpt-4"), "engines.gpt-4"),
    ],
)
def test_paths(path: Path, shown: str) -> None:
    """A path reads as it is written, and odd keys stand in quotes."""
    assert show_path(path) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "nothing (null)"),
        (True, "true"),
        (3, "3"),
        (2.5, "2.5"),
        ("text", '"text"'),
        ('a "quoted" word', '"a \\"quoted\\" word"'),
        ("x" * 100, '"' + "x" * 37 + '..."'),
        ("\x1b[2J\ud800", '"\\x1b[2J\\ud800"'),
        ([1], "a list"),
        ({}, "a mapping"),
        (10**50, "a very long number"),
        (b"\x00", "a bytes"),
    ],
)
def test_values(value: Any, shown: str) -> None:
    """A value is shown short, and never with anything that a terminal would obey."""
    assert show_value(value) == shown


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("fast_locl", "fast_local"),
        ("FAST-LOCAL", "fast_local"),
        ("fast local", "fast_local"),
        ("quantum", None),
        (None, None),
        (3, None),
        ("fast_locl" + "x" * 100_000, None),
    ],
)
def test_close_matches(name: Any, match: str | None) -> None:
    """Slips, case and separators are seen through; anything else has no match."""
    assert closest(name, ["fast_local", "code_agent"]) == match


def test_suggestions() -> None:
    """A hint gives the match and the choice, cut short when the choice is long."""
    assert suggest("coe", ["code", "chat"]) == "did you mean code? allowed: code, chat"
    assert suggest("zzz", ["code"]) == "allowed: code"
    assert suggest("x", []) == "nothing is defined that could stand here"
    assert suggest("zzz", [f"n{i}" for i in range(50)]).endswith("n19, ...")


def test_text_is_left_alone_when_it_is_harmless() -> None:
    """Names in other scripts are shown as they are."""
    assert printable("мой движок 模型") == "мой движок 模型"


def test_lines_come_from_the_nearest_thing() -> None:
    """A key that is absent gets the line of what it is missing from."""
    report = Report("f")
    report.lines = {(): 1, ("engines",): 2, ("engines", "a"): 3}
    report.problem(("engines", "a", "model"), "is required")
    report.problem(("rules",), "is odd")
    assert [problem.line for problem in report.problems] == [3, 1]


def test_nothing_is_said_twice() -> None:
    """The same problem found by two checks is one problem."""
    report = Report("f")
    report.problem(("a",), "is odd")
    report.problem(("a",), "is odd")
    assert len(report.problems) == 1


def test_a_report_without_problems_raises_nothing() -> None:
    """Remarks alone do not stop a load."""
    report = Report("f")
    report.remark(("a",), "does nothing")
    report.raise_problems()


def test_what_is_not_listed_is_counted() -> None:
    """Past the limit problems are counted, and the count is the true one."""
    report = Report("f")
    for n in range(MAX_PROBLEMS + 7):
        report.problem((f"k{n}",), "is odd")
    with pytest.raises(RouterConfigError, match=f"f: {MAX_PROBLEMS + 7} problems"):
        report.raise_problems()
