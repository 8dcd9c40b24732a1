"""Candidates: which named actions are worth judging."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.safety.candidates import NEAR_ON, any_of, likely, prepare
from model_router.text.reading import read
from tests.support.safety import classes, packaged

_AROUND = (" send", " resend", " wire", " the", " letter", ".", ",", "\n", " of course he")


class TestLikely:
    def hits(self, text: str, row: str) -> list[bool]:
        """Whether each hit of `row` is worth judging."""
        assessor = packaged()._assessor
        wanted = assessor.lexicon.index[row]
        _, _, named, _ = assessor.lexicon.scan(text)
        return [likely(hit, assessor.actions[wanted]) for hit in named if hit[0] == wanted]

    def test_an_object_must_be_near(self) -> None:
        """Without one in the next words a verb is not judged."""
        assert self.hits("delete the files", "action.destroy") == [True]
        assert self.hits("delete " + "word " * 30 + "files", "action.destroy") == [False]

    def test_long_and_short_texts_agree(self) -> None:
        """Objects are found by an automaton in longer windows as they are by splitting them."""
        for filler in ("", "word " * 30):
            assert self.hits(f"{filler}send him money", "action.transfer") == [True]
            assert self.hits(f"{filler}send. That is money now", "action.transfer") == [False]
            assert self.hits(f"{filler}he has money in it now", "action.transfer") == [False]
            assert self.hits(f"{filler}resend it, money for him", "action.transfer") == [False]

    @settings(max_examples=300)
    @given(st.lists(st.sampled_from(_AROUND), max_size=30), st.lists(st.sampled_from(_AROUND)))
    def test_objects_are_those_of_the_words_around(self, left: list[str], right: list[str]) -> None:
        """Whatever stands around a hit: it is likely when an object is near, in its sentence."""
        words, marks = reading = read("".join([*left, " money", *right])).latin
        start = words.index(b" money ")
        assessor = packaged()._assessor
        wanted = assessor.lexicon.index["action.transfer"]
        objects, back, _ = assessor.actions[wanted].nearby
        first, last = max(0, start - back), start + 7 + NEAR_ON
        stop, end = marks.rfind(b". ", first, start), marks.find(b". ", start + 7, last)
        near = words[stop if stop > 0 else first : end if end > 0 else last].split()
        found = likely((wanted, start, start + 7, reading), assessor.actions[wanted])
        assert found == (not objects.isdisjoint(near))

    def test_searches_are_built_once(self) -> None:
        """What `prepare` builds is what is asked later."""
        objects = frozenset((b"pay", b"wire"))
        assert any_of(objects) is any_of(frozenset(objects))
        assert any_of(objects)(b" wire it ")
        assert not any_of(objects)(b" rewire it ")
        prepare(packaged()._assessor.actions.values())

    def test_what_stands_before_must_lead_up(self) -> None:
        """A verb in the middle of a sentence is judged only after a word that leads up to it."""
        assert self.hits("they delete the files", "action.destroy") == [False]
        assert self.hits("and delete the files", "action.destroy") == [True]

    def test_nothing_likely_is_no_loss(self) -> None:
        """What is not worth judging would not have been an order."""
        for text in ("they delete the files", "the delete files", "so many delete files"):
            assert classes(text) == []
