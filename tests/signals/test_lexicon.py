"""Signals: rows compiled into automata, and what they find in a text."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model_router.errors import RouterConfigError
from model_router.signals.automaton import CHUNK
from model_router.signals.lexicon import LONG, WINDOW_HEAD, WINDOW_TAIL, Lexicon
from model_router.signals.patterns import expand
from model_router.signals.rows import packaged, signal_from_row
from model_router.signals.shapes import SHAPES
from model_router.text.reading import read

WORDS = ("delete", "the", "file", "delete the", "the file", "please", "could you", "sum", "c++")
WORDS += ("удали", "删除", "été", '"$"')


def lexicon(*rows: dict[str, Any]) -> Lexicon:
    """A lexicon of rows that need give no more than what matters."""
    return Lexicon(signal_from_row({"kind": "intent", **row}) for row in rows)


def fired(lexicon: Lexicon, text: str) -> set[str]:
    """The ids that fire in a text, combinations included."""
    bits = lexicon.combined(lexicon.scan(text)[0])
    return {lexicon.signals[i].id for i in lexicon.fired_signals(bits)}


def word(name: str, **changes: Any) -> dict[str, Any]:
    """A row that looks for its own name."""
    return {"id": name, "patterns": [name], **changes}


class TestScan:
    ALL = lexicon(*(word(name) for name in WORDS))

    @settings(max_examples=1_000)
    @given(
        st.lists(st.sampled_from([*WORDS, "x", "deleted", "files", "$", "été,", "\u200b", "."])),
        st.sampled_from([" ", "  ", ", ", "\n", ". ", "_", ""]),
    )
    @example(["delete", "the", "file"], " ")
    def test_it_finds_what_a_naive_search_finds(self, words: list[str], joint: str) -> None:
        """A row fires exactly when one of its words is in the text as a whole word."""
        text = joint.join(words)[:LONG]
        assert fired(self.ALL, text) == {name for name in WORDS if self.naively(name, text)}

    @staticmethod
    def naively(name: str, text: str) -> bool:
        """Whether the words of `name` are in the text: one reading, split, and compared."""
        spoken = read(text).latin[0].decode()
        if name.startswith('"'):
            return name[1:-1] in spoken
        wanted = read(name).latin[0].decode().strip()
        if not wanted.isascii():
            return wanted in spoken
        parts = spoken.split(" ")
        run = wanted.split(" ")
        return any(parts[i : i + len(run)] == run for i in range(len(parts)))

    @given(st.text(st.characters(exclude_categories=())))
    def test_any_text(self, text: str) -> None:
        """Nothing raises, and no bit comes out that is not a signal's."""
        bits, _, actions, _ = self.ALL.scan(text)
        assert not bits >> len(WORDS)
        assert list(actions) == []

    def test_several_readings(self) -> None:
        """Words are found in what look-alikes and other scripts say as well."""
        assert fired(self.ALL, "dеlеtе it") == {"delete"}
        assert fired(self.ALL, "Удалите файл, ｄｅｌｅｔｅ") == {"удали", "delete"}
        assert fired(self.ALL, "L'ÉTÉ") == {"été"}
        assert fired(self.ALL, "ete") == {"été"}

    def test_patterns_of_one_row(self) -> None:
        """A row fires by any of its patterns, once."""
        two = lexicon({"id": "a", "patterns": ["(x|y) one", "z"]})
        assert [fired(two, text) for text in ("x one", "y one z", "z", "one")] == [{"a"}] * 3 + [
            set()
        ]

    def test_a_row_without_literals(self) -> None:
        """A lexicon of nothing finds nothing."""
        assert fired(lexicon(), "delete the file") == set()


