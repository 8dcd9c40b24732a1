"""Streams: colour, width, characters."""

from __future__ import annotations

import io

import pytest

from model_router.cli.terminal import FANCY, PLAIN, Terminal, columns, is_tty, wants_color


@pytest.mark.parametrize(
    ("flag", "environ", "tty", "wanted"),
    [
        (None, {}, True, True),
        (None, {}, False, False),
        ("auto", {}, True, True),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        (None, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        (None, {"NO_COLOR": ""}, True, True),
        (None, {"FORCE_COLOR": "1"}, False, True),
        (None, {"CLICOLOR_FORCE": "1", "TERM": "dumb"}, False, True),
        (None, {"FORCE_COLOR": "0"}, False, False),
        (None, {"TERM": "dumb"}, True, False),
    ],
)
def test_colour_precedence(
    flag: str | None, environ: dict[str, str], tty: bool, wanted: bool
) -> None:
    """The flag, NO_COLOR, the forcing variables, TERM, the terminal: in this order."""
    assert wants_color(flag, environ, tty) is wanted


@pytest.mark.parametrize(
    ("named", "width"),
    [
        ("", 80),
        ("40", 40),
        ("5", 20),
        ("500", 100),
        ("x", 80),
        ("-40", 80),
        ("²", 80),
        ("9" * 99, 80),
    ],
)
def test_width_comes_from_columns(named: str, width: int) -> None:
    """COLUMNS counts when it is a number, within what can be read."""
    assert columns({"COLUMNS": named}, io.StringIO()) == width


def test_characters_follow_the_encoding() -> None:
    """A stream without UTF-8 gets ASCII pictures."""
    ascii_stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert Terminal(ascii_stream, None, {}).glyphs == PLAIN
    assert Terminal(io.TextIOWrapper(io.BytesIO(), "utf-8"), None, {}).glyphs == FANCY


def test_characters_that_cannot_be_written_are_escaped() -> None:
    """Writing never fails because of a character."""
    raw = io.BytesIO()
    terminal = Terminal(io.TextIOWrapper(raw, encoding="ascii"), None, {})
    terminal.line("ö✓\ud800")
    terminal.flush()
    assert raw.getvalue() == b"\\xf6\\u2713\\ud800\n"


def test_closed_streams_swallow_everything() -> None:
    """A stream that is not there is no error."""
    terminal = Terminal(None, "always", {})
    terminal.line("x")
    terminal.flush()
    assert not terminal.is_tty


def test_closed_stream_is_no_terminal() -> None:
    """Asking a closed stream does not raise."""
    stream = io.StringIO()
    stream.close()
    assert not is_tty(stream)


def test_paint_only_with_colour() -> None:
    """Without colour a painted text is the text."""
    assert Terminal(io.StringIO(), "never", {}).paint("x", "red") == "x"
    assert Terminal(io.StringIO(), "always", {}).paint("x", "bold", "red") == "\x1b[1;31mx\x1b[0m"
    assert Terminal(io.StringIO(), "always", {}).paint("", "red") == ""
