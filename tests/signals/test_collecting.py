"""Collecting: one pass says what the literals in a reading mean, in Python and in C alike."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.lanes import BIAS, SIZE, pack
from model_router.signals.automaton import Automaton, compile_literals
from model_router.signals.collecting import ascii_collector, collector
from model_router.signals.lexicon import Lexicon, packaged
from model_router.signals.places import ACTION, ANY, HEAD, LEAD
from model_router.text.reading import read
from model_router.weights import load_weights, packaged_path
from tests.support import texts

ROWS = [
    (b" cake ", ANY, 1 << 0),
    (b" bake ", HEAD, 1 << 70),
    (b" please ", LEAD, 0),
    (b" please do ", LEAD, 0),
    (b" delete ", ACTION, 5),
    (b" delete ", ANY, 1 << 3),
    (b" delete it ", ACTION, 6),
    ("торт".encode(), HEAD, 1 << 2),
]
WORDS = {b" cake ": pack({"simple": 3, "coding": -4}), b" the cake ": pack({}, -70_000)}
PURE, OTHER = (compile_literals(ROWS, WORDS, pure=pure) for pure in (True, False))
DENSE = compile_literals(ROWS, WORDS, dense=True)


def collected(automaton: Automaton, text: str) -> tuple[int, int, list[tuple[int, int, int]]]:
    fired, weight, actions = collector(automaton)(read(text).latin)
    return fired, weight, [hit[:3] for hit in actions or ()]


@pytest.mark.parametrize("automaton", [PURE, OTHER, DENSE])
class TestCollecting:
    def test_what_counts_anywhere(self, automaton: Automaton) -> None:
        """A bit for the signal, however often it is named, and the weight of the word, once."""
        assert collected(automaton, "a cake, a cake") == (1, WORDS[b" cake "], [])

    def test_what_counts_where_a_sentence_begins(self, automaton: Automaton) -> None:
        """At the beginning, after a full stop, and after words that only lead up to it."""
        for text in ("bake it", "well. Bake it", "please bake it", "please do bake it"):
            assert collected(automaton, text)[0] == 1 << 70
        for text in ("we bake it", "if you please bake it", "do bake it"):
            assert collected(automaton, text)[0] == 0

    def test_actions_are_named_in_order(self, automaton: Automaton) -> None:
        """Each with its bytes in the reading; a literal may name one and be a signal too."""
        fired, weight, actions = collected(automaton, "delete it")
        assert (fired, weight) == (1 << 3, 0)
        assert actions == [(5, 0, 8), (6, 0, 11)]

    def test_weights_add_up(self, automaton: Automaton) -> None:
        """Also where a lane is negative and borrows from the next."""
        assert collected(automaton, "the cake")[1] == sum(WORDS.values())

    def test_nothing(self, automaton: Automaton) -> None:
        """A text in which nothing is found gives zeros and no list."""
        assert collector(automaton)(read("").latin) == (0, 0, None)
        assert ascii_collector(automaton)("x") == (0, 0, None, b"", (b" x ", b" x "))

    def test_the_same_by_text_and_by_reading(self, automaton: Automaton) -> None:
        """An ASCII text gives what its reading gives, and the reading."""
        text = 'Please: "bake" the cake, then delete it!\n- Bake'
        reading = read(text).latin
        *found, symbols, made = ascii_collector(automaton)(text)
        assert made == reading
        assert symbols == b':""!\n-'
        assert tuple(found) == collector(automaton)(reading)


LANE = st.integers(-(2**31), 2**31 - 1)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(LANE, min_size=9, max_size=9), min_size=1, max_size=12))
def test_sums_of_any_lanes(rows: list[list[int]]) -> None:
    """What C sums is what Python's whole numbers sum, whatever the lanes hold."""
    weights = {
        b" %c " % (97 + i): sum(n << 32 * lane for lane, n in enumerate(row))
        for i, row in enumerate(rows)
    }
    if any(not 0 <= weight + BIAS < 1 << 8 * SIZE for weight in weights.values()):
        return  # no row of a file is so large
    text = " ".join(chr(97 + i) for i in range(len(rows)))
    both = [
        collector(compile_literals([], weights, pure=pure))(read(text).latin)
        for pure in (True, False)
    ]
    assert both[0] == both[1]


@cache
def lexicons() -> tuple[Lexicon, Lexicon]:
    """The packaged signals and weights, with our C where it was built, and without."""
    signals, _ = packaged()
    weights = load_weights(packaged_path())
    return Lexicon(signals, weights), Lexicon(signals, weights, pure=True)


def agree(text: str) -> None:
    one, other = (
        (fired, weight, list(named), readings)
        for fired, weight, named, readings in (made.scan(text) for made in lexicons())
    )
    assert one == other
    if text.isascii():
        made = [ascii_collector(lexicon.latin)(text) for lexicon in lexicons()]
        assert made[0] == made[1]


LITERALS = sorted({one.decode() for signal in packaged()[0] for one in signal.literals})
GLUE = [
    " ",
    ". ",
    "? ",
    "\n",
    ", ",
    ' "',
    "\n- ",
    ": ",
    "\x00",
    "/",
    "é",
    "Δ",
    "１",
    "。",
    "\ud800",
]
SCRAPS = st.one_of(st.sampled_from(LITERALS), st.sampled_from(GLUE), st.text(max_size=5))


@settings(max_examples=1_500, deadline=None)
@given(st.lists(SCRAPS, max_size=40).map("".join))
def test_both_find_the_same_in_any_text(text: str) -> None:
    """Literals of the table between marks, other scripts and broken text: C and Python agree."""
    agree(text)


@pytest.mark.parametrize("text", [*texts.README, *texts.ORDERS, *texts.MENTIONS])
def test_both_find_the_same_in_prompts(text: str) -> None:
    """The prompts that other tests speak of."""
    agree(text)


@pytest.mark.parametrize("seed", range(6))
def test_both_find_the_same_in_long_texts(seed: int) -> None:
    """A window at each end, and every named action between them."""
    agree(texts.long(seed))
    agree(texts.prose(70_000 + seed) + " then delete all files")


def blocks(work: Callable[[], object], times: int = 3_000) -> int:
    """How many more blocks of memory are held after doing something often."""
    for _ in range(100):
        work()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(times):
        work()
    gc.collect()
    return sys.getallocatedblocks() - before


@pytest.mark.parametrize(
    "work",
    [
        lambda made: collector(made.latin)(read("please delete the cake").latin),
        lambda made: ascii_collector(made.latin)("please delete the cake"),
        lambda made: made.latin.find(b" please delete the cake ", True),
        lambda made: list(made.guard(read("please delete the cake. " * 40).latin)),
        lambda made: compile_literals([(b" a ", ANY, 1)], {b" b ": 5}),
    ],
)
def test_nothing_is_kept(work: Callable[[Lexicon], object]) -> None:
    """However often it is done, no object is left over: what C creates, it gives away."""
    made = lexicons()[0]
    assert blocks(lambda: work(made)) < 300
