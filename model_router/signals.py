"""Signals: rows of data, compiled once into automata that read a text in one linear pass.

A row says what to look for (`patterns`), where it counts (`at`) and what it means (`adds`,
`complexity`, `risk`, `features`, `needs`, `action`). `data/signals.yaml` holds ours, with examples
that are tests; a catalog's `signals:` adds the user's. `docs/signals.md` describes each key.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import ahocorasick_rs

from model_router.errors import Problem, RouterConfigError
from model_router.patterns import PatternError, literals
from model_router.shapes import NUMBER_STEPS, NUMBERS, SHAPES
from model_router.text import DIGITS_TABLE, Reading, Readings, read
from model_router.types import FEATURE_BIT, NEED_NAMES, ROUTES

ANY, HEAD, LEAD, ACTION = range(4)
"""What a literal does: counts anywhere; only where a sentence begins; moves the place where the
sentence's own words begin ("could you please"); or names an action for safety to judge."""

LANE_BITS = 20
LANES = len(ROUTES) - 1  # confirmation is never chosen by points
COMPLEXITY_LANE = LANES
RISK_LANE = LANES + 1
BIAS = sum(1 << (LANE_BITS * lane + LANE_BITS - 1) for lane in range(LANES + 2))
"""Added once before the lanes are read, so that negative sums do not borrow from a neighbour."""

LONG = 5_000
WINDOW_HEAD = 3_000
WINDOW_TAIL = 1_500
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


def pack(adds: Mapping[str, int], complexity: int = 0, risk: int = 0) -> int:
    """Route points, complexity and risk as one integer: one addition adds them all."""
    total = sum(points << (LANE_BITS * ROUTES.index(route)) for route, points in adds.items())
    total += complexity << (LANE_BITS * COMPLEXITY_LANE)
    return total + (risk << (LANE_BITS * RISK_LANE))


_MASK = (1 << LANE_BITS) - 1
_HALF = 1 << (LANE_BITS - 1)


def unpack(total: int) -> list[int]:
    """The lanes of a sum: points of the seven routes, then complexity, then risk."""
    total += BIAS
    return [(total >> (LANE_BITS * lane) & _MASK) - _HALF for lane in range(LANES + 2)]


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
Found = tuple[set[int], list[Hit], Readings]
"""Indexes of the signals that fired, the actions named (for safety to judge), the readings."""
_Find = Callable[..., list[tuple[int, int, int]]]
Automaton = tuple[_Find, list[tuple[int, int]]]
"""`find(data, overlapping)` gives (literal, start, end); the list, what each literal does."""


def _automaton(entries: Sequence[tuple[bytes, int, int]]) -> Automaton:
    built = ahocorasick_rs.BytesAhoCorasick(
        [literal for literal, _, _ in entries] or [b"\xff\xff"],
        implementation=ahocorasick_rs.Implementation.DFA,
    )
    return built.find_matches_as_indexes, [(role, index) for _, role, index in entries]


