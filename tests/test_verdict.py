"""Verdicts: what signals and weights give together, in Python and in C alike."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router import verdict as module
from model_router.assessment import compiled as compiled_tables
from model_router.lanes import BIAS, LANE_BITS, LANES, SIZE, pack
from model_router.signals.lexicon import Lexicon
from model_router.signals.rows import Signal
from model_router.types import FEATURES, ROUTES, Catalog, SafetyPolicy, Scoring
from model_router.verdict import BALANCED, MOST_POINTS, REASONING, SIMPLE, Tally, Verdicts

CATALOG = Catalog(engines={})
_POINTS = st.integers(-60, 60)
_SCORINGS = st.builds(
    Scoring,
    saturation_k=st.integers(1, 400),
    complexity=st.dictionaries(st.sampled_from(FEATURES), _POINTS, max_size=4),
    risk=st.dictionaries(st.sampled_from(FEATURES), _POINTS, max_size=4),
    reasoning_threshold=st.integers(0, 100),
    simple_threshold=st.integers(0, 100),
    risk_threshold=st.integers(0, 100),
    confidence_threshold=st.integers(0, 100),
)


@cache
def packaged() -> Lexicon:
    return compiled_tables((), None)[0]


def made(lexicon: Lexicon, catalog: Catalog = CATALOG) -> tuple[Verdicts, Verdicts]:
    """The verdicts of a catalog, with our C where it was built, and without."""
    return Verdicts(lexicon, catalog), Verdicts(lexicon, catalog, pure=True)


def _bits(places: list[int]) -> int:
    return sum(1 << place for place in set(places))


_ROWS = len(packaged().signals)
_FIRED = st.lists(st.integers(0, _ROWS - 1), max_size=30).map(_bits)
_LANE = st.integers(-(2**20), 2**20)
_WEIGHT = st.lists(_LANE, min_size=LANES + 2, max_size=LANES + 2).map(
    lambda lanes: sum(n << (LANE_BITS * i) for i, n in enumerate(lanes))
)
PACKAGED = made(packaged())


class TestBoth:
    @settings(max_examples=1_500, deadline=None)
    @given(_FIRED, _WEIGHT)
    def test_the_same_of_any_signals(self, fired: int, weight: int) -> None:
        """Whatever fires and however words weigh: the same tally, and the same route."""
        one, other = PACKAGED
        tally = one.tally(fired)
        assert tally == other.tally(fired)
        assert type(tally) is Tally
        assert [type(field) for field in tally] == [type(field) for field in other.tally(fired)]
        assert one.route(tally, weight) == other.route(tally, weight)
        assert one.route(tally, 0) == tally.route
        tenths = round(10 * one.of(tally, weight).complexity)
        assert one.lead(tally, weight) == other.lead(tally, weight)
        assert one.lead(tally, weight) == (one.route(tally, weight), tenths)

    @settings(max_examples=300, deadline=None)
    @given(_SCORINGS, st.booleans(), _FIRED, _WEIGHT)
    def test_the_same_under_any_scoring(
        self, scoring: Scoring, allows: bool, fired: int, weight: int
    ) -> None:
        """Every key of `scoring`, and whether what is vague asks a person, count alike in both."""
        safety = SafetyPolicy(allow_ambiguous_high_impact=allows)
        one, other = made(packaged(), replace(CATALOG, scoring=scoring, safety=safety))
        tally = one.tally(fired)
        assert tally == other.tally(fired)
        assert one.route(tally, weight) == other.route(tally, weight)
        assert one.of(tally, weight) == other.of(tally, weight)
        assert one.lead(tally, weight) == other.lead(tally, weight)

    @settings(max_examples=100, deadline=None)
    @given(st.data())
    def test_the_same_with_any_rows(self, data: st.DataObject) -> None:
        """Rows of any points, that call for one another in a chain, give the same in both."""
        points = st.dictionaries(st.sampled_from(ROUTES[:LANES]), _POINTS, max_size=3)
        count = data.draw(st.integers(1, 70))
        rows: list[Signal] = []
        for i in range(count):
            adds, hard, risk = data.draw(points), data.draw(_POINTS), data.draw(_POINTS)
            known = [row.id for row in rows]
            needs = data.draw(st.lists(st.sampled_from(known), max_size=2)) if known else []
            unless = data.draw(st.lists(st.sampled_from(known), max_size=1)) if known else []
            rows.append(
                Signal(
                    id=f"row.{i}",
                    kind="phrase",
                    at="any",
                    patterns=() if needs else (f"word{i}",),
                    lanes=pack(adds, hard, risk),
                    features=data.draw(st.integers(0, (1 << len(FEATURES)) - 1)),
                    requires=tuple(needs),
                    without=tuple(unless) if needs else (),
                )
            )
        one, other = made(Lexicon(rows))
        fired = data.draw(st.integers(0, (1 << count) - 1))
        assert one.tally(fired) == other.tally(fired)


class TestFallback:
    @pytest.mark.parametrize(
        "scoring",
        [Scoring(confidence_threshold=61), Scoring(confidence={FEATURES[0]: 3})],
    )
    def test_where_confidence_counts_python_decides(self, scoring: Scoring) -> None:
        """Our C does not weigh how close the race is."""
        one = Verdicts(packaged(), replace(CATALOG, scoring=scoring))
        assert one.tally.__func__ is Verdicts._remembered  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        "row",
        [
            Signal("a", "phrase", "any", ("a",), pack({"simple": MOST_POINTS})),
            Signal("a", "phrase", "any", ("a",), 0, needs=1 << 60),
        ],
    )
    def test_what_is_too_large_for_c(self, row: Signal) -> None:
        """More points or marks than its numbers hold are summed in Python."""
        one = Verdicts(Lexicon([row]), CATALOG)
        assert one.tally.__func__ is Verdicts._remembered  # type: ignore[attr-defined]
        assert one.tally(1) == Verdicts(Lexicon([row]), CATALOG, pure=True).tally(1)

    def test_memory_has_an_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """More sets of signals than are remembered are worked out all the same."""
        monkeypatch.setattr(module, "MEMO_SIZE", 3)
        one, other = made(packaged())
        assert [other.tally(1 << i) for i in range(40)] == [one.tally(1 << i) for i in range(40)]
        assert len(other.memo) == 3


class TestSettled:
    def test_nothing_goes_to_balanced(self) -> None:
        """Where no signal speaks and no word weighs."""
        for one in PACKAGED:
            assert one.tally(0).route == BALANCED

    def test_what_is_hard_reasons(self) -> None:
        """Complexity from the threshold on goes to reasoning, from the lower one to balanced."""
        hard, middle, light = (pack({"simple": 40}, points) for points in (200, 40, 0))
        for one in PACKAGED:
            tally = one.tally(0)
            routes = [one.route(tally, 16 * weight) for weight in (hard, middle, light)]
            assert routes == [REASONING, BALANCED, SIMPLE]


@pytest.mark.skipif(module.compiled is None, reason="our C was not built here")
class TestArguments:
    """What our C refuses: it looks at what it is given."""

    NUMBERS = (4, 50, 70, 1 << 40, 1 << 40, 1, 2, True, False)

    def tallies(self, **given: Any) -> Any:
        """Two rows, of which the second is called for by the first."""
        lane = BIAS.to_bytes(SIZE, "little")
        kept: dict[str, Any] = {
            "tally": Tally,
            "lanes": 2 * lane,
            "marks": bytes(16),
            "base": lane,
            "combinations": [(1, 0, 1)],
            "complexity": ((1, 5),),
            "risk": (),
            "numbers": self.NUMBERS,
        }
        return module.compiled.Tallies(**kept | given)

    def test_what_fits(self) -> None:
        """A row calls for another, and both count."""
        assert self.tallies().of(1).fired == 3
        assert self.tallies().of(2).fired == 2

    @pytest.mark.parametrize(
        "given",
        [
            *({"lanes": b""}, {"marks": bytes(15)}, {"base": b"x"}, {"tally": int}),
            *({"combinations": [(1, 0, 2)]}, {"marks": bytes(8 * 8_193)}),
            {"numbers": (4, 0, *NUMBERS[2:])},
        ],
    )
    def test_tables_that_do_not_fit(self, given: dict[str, Any]) -> None:
        """Tables of other lengths, bits of no row, and a k of nothing are refused."""
        with pytest.raises(ValueError, match=r"do not fit|no row"):
            self.tallies(**given)

    @pytest.mark.parametrize(
        "given",
        [
            *({"tally": 5}, {"lanes": "x"}, {"combinations": [5]}, {"combinations": [("1", 0, 1)]}),
            *({"risk": [1]}, {"risk": (1,)}, {"numbers": (1,)}),
        ],
    )
    def test_arguments_of_another_kind(self, given: dict[str, Any]) -> None:
        """What is no class, no bytes and no number is a TypeError."""
        with pytest.raises(TypeError):
            self.tallies(**given)

    def test_bits_of_no_row(self) -> None:
        """A bit behind the last row is refused, and so is a number below zero."""
        one = self.tallies()
        with pytest.raises(ValueError, match="no row"):
            one.of(4)
        for wrong in (-1, 1 << 64):
            with pytest.raises(OverflowError):
                one.of(wrong)
        for wrong in (None, "1", b"1"):
            with pytest.raises(TypeError):
                one.of(wrong)

    def test_weights_of_another_kind(self) -> None:
        """A tally is eight things, a weight a number, and their sum has nine lanes."""
        one = self.tallies()
        tally = one.of(1)
        for wrong in ((), (tally,), (tally[:7], 0), (list(tally), 0), (tally, "0")):
            with pytest.raises(TypeError):
                one.route(*wrong)
            with pytest.raises(TypeError):
                one.lead(*wrong)
        for weight in (1 << 288, -(1 << 288), 1 << 400):
            with pytest.raises(OverflowError):
                one.route(tally, weight)
            with pytest.raises(OverflowError):
                one.lead(tally, weight)
