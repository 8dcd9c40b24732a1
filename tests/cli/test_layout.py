"""Text for a terminal: escaped, measured, wrapped, drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.cli.layout import bar, home_as_tilde, labelled, width_of, wrapped
from model_router.cli.terminal import FANCY, PLAIN, escaped

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


class TestEscaped:
    """Text of others must not steer the terminal."""

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("plain", "plain"),
            ("\x1b[31mred", "\\x1b[31mred"),
            ("a\rb\nc\td\0", "a\\rb\\nc\\td\\x00"),
            ("\u202eevil\u2066", "\\u202eevil\\u2066"),
            ("zero\u200bwidth", "zero\\u200bwidth"),
            ("\ud800", "\\ud800"),
            ("ö日本", "ö日本"),
        ],
    )
    def test_control_characters_become_escapes(self, text: str, shown: str) -> None:
        """Escapes, bidirectional marks, zero-width characters and surrogates are spelled out."""
        assert escaped(text) == shown

    def test_what_the_encoding_lacks_becomes_an_escape(self) -> None:
        """Characters without a code in the stream's encoding are spelled out."""
        assert escaped("ö✓", "ascii") == "\\xf6\\u2713"
        assert escaped("ö✓", "latin-1") == "ö\\u2713"

    @given(st.text(), st.sampled_from(["utf-8", "ascii", "latin-1", "no-such-encoding"]))
    def test_result_is_always_safe_to_write(self, text: str, encoding: str) -> None:
        """Whatever comes in, what goes out is printable and can be encoded."""
        shown = escaped(text, encoding)
        assert shown.isprintable()
        shown.encode("ascii" if encoding == "no-such-encoding" else encoding)


class TestWrapped:
    """Rows fit, and nothing is lost."""

    @given(TEXTS, st.integers(2, 60))
    def test_rows_fit_and_keep_every_character(self, text: str, width: int) -> None:
        """No row is too wide, and the rows hold all characters but the spaces."""
        rows = wrapped(text, width)
        assert all(width_of(row) <= width for row in rows)
        assert "".join("".join(rows).split()) == "".join(text.split())

    def test_words_stay_whole(self) -> None:
        """Rows break at spaces."""
        assert wrapped("one two three", 8) == ["one two", "three"]

    def test_wide_characters_count_twice(self) -> None:
        """A row of four columns holds two wide characters."""
        assert wrapped("日本語の", 4) == ["日本", "語の"]

    def test_empty_text_is_one_empty_row(self) -> None:
        """There is always a row to stand beside a label."""
        assert wrapped("", 10) == [""]


class TestLabelled:
    """Two columns."""

    def test_texts_stand_in_one_column(self) -> None:
        """Labels are padded to the longest and texts wrap under themselves."""
        lines = labelled([("a", "one two three four"), ("long", "x")], 24)
        assert lines == ["  a     one two three", "        four", "  long  x"]

    def test_long_labels_stand_alone(self) -> None:
        """Where a label leaves no room its text goes below."""
        assert labelled([("a very long label", "text")], 20) == ["  a very long label", "    text"]

    @given(st.lists(st.tuples(st.sampled_from(["", "why", "next"]), TEXTS), max_size=5))
    def test_lines_fit(self, rows: list[tuple[str, str]]) -> None:
        """Whatever the texts, lines fit the width."""
        assert all(width_of(line) <= 40 for line in labelled(rows, 40))


class TestBar:
    """Bars say how much."""

    @pytest.mark.parametrize(
        ("value", "drawn"), [(0, "····"), (50, "██··"), (100, "████"), (-5, "····"), (400, "████")]
    )
    def test_share_is_drawn(self, value: int, drawn: str) -> None:
        """A bar is filled as far as the value goes, never beyond its ends."""
        assert bar(value, 100, 4, FANCY) == drawn

    def test_ascii(self) -> None:
        """Without UTF-8 bars are # and dots."""
        assert bar(50, 100, 4, PLAIN) == "##.."

    @given(st.floats(-10, 200), st.floats(-1, 100), st.integers(1, 50))
    def test_width_is_kept(self, value: float, full: float, width: int) -> None:
        """A bar always takes the columns that it was given."""
        assert len(bar(value, full, width, FANCY)) == width
        assert len(bar(value, full, width, PLAIN)) == width


def test_home_is_shortened() -> None:
    """Paths under the home folder are shown with ~, others as they are."""
    assert home_as_tilde("/home/ana/x", "/home/ana") == "~/x"
    assert home_as_tilde("/home/anabel", "/home/ana") == "/home/anabel"
    assert home_as_tilde("/x", "") == "/x"
