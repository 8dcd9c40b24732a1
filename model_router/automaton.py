"""Automata: many literals looked for in one linear pass over a byte string."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import ahocorasick_rs

from model_router.text import Reading

Entry = tuple[bytes, int, int]
"""A literal, its role, and what is found with it: a signal's bit or index."""
Find = Callable[..., list[tuple[int, int, int]]]
Automaton = tuple[Find, list[tuple[int, int]]]
"""`find(data, overlapping)` gives (literal, start, end); the list has each literal's role and
what is found with it."""

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


def compile_literals(entries: Sequence[Entry], *, dense: bool = False) -> Automaton:
    """An automaton over literals. `dense` scans three times as fast and builds in four times."""
    kind = ahocorasick_rs.Implementation
    literals = [literal for literal, _, _ in entries] or [b"\xff\xff"]
    built = ahocorasick_rs.BytesAhoCorasick(
        literals + _PLAIN if dense else literals,
        implementation=kind.DFA if dense else kind.ContiguousNFA,
    )
    return built.find_matches_as_indexes, [(role, what) for _, role, what in entries]


def found_in(automaton: Automaton, reading: Reading) -> Iterator[list[Hit]]:
    """What is found in a reading, piece by piece as it is asked for."""
    find, rows = automaton
    words = reading[0]
    for base in range(0, len(words), CHUNK):
        found = find(words[base : base + CHUNK + OVERLAP], True)
        for at in range(0, len(found), AT_A_TIME):
            yield [
                (rows[literal][1], base + start, base + end, reading)
                for literal, start, end in found[at : at + AT_A_TIME]
                if start < CHUNK
            ]
