"""Text for a terminal: measured in columns, wrapped, drawn as bars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from unicodedata import category, east_asian_width

from model_router.cli.terminal import Glyphs, Terminal


def width_of(text: str) -> int:
    """How many columns a terminal takes for `text`, which holds no control characters."""
    return len(text) if text.isascii() else sum(map(char_width, text))


def char_width(char: str) -> int:
    """0 for combining marks, 2 for wide East Asian characters and emoji, else 1."""
    if category(char) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(char) in ("W", "F") else 1


def wrapped(text: str, width: int) -> list[str]:
    """`text` as rows of at most `width` columns, broken at spaces; longer words are cut."""
    rows: list[str] = []
    row = ""
    for word in text.split():
        for piece in _pieces(word, width):
            joined = f"{row} {piece}" if row else piece
            if width_of(joined) > width:
                rows.append(row)
                joined = piece
            row = joined
    return [*rows, row] if row or not rows else rows


def _pieces(word: str, width: int) -> Iterator[str]:
    while width_of(word) > width:
        end, used = 0, 0
        while end < len(word) and (used := used + char_width(word[end])) <= width:
            end += 1
        yield word[: max(end, 1)]
        word = word[max(end, 1) :]
    if word:
        yield word


def labelled(rows: Iterable[tuple[str, str]], width: int, indent: int = 2) -> list[str]:
    """Rows of label and text in two columns, each text wrapped under itself."""
    rows = list(rows)
    first = max((width_of(label) for label, _ in rows), default=0)
    # A label that leaves no room for its text stands on a line of its own.
    stacked = width - indent - first - 2 < 16
    lines: list[str] = []
    for label, text in rows:
        start = indent + (2 if stacked else first + 2)
        body = wrapped(text, max(width - start, 8))
        if stacked:
            lines += [" " * indent + label] if label else []
            lines += [" " * start + row for row in body if row]
            continue
        lead = " " * indent + label + " " * (first - width_of(label) + 2)
        lines += [(lead if n == 0 else " " * start) + row for n, row in enumerate(body)]
    return [line.rstrip() for line in lines]


STATUSES = {
    "ok": "green", "warn": "yellow", "?": "yellow", "off": "yellow", "SILENT": "yellow",
    "FAIL": "red", "LOST": "red", "REFUSED": "red",
}  # fmt: skip
"""Words that say how something stands, and their colours."""


def statuses(rows: Iterable[tuple[str, str]], terminal: Terminal) -> list[str]:
    """Rows of a word of STATUSES and a text, in two columns, the words in their colours."""
    lines = labelled(((word, terminal.safe(text)) for word, text in rows), terminal.width)
    return [_coloured(line, terminal) for line in lines]


def _coloured(line: str, terminal: Terminal) -> str:
    word = line.split(" ", 3)[2] if line[:2] == "  " and line[2:3].strip() else ""
    if word not in STATUSES:
        return line
    return "  " + terminal.paint(word, STATUSES[word]) + line[2 + len(word) :]


def bar(value: float, full: float, width: int, glyphs: Glyphs) -> str:
    """A bar of `width` columns, filled as far as `value` goes towards `full`."""
    steps = len(glyphs.bar) - 1
    share = min(max(value / full, 0.0), 1.0) if full > 0 else 0.0
    filled, rest = divmod(round(share * width * steps), steps)
    part = glyphs.bar[steps - rest] if rest else ""
    return (glyphs.bar[0] * filled + part).ljust(width, glyphs.bar[-1])


def home_as_tilde(path: str, home: str) -> str:
    """`path` with the home folder written as ~."""
    home = home.rstrip("/\\")
    if home and (path == home or path.startswith((home + "/", home + "\\"))):
        return "~" + path[len(home) :]
    return path


def placed(path: str, line: int | None, texts: list[str | None], terminal: Terminal) -> list[str]:
    """Lines about one place of a file: where it is, then what is said of it, indented."""
    where = f"line {line}, {path}" if line else path
    rows = [("", terminal.safe(text)) for text in texts if text]
    head = labelled([("", terminal.safe(where))], terminal.width, indent=0)
    return [*head, *labelled(rows, terminal.width, indent=2)]
