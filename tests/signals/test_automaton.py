"""Automata: literals found in one pass, in pieces or whole."""

from __future__ import annotations

from itertools import chain

from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.signals.automaton import CHUNK, OVERLAP, Automaton, compile_literals, found_in
from model_router.signals.rows import packaged


def places(automaton: Automaton, words: bytes) -> list[tuple[int, int, int]]:
    """What is found in `words`, with where it starts and ends."""
    hits = chain.from_iterable(found_in(automaton, (words, words)))
    return [(what, start, end) for what, start, end, _ in hits]


class TestAutomaton:
    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.sampled_from(["ab", "b", "abc", " a "]), min_size=1, unique=True), st.data())
    def test_pieces_give_what_the_whole_gives(self, names: list[str], data: st.DataObject) -> None:
        """Searching in pieces finds each hit once, also across the seams."""
        entries = [(name.encode(), 0, i) for i, name in enumerate(names)]
        tail = data.draw(st.text(st.sampled_from("abc "), max_size=40)).encode()
        words = (b"a" * (CHUNK - 20) + tail) * 2
        wanted = [
            (i, at, at + len(name))
            for i, name in enumerate(names)
            for at in range(len(words))
            if words.startswith(name.encode(), at)
        ]
        assert sorted(places(compile_literals(entries), words)) == sorted(wanted)
        assert sorted(places(compile_literals(entries, dense=True), words)) == sorted(wanted)

    def test_no_literal_is_longer_than_the_overlap(self) -> None:
        """Else a hit across a seam would be lost."""
        assert max(len(one) for signal in packaged()[0] for one in signal.literals) <= OVERLAP


def test_nothing_to_look_for() -> None:
    """An automaton of no literals finds nothing, in anything."""
    for words in (b"", b"x" * 100, bytes(range(256))):
        assert places(compile_literals([]), words) == []
        assert places(compile_literals([], dense=True), words) == []
