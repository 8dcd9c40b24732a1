"""What comes again with many request bodies, and is read once: tools, and the messages of a talk.

An agent sends its tools and the whole talk so far with each step. Whoever reads the bodies hands in
the same object for the same text, and nobody changes it; what was made of it is kept in it.
"""

from __future__ import annotations

from typing import Any


class RecurringList(list[Any]):
    """An array, such as tools. `read` is what was made of it, by whom."""

    __slots__ = ("read",)

    def __init__(self, items: list[Any]) -> None:
        super().__init__(items)
        self.read: dict[str, Any] = {}


class RecurringMessage(dict[str, Any]):
    """A message. `turn` is what was made of it, `checked` whether its keys were looked at."""

    __slots__ = ("checked", "turn")

    def __init__(self, message: dict[str, Any]) -> None:
        super().__init__(message)
        self.checked = False
        self.turn: Any = None
