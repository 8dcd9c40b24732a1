"""Caution: what stands around an action that rules name but find not ordered, as features."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings

from model_router.safety.caution import LENGTHS, MOST_BEFORE, MOST_LOOKED_AT, caution_features
from model_router.signals.lexicon import LONG, Hit, Lexicon
from model_router.text.reading import Readings
from model_router.weights import features_of
from tests.support import texts
from tests.support.weights import without_weights

LABELS = (
    "first", "first two", "last", "ends", "length", "signal", "named", "before", "before two",
    "after", "place", "asked",
)  # fmt: skip
"""What stands before the colon of a feature that is no word."""


def lexicon() -> Lexicon:
    """The packaged signals."""
    return without_weights()._assessor.lexicon


def scanned(text: str) -> tuple[Sequence[Hit], Readings]:
    """The actions that a short text names, and its readings."""
    _, _, named, readings = lexicon().scan(text)
    return list(named), readings


def features(text: str, signal: str | None = None) -> frozenset[str]:
    """The features of a text with all the actions it names, or those of one signal."""
    named, readings = scanned(text)
    rows = lexicon().signals
    hits = [hit for hit in named if signal is None or rows[hit[0]].id == signal]
    return caution_features(hits, readings, lexicon())


def labelled(found: frozenset[str], label: str) -> set[str]:
    """What stands behind a label."""
    return {name.partition(":")[2] for name in found if name.partition(":")[0] == label}


class TestAround:
    def test_the_signal_and_the_words_it_found(self) -> None:
        """A hit gives the id of its signal and its own words."""
        found = features("then money transfer to my mom", "action.transfer")
        assert labelled(found, "signal") == {"action.transfer"}
        assert labelled(found, "named") == {"money", "transfer"}

    def test_what_stands_before_and_after(self) -> None:
        """One word and two before a hit, and the one after it."""
        found = features("and now delete the branch", "action.destroy")
        assert labelled(found, "named") == {"delete"}
        assert labelled(found, "before") == {"now"}
        assert labelled(found, "before two") == {"and now"}
        assert labelled(found, "after") == {"the"}
        assert labelled(found, "place") == {"2"}

    def test_nothing_stands_beside_a_word_alone(self) -> None:
        """Where a clause holds nothing else, the labels say so."""
        found = features("delete", "action.destroy")
        for label in ("before", "before two", "after"):
            assert labelled(found, label) == {""}
        assert labelled(found, "place") == {"0"}

    def test_a_clause_is_as_far_as_it_looks(self) -> None:
        """Words of the sentence before say nothing about this one."""
        found = features("We were there. Delete the branch. Good.", "action.destroy")
        assert labelled(found, "before") == {""}
        assert labelled(found, "place") == {"0"}

    def test_places_are_told_apart_up_to_a_number(self) -> None:
        """Far into a clause, one place is like another."""
        far = " ".join(["so"] * (MOST_BEFORE + 5))
        assert labelled(features(f"{far} delete it", "action.destroy"), "place") == {
            str(MOST_BEFORE)
        }

    @pytest.mark.parametrize(
        ("text", "asked"),
        [
            ("money transfer to mom?", True),
            ("money transfer to mom", False),
            ("money transfer to mom. Right?", False),
        ],
    )
    def test_a_clause_that_asks(self, text: str, asked: bool) -> None:
        """The question mark of the hit's own sentence counts, not that of another one."""
        assert ("asked:" in features(text, "action.transfer")) is asked

    @pytest.mark.parametrize("text", ["e-mail the boss", "sudo rm -rf /tmp/x", "find . -delete"])
    def test_marks_in_and_around_a_hit(self, text: str) -> None:
        """Hyphens and options are no words, so no label holds a space too many or a mark."""
        found = features(text)
        assert labelled(found, "signal")
        for label in ("named", "before", "after"):
            assert all(said == " ".join(said.split()) for said in labelled(found, label))
            assert not any(set("-./:") & set(said) for said in labelled(found, label))


class TestWhole:
    def test_the_ends_of_a_text(self) -> None:
        """First word, first two, last word."""
        found = features("Could you delete the old branch")
        assert labelled(found, "first") == {"could"}
        assert labelled(found, "first two") == {"could you"}
        assert labelled(found, "last") == {"branch"}
        assert labelled(found, "ends") == set()

    @pytest.mark.parametrize(
        ("text", "asks"), [("delete it?", True), ("delete it? \n", True), ("delete? it", False)]
    )
    def test_a_question_mark_at_the_end(self, text: str, asks: bool) -> None:
        """What the text as a whole ends with, spaces aside."""
        assert ("ends:?" in features(text)) is asks

    @pytest.mark.parametrize("least", LENGTHS)
    def test_lengths_are_steps(self, least: int) -> None:
        """Every step up to the size of the reading is a feature; its two spaces belong to it."""
        short, long = features("a" * (least - 3)), features("a" * (least - 2))
        assert labelled(long, "length") - labelled(short, "length") == {str(least)}
        assert labelled(long, "length") == {str(n) for n in LENGTHS if n <= least}

    def test_words_are_as_they_are(self) -> None:
        """The words and pairs of the text are features without a label."""
        text = "Money transfer to Mom"
        assert features_of(scanned(text)[1]) <= features(text)
        assert "money transfer" in features(text)

    def test_an_empty_text(self) -> None:
        """A text without words has no ends."""
        assert features("") == frozenset()
        assert features("?") == {"ends:?"}

    def test_labels_never_meet_words(self) -> None:
        """A colon is in no word of a reading, so no text can say a label."""
        assert not any(":" in name for name in features_of(scanned("asked: ends:? signal:x")[1]))


class TestBounds:
    def test_only_so_many_hits_are_looked_at(self) -> None:
        """What a text names beyond that adds no feature."""
        text = " ".join(f"x{n} delete y{n}." for n in range(3 * MOST_LOOKED_AT))
        named, readings = scanned(text)
        assert len(named) > MOST_LOOKED_AT
        assert caution_features(named, readings, lexicon()) == caution_features(
            named[:MOST_LOOKED_AT], readings, lexicon()
        )

    @settings(max_examples=300, deadline=None)
    @given(texts.texts)
    def test_features_are_few_and_known(self, text: str) -> None:
        """For any short text: words of its readings, and known labels in bounded number."""
        named, readings = scanned(text[:LONG])
        found = caution_features(named, readings, lexicon())
        plain = features_of(readings)
        assert plain <= found
        rest = found - plain
        assert {name.partition(":")[0] for name in rest} <= {*LABELS}
        assert len(rest) <= 4 + len(LENGTHS) + 7 * min(len(named), MOST_LOOKED_AT)
