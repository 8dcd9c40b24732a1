"""Automata: many literals looked for in one linear pass over a byte string."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import ahocorasick_rs

Entry = tuple[bytes, int, int]
"""A literal, its role, and what is found with it: a signal's bit or index."""
_Find = Callable[..., list[tuple[int, int, int]]]
Automaton = tuple[_Find, list[tuple[int, int]]]
"""`find(data, overlapping)` gives (literal, start, end); the list has each literal's role and
what is found with it."""

CHUNK = 32_768
OVERLAP = 128
"""Bytes searched at a time, so that whoever has seen enough need not wait for the rest, and by
how much searches overlap: no literal is longer."""


def compile_literals(entries: Sequence[Entry], *, dense: bool = False) -> Automaton:
    """An automaton over literals. `dense` scans three times as fast and builds in four times."""
    kind = ahocorasick_rs.Implementation
    built = ahocorasick_rs.BytesAhoCorasick(
        [literal for literal, _, _ in entries] or [b"\xff\xff"],
        implementation=kind.DFA if dense else kind.ContiguousNFA,
    )
    return built.find_matches_as_indexes, [(role, what) for _, role, what in entries]


def found_in(automaton: Automaton, words: bytes) -> Iterator[tuple[int, int, int]]:
    """What is found in `words` with where it starts and ends, as it is asked for."""
    find, rows = automaton
    for base in range(0, len(words), CHUNK):
        for literal, start, end in find(words[base : base + CHUNK + OVERLAP], True):
            if start < CHUNK:
                yield rows[literal][1], base + start, base + end
