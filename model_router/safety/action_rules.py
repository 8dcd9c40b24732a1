"""Action rules: the signals that name an action, with everything that judging one needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from model_router.signals.rows import Signal

NEAR_BACK = 100
"""Bytes before a named action among which one of its objects may be."""

Nearby = tuple[frozenset[bytes], int, bool]
"""Objects that must be near, how far back to look, and whether they may end a longer word."""


@dataclass(slots=True, frozen=True, eq=False, repr=False)
class ActionRule:
    """A signal that names an action, with its word lists joined."""

    action: str
    form: str
    strong: bool
    polite: bool
    coding: str
    objects: frozenset[bytes]
    nearby: Nearby
    spares: frozenset[bytes]
    substrings: tuple[str, ...]  # for native scripts: objects found as they stand
    unless: tuple[str, ...]


def action_rules(
    signals: Sequence[Signal], lists: Mapping[str, Sequence[str]]
) -> dict[int, ActionRule]:
    """The rule of each signal that names an action, by the signal's index."""

    known: dict[str, list[bytes]] = {}  # most lists are named by several rows

    def joined(names: Sequence[str]) -> list[bytes]:
        for name in names:
            if name not in known:
                known[name] = [word.lower().encode() for word in lists.get(name, (name,))]
        return [word for name in names for word in known[name]]

    return {
        i: _rule(signal, signal.action, joined) for i, signal in enumerate(signals) if signal.action
    }


def _rule(
    signal: Signal, action: str, joined: Callable[[Sequence[str]], list[bytes]]
) -> ActionRule:
    native = signal.form == "native"
    objects = joined(signal.objects)
    distinct = frozenset(objects)
    return ActionRule(
        action,
        signal.form,
        signal.strong,
        signal.polite,
        signal.coding,
        distinct,
        (
            distinct if not native else frozenset(),
            0 if signal.form in ("order", "gerund") else NEAR_BACK,
            signal.form == "foreign",
        ),
        frozenset(joined(signal.spares)),
        tuple(word.decode() for word in objects) if native else (),
        tuple(word.decode() for word in joined(signal.unless)),
    )
