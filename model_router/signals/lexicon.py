"""Signals: rows of data, compiled once into automata that read a text in one linear pass.

A row says what to look for (`patterns`), where it counts (`at`) and what it means (`adds`,
`complexity`, `risk`, `features`, `needs`, `action`). `data/signals.yaml` holds ours, with examples
that are tests; a catalog's `signals:` adds the user's. `docs/signals.md` describes each key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, reduce
from itertools import chain
from operator import or_

from model_router.errors import Problem, RouterConfigError
from model_router.names import close_match
from model_router.signals.automaton import (
    PURE,
    Automaton,
    Entry,
    Hit,
    compile_literals,
    found_in,
)
from model_router.signals.collecting import collector
from model_router.signals.patterns import PatternError, literals
from model_router.signals.places import ACTION, ANY, HEAD, LEAD, opens, skip_spaces
from model_router.signals.rows import Signal, packaged, signal_from_row
from model_router.signals.shapes import Shapes
from model_router.text.reading import Reading, Readings, read
from model_router.text.spans import original_span
from model_router.weights import Weights

__all__ = ["Hit", "Lexicon", "Signal", "packaged", "signal_from_row"]

LONG = 800
WINDOW_HEAD = 320
WINDOW_TAIL = 200
"""A text of more than LONG characters has its intent read from a window at each end. Safety and
privacy always read everything."""


MOST_COMBINED = 4_096
"""Sets of signals remembered with what they call for."""

_POSITIONS = {"any": ANY, "head": HEAD, "lead": LEAD}


def _unusable(problems: Sequence[Problem]) -> RouterConfigError:
    listed = "".join(f"\n  {problem}" for problem in problems)
    return RouterConfigError(f"signals cannot be used:{listed}", problems)


Found = tuple[int, int, Iterable[Hit], Readings]
"""Bits of the signals that fired, the weight of the words, the actions named (for safety to
judge), the readings."""


class Lexicon:
    """Signals compiled for matching. Immutable once built; safe to share between threads.

    Signal `i` is bit `1 << i`; what fired in a text is one integer. `pure` does without our C.
    """

    def __init__(
        self,
        signals: Iterable[Signal],
        weights: Weights | None = None,
        *,
        pure: bool = PURE,
    ) -> None:
        self.signals = tuple(signals)
        self.index = {signal.id: i for i, signal in enumerate(self.signals)}
        self.weights, self._pure = weights, pure
        latin, native = _by_script(self._entries())
        words = weights.words.items() if weights else ()
        self.latin = compile_literals(latin, {w: n for w, n in words if w.isascii()}, pure=pure)
        others = {w: n for w, n in words if not w.isascii()}
        self._native = compile_literals(native, others, pure=pure)
        self._collect, self._collect_native = collector(self.latin), collector(self._native)
        self.combinations = self._combine()
        self._combining = reduce(or_, (a | b for a, b, _ in self.combinations), 0)
        self._combined: dict[int, int] = {}
        self.shapes = Shapes({name: 1 << i for name, i in self.index.items()}, pure=pure)

    def prepare(self) -> None:
        """Build now what only long texts need; otherwise the first of them waits for it."""
        _ = self._guards

    @cached_property
    def _guards(self) -> tuple[Automaton, Automaton]:
        latin, native = _by_script([entry for entry in self._entries() if entry[1] == ACTION])
        return (
            compile_literals(latin, dense=True, pure=self._pure),
            compile_literals(native, dense=True, pure=self._pure),
        )

    def _entries(self) -> list[Entry]:
        """The literals of all rows. An action is found by its index, everything else by its bit."""
        entries: list[Entry] = []
        problems: list[Problem] = []
        for i, signal in enumerate(self.signals):
            role = ACTION if signal.action else _POSITIONS[signal.at]
            what = i if role == ACTION else 1 << i
            entries += [(literal, role, what) for literal in signal.literals]
            for n, pattern in enumerate(signal.patterns):
                try:
                    entries += [(literal, role, what) for literal in literals(pattern)]
                except PatternError as error:
                    where = f"signals.{signal.id}.patterns[{n}]"
                    problems.append(Problem(where, str(error), hint="see docs/signals.md"))
        if problems:
            raise _unusable(problems)
        return entries

    def _combine(self) -> list[tuple[int, int, int]]:
        """For each row with `requires`: the bits it requires, those it must not have, its own."""
        combining = [(i, signal) for i, signal in enumerate(self.signals) if signal.requires]
        problems = [
            problem
            for i, signal in combining
            for key, names in (("requires", signal.requires), ("without", signal.without))
            for problem in self._misnamed(i, key, names)
        ]
        if problems:
            raise _unusable(problems)
        return [
            (self._bits(signal.requires), self._bits(signal.without), 1 << i)
            for i, signal in combining
        ]

    def _misnamed(self, row: int, key: str, names: Iterable[str]) -> Iterator[Problem]:
        """What is wrong with the ids that a row requires, or must not have."""
        where = f"signals.{self.signals[row].id}.{key}"
        for name in names:
            if name not in self.index:
                match = close_match(name, self.index)
                hint = f"did you mean {match}?" if match else "docs/signals.md lists the ids"
                yield Problem(where, f"unknown signal {name!r}", hint=hint)
            elif self.index[name] >= row and self.signals[self.index[name]].requires:
                message = f"{name!r} is combined of others, and not above this row"
                yield Problem(where, message, hint="move it above, or name what it requires")

    def _bits(self, names: Iterable[str]) -> int:
        return sum(1 << self.index[name] for name in set(names))

    def combined(self, fired: int) -> int:
        """`fired` with the rows that other rows call for, in the order of the table.

        Few rows have a part in that, so what they give together is remembered.
        """
        told = fired & self._combining
        more = self._combined.get(told)
        if more is None:
            more = self._combined_of(told)
            if len(self._combined) < MOST_COMBINED:
                self._combined[told] = more
        return fired | more

    def _combined_of(self, told: int) -> int:
        for needed, without, bit in self.combinations:
            if told & needed == needed and not told & without:
                told |= bit
        return told

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
        readings = read(text)
        latin, native, others, _ = readings
        fired, weight, named = self._collect(latin)
        actions = named or []
        if native is not None:
            more, heavier, named = self._collect_native(native)
            fired, weight, actions = fired | more, weight + heavier, actions + (named or [])
            for reading in others:  # what look-alikes say counts, but weighs nothing
                more, _, named = self._collect(reading)
                fired, actions = fired | more, actions + (named or [])
        if self.weights:
            weight += self.weights.of_length(length) + (self.weights.prior if weight else 0)
        return fired | self.shapes.bits(text, native or latin, length), weight, actions, readings

    def _scan_long(self, text: str) -> Found:
        """Intent from both ends of a long text, actions from all of it."""
        fired, weight, _, _ = self._scan_whole(window(text), len(text))
        readings = read(text)
        return fired, weight, self._guarded(readings), readings

    def _guarded(self, readings: Readings) -> Iterator[Hit]:
        latin, native, others, _ = readings
        if native is None:
            return self.guard(latin)
        natively = chain.from_iterable(found_in(self._guards[1], native))
        return chain(self.guard(latin), natively, *map(self.guard, others))

    def guard(self, reading: Reading) -> Iterator[Hit]:
        """The actions named in a reading, found as they are asked for."""
        return chain.from_iterable(found_in(self._guards[0], reading))

    def weightiest(self, text: str, lane: int, most: int) -> list[str]:
        """The features of a text that weigh most in a lane, heaviest first. Only what is found in
        the weights file is named."""
        readings = read(window(text))
        named = [*self.latin.weighing(readings.latin[0], lane)]
        if readings.native is not None:
            named += self._native.weighing(readings.native[0], lane)
        heavy = sorted((-weight, word) for weight, word in named if weight > 0)
        return [word.decode().strip() for _, word in heavy[:most]]

    def spans(self, text: str, wanted: set[int]) -> dict[int, tuple[int, int]]:
        """Where each wanted signal is first found in `text`, in characters; ASCII texts only."""
        if len(text) > LONG or not text.isascii():
            return {}
        bits = {1 << i: i for i in wanted}
        found: dict[int, tuple[int, int]] = {}
        latin = read(text).latin
        hits = self.latin.find(latin[0], True)
        for role, what, start, end in _counted(self.latin, hits, latin):
            signal = what if role == ACTION else bits.get(what, -1)
            span = original_span(text, start, end)
            if signal in wanted and signal not in found and span:
                found[signal] = span
        return found


def window(text: str) -> str:
    """What of a text its intent is read from: all of it, or both ends."""
    return text if len(text) <= LONG else f"{text[:WINDOW_HEAD]}\n{text[-WINDOW_TAIL:]}"


def _by_script(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """The entries that are ASCII, and the others."""
    native = [entry for entry in entries if not entry[0].isascii()]
    return [entry for entry in entries if entry[0].isascii()], native


def _counted(
    automaton: Automaton, hits: Sequence[tuple[int, int, int]], reading: Reading
) -> Iterator[tuple[int, int, int, int]]:
    """The hits that count where they stand: role, what is found, first byte, last byte + 1."""
    rows, plain = automaton.rows, automaton.plain
    words, marks = reading
    begin = 0
    for literal, start, end in hits:
        if literal >= plain:
            continue
        role, what = rows[literal]
        if role in (HEAD, LEAD) and not opens(words, marks, start, begin):
            continue
        if role == LEAD:
            begin = skip_spaces(words, end - 1)
        else:
            yield role, what, start, end
