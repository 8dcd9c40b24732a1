"""Automata: many literals looked for in one linear pass over a byte string."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import ahocorasick_rs

from model_router.lanes import unpack
from model_router.text.reading import Reading

Entry = tuple[bytes, int, int]
"""A literal, its role, and what is found with it: a signal's bit or index."""
Find = Callable[..., list[tuple[int, int, int]]]


class Automaton(NamedTuple):
    """`find(data, overlapping)` gives (literal, start, end); `rows` has each literal's role and
    what is found with it. Literals from `plain` on are `words` that only weigh; `lanes` has what
    each literal weighs.
    """

    find: Find
    rows: list[tuple[int, int]]
    lanes: list[int]
    plain: int
    words: tuple[bytes, ...]

    def weighing(self, data: bytes, lane: int) -> Iterator[tuple[int, bytes]]:
        """The words in `data` that only weigh, with what each weighs in a lane."""
        for literal in {hit[0] for hit in self.find(data, True)}:
            if literal >= self.plain:
                yield unpack(self.lanes[literal])[lane], self.words[literal - self.plain]


Hit = tuple[int, int, int, Reading]
"""What is found (a signal's index), first byte, last byte + 1, and the reading it was found in."""

CHUNK = 32_768
OVERLAP = 128
"""Bytes searched at a time, so that whoever has seen enough need not wait for the rest, and by
how much searches overlap: no literal is longer."""

AT_A_TIME = 128
"""Hits handed over at a time, for the same reason."""

_PLAIN = [bytes((letter, 0x1F)) for letter in b"qxjz"]
"""Never found, as no reading has that byte. But literals of which all begin with a space would be
sought by their spaces first, and at every word of a text that takes half as long again."""


def compile_literals(
    entries: Sequence[Entry], weights: Mapping[bytes, int] | None = None, *, dense: bool = False
) -> Automaton:
    """An automaton over literals, and over words that weigh. `dense` scans long texts three times
    as fast and builds in four times."""
    weights = weights or {}
    kind = ahocorasick_rs.Implementation
    rows: dict[tuple[int, int], tuple[int, int]] = {}  # one object for all literals of a signal
    literals = [literal for literal, _, _ in entries]
    built = ahocorasick_rs.BytesAhoCorasick(
        [*literals, *weights, *(_PLAIN if dense else ())] or [b"\xff\xff"],
        implementation=kind.DFA if dense else kind.ContiguousNFA,
    )
    return Automaton(
        built.find_matches_as_indexes,
        [rows.setdefault(row[1:], row[1:]) for row in entries],
        [0] * len(entries) + list(weights.values()),
        len(entries),
        tuple(weights),
    )


def found_in(automaton: Automaton, reading: Reading) -> Iterator[list[Hit]]:
    """What is found in a reading, piece by piece as it is asked for."""
    find, rows = automaton.find, automaton.rows
    words = reading[0]
    for base in range(0, len(words), CHUNK):
        found = find(words[base : base + CHUNK + OVERLAP], True)
        for at in range(0, len(found), AT_A_TIME):
            yield [
                (rows[literal][1], base + start, base + end, reading)
                for literal, start, end in found[at : at + AT_A_TIME]
                if start < CHUNK
            ]
