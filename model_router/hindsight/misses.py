"""The rows on which a router did worst."""

from __future__ import annotations

import heapq
from typing import Any, NamedTuple

from model_router.hindsight.labels import Names, Row
from model_router.hindsight.tally import Answer, Marked
from model_router.types import HUMAN

MOST_SHOWN = 200

KINDS = ("not the first choice", "false stop", "wrong engine", "missed order")
"""What can be wrong, the least bad first."""


class Miss(NamedTuple):
    """One row that was answered wrongly. `prompt` is cut to one line of MOST_SHOWN characters."""

    kind: str
    place: str
    id: str | None
    source: str
    expected: str
    engine: str
    complexity: float
    confidence: int
    prompt: str

    def to_dict(self) -> dict[str, Any]:
        """The miss as JSON-ready data."""
        return self._asdict()


class Misses:
    """Keeps the worst misses: the worst kind first, then where the router was surest."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._heap: list[tuple[int, int, int, Miss]] = []
        self._seen = 0

    def add(self, row: Row, answer: Answer, mark: Marked, confidence: int, names: Names) -> None:
        """Look at one row."""
        self._seen += 1
        kind = kind_of(row, mark)
        if kind is None or not self.limit:
            return
        place = (KINDS.index(kind), confidence, -self._seen)
        if len(self._heap) == self.limit and place < self._heap[0][:3]:
            return
        miss = Miss(
            kind, row.place, row.id, row.source, expected(row, kind, names), answer.engine,
            answer.complexity, confidence, one_line(row.prompt),
        )  # fmt: skip
        push = heapq.heappush if len(self._heap) < self.limit else heapq.heapreplace
        push(self._heap, (*place, miss))

    def worst(self) -> list[Miss]:
        """The misses kept, the worst first."""
        return [entry[3] for entry in sorted(self._heap, reverse=True)]


def kind_of(row: Row, mark: Marked) -> str | None:
    """What is wrong with an answer, or None."""
    if mark.confirm is False:
        return "missed order" if row.confirm else "false stop"
    if mark.lenient is False:
        return "wrong engine"
    return "not the first choice" if mark.strict is False else None


def expected(row: Row, kind: str, names: Names) -> str:
    """What the row says would have been right, in a few words."""
    if kind == "missed order":
        return HUMAN
    return names.engine(row.label) if row.label is not None else "nobody asked"


def one_line(text: str, most: int = MOST_SHOWN) -> str:
    """A text on one line, cut to `most` characters."""
    joined = " ".join(text[: most * 8].split())
    return joined if len(joined) <= most else joined[: most - 3] + "..."
