"""A text with the places that mattered underlined, as rows that fit a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from model_router.cli.layout import char_width
from model_router.cli.terminal import Terminal, escaped

Span = tuple[int, int]

WHOLE = 1_200
"""A text of up to this many characters is shown whole, a longer one only around its marks."""
MARGIN = 80
MOST_WINDOWS = 6


class Row(NamedTuple):
    """One row of the terminal: what is shown, and for each column whether it is marked."""

    text: str
    marks: tuple[bool, ...]


def marked_text(text: str, spans: Iterable[Span], terminal: Terminal, indent: int = 2) -> list[str]:
    """Lines that show `text` with a line of ^ under what `spans` cover.

    Control characters are escaped. Of a long text only the surroundings of the spans are shown.
    """
    known = trimmed(text, spans)
    lines: list[str] = []
    end = 0
    for start, stop in windows(len(text), known):
        lines += _gap(start - end, terminal, indent)
        for row in rows(text, start, stop, known, terminal.width - indent, terminal.encoding):
            lines += _painted(row, terminal, indent)
        end = stop
    return lines + _gap(len(text) - end, terminal, indent)


def trimmed(text: str, spans: Iterable[Span]) -> list[Span]:
    """The spans inside `text`, without the spaces around them, each once, in order."""
    found: set[Span] = set()
    for start, end in spans:
        start, end = max(start, 0), min(end, len(text))
        while start < end and text[end - 1].isspace():
            end -= 1
        while start < end and text[start].isspace():
            start += 1
        if start < end:
            found.add((start, end))
    return sorted(found)


def windows(length: int, spans: Sequence[Span]) -> list[Span]:
    """The parts of a text that are shown: all of a short one, else what is around the spans."""
    if length <= WHOLE:
        return [(0, length)]
    parts: list[Span] = [] if spans else [(0, MARGIN * 2)]
    for start, end in spans:
        start, end = max(start - MARGIN, 0), min(end, start + WHOLE, length)
        end = min(end + MARGIN, length)
        if parts and start <= parts[-1][1]:
            parts[-1] = (parts[-1][0], max(end, parts[-1][1]))
        else:
            parts.append((start, end))
    return parts[:MOST_WINDOWS]


def rows(
    text: str, start: int, stop: int, spans: Sequence[Span], width: int, encoding: str
) -> list[Row]:
    """The characters from `start` up to `stop` as rows of at most `width` columns."""
    done: list[Row] = []
    shown: list[str] = []
    marks: list[bool] = []
    covered = _covered(spans, start, stop)
    for at in range(start, stop):
        char = text[at]
        piece = _shown(char, encoding)
        wide = len(piece) if piece.isascii() else char_width(char)
        if char == "\n" or len(marks) + wide > width:
            shown, marks = _broken(done, shown, marks, char != "\n")
        if char != "\n":
            shown.append(piece)
            marks += [covered[at - start]] * wide
    done.append(Row("".join(shown), tuple(marks)))
    return done


def _shown(char: str, encoding: str) -> str:
    return {"\t": "  ", "\n": ""}.get(char) or escaped(char, encoding)


def _covered(spans: Sequence[Span], start: int, stop: int) -> list[bool]:
    covered = [False] * (stop - start)
    for first, end in spans:
        for at in range(max(first, start), min(end, stop)):
            covered[at - start] = True
    return covered


def _broken(
    done: list[Row], shown: list[str], marks: list[bool], wrap: bool
) -> tuple[list[str], list[bool]]:
    """Close a row; when it is wrapped, the word that did not fit moves on to the next."""
    text = "".join(shown)
    space = text.rfind(" ") if wrap and text.isascii() and len(text) == len(marks) else -1
    if space <= len(text) // 2:
        done.append(Row(text, tuple(marks)))
        return [], []
    done.append(Row(text[:space], tuple(marks[:space])))
    return [text[space + 1 :]], marks[space + 1 :]


def _painted(row: Row, terminal: Terminal, indent: int) -> list[str]:
    lead = " " * indent
    if not any(row.marks):
        return [(lead + row.text).rstrip()]
    carets = "".join("^" if marked else " " for marked in row.marks).rstrip()
    return [(lead + row.text).rstrip(), lead + terminal.paint(carets, "yellow")]


def _gap(length: int, terminal: Terminal, indent: int) -> list[str]:
    if length <= 0:
        return []
    gap = terminal.glyphs.gap
    return [" " * indent + terminal.paint(f"{gap} {length:,} more characters {gap}", "dim")]