class TestHead:
    HEADED = lexicon(
        word("delete", at="head"),
        word("объясни", at="head"),
        {"id": "lead", "patterns": ["(please|could you|hey)"], "at": "lead"},
        {"id": "повод", "patterns": ["пожалуйста"], "at": "lead"},
    )

    @pytest.mark.parametrize(
        "text",
        [
            "delete it",
            "Delete it",
            "  delete it",
            "Read this. Delete it",
            "Is it old? delete it",
            "Steps:\n- delete it",
            "Steps:\n1. delete it",
            "note: delete it",
            "**delete** it",
            '"delete it',
            "(delete it)",
            "> delete it",
            "please delete it",
            "please, could you delete it",
            "Hey, please: delete it",
            "could you please delete it",
            "dеlеtе it",
        ],
    )
    def test_where_a_sentence_begins(self, text: str) -> None:
        """`head` counts where a text, a line or a sentence begins, after polite words too."""
        assert "delete" in fired(self.HEADED, text)

    @pytest.mark.parametrize(
        "text",
        [
            "we delete it",
            "how to delete it",
            "read, delete, repeat",
            "copy and delete it",
            "read/delete it",
            "I please delete it",
            "undelete it",
            "the user said delete it",
        ],
    )
    def test_inside_a_sentence(self, text: str) -> None:
        """In the middle of a sentence the same word does not count."""
        assert "delete" not in fired(self.HEADED, text)

    def test_other_scripts(self) -> None:
        """The same holds for words that no spaces bound."""
        assert fired(self.HEADED, "объясни это") == {"объясни"}
        assert fired(self.HEADED, "Пожалуйста, объясни это") == {"объясни"}
        assert fired(self.HEADED, "он это объясни") == set()

    def test_leads_never_fire(self) -> None:
        """Words that lead up to a sentence are no signal themselves."""
        assert fired(self.HEADED, "please hey could you") == set()

    @given(st.lists(st.sampled_from(["delete", "please", "x", ".", ",", "\n", "hey"]), max_size=9))
    def test_head_is_never_more_than_any(self, words: list[str]) -> None:
        """What counts at the head of a sentence counts anywhere."""
        text = " ".join(words)
        assert fired(self.HEADED, text) <= fired(lexicon(word("delete")), text)


class TestCombinations:
    ROWS = (
        word("a"),
        word("b"),
        word("c"),
        {"id": "ab", "requires": ["a", "b"]},
        {"id": "ab-c", "requires": ["a", "b"], "without": ["c"]},
        {"id": "deep", "requires": ["ab-c"]},
    )

    @given(st.sets(st.sampled_from("abc")))
    def test_they_fire_by_others(self, words: set[str]) -> None:
        """A combination fires when all that it requires fired and nothing that it excludes."""
        wanted = set(words)
        if {"a", "b"} <= words:
            wanted |= {"ab"} if "c" in words else {"ab", "ab-c", "deep"}
        assert fired(lexicon(*self.ROWS), " ".join(sorted(words))) == wanted

    def test_an_unknown_id(self) -> None:
        """A mistyped id is a problem with its place and the id that was meant."""
        with pytest.raises(RouterConfigError) as caught:
            lexicon(word("team.pay"), {"id": "x", "requires": ["team.pya"], "without": ["zzz"]})
        first, second = caught.value.problems
        assert first.path == "signals.x.requires"
        assert first.hint == "did you mean team.pay?"
        assert (second.path, second.hint) == ("signals.x.without", "docs/signals.md lists the ids")
        assert "unknown signal 'team.pya'" in str(caught.value)

    @pytest.mark.parametrize("other", ["later", "x"])
    def test_order(self, other: str) -> None:
        """A combination may only build on combinations above it; on itself it would never fire."""
        with pytest.raises(RouterConfigError, match="not above this row"):
            lexicon(word("a"), {"id": "x", "requires": [other]}, {"id": "later", "requires": ["a"]})

    def test_shapes_count(self) -> None:
        """A shape can be required like any other signal."""
        rows = ({"id": "shape.question", "kind": "shape"}, word("a"))
        both = lexicon(*rows, {"id": "x", "requires": ["a", "shape.question"]})
        assert "x" in fired(both, "a?")
        assert "x" not in fired(both, "a")


class TestErrors:
    def test_a_pattern_that_cannot_be_read(self) -> None:
        """The error names each signal and each pattern, all at once."""
        with pytest.raises(RouterConfigError) as caught:
            lexicon({"id": "one", "patterns": ["fine", "(open"]}, {"id": "two", "patterns": ["a*"]})
        assert [p.path for p in caught.value.problems] == [
            "signals.one.patterns[1]",
            "signals.two.patterns[0]",
        ]
        assert "'(open'" in str(caught.value)


