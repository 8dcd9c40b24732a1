"""Signals: rows of data, compiled once into automata that read a text in one linear pass.

A row says what to look for (`patterns`), where it counts (`at`) and what it means (`adds`,
`complexity`, `risk`, `features`, `needs`, `action`). `data/signals.yaml` holds ours, with examples
that are tests; a catalog's `signals:` adds the user's. `docs/signals.md` describes each key.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from model_router.automaton import Automaton, Entry, compile_literals, found_in
from model_router.errors import Problem, RouterConfigError
from model_router.lanes import COMPLEXITY_LANE as COMPLEXITY_LANE
from model_router.lanes import LANES as LANES
from model_router.lanes import RISK_LANE as RISK_LANE
from model_router.lanes import pack as pack
from model_router.lanes import unpack as unpack
from model_router.patterns import PatternError, literals
from model_router.shapes import Shapes
from model_router.text import Reading, Readings, read
from model_router.types import FEATURE_BIT, NEED_NAMES

ANY, HEAD, LEAD, ACTION = range(4)
"""What a literal does: counts anywhere; only where a sentence begins; moves the place where the
sentence's own words begin ("could you please"); or names an action for safety to judge."""

LONG = 800
WINDOW_HEAD = 320
WINDOW_TAIL = 200
"""A text of more than LONG characters has its intent read from a window at each end. Safety and
privacy always read everything."""


@dataclass(slots=True, frozen=True)
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
    form: str = "order"  # for actions: order | command | request | native
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


_POSITIONS = {"any": ANY, "head": HEAD, "lead": LEAD, "order": HEAD}


