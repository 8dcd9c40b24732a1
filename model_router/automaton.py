"""Automata: many literals looked for in one linear pass over a byte string."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import ahocorasick_rs

Entry = tuple[bytes, int, int]
"""A literal, what it does (its role), and the index of its signal."""
_Find = Callable[..., list[tuple[int, int, int]]]
Automaton = tuple[_Find, list[tuple[int, int]]]
"""`find(data, overlapping)` gives (literal, start, end); the list says what each literal does:
its role, and its signal's bit, or the index for roles that name signals by index."""

CHUNK = 32_768
OVERLAP = 128
"""Bytes searched at a time, so that whoever has seen enough need not wait for the rest, and by
how much searches overlap: no literal is longer."""


def compile_literals(entries: Sequence[Entry], *, indexed: int, dense: bool = False) -> Automaton:
    """An automaton over literals; the rows of role `indexed` give an index instead of a bit.

    `dense` scans three times as fast and builds in four times.
    """
    kind = ahocorasick_rs.Implementation
    built = ahocorasick_rs.BytesAhoCorasick(
        [literal for literal, _, _ in entries] or [b"\xff\xff"],
        implementation=kind.DFA if dense else kind.ContiguousNFA,
    )
    rows = [(role, index if role == indexed else 1 << index) for _, role, index in entries]
    return built.find_matches_as_indexes, rows


def found_in(automaton: Automaton, words: bytes) -> Iterator[tuple[int, int, int]]:
    """Every hit in `words` as (what the row names, start, end), in chunks, as they are asked for."""
    find, rows = automaton
    for base in range(0, len(words), CHUNK):
        for literal, start, end in find(words[base : base + CHUNK + OVERLAP], True):
            if start < CHUNK:
                yield rows[literal][1], base + start, base + end
