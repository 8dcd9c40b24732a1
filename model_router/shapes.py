"""Shapes: what can be seen without reading words. Each is a cheap test of the whole text.

Their points stand in signals.yaml like everything else's; only the test is code.
"""

from __future__ import annotations

from collections.abc import Callable

NUMBERS = ("shape.number", "shape.numbers_2", "shape.numbers_4", "shape.numbers_8")
NUMBER_STEPS = (1, 2, 4, 8)
"""How many numbers a text must hold for each of NUMBERS to fire."""


def _fence(text: str) -> bool:
    return "```" in text


def _code(text: str) -> bool:
    """Several marks that source code has and prose has not."""
    if "\n" not in text and "(" not in text and ";" not in text and "{" not in text:
        return False
    marks = ("():", ");", "){", ") {", "};", "=>", "->", "==", "!=", "</", "/>", "::", "&&", "[i]")
    return sum(mark in text for mark in marks) >= 2


def _latex(text: str) -> bool:
    if text.count("$") >= 2 and ("^" in text or "\\" in text or "_{" in text):
        return True
    return "\\" in text and any(m in text for m in ("\\frac", "\\sqrt", "\\(", "\\[", "\\sum"))


def _formula(text: str) -> bool:
    return "=" in text and ("^" in text or "x +" in text or "x -" in text or "x)" in text)


def _options(text: str) -> bool:
    """Multiple choice: lines or a run of A) B) C)."""
    return ("B)" in text and "A)" in text) or ("B." in text and "A." in text and "C." in text)


def _lines(text: str) -> bool:
    return text.count("\n") >= 8


def _items(text: str) -> bool:
    return text.count("\n- ") + text.count("\n* ") + text.count("\n1.") + text.count("\n2.") >= 2


def _url(text: str) -> bool:
    return "://" in text or "www." in text


def _asks(text: str) -> bool:
    return text.endswith(("?", "? ", "？", "؟"))


def _several_questions(text: str) -> bool:
    return text.count("?") >= 2


def _shorter_than(chars: int) -> Callable[[str], bool]:
    return lambda text: len(text) < chars


def _at_least(chars: int) -> Callable[[str], bool]:
    return lambda text: len(text) >= chars


SHAPES: dict[str, Callable[[str], bool]] = {
    "shape.fence": _fence,
    "shape.code": _code,
    "shape.latex": _latex,
    "shape.formula": _formula,
    "shape.options": _options,
    "shape.lines": _lines,
    "shape.items": _items,
    "shape.url": _url,
    "shape.question": _asks,
    "shape.questions": _several_questions,
    "shape.under_40": _shorter_than(40),
    "shape.under_100": _shorter_than(100),
    "shape.over_200": _at_least(200),
    "shape.over_500": _at_least(500),
    "shape.over_1500": _at_least(1500),
    "shape.over_4000": _at_least(4000),
}
