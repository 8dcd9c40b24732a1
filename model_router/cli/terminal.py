"""A stream and what it can show: its width, its colours, its characters."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import IO, NamedTuple

MAX_WIDTH = 100
MIN_WIDTH = 20
USUAL_WIDTH = 80

STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


class Glyphs(NamedTuple):
    """The characters that pictures are drawn with."""

    bar: str  # full first, then what is less than full, ending with the empty one
    gap: str
    dash: str


FANCY = Glyphs(bar="█▉▊▋▌▍▎▏·", gap="…", dash="–")
PLAIN = Glyphs(bar="#.", gap="...", dash="-")


def wants_color(flag: str | None, environ: Mapping[str, str], is_tty: bool) -> bool:
    """Whether to colour: `--color`, then NO_COLOR, FORCE_COLOR or CLICOLOR_FORCE, TERM, the tty."""
    if flag in ("always", "never"):
        return flag == "always"
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return is_tty and environ.get("TERM") != "dumb"


def columns(environ: Mapping[str, str], stream: IO[str] | None) -> int:
    """The width to fill: COLUMNS, then the terminal's own, then 80; from 20 to 100."""
    named = environ.get("COLUMNS", "")
    width = int(named) if named.isascii() and named.isdigit() and len(named) < 6 else 0
    return min(max(width or _own_width(stream) or USUAL_WIDTH, MIN_WIDTH), MAX_WIDTH)


def _own_width(stream: IO[str] | None) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream else 0
    except (OSError, ValueError, AttributeError):
        return 0


def escaped(text: str, encoding: str = "utf-8") -> str:
    """`text` without control characters and without what `encoding` can't show, both escaped."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(char, encoding) for char in text)


def _escaped(char: str, encoding: str) -> str:
    if not char.isprintable():
        return ascii(char)[1:-1]
    try:
        char.encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return char.encode("ascii", "backslashreplace").decode("ascii")
    return char


def is_tty(stream: IO[str] | None) -> bool:
    """Whether somebody looks at the stream, or types into it. A closed one is no terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


class Terminal:
    """One stream to write to. A stream that was closed swallows everything."""

    def __init__(
        self, stream: IO[str] | None, flag: str | None, environ: Mapping[str, str]
    ) -> None:
        self.stream = stream
        self.is_tty = is_tty(stream)
        self.color = wants_color(flag, environ, self.is_tty)
        self.width = columns(environ, stream)
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        self.glyphs = FANCY if _shows(self.encoding, FANCY) else PLAIN

    def safe(self, text: str) -> str:
        """`text` with everything escaped that the stream can't show or that would steer it."""
        return escaped(text, self.encoding)

    def paint(self, text: str, *styles: str) -> str:
        """`text` in the named styles when colours are wanted, else as it is."""
        if not self.color or not text or not styles:
            return text
        codes = ";".join(STYLES[style] for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m"

    def line(self, text: str = "") -> None:
        """Write one line."""
        self.write(text + "\n")

    def write(self, text: str) -> None:
        """Write `text`; a character that the stream has no code for is written as its escape."""
        if self.stream is None:
            return
        try:
            self.stream.write(text)
        except UnicodeEncodeError:
            safe = text.encode(self.encoding, "backslashreplace").decode(self.encoding)
            self.stream.write(safe)

    def flush(self) -> None:
        """Hand everything to the reader now."""
        if self.stream is not None:
            self.stream.flush()


def _shows(encoding: str, glyphs: Glyphs) -> bool:
    try:
        "".join(glyphs).encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def muffle() -> None:
    """Send what is left for stdout and stderr nowhere, after the reader has gone away."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError, AttributeError):
            continue
    os.close(nowhere)
