"""estimate_tokens: a guess that is near, cheap and never shrinks as text is added."""

from __future__ import annotations

import base64
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.text import tokens
from model_router.text.tokens import AT_MOST, PACKED, PURE, estimate_tokens

MEASURE = Path(__file__).parents[2] / "scripts" / "measure_tokens.py"
ANY_TEXT = st.text(st.characters(codec=None), max_size=300)

# Texts of our own with the mean of their o200k and cl100k counts.
KNOWN = [
    ("Please fix the failing tests in the parser and run them again.", 13),
    ("The committee meets on Tuesday to discuss next year's budget and the new library.", 16),
    ("def area(width, height):\n    return width * height\n", 12),
    ("请修复解析器中失败的测试，然后再运行一次。", 16),
    ("Пожалуйста, исправь упавшие тесты и запусти их снова.", 23),
    ("Bitte repariere die fehlgeschlagenen Tests und führe sie noch einmal aus.", 17),
]


class TestSize:
    def test_no_text_costs_nothing(self) -> None:
        """An empty text has no tokens."""
        assert estimate_tokens("") == 0

    @given(ANY_TEXT.filter(bool))
    def test_any_text_costs_at_least_one(self, text: str) -> None:
        """Whatever is written, lone surrogates too, costs a token or more."""
        assert estimate_tokens(text) >= 1

    @given(ANY_TEXT, ANY_TEXT)
    def test_adding_text_never_lowers_the_estimate(self, first: str, second: str) -> None:
        """A concatenation costs at least as much as either of its parts."""
        whole = estimate_tokens(first + second)
        assert whole >= max(estimate_tokens(first), estimate_tokens(second))

    @given(ANY_TEXT)
    def test_the_estimate_is_below_three_tokens_a_character(self, text: str) -> None:
        """No text can make the estimate explode."""
        assert estimate_tokens(text) <= 3 * len(text)

    @pytest.mark.parametrize(("text", "tokens"), KNOWN)
    def test_known_counts_are_met_within_two_fifths(self, text: str, tokens: int) -> None:
        """Short sentences and code in several scripts are near their real count."""
        assert tokens * 0.65 <= estimate_tokens(text) <= tokens * 1.4

    def test_scripts_cost_differently(self) -> None:
        """A Chinese character costs more than a Cyrillic letter, and that more than a Latin one."""
        latin, cyrillic, chinese = "a" * 30, "ы" * 30, "水" * 30
        assert estimate_tokens(latin) < estimate_tokens(cyrillic) < estimate_tokens(chinese)

    def test_an_emoji_costs_one_to_three_tokens(self) -> None:
        """Astral characters count as two halves of a token and a half."""
        assert 10 <= estimate_tokens("🚀" * 10) <= 30

    def test_base64_is_dense(self) -> None:
        """Encoded bytes cost a token for one to two characters."""
        text = base64.b64encode(bytes(range(256)) * 4).decode()
        assert len(text) / 2.2 <= estimate_tokens(text) <= len(text)

    def test_blanks_are_cheap(self) -> None:
        """A run of blanks costs less than words of its length."""
        assert estimate_tokens(" " * 400) < estimate_tokens("word " * 80)


