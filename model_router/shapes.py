"""Shapes: what can be seen of a text without reading its words.

Their points stand in signals.yaml like everything else's; only the test is code. A test is tried
only when a mark that it depends on is in the text, so plain sentences pay for none of them.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Mapping

from model_router.text import Reading

NUMBERS: tuple[tuple[int, str], ...] = (
    (1, "shape.number"),
    (2, "shape.numbers_2"),
    (4, "shape.numbers_4"),
    (8, "shape.numbers_8"),
)
"""How many numbers a text must hold for each shape."""

LENGTHS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, ("shape.empty", "shape.under_40", "shape.under_100")),
    (1, ("shape.under_40", "shape.under_100")),
    (40, ("shape.under_100",)),
    (100, ()),
    (200, ("shape.over_200",)),
    (500, ("shape.over_200", "shape.over_500")),
    (1_500, ("shape.over_200", "shape.over_500", "shape.over_1500")),
    (4_000, ("shape.over_200", "shape.over_500", "shape.over_1500", "shape.over_4000")),
)
"""The shapes of a text of at least so many characters."""


def _fence(text: str, symbols: bytes) -> bool:
    return b"```" in symbols


_CODE_MARKS = (b"():", b");", b"){", b"};", b"=>", b"->", b"==", b"!=", b"</", b"/>", b"::", b"&&")


def _code(text: str, symbols: bytes) -> bool:
    """Two kinds of marks that source code has, with what they enclose taken out."""
    return sum([mark in symbols for mark in _CODE_MARKS]) >= 2


_LATEX_MARKS = ("\\frac", "\\sqrt", "\\(", "\\[", "\\sum", "\\int")


def _latex(text: str, symbols: bytes) -> bool:
    if b"\\" not in symbols and b"^" not in symbols and b"_{" not in symbols:
        return False
    return symbols.count(b"$") >= 2 or any(mark in text for mark in _LATEX_MARKS)


def _formula(text: str, symbols: bytes) -> bool:
    return b"^" in symbols or "x +" in text or "x -" in text or "x)" in text


def _options(text: str, symbols: bytes) -> bool:
    """Multiple choice: lines or a run of A) B) C)."""
    return ("B)" in text and "A)" in text) or ("B." in text and "A." in text and "C." in text)


def _lines(text: str, symbols: bytes) -> bool:
    return symbols.count(b"\n") >= 8


def _items(text: str, symbols: bytes) -> bool:
    if symbols.count(b"\n") < 2:
        return False
    return text.count("\n- ") + text.count("\n* ") + text.count("\n1.") + text.count("\n2.") >= 2


def _url(text: str, symbols: bytes) -> bool:
    return b"://" in symbols or "www." in text


def _asks(text: str, symbols: bytes) -> bool:
    return text.rstrip(" \n\"')").endswith(("?", "？", "؟"))


def _several_questions(text: str, symbols: bytes) -> bool:
    return symbols.count(b"?") >= 2


Test = Callable[[str, bytes], bool]
"""Takes the text and its symbols: the text without letters, digits and spaces."""
TESTS: tuple[tuple[str, str, Test], ...] = (
    ("shape.fence", "`", _fence),
    ("shape.code", "();=<>&:", _code),
    ("shape.latex", "$\\", _latex),
    ("shape.formula", "=", _formula),
    ("shape.options", ").", _options),
    ("shape.lines", "\n", _lines),
    ("shape.items", "\n", _items),
    ("shape.url", "/.", _url),
    ("shape.question", "?", _asks),
    ("shape.questions", "?", _several_questions),
)
"""Shape, the marks of which it needs at least one, and its test."""

SHAPES: tuple[str, ...] = (
    *dict.fromkeys(name for _, names in LENGTHS for name in names),
    *(name for _, name in NUMBERS),
    *(name for name, _, _ in TESTS),
)
"""The ids of all shapes."""

_PLAIN = bytes(b for b in range(256) if b >= 128 or chr(b).isalnum() or b == 0x20)
_PLAIN_WORDS = bytes(b for b in _PLAIN if b < 128 and not chr(b).isdigit()) + b",'"
_PLAIN_LENGTH = 200
_NOT_DIGITS = bytes(b for b in range(256) if not 0x30 <= b <= 0x39)
_DIGITS_TABLE = bytes(b if 0x30 <= b <= 0x39 else 0x20 for b in range(256))
_FEW: frozenset[bytes] = frozenset((b"", b".", b",", b"'", b",.", b"''", b"'.", b",,", b"-", b"!"))
"""Marks of a plain sentence: no test depends on them alone."""


class Shapes:
    """The shapes compiled for one list of signals: each has the bit of its signal."""

    def __init__(self, bits: Mapping[str, int]) -> None:
        self._steps = [least for least, _ in LENGTHS[1:]]
        self._lengths = [sum(bits.get(name, 0) for name in names) for _, names in LENGTHS]
        self._number_steps = [least for least, _ in NUMBERS]
        found = [bits.get(name, 0) for _, name in NUMBERS]
        self._numbers = [sum(found[:n]) for n in range(len(found) + 1)]
        self._tests = [(bits.get(name, 0), test) for name, _, test in TESTS]
        self._called: dict[int, int] = {}
        for i, (_, marks, _) in enumerate(TESTS):
            for mark in marks.encode():
                self._called[mark] = self._called.get(mark, 0) | 1 << i

    def plain(self) -> tuple[bytes, list[int], int]:
        """For texts of letters and spaces alone: the bytes they are made of, and the bits for
        each length below a limit, which is given last."""
        steps = [self._lengths[bisect(self._steps, n)] for n in range(_PLAIN_LENGTH)]
        return _PLAIN_WORDS, steps, _PLAIN_LENGTH

    def bits(self, text: str, reading: Reading, length: int) -> int:
        """The shapes of `text`, as bits. `reading` is the one whose digits count; `length` that of
        the whole text, of which `text` may be a part."""
        words, marks = reading
        found = self._lengths[bisect(self._steps, length)]
        if words.translate(None, _NOT_DIGITS):
            numbers = len(words.translate(_DIGITS_TABLE).split())
            found |= self._numbers[bisect(self._number_steps, numbers)]
        symbols = marks.translate(None, _PLAIN)
        if symbols not in _FEW:
            called = 0
            for mark in self._called.keys() & set(symbols):
                called |= self._called[mark]
            for i, (bit, test) in enumerate(self._tests):
                if called >> i & 1 and test(text, symbols):
                    found |= bit
        return found