class TestBits:
    def test_bits_are_told_apart(self) -> None:
        """Every bit comes back as its index, lowest first."""
        rows = lexicon(*(word(f"w{i}") for i in range(70)))
        found = rows.fired_signals(1 << 3 | 1 << 64 | 1 << 69)
        assert found == [3, 64, 69]
        assert all(a < b for a, b in pairwise(found))


class TestLongTexts:
    HERE = lexicon(
        word("marble"),
        word("delete", action="destructive"),
        word("удали", action="destructive"),
        *({"id": name, "kind": "shape"} for name in SHAPES),
    )

    @pytest.mark.parametrize(
        ("before", "after", "found"),
        [
            (0, LONG, True),
            (WINDOW_HEAD - 8, LONG, True),
            (WINDOW_HEAD + 8, LONG, False),
            (LONG, WINDOW_TAIL + 8, False),
            (LONG, WINDOW_TAIL - 8, True),
            (LONG, 0, True),
            (LONG // 2, LONG // 2 - 8, True),
        ],
    )
    def test_intent_is_read_at_both_ends(self, before: int, after: int, found: bool) -> None:
        """Of a text of more than 800 characters, 320 and the last 200 say what is wanted."""
        text = "x" * max(0, before - 1) + " marble " + "x" * max(0, after - 1)
        assert ("marble" in fired(self.HERE, text)) is found

    @pytest.mark.parametrize("order", ["delete", "удали", "dеlеtе", "ｄｅｌｅｔｅ"])
    @pytest.mark.parametrize("place", [0, 1_000, CHUNK - 3, CHUNK, 3 * CHUNK - 7, 200_000])
    def test_actions_are_read_everywhere(self, order: str, place: int) -> None:
        """An action is named wherever it stands, at the seams of what is searched at a time too."""
        text = "x" * place + f" {order} " + "y " * 1_000
        _, _, actions, _ = self.HERE.scan(text)
        assert len({signal for signal, *_ in actions}) == 1

    def test_the_length_is_that_of_the_whole_text(self) -> None:
        """Shapes of length speak of the whole text, not of the ends that are read."""
        assert "shape.over_4000" in fired(self.HERE, "x " * 3_000)

    @pytest.mark.parametrize(
        "piece", ["delete ", "marble ", "x", " ", "удали ", "d e l e t e ", "("]
    )
    def test_cost(self, piece: str) -> None:
        """Ten times the text takes about ten times as long, whatever it is made of."""
        whole = Lexicon(packaged()[0])

        def seconds(length: int) -> float:
            text = piece * (length // len(piece))
            start = time.perf_counter()
            for _ in whole.scan(text)[2]:
                pass
            return time.perf_counter() - start

        seconds(20_000)
        assert seconds(1_000_000) < 40 * seconds(100_000) + 0.05


class TestSpans:
    @given(
        st.sampled_from(["", "x ", "please ", "a. ", "it, "]), st.sampled_from(["", " x", ".", "!"])
    )
    def test_they_stand_on_the_words(self, before: str, after: str) -> None:
        """The span of a signal is the words that it was found by, and nothing around them."""
        text = f"{before}delete the file{after}"
        rows = lexicon(word("the"), word("delete the"), word("file", action="destructive"))
        spans = rows.spans(text, {0, 1, 2})
        assert [text[first:last] for first, last in spans.values()] == ["delete the", "the", "file"]

    def test_a_span_belongs_to_its_signal(self) -> None:
        """Only the signals asked for are placed, each by its own words."""
        rows = lexicon(*(word(name) for name in ("alpha", "beta", "gamma", "delta")))
        assert rows.spans("alpha beta gamma delta", {2}) == {2: (11, 16)}
        assert rows.spans("alpha beta", {3}) == {}

    def test_a_head_is_placed_where_it_counts(self) -> None:
        """A word that counts only at the head of a sentence is not placed elsewhere."""
        rows = lexicon(word("sort", at="head"))
        assert rows.spans("the sort. Sort it", {0}) == {0: (10, 14)}

    def test_not_for_long_or_foreign_texts(self) -> None:
        """Where places would be a guess, there are none."""
        rows = lexicon(word("sort"))
        assert rows.spans("sort " * LONG, {0}) == {}
        assert rows.spans("sort é", {0}) == {}


def test_what_the_words_of_these_tests_stand_for() -> None:
    """The words above are patterns of one literal each."""
    assert all(len(expand(name)) == 1 for name in WORDS)
