"""APGR and CPT beside a plain reading of their definition."""

from __future__ import annotations

from itertools import permutations, product
from statistics import fmean

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from model_router.hindsight.gap import Gap, Results, curve, gap, interpolated, mean_gap

RESULT = st.sampled_from((0.0, 0.25, 0.5, 1.0))
Rows = list[tuple[float, float, float]]


def quantile(values: list[float], share: float) -> float:
    """The usual quantile: straight between the neighbours in order."""
    values = sorted(values)
    place = (len(values) - 1) * share
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def plain_apgr(rows: Rows) -> float:
    """The definition word for word, for scores that are whole numbers and all different."""
    scores = [score for score, _, _ in rows]
    points = []
    for k in range(11):
        bound = quantile(scores, k / 10)
        strong = [s > bound if k == 10 else s >= bound - 1e-9 for s in scores]
        value = fmean(b if up else a for up, (_, a, b) in zip(strong, rows, strict=True))
        points.append((sum(strong) / len(rows), value))
    points.sort()
    area = sum((x2 - x1) * (y1 + y2) / 2 for (x1, y1), (x2, y2) in zip(points, points[1:]))  # noqa: B905, RUF007
    weak, strong_mean = fmean(a for _, a, _ in rows), fmean(b for _, _, b in rows)
    return (area - weak) / (strong_mean - weak)


def apart(rows: Rows) -> bool:
    return abs(sum(b - a for _, a, b in rows)) > 1e-6


def apgr_of(rows: Rows) -> float:
    scores, weak, strong = map(list, zip(*rows, strict=True))
    value = gap(scores, weak, strong).apgr
    assert value is not None
    return value


@given(st.lists(st.tuples(RESULT, RESULT), min_size=1, max_size=40), st.randoms())
def test_distinct_scores_follow_the_definition(results: list[tuple[float, float]], rng) -> None:  # type: ignore[no-untyped-def]
    """With no two scores alike APGR is the area under the thresholds' curve, scaled."""
    scores = [float(n) for n in range(len(results))]
    rng.shuffle(scores)
    rows = [(s, a, b) for s, (a, b) in zip(scores, results, strict=True)]
    assume(apart(rows))
    assert apgr_of(rows) == pytest.approx(plain_apgr(rows))


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from((1, 2)), RESULT, RESULT), min_size=1, max_size=5))
def test_ties_are_the_mean_of_every_way_to_break_them(rows: Rows) -> None:
    """Equal scores give what breaking ties at random gives on average, over all the ways."""
    assume(apart(rows))
    orders = [
        order
        for order in permutations(range(len(rows)))
        if all(rows[a][0] <= rows[b][0] for a, b in zip(order, order[1:]))  # noqa: B905, RUF007
    ]
    broken = [[(float(place), *rows[i][1:]) for place, i in enumerate(order)] for order in orders]
    assert apgr_of(rows) == pytest.approx(fmean(map(plain_apgr, broken)))


@given(st.lists(st.tuples(st.integers(0, 100), RESULT, RESULT), min_size=1, max_size=30))
def test_only_the_order_of_scores_counts(rows: Rows) -> None:
    """Stretching the scores, or shuffling the rows, changes nothing."""
    assume(apart(rows))
    stretched = [(score**3 + 5, a, b) for score, a, b in rows]
    assert apgr_of(stretched) == pytest.approx(apgr_of(rows))
    assert apgr_of(rows[::-1]) == pytest.approx(apgr_of(rows))


@given(st.lists(st.tuples(st.integers(0, 100), RESULT, RESULT), min_size=1, max_size=30))
def test_curve_goes_from_weak_to_strong(rows: Rows) -> None:
    """Eleven points, from no strong call to all of them."""
    scores, weak, strong = map(list, zip(*rows, strict=True))
    points = curve(scores, weak, strong)
    shares = [x for x, _ in points]
    assert len(points) == 11
    assert shares == sorted(shares)
    assert points[0] == (0, pytest.approx(fmean(weak)))
    assert points[-1] == (1, pytest.approx(fmean(strong)))


