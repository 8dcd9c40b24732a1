"""Candidates: which named actions are worth judging."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.safety import candidates as module
from model_router.safety.candidates import (
    NEAR_ON,
    any_of,
    as_they_are,
    likely,
    prepare,
    sifted_up_to,
    sifters,
)
from model_router.text.reading import read
from tests.support import texts
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
        prepare(packaged()._assessor.actions.values(), pure=True)

    def test_what_stands_before_must_lead_up(self) -> None:
        """A verb in the middle of a sentence is judged only after a word that leads up to it."""
        assert self.hits("they delete the files", "action.destroy") == [False]
        assert self.hits("and delete the files", "action.destroy") == [True]

    def test_nothing_likely_is_no_loss(self) -> None:
        """What is not worth judging would not have been an order."""
        for text in ("they delete the files", "the delete files", "so many delete files"):
            assert classes(text) == []


def agree(text: str) -> int:
    """How many of a text's hits are kept, by our C where it was built and without it alike."""
    assessor = packaged()._assessor
    hits = list(assessor.lexicon.scan(text)[2])
    one, other = sifters(assessor.actions), sifters(assessor.actions, pure=True)
    assert one.weighed(hits) == other.weighed(hits)
    fewer = one.unweighed(hits)
    assert fewer == other.unweighed(hits)
    assert set(fewer) <= set(one.weighed(hits))
    return len(one.weighed(hits))


_VERBS = sorted(
    {one.decode() for s in packaged()._assessor.lexicon.signals if s.action for one in s.literals}
)
_OBJECTS = sorted(
    {word.decode() for rule in packaged()._assessor.actions.values() for word in rule.objects}
)
_GLUE = [" ", " the ", ". ", ", ", "\n", " At ", ". on the server ", "; use it to ", " -", "@bob "]
_GLUE += ["。", ".\tUnder ", "! INSIDE ", "-", " I want ", " like ", " prefer", "Produktions", "é"]


class TestSifter:
    @settings(max_examples=1_000, deadline=None)
    @given(
        st.lists(
            st.one_of(st.sampled_from(_VERBS), st.sampled_from(_OBJECTS), st.sampled_from(_GLUE)),
            max_size=40,
        ).map("".join)
    )
    def test_c_and_python_keep_the_same(self, text: str) -> None:
        """Whatever stands around the actions, the two sifters keep the same of them."""
        agree(text)

    @pytest.mark.parametrize("text", [*texts.README, *texts.ORDERS, *texts.MENTIONS])
    def test_they_agree_on_prompts(self, text: str) -> None:
        """The prompts that other tests speak of, alone and behind other words."""
        agree(text)
        agree("The report says this.\nOn the server " + text)

    def test_they_agree_on_long_texts(self) -> None:
        """English prose names many actions and orders none; some are still worth judging."""
        assert agree(texts.prose(60_000)) < 60

    def test_a_participle_needs_a_wish(self) -> None:
        """What was done is told; what somebody wants done is worth judging."""
        assert agree("the old files were deleted yesterday") == 0
        assert agree("i want the old files deleted") == 1
        assert agree("i want " + "word " * 60 + "the old files deleted") == 0
        assert agree("all old files must be deleted") >= 1

    @pytest.mark.skipif(module.compiled is None, reason="our C was not built here")
    @pytest.mark.parametrize(
        "hits",
        [
            (),
            [()],
            [(0, 0, 1, b"")],
            [(0, 0, 1, (b" ", b""))],
            [(0, 0, 1, ("a", "a"))],
            [(0, 2, 1, (b"abc", b"abc"))],
            [(0, -1, 1, (b"abc", b"abc"))],
            [(0, 0, 4, (b"abc", b"abc"))],
            [(-1, 0, 1, (b"abc", b"abc"))],
            [(10**6, 0, 1, (b"abc", b"abc"))],
            [("x", 0, 1, (b"abc", b"abc"))],
        ],
    )
    def test_c_looks_at_what_it_is_given(self, hits: Any) -> None:
        """A hit outside its reading, or of a signal that names no action, is refused."""
        with pytest.raises((TypeError, ValueError, OverflowError)):
            sifters(packaged()._assessor.actions, pure=False).weighed(hits)

    def test_at_most_so_many_are_looked_at(self) -> None:
        """Past the most named actions the next one is handed over, marked, and no more."""
        _, _, named, _ = packaged()._assessor.lexicon.scan("delete all files. " * 9)
        hits = list(named)
        given = list(sifted_up_to(4, iter(hits), as_they_are))
        assert given == [(hit, False) for hit in hits[:4]] + [(hits[4], True)]
        assert list(sifted_up_to(len(hits), hits, as_they_are)) == [(hit, False) for hit in hits]
        assert list(sifted_up_to(0, [], as_they_are)) == []
