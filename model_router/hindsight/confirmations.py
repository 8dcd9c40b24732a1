"""Who is asked before and after a change of a catalog: nobody may be let past unseen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from model_router.hindsight.cases import Case
from model_router.hindsight.evaluate import Decider
from model_router.types import HUMAN

MOST_LISTED = 20
"""So many lost confirmations are kept with their places; all are counted."""


class Asked(NamedTuple):
    """A prompt beside the name it goes by in reports, which never show it."""

    place: str
    prompt: str
    hints: Any = None
    right: tuple[str, ...] = ()  # engines that a label names
    harmless: bool = False  # a label says that nobody needs to be asked


def asked_of(case: Case) -> Asked:
    """A labelled prompt, to be asked about. A label that wants a person names no engine."""
    right = () if case.confirm else case.right
    return Asked(case.place, case.prompt, case.hints, right, case.confirm is False)


class Safety:
    """What a change does to prompts that went to a person, and how many go elsewhere."""

    def __init__(self) -> None:
        self.checked = self.asked = self.moved = self.lost = 0
        self.places: list[str] = []

    def add(self, prompts: Iterable[Asked], before: Decider, after: Decider) -> None:
        """Decide each prompt by both routers."""
        for asked in prompts:
            self._check(asked, before, after)

    def _check(self, asked: Asked, before: Decider, after: Decider) -> None:
        was = before.route_fast(asked.prompt, asked.hints)
        now = after.route_fast(asked.prompt, asked.hints)
        self.checked += 1
        self.moved += was != now
        if was != HUMAN:
            return
        self.asked += 1
        # A person also gets what no engine can do. Of that, but not of orders, labels may dispose.
        passed = now != HUMAN and now not in asked.right and not asked.harmless
        if passed or _unconfirmed(asked, before, after):
            self.lost += 1
            if len(self.places) < MOST_LISTED:
                self.places.append(asked.place)

    def figures(self) -> dict[str, Any]:
        """The counts, and where the first lost confirmations stand."""
        return {
            "checked": self.checked,
            "asked_before": self.asked,
            "lost": self.lost,
            "lost_at": self.places,
            "other_engine": self.moved,
        }


def _unconfirmed(asked: Asked, before: Decider, after: Decider) -> bool:
    """Whether an order was confirmed and no longer is, with tools or without."""
    return any(
        confirms(before, asked, tools) and not confirms(after, asked, tools) for tools in (None, ())
    )


def confirms(router: Decider, asked: Asked, tools: tuple[str, ...] | None) -> bool:
    """Whether a person is asked, with tools that may run (None: unknown) or with none."""
    hints = {**(asked.hints or {}), **({} if tools is None else {"tools": list(tools)})}
    return router.assess(asked.prompt, hints or None).confirm
