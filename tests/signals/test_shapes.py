"""Shapes: what is seen of a text without reading its words."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model_router.signals import shapes as module
from model_router.signals.shapes import (
    LENGTHS,
    LETTERS,
    LONGEST_REMEMBERED,
    MOST_REMEMBERED,
    NUMBERS,
    SHAPES,
    TESTS,
    Shapes,
)
from model_router.text.reading import read

BITS = {name: 1 << i for i, name in enumerate(SHAPES)}
COMPILED, REMEMBERING = Shapes(BITS), Shapes(BITS, pure=True)
BY_LENGTH = {name for _, names in LENGTHS for name in names}
ANYTHING = st.text(st.characters(exclude_categories=()))
MARKED = st.text(st.sampled_from("ab 19.,?!()=`$\\^\n-*/:;<>&{}x+ABC?é٣"), max_size=120)


def seen(text: str, length: int | None = None) -> set[str]:
    """The names of the shapes of a text."""
    readings = read(text)
    reading = readings.native or readings.latin
    bits = COMPILED.bits(text, reading, len(text) if length is None else length)
    return {name for name, bit in BITS.items() if bits & bit}


EXAMPLES = {
    "shape.fence": (["```\nx\n```", "look: ```y```"], ["a `b` c", "``"]),
    "shape.code": (
        [
            "f(); if (a == b) {}",
            "x => y; a::b",
            "a -> b && c",
            "<p/></p>",
            "def f():\nx != y",
            "{};::",
        ],
        ["a == b", "see (this).", "a - b > c", "f(); g();", "and/or: {x}; <y>"],
    ),
    "shape.latex": (["$x^2$", "\\frac{1}{2}", "let \\(a\\) be"], ["it costs $5", "$5 or $6"]),
    "shape.formula": (["x^2 = 4", "x + 1 = 2"], ["a = b", "x + y"]),
    "shape.options": (["A) red B) blue", "A. one\nB. two\nC. three"], ["plan B).", "A. one"]),
    "shape.lines": (["a\n" * 8], ["a\n" * 7]),
    "shape.items": (
        ["do:\n- a\n- b", "do:\n1. a\n2. b", "do:\n* a\n2. b"],
        ["do:\n- a", "a - b - c", "a\n-b\n*c", "a\n3. b\n4. c"],
    ),
    "shape.url": (["see https://a.example/b", "www.a.example is down"], ["and/or", "w.w"]),
    "shape.question": (["why?", 'who said "why?"', "为什么？", "لماذا؟"], ["why? because", "why"]),
    "shape.questions": (["who? why?"], ["who?", "why"]),
}


class TestTests:
    @pytest.mark.parametrize("name", EXAMPLES)
    def test_examples(self, name: str) -> None:
        """Each shape is seen in what has it, and not in what nearly has."""
        having, lacking = EXAMPLES[name]
        assert [text for text in having if name not in seen(text)] == []
        assert [text for text in lacking if name in seen(text)] == []

    def test_every_test_has_examples(self) -> None:
        """The table above leaves no test out."""
        assert set(EXAMPLES) == {name for name, *_ in TESTS}

    @settings(max_examples=1_000)
    @given(st.one_of(MARKED, ANYTHING))
    @example("x) =")
    def test_what_is_remembered_changes_nothing(self, text: str) -> None:
        """Shapes that have seen many texts give what new ones give."""
        readings = read(text)
        reading = readings.native or readings.latin
        fresh = Shapes(BITS, pure=True).bits(text, reading, len(text))
        assert REMEMBERING.bits(text, reading, len(text)) == fresh

    def test_remembering_has_an_end(self) -> None:
        """However many runs of symbols are seen, what is remembered stays small."""
        shapes = Shapes(BITS, pure=True)
        for n in range(3 * MOST_REMEMBERED):
            text = f"{n:b}".replace("1", "!").replace("0", "?")
            shapes.bits(text, read(text).latin, len(text))
        shapes.bits("?" * 5_000, read("?" * 5_000).latin, 5_000)
        assert len(shapes._tried) <= MOST_REMEMBERED
        assert max(map(len, shapes._tried)) <= LONGEST_REMEMBERED


_PIECES = sorted(
    {
        *("```", "():", ");", "){", "=>", "==", "!=", "->", "</", "/>", "::", "};", "&&", "{", "^"),
        *(
            "$",
            "_{",
            "\\frac",
            "\\(",
            "\\sum",
            "\\",
            "x +",
            "x -",
            "x)",
            "=",
            "A)",
            "B)",
            "A.",
            "B.",
        ),
        *(
            "C.",
            ")",
            ".",
            "\n",
            "\n- ",
            "\n* ",
            "\n1.",
            "\n2.",
            "\n-",
            "://",
            ":",
            "www.",
            "?",
            '?"',
        ),
        *("? \n", "1", "22", " 3", "words of it ", "a", "", " ", "\x00", "\x7f"),
    }
)


class TestInC:
    """What our C tells; without it the two are one."""

    @settings(max_examples=2_000, deadline=None)
    @given(st.lists(st.sampled_from(_PIECES), max_size=30).map("".join))
    def test_c_and_python_see_the_same(self, text: str) -> None:
        """Whatever marks a text has, and in whatever order: the same shapes."""
        readings = read(text)
        reading = readings.native or readings.latin
        assert COMPILED.bits(text, reading, 0) == REMEMBERING.bits(text, reading, 0)

    @pytest.mark.parametrize("unit", ["x; ", "a1!", ".()", "é?"])
    def test_long_texts(self, unit: str) -> None:
        """However many symbols there are, and where they are not ASCII too."""
        for size in (1_023, 1_024, 1_025, 5_000):
            text = (unit * size)[:size]
            reading = read(text).latin
            assert COMPILED.bits(text, reading, size) == REMEMBERING.bits(text, reading, size)

    def test_a_bit_behind_the_last_that_c_holds(self) -> None:
        """With more signals than C is made for, Python tells."""
        bits = {name: 1 << 9_000 + i for i, name in enumerate(SHAPES)}
        made = Shapes(bits)
        assert made.bits("why?", read("why?").latin, 4) & bits["shape.question"]

    @pytest.mark.skipif(module.compiled is None, reason="our C was not built here")
    def test_c_looks_at_what_it_is_given(self) -> None:
        """Another number of places, and anything but an ASCII text and bytes, are refused."""
        for wrong in ([], [0] * (len(module.IN_C) + 1)):
            with pytest.raises(ValueError, match="every shape has a place"):
                module.compiled.Shapes(wrong)
        made = module.compiled.Shapes([-1] * len(module.IN_C))
        with pytest.raises(ValueError, match="ASCII"):
            made.beside_length("é", b"", b"")
        for given_ in ((), ("a", b""), (5, b"", b""), ("a", "", b""), ("a", b"", None)):
            with pytest.raises(TypeError):
                made.beside_length(*given_)


class TestLengths:
    @pytest.mark.parametrize("length", [0, 1, 39, 40, 99, 100, 199, 200, 201, 499, 500, 1_499])
    def test_steps(self, length: int) -> None:
        """A text has the shapes of the last step that it reaches."""
        least = max(step for step, _ in LENGTHS if step <= length)
        assert seen("x" * length) & BY_LENGTH == set(dict(LENGTHS)[least])

    @given(st.integers(0, 20_000))
    def test_names_say_the_length(self, length: int) -> None:
        """under_N and over_N mean what they say."""
        for name in BY_LENGTH - {"shape.empty"}:
            side, limit = re.fullmatch(r"shape\.(under|over)_(\d+)", name).groups()  # type: ignore[union-attr]
            holds = length < int(limit) if side == "under" else length >= int(limit)
            assert (name in seen("", length)) == holds

    def test_part_of_a_longer_text(self) -> None:
        """Where only the ends are read, the length of the whole text counts."""
        assert "shape.over_4000" in seen("short", 5_000)
        assert "shape.under_40" not in seen("short", 5_000)

    def test_an_empty_text(self) -> None:
        """Nothing said is a shape of its own."""
        assert "shape.empty" in seen("")
        assert "shape.empty" not in seen(" ")


class TestNumbers:
    @settings(max_examples=500)
    @given(st.lists(st.sampled_from(["12", "3.5", "x", "7th", "one", "4,000", "1-2"]), max_size=9))
    def test_counts(self, parts: list[str]) -> None:
        """Runs of digits are counted, and each step that is reached has its shape."""
        text = " ".join(parts)
        count = len(re.findall(r"\d+", text))
        wanted = {name for least, name in NUMBERS if count >= least}
        assert seen(text) & {name for _, name in NUMBERS} == wanted

    def test_full_width_digits(self) -> None:
        """Digits of other widths are digits."""
        assert "shape.number" in seen("第３章")


class TestPlain:
    @given(st.text(st.sampled_from("abcXYZ ,'"), max_size=199))
    def test_plain_texts_have_only_their_length(self, text: str) -> None:
        """The hot path's short cut for plain texts is what the whole test gives."""
        reading = read(text).latin
        assert not reading[1].translate(None, LETTERS)
        assert COMPILED.of_short(199)[len(text)] == COMPILED.bits(text, reading, len(text))


@given(ANYTHING)
def test_any_text(text: str) -> None:
    """Nothing raises, and only known shapes come out."""
    assert seen(text) <= set(SHAPES)


@pytest.mark.parametrize("mark", ["`", "(", "$", "\\", "\n", "?", "1 ", "\n- ", "/", "=", "A) B) "])
def test_cost(mark: str) -> None:
    """A million marks are seen in linear time."""
    text = mark * (1_000_000 // len(mark))
    reading = read(text).latin
    start = time.perf_counter()
    COMPILED.bits(text, reading, len(text))
    assert time.perf_counter() - start < 1


def test_shapes_without_a_row() -> None:
    """A list of signals may leave shapes out: those give nothing."""
    assert Shapes({}).bits("why? 12", read("why? 12").latin, 7) == 0