class TestKnownCases:
    """Cases whose figures are known beforehand."""

    def test_one_score_for_all_is_chance(self) -> None:
        """A score that tells nothing apart gives 0.5, and half of the calls for half the gap."""
        flat = gap([1.0] * 101, [0.0] * 101, [1.0] * 101)
        assert flat.apgr == pytest.approx(0.5, abs=0.01)
        assert flat.cpt50 == pytest.approx(0.5)
        assert flat.cpt80 == pytest.approx(0.8)

    def test_perfect_score_beats_chance_and_its_reverse_mirrors_it(self) -> None:
        """Sending what gains first is good; the same upside down is as bad."""
        weak = [1.0] * 50 + [0.0] * 50
        good = gap([float(n) for n in range(100)], weak, [1.0] * 100)
        bad = gap([float(-n) for n in range(100)], weak, [1.0] * 100)
        assert good.apgr == pytest.approx(0.75, abs=0.01)
        assert bad.apgr == pytest.approx(0.25, abs=0.01)
        assert (good.cpt50, good.cpt80) == (pytest.approx(0.25), pytest.approx(0.4))

    def test_without_a_gap_there_is_no_figure(self) -> None:
        """Two models that do equally well leave nothing to close."""
        assert gap([1, 2], [0.5, 0.5], [0.0, 1.0]) == Gap(None, None, None)

    def test_interpolation_between_points(self) -> None:
        """Straight between points, constant outside, and flat stretches do not divide by 0."""
        values, shares = [0.0, 0.5, 0.5, 1.0], [0.0, 0.2, 0.6, 1.0]
        assert interpolated(-1, values, shares) == 0.0
        assert interpolated(2, values, shares) == 1.0
        assert interpolated(0.25, values, shares) == pytest.approx(0.1)
        assert interpolated(0.75, values, shares) == pytest.approx(0.8)
        assert interpolated(0.5, values, shares) == pytest.approx(0.6)

    @given(st.lists(st.floats(-1, 1), min_size=2, max_size=11), st.floats(-2, 2))
    def test_interpolation_never_fails(self, values: list[float], wanted: float) -> None:
        """Curves that go up and down give a number all the same."""
        assert isinstance(
            interpolated(wanted, values, [float(n) for n in range(len(values))]), float
        )


class TestResults:
    """Models' results, row by row."""

    def results(self, *rows: dict[str, float]) -> Results:
        found = Results()
        for number, row in enumerate(rows):
            found.add(row, {"router": float(number)})
        return found

    def test_worst_and_best_are_the_pair(self) -> None:
        """Without a wish: the lowest and the highest mean."""
        found = self.results({"a": 0.5, "b": 1, "c": 0}, {"a": 0.5, "b": 1, "c": 0.1})
        assert found.pairs(()) == [("c", "b")]

    def test_model_that_is_not_in_every_row_is_not_chosen(self) -> None:
        """A mean over other rows could not be compared."""
        found = self.results({"a": 0.5, "b": 1}, {"a": 0.5, "b": 0.9, "c": 0})
        assert found.pairs(()) == [("a", "b")]

    def test_one_model_is_no_pair(self) -> None:
        """One model leaves nothing to choose."""
        assert self.results({"a": 1}).pairs(()) == []

    def test_wanted_pairs_take_the_rows_that_have_both(self) -> None:
        """A pair that was named is measured on the rows that hold it; others are left out."""
        found = self.results({"a": 0, "b": 1}, {"a": 1}, {"b": 1}, {"a": 0, "b": 0.5})
        assert found.pairs([("a", "b"), ("a", "z")]) == [("a", "b")]
        gaps = found.gaps("a", "b")
        assert gaps is not None
        assert (gaps.rows, gaps.weak_mean, gaps.strong_mean) == (2, 0.0, 0.75)

    def test_pair_that_shares_no_row_has_no_figures(self) -> None:
        """Two models never seen together cannot be compared."""
        assert self.results({"a": 0}, {"b": 1}).gaps("a", "b") is None

    def test_mean_over_pairs_leaves_out_what_is_missing(self) -> None:
        """A pair without a gap weighs nothing."""
        assert mean_gap([Gap(0.4, 0.2, 0.6), Gap(None, None, None)]) == Gap(0.4, 0.2, 0.6)
        assert mean_gap([]) == Gap(None, None, None)


def test_all_small_tables_agree_with_the_definition() -> None:
    """Every table of three rows with results 0 and 1, without ties."""
    for weak, strong in product(product((0.0, 1.0), repeat=3), repeat=2):
        rows = [(float(n), a, b) for n, (a, b) in enumerate(zip(weak, strong, strict=True))]
        if apart(rows):
            assert apgr_of(rows) == pytest.approx(plain_apgr(rows))
