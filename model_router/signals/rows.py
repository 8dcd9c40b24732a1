"""Rows: one signal each, as signals.json and a catalog's `signals:` give them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from typing import Any

from model_router.lanes import pack
from model_router.records import record
from model_router.text.reading import read
from model_router.types import FEATURE_BIT, NEED_NAMES

BETWEEN = b"|"
"""Stands between two literals in signals.json. No reading holds it, and JSON need not escape it."""


@record
class Signal:
    """One row, ready to use. `lanes` packs route points, complexity and risk into one integer."""

    id: str
    kind: str
    at: str
    patterns: tuple[str, ...]
    lanes: int
    literals: tuple[bytes, ...] = ()  # of packaged rows, whose patterns are expanded beforehand
    features: int = 0
    needs: int = 0
    action: str | None = None
    form: str = "order"  # for actions: one of the keys of judgement.FORMS, or native
    strong: bool = False  # for actions: the damage is high; counts in a paragraph of its own
    polite: bool = False  # for actions: "can I get ..." asks for it
    coding: str = ""  # for actions: history | remote | local, see safety.coding_actions
    unless: tuple[str, ...] = ()  # for native actions: lists of what makes it a question
    objects: tuple[str, ...] = ()  # for actions: lists of which one word must follow
    spares: tuple[str, ...] = ()  # for actions: lists whose words make it harmless
    requires: tuple[str, ...] = ()  # fires when all of these have fired
    without: tuple[str, ...] = ()  # ... and none of these
    adds: Mapping[str, int] = field(default_factory=dict)
    complexity: int = 0
    risk: int = 0
    lang: str = ""
    why: str = ""


def _names(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = row.get(key)
    if not value:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _words(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Names of word lists, or words of the user's own in the form that readings have."""
    if key not in row:
        return ()
    return tuple(
        word.lower() if word.isascii() else read(word).latin[0][1:-1].decode()
        for word in _names(row, key)
    )


def _bits(row: Mapping[str, Any], key: str, table: Mapping[str, int]) -> int:
    """The bits of the names under a key; each counts once."""
    return sum([table[name] for name in {*_names(row, key)}]) if key in row else 0


def signal_from_row(row: Mapping[str, Any]) -> Signal:
    """A row of signals.yaml, or of a catalog, as a Signal."""
    adds = row.get("adds") or {}
    complexity, risk = row.get("complexity", 0), row.get("risk", 0)
    return Signal(
        id=row["id"],
        kind=row.get("kind", "intent"),
        at=row.get("at", "any"),
        patterns=_names(row, "patterns"),
        literals=tuple(row["literals"].encode().split(BETWEEN)) if "literals" in row else (),
        lanes=pack(adds, complexity, risk),
        features=_bits(row, "features", FEATURE_BIT),
        needs=_bits(row, "needs", NEED_NAMES),
        action=row.get("action"),
        form=row.get("form", "order"),
        strong=row.get("strong", False),
        polite=row.get("polite", False),
        coding=row.get("coding", ""),
        unless=_words(row, "unless"),
        objects=_words(row, "objects"),
        spares=_words(row, "spares"),
        requires=_names(row, "requires"),
        without=_names(row, "without"),
        adds=adds,
        complexity=complexity,
        risk=risk,
        lang=row.get("lang", ""),
        why=row.get("why", ""),
    )


@lru_cache(maxsize=1)
def packaged() -> tuple[tuple[Signal, ...], Mapping[str, Any]]:
    """The packaged signals, and the word lists that actions refer to."""
    path = os.path.join(os.path.dirname(__file__), os.pardir, "data", "signals.json")
    with open(path, "rb") as file:
        data = json.loads(file.read().decode())
    return tuple(map(signal_from_row, data["signals"])), data["lists"]