def _names(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = row.get(key) or ()
    return (value,) if isinstance(value, str) else tuple(value)


def signal_from_row(row: Mapping[str, Any]) -> Signal:
    """A row of signals.yaml, or of a catalog, as a Signal."""
    adds = row.get("adds") or {}
    complexity, risk = row.get("complexity", 0), row.get("risk", 0)
    return Signal(
        id=row["id"],
        kind=row.get("kind", "intent"),
        at=row.get("at", "any"),
        patterns=_names(row, "patterns"),
        literals=tuple(row["literals"].encode().split(b"\n")) if "literals" in row else (),
        lanes=pack(adds, complexity, risk),
        features=sum(FEATURE_BIT[name] for name in set(_names(row, "features"))),
        needs=sum(NEED_NAMES[name] for name in set(_names(row, "needs"))),
        action=row.get("action"),
        form=row.get("form", "order"),
        strong=row.get("strong", False),
        polite=row.get("polite", False),
        coding=row.get("coding", ""),
        unless=_names(row, "unless"),
        objects=_names(row, "objects"),
        spares=_names(row, "spares"),
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
    path = os.path.join(os.path.dirname(__file__), "data", "signals.json")
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    return tuple(map(signal_from_row, data["signals"])), data["lists"]


Hit = tuple[int, int, int, Reading]
"""Index of a signal, first byte, last byte + 1, and the reading it was found in."""
Found = tuple[int, Iterable[Hit], Readings]
"""Bits of the signals that fired, the actions named (for safety to judge), the readings."""


class Lexicon:
    """Signals compiled for matching. Immutable once built; safe to share between threads.

    Signal `i` is bit `1 << i`; what fired in a text is one integer.
    """

    def __init__(self, signals: Iterable[Signal]) -> None:
        self.signals = tuple(signals)
        self.index = {signal.id: i for i, signal in enumerate(self.signals)}
        entries = self._entries()
        latin = [entry for entry in entries if entry[0].isascii()]
        native = [entry for entry in entries if not entry[0].isascii()]
        self.latin, self._native = (
            compile_literals(latin, indexed=ACTION),
            compile_literals(native, indexed=ACTION),
        )
        self._guard_latin = compile_literals(
            [e for e in latin if e[1] == ACTION], indexed=ACTION, dense=True
        )
        self._guard_native = compile_literals(
            [e for e in native if e[1] == ACTION], indexed=ACTION, dense=True
        )
        self._combinations = self._combine()
        self.shapes = Shapes({name: 1 << i for name, i in self.index.items()})

    def _entries(self) -> list[Entry]:
        entries: list[Entry] = []
        problems: list[Problem] = []
        for i, signal in enumerate(self.signals):
            role = ACTION if signal.action else _POSITIONS[signal.at]
            entries += [(literal, role, i) for literal in signal.literals]
            for n, pattern in enumerate(signal.patterns):
                try:
                    entries += [(literal, role, i) for literal in literals(pattern)]
                except PatternError as error:
                    where = f"signals.{signal.id}.patterns[{n}]"
                    problems.append(Problem(where, str(error), hint="see docs/signals.md"))
        if problems:
            raise RouterConfigError("a signal's pattern cannot be read", problems)
        return entries

    def _combine(self) -> list[tuple[int, int, int]]:
        """For each row with `requires`: the bits it requires, those it must not have, its own."""
        return [
            (self._bits(signal.requires), self._bits(signal.without), 1 << i)
            for i, signal in enumerate(self.signals)
            if signal.requires
        ]

    def _bits(self, names: Iterable[str]) -> int:
        return sum(1 << self.index[name] for name in set(names))

    def combined(self, fired: int) -> int:
        """`fired` with the rows that other rows call for, in the order of the table."""
        for needed, without, bit in self._combinations:
            if fired & needed == needed and not fired & without:
                fired |= bit
        return fired

    def fired_signals(self, fired: int) -> list[int]:
        """Indexes of the signals in `fired`."""
        indexes = []
        while fired:
            low = fired & -fired
            indexes.append(low.bit_length() - 1)
            fired ^= low
        return indexes

    def scan(self, text: str) -> Found:
        """What the rows find in `text`, in one linear pass; combinations are not in it yet."""
        if len(text) > LONG:
            return self._scan_long(text)
        return self._scan_whole(text, len(text))

    def _scan_whole(self, text: str, length: int) -> Found:
        actions: list[Hit] = []
        readings = read(text)
        latin, native, others, _ = readings
        fired = _collect(self.latin, latin, actions)
        if native is not None:
            fired |= _collect(self._native, native, actions)
            for reading in others:
                fired |= _collect(self.latin, reading, actions)
        return fired | self.shapes.bits(text, native or latin, length), actions, readings

    def _scan_long(self, text: str) -> Found:
        """Intent from both ends of a long text, actions from all of it."""
        ends = f"{text[:WINDOW_HEAD]}\n{text[-WINDOW_TAIL:]}"
        fired, _, _ = self._scan_whole(ends, len(text))
        readings = read(text)
        return fired, self._guarded(readings), readings

    def _guarded(self, readings: Readings) -> Iterator[Hit]:
        yield from self.guard(readings.latin)
        if readings.native is not None:
            yield from _hits(self._guard_native, readings.native)
            for reading in readings.others:
                yield from self.guard(reading)

    def guard(self, reading: Reading) -> Iterator[Hit]:
        """The actions named in a reading, found as they are asked for."""
        return _hits(self._guard_latin, reading)

    def spans(self, text: str, wanted: set[int]) -> dict[int, tuple[int, int]]:
        """Where each wanted signal is first found in `text`, in characters; ASCII texts only."""
        if len(text) > LONG or not text.isascii():
            return {}
        found: dict[int, tuple[int, int]] = {}
        find, rows = self.latin
        for literal, start, end in find(read(text).latin[0], True):
            signal = rows[literal][1]
            if signal in wanted and signal not in found:
                found[signal] = (start, min(end - 2, len(text)))
        return found


def _collect(automaton: Automaton, reading: Reading, actions: list[Hit]) -> int:
    """The bits that fire in a reading; actions, still to be judged, are added to the list."""
    find, rows = automaton
    words, marks = reading
    fired = begin = 0
    for literal, start, end in find(words, True):
        role, signal = rows[literal]
        if role == ANY:
            fired |= signal
        elif role == ACTION:
            actions.append((signal, start, end, reading))
        elif start <= begin or (not inside[marks[start - 1]] and begins(words, marks, start)):
            if role == HEAD:
                fired |= signal
            else:
                begin = skip_spaces(words, end - 1)
    return fired


inside = bytes(chr(b).isalnum() or chr(b) in ",/&%$+" for b in range(256))
"""A word that follows one of these and a space stands inside a sentence."""


def _hits(automaton: Automaton, reading: Reading) -> Iterator[Hit]:
    for signal, start, end in found_in(automaton, reading[0]):
        yield signal, start, end, reading


def skip_spaces(words: bytes, i: int) -> int:
    """The last space of the run of spaces at `i`."""
    last = len(words) - 1
    while i < last and words[i + 1] == 0x20:
        i += 1
    return i


def begins(words: bytes, marks: bytes, start: int) -> bool:
    """Whether the word after byte `start` opens the text, a sentence or a line."""
    before = marks[max(0, start - 3) : start + 1].rstrip(b" \t\"'*_`>#-([")
    return before[-1:] in _OPENERS if before else start < 4 or words[:start].isspace()


_OPENERS = (b".", b"!", b"?", b":", b";", b"\n", b"\r")
