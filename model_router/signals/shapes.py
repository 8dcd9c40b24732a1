"""Shapes: what can be seen of a text without reading its words.

Their points stand in signals.yaml like everything else's; only the test is code. A test is tried
only when a mark that it depends on is in the text, so plain sentences pay for none of them.
`_shapes.c` tells the same, where a compiler was there when the package was installed. A change here
is a change there.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from model_router.native import native
from model_router.signals.places import LETTERS
from model_router.text.reading import Reading

if TYPE_CHECKING:
    from model_router.signals import _shapes as compiled
else:
    compiled = native("model_router.signals._shapes")

PURE = compiled is None
"""Whether this machine does without our C."""

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


def _always(symbols: str) -> bool:
    return True


def _fence(symbols: str) -> bool:
    return "```" in symbols


_CODE_MARKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (")", ("():", ");", "){")),
    ("=", ("=>", "==", "!=")),
    ("-", ("->",)),
    ("<", ("</",)),
    ("/", ("/>",)),
    (":", ("::",)),
    ("}", ("};",)),
    ("&", ("&&",)),
)
"""What source code has, by a character that is looked for first."""


def _code(symbols: str) -> bool:
    """Two kinds of marks that source code has, with what they enclose taken out."""
    kinds = 0
    for char, marks in _CODE_MARKS:
        if char in symbols:
            for mark in marks:
                kinds += mark in symbols
    return kinds >= 2


_LATEX_MARKS = ("\\frac", "\\sqrt", "\\(", "\\[", "\\sum", "\\int")


def _may_be_sum(symbols: str) -> bool:
    return symbols.count("$") > 1 and ("^" in symbols or "_{" in symbols)


def _latex(text: str) -> bool:
    return text.count("$") >= 2 or any(mark in text for mark in _LATEX_MARKS)


def _formula(text: str) -> bool:
    return "^" in text or "x +" in text or "x -" in text or "x)" in text


def _several_brackets(symbols: str) -> bool:
    return symbols.count(")") > 1


def _three_stops(symbols: str) -> bool:
    return symbols.count(".") > 2


def _options(text: str) -> bool:
    """Multiple choice: lines or a run of A) B) C)."""
    return ("B)" in text and "A)" in text) or ("B." in text and "A." in text and "C." in text)


def _lines(symbols: str) -> bool:
    return symbols.count("\n") >= 8


def _may_list_items(symbols: str) -> bool:
    return symbols.count("\n-") + symbols.count("\n*") + symbols.count("\n.") > 1


def _items(text: str) -> bool:
    return text.count("\n- ") + text.count("\n* ") + text.count("\n1.") + text.count("\n2.") >= 2


def _two_stops(symbols: str) -> bool:
    return symbols.count(".") > 1


def _link(symbols: str) -> bool:
    return "://" in symbols


def _url(text: str) -> bool:
    return "://" in text or "www." in text


def _asks(text: str) -> bool:
    return text.endswith("?") or text.rstrip(" \n\"')").endswith(("?", "？", "؟"))


def _several_questions(symbols: str) -> bool:
    return symbols.count("?") >= 2


Test = tuple[str, str, Callable[[str], bool], Callable[[str], bool] | None]
TESTS: tuple[Test, ...] = (
    ("shape.fence", "`", _fence, None),
    ("shape.code", "", _code, None),
    ("shape.latex", "\\", _always, _latex),
    ("shape.latex", "$", _may_be_sum, _latex),
    ("shape.formula", "=", _always, _formula),
    ("shape.options", ")", _several_brackets, _options),
    ("shape.options", ".", _three_stops, _options),
    ("shape.lines", "\n", _lines, None),
    ("shape.items", "\n", _may_list_items, _items),
    ("shape.url", ":", _link, _url),
    ("shape.url", ".", _two_stops, _url),
    ("shape.question", "?", _always, _asks),
    ("shape.questions", "?", _several_questions, None),
)
"""Shape; a character that it must have; whether a text with these symbols (what is left of it
without letters, digits, spaces, commas and apostrophes) can have it; and, where the symbols alone
do not tell, whether the text has. A shape may stand here twice."""

SHAPES: tuple[str, ...] = (
    *dict.fromkeys(name for _, names in LENGTHS for name in names),
    *(name for _, name in NUMBERS),
    *dict.fromkeys(name for name, *_ in TESTS),
)
"""The ids of all shapes."""

IN_C: tuple[str, ...] = (
    *(name for _, name in NUMBERS),
    *dict.fromkeys(name for name, *_ in TESTS),
)
"""Those that `_shapes.c` knows, in its order."""

_DIGITS = bytes(range(0x30, 0x3A))
_DIGITS_TABLE = bytes(b if 0x30 <= b <= 0x39 else 0x20 for b in range(256))
MOST_REMEMBERED = 4_096
LONGEST_REMEMBERED = 12
"""Runs of symbols whose shapes are remembered, and how long they may be."""

Beside = Callable[[str, bytes, bytes], int]
_Test = Callable[[str], bool] | None
_Tried = tuple[int, tuple[tuple[int, Callable[[str], bool]], ...]]
"""The bits that symbols alone give, and what is left to be tested on the text."""


class Shapes:
    """The shapes compiled for one list of signals: each has the bit of its signal.

    `of_ascii` is `beside_length` for ASCII texts alone; `pure` does without our C.
    """

    def __init__(self, bits: Mapping[str, int], *, pure: bool = PURE) -> None:
        self._in_c = None if pure or PURE else _in_c(bits)
        self.of_ascii: Beside = self._in_c or self.beside_length
        self._steps = [least for least, _ in LENGTHS[1:]]
        self._lengths = [sum(bits.get(name, 0) for name in names) for _, names in LENGTHS]
        self._number_steps = [least for least, _ in NUMBERS]
        found = [bits.get(name, 0) for _, name in NUMBERS]
        self._numbers = [sum(found[:n]) for n in range(len(found) + 1)]
        self._tests: dict[str, list[tuple[int, Callable[[str], bool], _Test]]] = {}
        for name, char, may, test in TESTS:
            if name in bits:
                self._tests.setdefault(char, []).append((bits[name], may, test))
        self._tried: dict[bytes, _Tried] = {}

    def of_length(self, length: int) -> int:
        """The bits that the length alone gives."""
        return self._lengths[bisect(self._steps, length)]

    def of_short(self, most: int) -> list[int]:
        """The bits that the length alone gives, for each length up to `most`."""
        return [self.of_length(n) for n in range(most + 1)]

    def bits(self, text: str, reading: Reading, length: int) -> int:
        """The shapes of `text`, as bits. `reading` is the one whose digits count; `length` that of
        the whole text, of which `text` may be a part."""
        words, marks = reading
        symbols = marks.translate(None, LETTERS)
        if self._in_c is None:
            beside = self.beside_length(text, words, symbols)
        else:
            whole = text if text.isascii() else text.encode("utf-8", "surrogatepass")
            beside = self._in_c(whole, words, symbols)
        return self.of_length(length) | beside

    def beside_length(self, text: str, words: bytes, symbols: bytes) -> int:
        """The shapes that `symbols` and digits give: a text without its LETTERS."""
        marks = symbols.translate(None, _DIGITS)
        found, left = self._tried.get(marks) or self._try(marks)
        for bit, test in left:
            if test(text):
                found |= bit
        digits = len(symbols) - len(marks)
        if not digits:
            return found
        count = 1 if digits == 1 else len(words.translate(_DIGITS_TABLE).split())
        return found | self._numbers[bisect(self._number_steps, count)]

    def _try(self, marks: bytes) -> _Tried:
        symbols, certain = marks.decode("ascii", "ignore"), 0  # looked through sooner than bytes
        left: dict[Callable[[str], bool], int] = {}
        for char in {"", *symbols}:
            for bit, may, test in self._tests.get(char, ()):
                if may(symbols):
                    if test is None:
                        certain |= bit
                    else:
                        left[test] = bit
        tried = certain, tuple([(bit, test) for test, bit in left.items()])
        if len(marks) <= LONGEST_REMEMBERED and len(self._tried) < MOST_REMEMBERED:
            self._tried[marks] = tried
        return tried


def _in_c(bits: Mapping[str, int]) -> Callable[[str | bytes, bytes, bytes], int] | None:
    places = [bits[name].bit_length() - 1 if name in bits else -1 for name in IN_C]
    try:
        return compiled.Shapes(places).beside_length
    except OverflowError:  # more signals than it is made for
        return None