class TestLongTexts:
    @pytest.mark.parametrize(
        "line", ["please fix the failing tests 12. ", "修复失败的测试。", "for x in y: z[x] += 1\n"]
    )
    def test_sampling_agrees_with_counting(self, line: str) -> None:
        """A long even text is estimated within 5 % of its pieces' sum."""
        pieces = 40
        piece = line * (4000 // len(line))
        whole = estimate_tokens(piece * pieces)
        assert whole == pytest.approx(estimate_tokens(piece) * pieces, rel=0.05)

    def test_a_long_text_with_two_kinds_is_weighed_by_both(self) -> None:
        """Head and tail are both seen when they differ."""
        prose, chinese = "please fix the tests " * 5000, "修复失败的测试" * 15000
        expected = estimate_tokens(prose) + estimate_tokens(chinese)
        assert estimate_tokens(prose + chinese) == pytest.approx(expected, rel=0.15)

    def test_the_same_text_always_costs_the_same(self) -> None:
        """Sampling is deterministic."""
        text = "".join(chr(97 + i * i % 26) + " " * (i % 3) for i in range(60_000))
        assert len({estimate_tokens(text) for _ in range(5)}) == 1

    @pytest.mark.parametrize("unit", ["a", " ", "a b ", "水", "🚀", "aB3/", "é", "\ud800"])
    def test_half_a_million_characters_take_milliseconds_at_most(self, unit: str) -> None:
        """No kind of text makes the estimate slow; the wide limit is for busy machines."""
        text = unit * (500_000 // len(unit))
        best = min(_seconds(text) for _ in range(5))
        assert best < 0.01


class TestInC:
    """What our C counts; the pieces are of what Python counts in its own way."""

    PIECES = st.sampled_from(
        [
            *("a", "Z", "7", "+/", " ", "  ", "\t", "\r\n", "\x0b", "\x00", "-", "~\x7f"),
            *("words of it", "x" * 39, "x" * 40, "Ab1/" * 11, "q" * 90, "é", "水", "\ud800"),
        ]
    )

    @given(st.lists(PIECES, max_size=60).map("".join))
    def test_it_counts_what_python_counts(self, text: str) -> None:
        """The estimate is the same with our C and without, for every text."""
        assert estimate_tokens(text) == estimate_tokens(text, pure=True)

    @given(st.lists(PIECES, min_size=1, max_size=8).map("".join), st.integers(4_000, 70_000))
    def test_it_counts_the_same_windows(self, unit: str, length: int) -> None:
        """A long text is sampled at the same places, and seams begin and end words alike."""
        text = (unit * (length // len(unit) + 1))[:length]
        assert estimate_tokens(text) == estimate_tokens(text, pure=True)

    @pytest.mark.skipif(PURE, reason="installed without a compiler")
    @pytest.mark.parametrize(
        "given",
        [
            *(("é", PACKED, 1, 0, 1), ("abc", PACKED, 4, 1, 1), ("abc", PACKED, -1, 1, 1)),
            *(("abc", PACKED, 2, 2, 2), ("abc", PACKED, 1, -1, 2), ("abc", PACKED, 1, 1, 0)),
        ],
    )
    def test_it_reads_nothing_outside_a_text(self, given: tuple[Any, ...]) -> None:
        """Windows that are not in an ASCII text are refused."""
        with pytest.raises(ValueError, match="takes windows of an ASCII text"):
            tokens.compiled.counts(*given)

    @pytest.mark.parametrize("length", [1, 39, 40, 4095, 4096, 4097])
    @pytest.mark.parametrize("unit", ["a", " ", "-", "aB3/", "Word and 12. "])
    def test_it_costs_the_same_around_what_is_read_whole(self, unit: str, length: int) -> None:
        """The last text that is read whole, and the first that is not."""
        text = (unit * length)[:length]
        assert estimate_tokens(text) == estimate_tokens(text, pure=True)

    @pytest.mark.skipif(PURE, reason="installed without a compiler")
    @pytest.mark.parametrize("text", ["é", "a" * 4097])
    def test_it_reads_no_other_text_whole(self, text: str) -> None:
        """A long text and a foreign one are not for it."""
        assert tokens.compiled.estimate(text, PACKED) == -1

    @pytest.mark.skipif(PURE, reason="installed without a compiler")
    @pytest.mark.parametrize("given", [(), ("a",), ("a", b""), (b"a", PACKED), ("a", "b" * 256)])
    def test_it_looks_at_a_text_and_a_table(self, given: tuple[Any, ...]) -> None:
        """Anything else is a TypeError."""
        with pytest.raises(TypeError):
            tokens.compiled.estimate(*given)

    @pytest.mark.skipif(PURE, reason="installed without a compiler")
    @pytest.mark.parametrize(
        "given", [(), ("a", b"", 1, 1, 1), (b"a", PACKED, 1, 1, 1), ("a", PACKED, "1", 1, 1)]
    )
    def test_it_looks_at_what_it_is_given(self, given: tuple[Any, ...]) -> None:
        """Anything but a text, a table and numbers is a TypeError."""
        with pytest.raises(TypeError):
            tokens.compiled.counts(*given)


@given(st.text(st.characters(max_codepoint=127), max_size=200))
def test_no_ascii_text_has_more_than(text: str) -> None:
    """What whoever needs no more than a bound may count on."""
    assert estimate_tokens(text) <= AT_MOST * len(text)


@pytest.mark.parametrize(
    "unit", ["A", " A", "A1", " " * 3 + "+", "A/" * 30 + " ", "x9" * 40 + " -"]
)
@pytest.mark.parametrize("length", [1, 2, 39, 41, 4096, 4097, 90_000])
def test_no_text_that_costs_much_has_more_either(unit: str, length: int) -> None:
    """Capitals, digits and blanks in the order that costs most, read whole or sampled."""
    assert estimate_tokens((unit * length)[:length]) <= AT_MOST * length


class TestScript:
    def run(self, path: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(MEASURE), str(path)]
        environ = {"PYTHONPATH": str(MEASURE.parents[1]), "PYTHONIOENCODING": "utf-8"}
        return subprocess.run(command, capture_output=True, encoding="utf-8", env=environ)

    def test_errors_are_printed_by_group(self, tmp_path: Path) -> None:
        """The script prints its conditions and a row for each group and the total."""
        counts = tmp_path / "counts.jsonl"
        counts.write_text(
            '{"text": "fix the tests", "tokens": 3, "group": "en"}\n'
            '{"text": "修复测试", "tokens": 4, "group": "zh"}\n',
            encoding="utf-8",
        )
        done = self.run(counts)
        assert done.returncode == 0
        rows = [line.split()[0] for line in done.stdout.splitlines()]
        assert rows[:5] == ["Python", "group", "en", "total", "zh"]

    def test_a_wrong_line_is_named(self, tmp_path: Path) -> None:
        """A line of another form ends the script with its number and no traceback."""
        counts = tmp_path / "counts.jsonl"
        counts.write_text('{"text": "a", "tokens": 1}\n[]\n')
        done = self.run(counts)
        assert done.returncode == 1
        assert "line 2" in done.stderr
        assert "Traceback" not in done.stderr


def _seconds(text: str) -> float:
    start = time.perf_counter()
    estimate_tokens(text)
    return time.perf_counter() - start
