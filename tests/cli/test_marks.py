"""The text with what mattered underlined."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.cli.layout import width_of
from model_router.cli.marks import Span, marked_text, rows, trimmed, windows
from model_router.cli.terminal import Terminal


def terminal(width: int = 80, encoding: str = "utf-8") -> Terminal:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    return Terminal(stream, "never", {"COLUMNS": str(width)})


def shown(text: str, *spans: Span, width: int = 80, encoding: str = "utf-8") -> list[str]:
    return marked_text(text, spans, terminal(width, encoding), indent=0)


def test_spans_are_underlined() -> None:
    """Carets stand under exactly what a span covers."""
    assert shown("drop the database", (0, 4), (9, 17)) == ["drop the database", "^^^^     ^^^^^^^^"]


def test_unmarked_text_has_no_second_line() -> None:
    """Without spans the text stands alone."""
    assert shown("hello") == ["hello"]


def test_wide_characters_are_marked_in_full() -> None:
    """Two carets stand under a wide character, none under a combining mark."""
    assert shown("日本x", (0, 2)) == ["日本x", "^^^^"]
    assert shown("e\u0301x", (0, 2)) == ["e\u0301x", "^"]


def test_escapes_are_marked_in_full() -> None:
    """A control character takes as many columns, and carets, as its escape."""
    assert shown("a\x1bb", (1, 2)) == ["a\\x1bb", " ^^^^"]
    assert shown("aöb", (1, 2), encoding="ascii") == ["a\\xf6b", " ^^^^"]


def test_lines_keep_their_marks() -> None:
    """A span over a line end marks both lines; tabs become two columns."""
    assert shown("ab\n\tcd", (1, 5)) == ["ab", " ^", "  cd", "^^^"]


def test_long_lines_break_at_words() -> None:
    """A row breaks at a space and the marks move along with the words."""
    assert shown("aaaa bbbbbbb cccccccc", (13, 21), width=20) == [
        "aaaa bbbbbbb",
        "cccccccc",
        "^^^^^^^^",
    ]


def test_spans_lose_their_spaces_and_what_is_outside() -> None:
    """Spaces at the ends of a span are not underlined; ends beyond the text are cut."""
    assert trimmed("drop it ", [(0, 5), (0, 4), (5, 99), (-3, 4), (7, 8), (50, 60)]) == [
        (0, 4),
        (5, 7),
    ]


def test_long_text_is_shown_around_its_marks() -> None:
    """Of a long text only the surroundings of the marks are shown, with the gaps counted."""
    text = "x " * 5_000 + "drop it" + " y" * 5_000
    lines = shown(text, (10_000, 10_007))
    assert lines[0] == "… 9,920 more characters …"
    assert any("drop it" in line for line in lines)
    assert lines[-1] == "… 9,920 more characters …"
    assert len(lines) < 10


def test_long_text_without_marks_shows_its_beginning() -> None:
    """Without a mark the beginning is shown."""
    assert shown("word " * 1_000)[-1].endswith("more characters …")


def test_huge_text_is_drawn_quickly() -> None:
    """Only what is shown is looked at: ten million characters take no time."""
    text = "a" * 10_000_000
    assert len(shown(text, (5_000_000, 9_000_000))) < 40


@pytest.mark.parametrize("width", [20, 40, 80])
@given(st.text(max_size=200), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200))))
def test_rows_fit_and_marks_are_as_long_as_rows(width: int, text: str, spans: list[Span]) -> None:
    """Whatever the text and the spans, rows fit and every column is known as marked or not."""
    known = trimmed(text, spans)
    for row in rows(text, 0, len(text), known, width, "utf-8"):
        assert width_of(row.text) == len(row.marks) <= width
        assert row.text.isprintable()


@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_no_mark_is_lost(text: str, start: int, end: int) -> None:
    """Wrapping at any width shows a caret for each span that covers something visible."""
    known = trimmed(text, [(start, end)])
    covered = "".join(text[first:last] for first, last in known)
    marks = [m for row in rows(text, 0, len(text), known, 20, "utf-8") for m in row.marks]
    visible = any(c not in "\n" and width_of(c) for c in covered if c.isprintable())
    assert any(marks) or not visible


@given(st.integers(0, 5_000), st.lists(st.tuples(st.integers(0, 4_999), st.integers(1, 900))))
def test_windows_are_ordered_and_apart(length: int, raw: list[tuple[int, int]]) -> None:
    """Windows lie inside the text, in order, and never show a character twice."""
    spans = sorted((s, min(s + n, length)) for s, n in raw if s < length)
    parts = windows(length, spans)
    ends = [0]
    for start, stop in parts:
        assert ends[-1] <= start <= stop <= length
        ends.append(stop)
