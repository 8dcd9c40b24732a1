"""Points become scores from 0 to 100."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.scores import (
    CONFIDENCE_TOP,
    RISK_FLOORS,
    confidence,
    extra,
    saturate,
    weights_of,
)
from model_router.types import ACTION_CLASSES, FEATURE_BIT, FEATURES

POINTS = st.integers(-10_000, 1_000_000)
K = st.integers(1, 1_000_000)


class TestSaturate:
    @pytest.mark.parametrize(
        ("points", "k", "score"),
        [(0, 50, 0), (-5, 50, 0), (50, 50, 50), (25, 50, 33), (75, 50, 60), (10**9, 50, 100)],
    )
    def test_cases(self, points: int, k: int, score: int) -> None:
        """No points are 0, k points 50, and no number of points is more than 100."""
        assert saturate(points, k) == score

    @given(POINTS, K)
    def test_range(self, points: int, k: int) -> None:
        """A score is a whole number from 0 to 100, rounded to the nearest."""
        score = saturate(points, k)
        assert 0 <= score <= 100
        if points > 0:
            assert abs(score - 100 * points / (points + k)) <= 0.5

    @given(POINTS, POINTS, K)
    def test_more_points_never_score_less(self, some: int, more: int, k: int) -> None:
        """The order of points is the order of scores."""
        low, high = sorted((some, more))
        assert saturate(low, k) <= saturate(high, k)


class TestConfidence:
    AMBIGUOUS = FEATURE_BIT["ambiguous"]

    @given(st.integers(0, 2**40), st.integers(0, 1_000), st.booleans())
    def test_range(self, features: int, margin: int, anything: bool) -> None:
        """Never above 90, and below 60 exactly when the text is vague."""
        sure = confidence(features, margin, anything)
        assert 0 <= sure <= CONFIDENCE_TOP
        assert (sure < 60) == bool(features & self.AMBIGUOUS)

    @given(st.integers(0, 100), st.integers(0, 100))
    def test_a_clearer_lead_is_surer(self, some: int, more: int) -> None:
        """A wider margin never makes it less sure."""
        low, high = sorted((some, more))
        assert confidence(0, low, True) <= confidence(0, high, True)

    def test_nothing_found(self) -> None:
        """A text in which nothing was found is never fully sure."""
        assert confidence(0, 100, False) < confidence(0, 100, True) == CONFIDENCE_TOP


class TestWeights:
    @given(
        st.dictionaries(st.sampled_from(FEATURES), st.integers(0, 100)),
        st.sets(st.sampled_from(FEATURES)),
    )
    def test_points_of_the_features_present(self, named: dict[str, int], present: set[str]) -> None:
        """A catalog's points count for each feature that the text has."""
        features = sum(FEATURE_BIT[name] for name in present)
        wanted = sum(points for name, points in named.items() if name in present)
        assert extra(weights_of(named), features) == wanted

    def test_unknown_features(self) -> None:
        """A feature that we do not have adds nothing."""
        assert weights_of({"very_long_prompt": 25}) == ()
        assert extra((), 2**35 - 1) == 0


def test_every_class_has_a_floor() -> None:
    """An order of any class makes a text risky, and the graver ones reach the threshold."""
    assert set(RISK_FLOORS) == set(ACTION_CLASSES)
    assert min(RISK_FLOORS.values()) >= 60
    assert RISK_FLOORS["destructive"] >= 70
