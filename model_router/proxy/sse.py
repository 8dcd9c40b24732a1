"""Event streams: what their beginning says, and changing the model's name on the way.

Bytes are only looked at. What goes out is what came in, but for `Renamer`.
"""

from __future__ import annotations

import json
import re
from typing import Any

from model_router.proxy.body import BodyError, read_body, rewritten

WAIT, CONTENT, ERROR, EMPTY = "wait", "content", "error", "empty"
MOST_HELD = 256 * 1024
"""A beginning longer than this is taken for content."""

_BLANK = re.compile(rb"(?>\r\n|\r|\n)(?>\r\n|\r|\n)")
_LINES = re.compile(rb"\r\n|\r|\n")


class Opening:
    """The beginning of a stream, held back until it is known what it is.

    `error` is the error object of an event that carries one.
    """

    __slots__ = ("_from", "done", "error", "held")

    def __init__(self) -> None:
        self.held = b""
        self.error: Any = None
        self.done = False  # whether [DONE] was seen
        self._from = 0

    def feed(self, data: bytes) -> str:
        """WAIT, CONTENT or ERROR, for everything fed so far."""
        self.held = self.held + data if self.held else data
        while (match := _BLANK.search(self.held, self._from)) is not None:
            verdict = self._judge(self.held[self._from : match.start()])
            self._from = match.end()
            if verdict != WAIT:
                return verdict
        return CONTENT if len(self.held) > MOST_HELD else WAIT

    def end(self) -> str:
        """EMPTY, or what an event that no blank line ended makes of it."""
        verdict = self._judge(self.held[self._from :])
        return EMPTY if verdict == WAIT else verdict

    def _judge(self, event: bytes) -> str:
        data = event_data(event)
        if not data:
            return WAIT  # a comment, such as a keepalive
        if data == b"[DONE]":
            self.done = True
            return WAIT
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return CONTENT  # not ours to judge
        if isinstance(value, dict) and value.get("error"):
            self.error = value["error"]
            return ERROR
        return CONTENT if _has_content(value) else WAIT


def event_data(event: bytes) -> bytes:
    """The data of one event: its `data` lines, joined as the standard says."""
    rows = []
    for line in _LINES.split(event):
        if line[:5] == b"data:":
            rows.append(line[6:] if line[5:6] == b" " else line[5:])
    return b"\n".join(rows)


def _has_content(value: Any) -> bool:
    if not isinstance(value, dict) or "choices" not in value:
        return True
    choices = value["choices"]
    return isinstance(choices, list) and any(map(_says_something, choices))


def _says_something(choice: Any) -> bool:
    if not isinstance(choice, dict) or choice.get("finish_reason") or choice.get("text"):
        return True
    for part in (choice.get("delta"), choice.get("message")):
        if isinstance(part, dict) and any(part[key] for key in part if key != "role"):
            return True
    return False


def error_event(error: dict[str, Any], *, mid_line: bool) -> bytes:
    """An event that tells a client of a failure; it starts on a line of its own."""
    start = b"\n\n" if mid_line else b""
    return start + b"data: " + json.dumps({"error": error}).encode() + b"\n\n"


class Renamer:
    """Gives the chunks of a stream another model name; everything else stays as it is."""

    __slots__ = ("_model", "_rest")

    def __init__(self, model: str) -> None:
        self._model = model
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """`data` renamed, up to the last whole line; the rest waits."""
        data = self._rest + data
        cut = data.rfind(b"\n") + 1
        self._rest = data[cut:]
        return b"".join(map(self._line, data[:cut].splitlines(keepends=True)))

    def end(self) -> bytes:
        """What was still waiting."""
        rest, self._rest = self._rest, b""
        return self._line(rest)

    def _line(self, line: bytes) -> bytes:
        if line[:5] != b"data:" or b'"model"' not in line:
            return line
        start = 6 if line[5:6] == b" " else 5
        body = line[start:].rstrip(b"\r\n")
        tail = line[start + len(body) :]
        return line[:start] + renamed(body, self._model) + tail


def renamed(body: bytes, model: str) -> bytes:
    """A JSON object's bytes with another value for its `model`; anything else as it is."""
    try:
        found = read_body(body)
    except BodyError:
        return body
    return rewritten(found, model) if "model" in found.data else body