class Lexicon:
    """Signals compiled for matching. Immutable once built; safe to share between threads."""

    def __init__(self, signals: Iterable[Signal]) -> None:
        self.signals = tuple(signals)
        self.index = {signal.id: i for i, signal in enumerate(self.signals)}
        self.lanes = [signal.lanes for signal in self.signals]
        self.features = [signal.features for signal in self.signals]
        self.needs = [signal.needs for signal in self.signals]
        entries = self._entries()
        latin = [entry for entry in entries if entry[0].isascii()]
        native = [entry for entry in entries if not entry[0].isascii()]
        self._latin, self._native = _automaton(latin), _automaton(native)
        self._guard_latin = _automaton([entry for entry in latin if entry[1] == ACTION])
        self._guard_native = _automaton([entry for entry in native if entry[1] == ACTION])
        self._combinations = self._combine()
        self._shapes = {
            i: SHAPES[signal.id] for i, signal in enumerate(self.signals) if signal.id in SHAPES
        }
        self._numbers = tuple(self.index[name] for name in NUMBERS if name in self.index)

    def _entries(self) -> list[tuple[bytes, int, int]]:
        entries: list[tuple[bytes, int, int]] = []
        problems: list[Problem] = []
        for i, signal in enumerate(self.signals):
            role = ACTION if signal.action else _POSITIONS[signal.at]
            for n, pattern in enumerate(signal.patterns):
                try:
                    entries += [(literal, role, i) for literal in literals(pattern)]
                except PatternError as error:
                    where = f"signals.{signal.id}.patterns[{n}]"
                    problems.append(Problem(where, str(error), hint="see docs/signals.md"))
        if problems:
            raise RouterConfigError("a signal's pattern cannot be read", problems)
        return entries

    def guard(self, reading: Reading) -> list[Hit]:
        """The actions named in a reading that was made by other means."""
        actions: list[Hit] = []
        _collect(self._guard_latin, reading, set(), actions)
        return actions

    def _combine(self) -> dict[int, list[tuple[frozenset[int], frozenset[int], int]]]:
        """Rows with `requires`, filed under the first id they require."""
        table: dict[int, list[tuple[frozenset[int], frozenset[int], int]]] = {}
        for i, signal in enumerate(self.signals):
            if signal.requires:
                needed = [self.index[name] for name in signal.requires]
                without = frozenset(self.index[name] for name in signal.without)
                table.setdefault(needed[0], []).append((frozenset(needed), without, i))
        return table

    def scan(self, text: str) -> Found:
        """Everything the rows say about `text`, in one linear pass."""
        if len(text) > LONG:
            return self._scan_long(text)
        return self._scan_whole(text)

    def _scan_whole(self, text: str) -> Found:
        fired: set[int] = set()
        actions: list[Hit] = []
        readings = read(text)
        _collect(self._latin, readings.latin, fired, actions)
        if readings.native is not None:
            _collect(self._native, readings.native, fired, actions)
            for reading in readings.others:
                _collect(self._latin, reading, fired, actions)
        self._add_shapes(text, readings, fired)
        self._add_combinations(fired)
        return fired, actions, readings

    def _scan_long(self, text: str) -> Found:
        """Intent from both ends of a long text, actions from all of it."""
        fired, _, _ = self._scan_whole(f"{text[:WINDOW_HEAD]}\n{text[-WINDOW_TAIL:]}")
        actions: list[Hit] = []
        readings = read(text)
        _collect(self._guard_latin, readings.latin, fired, actions)
        if readings.native is not None:
            _collect(self._guard_native, readings.native, fired, actions)
            for reading in readings.others:
                _collect(self._guard_latin, reading, fired, actions)
        return fired, actions, readings

    def spans(self, text: str, wanted: set[int]) -> dict[int, tuple[int, int]]:
        """Where each wanted signal is first found in `text`, in characters; ASCII texts only."""
        if len(text) > LONG or not text.isascii():
            return {}
        found: dict[int, tuple[int, int]] = {}
        find, rows = self._latin
        for literal, start, end in find(read(text).latin[0], True):
            signal = rows[literal][1]
            if signal in wanted and signal not in found:
                found[signal] = (start, min(end - 2, len(text)))
        return found

    def _add_shapes(self, text: str, readings: Readings, fired: set[int]) -> None:
        words = (readings.native or readings.latin)[0]
        numbers = len(words.translate(DIGITS_TABLE).split())
        if numbers:
            for least, i in zip(NUMBER_STEPS, self._numbers, strict=False):
                if numbers >= least:
                    fired.add(i)
        for i, holds in self._shapes.items():
            if holds(text):
                fired.add(i)

    def _add_combinations(self, fired: set[int]) -> None:
        for gate in self._combinations.keys() & fired:
            for needed, without, i in self._combinations[gate]:
                if needed <= fired and without.isdisjoint(fired):
                    fired.add(i)


def _collect(
    automaton: Automaton, reading: Reading, fired: set[int], actions: list[Hit]
) -> None:
    """Add what `automaton` finds in a reading: signals that fired, actions still to be judged."""
    find, rows = automaton
    words, marks = reading
    begin = 0
    for literal, start, end in find(words, True):
        role, signal = rows[literal]
        if role == ANY:
            fired.add(signal)
        elif role == ACTION:
            actions.append((signal, start, end, reading))
        elif start <= begin or _begins(words, marks, start):
            if role == HEAD:
                fired.add(signal)
            else:
                begin = _skip_spaces(words, end - 1)


def _skip_spaces(words: bytes, i: int) -> int:
    """The last space of the run of spaces at `i`."""
    last = len(words) - 1
    while i < last and words[i + 1] == 0x20:
        i += 1
    return i


def _begins(words: bytes, marks: bytes, start: int) -> bool:
    """Whether the word after byte `start` opens the text, a sentence or a line."""
    before = marks[max(0, start - 3) : start + 1].rstrip(b" \t\"'*_`>#-([")
    return before[-1:] in _OPENERS if before else start < 4 or words[:start].isspace()


_OPENERS = (b".", b"!", b"?", b":", b";", b"\n", b"\r")
