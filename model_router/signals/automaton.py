"""Automata: many literals looked for in one linear pass over a byte string.

There are two that find the same: `_automaton.c`, where a compiler was there when the package was
installed, and otherwise `ahocorasick_rs` with `collecting.py`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import ahocorasick_rs

from model_router.lanes import BIAS, SIZE, lane_of
from model_router.native import native
from model_router.signals.places import ACTION, INSIDE, LETTERS
from model_router.text.reading import WORDS_TABLE, Reading

if TYPE_CHECKING:
    from model_router.signals import _automaton as compiled
else:
    compiled = native("model_router.signals._automaton")

PURE = compiled is None
"""Whether this machine does without our C."""

Entry = tuple[bytes, int, int]
"""A literal, its role, and what is found with it: a signal's bit or index."""
Find = Callable[..., list[tuple[int, int, int]]]


class Automaton(NamedTuple):
    """`find(data, overlapping)` gives (literal, start, end); `rows` has each literal's role and
    what is found with it. Literals from `plain` on are `words` that only weigh; `lanes` has what
    each of them weighs. `compiled` is the automaton in C, where there is one.
    """

    find: Find
    rows: list[tuple[int, int]]
    lanes: list[int]
    plain: int
    words: tuple[bytes, ...]
    compiled: compiled.Automaton | None = None

    def weighing(self, data: bytes, lane: int) -> Iterator[tuple[int, bytes]]:
        """The words in `data` that only weigh, with what each weighs in a lane."""
        for literal in {hit[0] for hit in self.find(data, True)}:
            if literal >= self.plain:
                word = literal - self.plain
                yield lane_of(self.lanes[word], lane), self.words[word]


Hit = tuple[int, int, int, Reading]
"""What is found (a signal's index), first byte, last byte + 1, and the reading it was found in."""

CHUNK = 16_384
OVERLAP = 128
"""Bytes searched at a time, so that whoever has seen enough need not wait for the rest, and by
how much searches overlap: no literal is longer."""

AT_A_TIME = 128
"""Hits handed over at a time, for the same reason."""

_PLAIN = [bytes((letter, 0x1F)) for letter in b"qxjz"]
"""Never found, as no reading has that byte. But literals of which all begin with a space would be
sought by their spaces first, and at every word of a text that takes half as long again."""


_SYMBOLS = bytes(byte not in LETTERS for byte in range(256))


def compile_literals(
    entries: Sequence[Entry],
    weights: Mapping[bytes, int] | None = None,
    *,
    dense: bool = False,
    pure: bool = PURE,
) -> Automaton:
    """An automaton over literals, and over words that weigh; `pure` makes it without our C.

    `dense` scans long texts several times as fast, and takes more time to build and memory.
    """
    weights = weights or {}
    rows: dict[tuple[int, int], tuple[int, int]] = {}  # one object for all literals of a signal
    literals = [*(literal for literal, _, _ in entries), *weights]
    in_c = None if pure or PURE else _compiled(literals, entries, weights, dense)
    return Automaton(
        _find(literals, dense) if in_c is None else in_c.find,
        [rows.setdefault(row[1:], row[1:]) for row in entries],
        list(weights.values()),
        len(entries),
        tuple(weights),
        in_c,
    )


def _find(literals: list[bytes], dense: bool) -> Find:
    kind = ahocorasick_rs.Implementation
    return ahocorasick_rs.BytesAhoCorasick(
        [*literals, *(_PLAIN if dense else ())] or [b"\xff\xff"],
        implementation=kind.DFA if dense else kind.ContiguousNFA,
    ).find_matches_as_indexes


def _compiled(
    literals: list[bytes], entries: Sequence[Entry], weights: Mapping[bytes, int], dense: bool
) -> compiled.Automaton | None:
    whats = [
        what if role == ACTION or not what else what.bit_length() - 1 for _, role, what in entries
    ]
    lanes = [(weight + BIAS).to_bytes(SIZE, "little") for weight in weights.values()]
    roles = bytes([role for _, role, _ in entries])
    try:
        return compiled.Automaton(
            literals,
            roles,
            array("I", whats),
            b"".join(lanes),
            INSIDE,
            WORDS_TABLE,
            _SYMBOLS,
            dense,
        )
    except OverflowError:  # more signals or literals than it is made for
        return None


def found_in(automaton: Automaton, reading: Reading) -> Iterator[list[Hit]]:
    """The actions named in a reading, piece by piece as they are asked for."""
    for base in range(0, len(reading[0]), CHUNK):
        found = _named(automaton, reading, base)
        for at in range(0, len(found), AT_A_TIME):
            yield found[at : at + AT_A_TIME]


def _named(automaton: Automaton, reading: Reading, base: int) -> list[Hit]:
    """The actions that begin in the chunk of a reading at `base`."""
    if automaton.compiled is not None:
        return automaton.compiled.named(reading, base, base + CHUNK)
    rows = automaton.rows
    return [
        (rows[literal][1], base + start, base + end, reading)
        for literal, start, end in automaton.find(reading[0][base : base + CHUNK + OVERLAP], True)
        if start < CHUNK
    ]
