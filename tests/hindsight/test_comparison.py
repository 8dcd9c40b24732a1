"""Two catalogs on the same rows."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.hindsight.comparison import Comparison, sign_test
from model_router.hindsight.labels import Names, Row
from model_router.hindsight.tally import Answer, marked


class TestSignTest:
    """The exact probability."""

    @pytest.mark.parametrize(
        ("better", "worse", "p"),
        [
            (0, 0, Fraction(1)),
            (1, 0, Fraction(1)),
            (5, 0, Fraction(1, 16)),
            (6, 0, Fraction(1, 32)),
            (3, 3, Fraction(1)),
            (8, 2, Fraction(7, 64)),
            (9, 1, Fraction(11, 512)),
        ],
    )
    def test_known_values(self, better: int, worse: int, p: Fraction) -> None:
        """Values that were worked out by hand."""
        assert sign_test(better, worse) == p

    @settings(deadline=None)
    @given(st.integers(0, 6), st.integers(0, 6))
    def test_it_counts_the_tosses(self, better: int, worse: int) -> None:
        """The share of all sequences of tosses that are at least as uneven."""
        tosses = list(product((0, 1), repeat=better + worse))
        uneven = sum(abs(2 * sum(t) - len(t)) >= abs(better - worse) for t in tosses)
        assert sign_test(better, worse) == Fraction(uneven, len(tosses))

    @given(st.integers(0, 2000), st.integers(0, 2000))
    def test_sides_are_alike(self, better: int, worse: int) -> None:
        """Better and worse may change places, and p is a probability."""
        p = sign_test(better, worse)
        assert p == sign_test(worse, better)
        assert 0 < p <= 1

    def test_many_flips_are_no_burden(self) -> None:
        """Ten thousand flips still give an exact and very small number."""
        assert 0 < float(sign_test(6_000, 4_000)) < 1e-80


class TestComparison:
    """Counting flips."""

    def compared(self, names: Names, *rows: tuple[Row, str, str]) -> Comparison:
        """Rows with the engine of now and of then; `human_confirm` counts as confirmed."""
        found = Comparison()
        for row, *engines in rows:
            answers = [Answer(name, name == "human_confirm", 0) for name in engines]
            now, then = ((answer, marked(row, answer, names)) for answer in answers)
            found.add(row, now, then)
        return found

    def test_flips_are_counted_and_listed(self, names: Names) -> None:
        """Better where only now is right, worse where only then was, else at most changed."""
        row = Row("f:1", "a", "do\nit", "s", "code_agent")
        found = self.compared(
            names,
            (row, "code_agent", "fast_local"),
            (row, "fast_local", "code_agent"),
            (row, "fast_local", "balanced_local"),
            (row, "code_agent", "code_agent"),
        )
        figures = found.figures()
        assert figures["changed"] == 3
        assert figures["engine"] == {
            "rows": 4, "better": 1, "worse": 1, "p": 1.0, "verdict": "no clear difference",
        }  # fmt: skip
        assert figures["confirm"]["rows"] == 0
        first, second = found.flips
        assert first[:2] == ("engine", True)
        assert (first.before, first.after, first.prompt) == ("fast_local", "code_agent", "do it")
        assert second[:2] == ("engine", False)

    def test_confirmation_is_its_own_measure(self, names: Names) -> None:
        """An order that is found now is better, whatever the engines are called."""
        row = Row("f:1", None, "x", "s", confirm=True)
        found = self.compared(names, (row, "human_confirm", "fast_local"))
        assert found.figures()["confirm"]["better"] == 1
        assert found.figures()["engine"]["rows"] == 0

    @pytest.mark.parametrize(
        ("better", "worse", "verdict"),
        [(6, 0, "better"), (0, 6, "worse"), (5, 0, "no clear difference")],
    )
    def test_verdict_needs_a_clear_difference(
        self, names: Names, better: int, worse: int, verdict: str
    ) -> None:
        """Six flips one way are clear, five are not."""
        row = Row("f:1", None, "x", "s", "code_agent")
        found = self.compared(
            names,
            *[(row, "code_agent", "fast_local")] * better,
            *[(row, "fast_local", "code_agent")] * worse,
        )
        assert found.figures()["engine"]["verdict"] == verdict
