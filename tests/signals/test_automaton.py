"""Automata: what is found, where, and that both of them find the same."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.signals import automaton as module
from model_router.signals.automaton import CHUNK, OVERLAP, Automaton, compile_literals, found_in
from model_router.signals.places import ACTION, ANY
from model_router.signals.rows import packaged

KINDS = [{}, {"dense": True}, {"pure": True}, {"pure": True, "dense": True}]
"""The two of our C, where it was built, and the two of `ahocorasick_rs`."""


def places(automaton: Automaton, words: bytes) -> list[tuple[int, int, int]]:
    """What is found in `words`, with where it starts and ends."""
    hits = chain.from_iterable(found_in(automaton, (words, words)))
    return [(what, start, end) for what, start, end, _ in hits]


class TestAutomaton:
    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.sampled_from(["ab", "b", "abc", " a "]), min_size=1, unique=True), st.data())
    def test_pieces_give_what_the_whole_gives(self, names: list[str], data: st.DataObject) -> None:
        """Searching in pieces finds each hit once, also across the seams."""
        entries = [(name.encode(), ACTION, i) for i, name in enumerate(names)]
        tail = data.draw(st.text(st.sampled_from("abc "), max_size=40)).encode()
        words = (b"a" * (CHUNK - 20) + tail) * 2
        wanted = [
            (i, at, at + len(name))
            for i, name in enumerate(names)
            for at in range(len(words))
            if words.startswith(name.encode(), at)
        ]
        for kind in KINDS:
            assert sorted(places(compile_literals(entries, **kind), words)) == sorted(wanted)

    def test_no_literal_is_longer_than_the_overlap(self) -> None:
        """Else a hit across a seam would be lost."""
        assert max(len(one) for signal in packaged()[0] for one in signal.literals) <= OVERLAP

    @settings(max_examples=300, deadline=None)
    @given(
        st.lists(st.binary(min_size=1, max_size=6), max_size=40),
        st.lists(st.binary(min_size=1, max_size=3), max_size=8),
        st.binary(max_size=80),
    )
    def test_every_place_in_the_same_order(
        self, names: list[bytes], repeated: list[bytes], filler: bytes
    ) -> None:
        """Whatever the literals, twice the same and one inside another among them: both automata
        find the same places in the same order."""
        literals = [*names, *repeated, *repeated]
        entries = [(name, ANY, 1 << i) for i, name in enumerate(literals)]
        data = filler.join([*names, *repeated, b""])
        found = compile_literals(entries).find(data, True)
        assert found == compile_literals(entries, pure=True).find(data, True)
        assert found == compile_literals(entries, dense=True).find(data, True)
        assert all(data[start:end] == literals[index] for index, start, end in found)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_look_for(kind: dict[str, bool]) -> None:
    """An automaton of no literals finds nothing, in anything."""
    for words in (b"", b"x" * 100, bytes(range(256))):
        assert places(compile_literals([], **kind), words) == []


def test_many_nodes_find_what_few_do() -> None:
    """Past a number of nodes only those near the root have rows; what is found stays the same."""
    names = [b" word%05d " % i for i in range(0, 60_000, 7)]
    entries = [(name, ACTION, i) for i, name in enumerate(names)]
    words = b"".join(b" word%05d x" % i for i in range(0, 60_000, 11))
    found = places(compile_literals(entries), words)
    assert found == places(compile_literals(entries, pure=True), words)
    assert len(found) == len(range(0, 60_000, 77))


@pytest.mark.skipif(module.compiled is None, reason="our C was not built here")
class TestCompiled:
    """What the automaton in C refuses: it reads memory, so it looks at what it is given."""

    ARGUMENTS = ([b" a "], bytes([ANY]), b"\0\0\0\0", b"", bytes(256), bytes(256), bytes(256))

    def made(self, **changed: object) -> object:
        names = ("literals", "roles", "whats", "lanes", "inside", "table", "symbols")
        return module.compiled.Automaton(
            **{**dict(zip(names, self.ARGUMENTS, strict=True)), **changed}
        )

    @pytest.mark.parametrize(
        "changed",
        [
            {"literals": [b""]},
            {"literals": ["text"]},
            {"literals": [b"a" * 5_000]},
            {"literals": []},
            {"roles": bytes([9])},
            {"roles": b""},
            {"roles": bytes(2)},
            {"whats": b"\0"},
            {"lanes": bytes(36)},
            {"inside": bytes(255)},
            {"table": bytes(257)},
            {"symbols": b""},
        ],
    )
    def test_tables_that_do_not_fit(self, changed: dict[str, object]) -> None:
        """Tables of another length or with numbers out of range make no automaton."""
        with pytest.raises(ValueError, match=r"tables|literal|role"):
            self.made(**changed)

    def test_more_signals_than_it_is_made_for(self) -> None:
        """Such a table is refused by C, and looked for in Python."""
        with pytest.raises(OverflowError):
            self.made(whats=b"\xff\xff\xff\xff")
        many = compile_literals([(b" a ", ANY, 1 << 9_000)])
        assert many.compiled is None
        assert many.find(b" a ", True) == [(0, 0, 3)]

    def test_every_byte_there_is(self) -> None:
        """Literals of all 256 bytes: more than a byte can number."""
        entries = [(bytes([byte, 255 - byte]), ANY, 1) for byte in range(256)]
        data = bytes(range(256)) + bytes(range(255, -1, -1)) + bytes([0, 255] * 9)
        found = compile_literals(entries).find(data, True)
        assert found == compile_literals(entries, pure=True).find(data, True)
        assert found

    @pytest.mark.parametrize(
        "call",
        [
            lambda made: made.collect(b""),
            lambda made: made.collect((b"ab", b"a")),
            lambda made: made.collect(("ab", "ab")),
            lambda made: made.collect_ascii("é"),
            lambda made: made.collect_ascii(b"e"),
            lambda made: made.find("e"),
            lambda made: made.find(),
            lambda made: made.named((b"", b""), 0),
            lambda made: made.named((b"", b""), -1, 5),
            lambda made: made.named((b"", b""), 5, 4),
            lambda made: made.named((b"", b""), "a", 4),
        ],
    )
    def test_arguments_of_another_form(self, call: object) -> None:
        """What is not a reading, an ASCII text or a place is refused with an error."""
        with pytest.raises((TypeError, ValueError)):
            call(self.made())  # type: ignore[operator]

    def test_places_past_the_end(self) -> None:
        """A piece past the end of a reading holds nothing."""
        assert self.made().named((b" a ", b" a "), 3, 900) == []  # type: ignore[attr-defined]
        assert self.made().named((b"", b""), 0, 2**40) == []  # type: ignore[attr-defined]
