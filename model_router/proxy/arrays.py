"""Arrays that a caller's bodies have in common, parsed once: an agent's tools, and its talk so far.

An array's text says itself where it ends. So a body that goes on with the text of a known one has
that very array, and one that goes on with the text of a talk's first messages has those. Only the
last few are kept, and what one caller sent is never looked up for another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from model_router.proxy.body import Scan, past_space, scan_messages
from model_router.request.recurring import RecurringList, RecurringMessage

_scan: Scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]

MOST_ARRAYS = 8
"""Arrays kept of each kind, for all callers together."""
SHORTEST, LONGEST = 2 * 1024, 128 * 1024
"""Characters of an array that is worth keeping."""


class _Tools(NamedTuple):
    caller: str
    text: str
    items: RecurringList


class _Talk(NamedTuple):
    """Messages, and the array's text up to the end of the last one, and of the one before it."""

    caller: str
    text: str
    shorter: str
    items: list[RecurringMessage]


class Arrays:
    """What is known of late. Threads may share it: what it knows is replaced whole."""

    def __init__(self) -> None:
        self._tools: tuple[_Tools, ...] = ()
        self._talks: tuple[_Talk, ...] = ()

    def scanners(self, caller: str) -> Mapping[str, Scan]:
        """Who reads which value of a caller's body, for `read_body`."""
        return {"tools": partial(self.tools, caller), "messages": partial(self.messages, caller)}

    def tools(self, caller: str, text: str, at: int) -> tuple[Any, int]:
        """The value at `at`, and where it ends. Raises what a JSON scanner does."""
        for row in self._tools:
            if text.startswith(row.text, at) and row.caller == caller:
                return row.items, at + len(row.text)
        value, end = _scan(text, at)
        if not isinstance(value, list) or not SHORTEST <= end - at <= LONGEST:
            return value, end
        row = _Tools(caller, text[at:end], RecurringList(value))
        self._tools = (row, *self._tools[: MOST_ARRAYS - 1])
        return row.items, end

    def messages(self, caller: str, text: str, at: int) -> tuple[Any, int]:
        """The value at `at`, and where it ends. Raises what a JSON scanner does."""
        if text[at : at + 1] != "[":
            return scan_messages(text, at)
        old, items, end = self._begun(caller, text, at)
        before, known = end, len(items)
        while (item := _next(text, end, first=not items)) is not None:
            before, (message, end) = end, item
            if message.__class__ is not dict:
                return scan_messages(text, at)  # of the wrong form: others say so
            items.append(RecurringMessage(message))
        if len(items) > known and SHORTEST <= end - at <= LONGEST:
            row = _Talk(caller, text[at:end], text[at:before], items)
            others = [talk for talk in self._talks if talk is not old]
            self._talks = (row, *others[: MOST_ARRAYS - 1])
        return items, past_space(text, end) + 1

    def _begun(
        self, caller: str, text: str, at: int
    ) -> tuple[_Talk | None, list[RecurringMessage], int]:
        """The longest known beginning: whose it is, its messages, and where it ends."""
        best, length = None, 1
        for row in self._talks:
            if row.caller != caller or len(row.shorter) <= length:
                continue
            if text.startswith(row.shorter, at):
                best, length = row, len(row.shorter)
        if best is None:
            return None, [], at + 1
        if text.startswith(best.text, at):
            return best, list(best.items), at + len(best.text)
        return best, best.items[:-1], at + length


def _next(text: str, at: int, *, first: bool) -> tuple[Any, int] | None:
    """The array's next value and where that ends; None at the closing bracket."""
    at = past_space(text, at)
    mark = text[at : at + 1]
    if mark == "]":
        return None
    if not first:
        if mark != ",":
            raise json.JSONDecodeError("a comma or bracket is missing", "", at)
        at = past_space(text, at + 1)
    return scan_messages(text, at)
