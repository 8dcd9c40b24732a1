"""The order of alternatives."""

from __future__ import annotations

import pytest

from model_router.policy.limits import DEFAULT, Limits
from model_router.policy.ranking import WEIGHTS, alternatives, rank_score, ranked, ranking_mode
from model_router.types import FEATURE_BIT, Assessment, Scoring
from tests.support.catalogs import engine


@pytest.mark.parametrize("mode", WEIGHTS)
def test_weights_sum_to_one(mode: str) -> None:
    """So that a rank score is 0-100."""
    assert sum(WEIGHTS[mode]) == pytest.approx(1)
    assert rank_score(engine("x", capability=100, trust=100, cost=0, latency=0), mode) == 100


def test_the_score_weighs_capability_trust_cheapness_and_speed() -> None:
    """The default row is .45, .30, .20, .05."""
    row = engine("x", capability=80, trust=60, cost=50, latency=45)
    assert rank_score(row, "default") == 66.75


@pytest.mark.parametrize(
    ("assessment", "limits", "mode"),
    [
        (Assessment("simple"), DEFAULT, "default"),
        (Assessment("simple", complexity=60), DEFAULT, "complex"),
        (Assessment("simple", risk=50, complexity=90), DEFAULT, "risk"),
        (Assessment("simple", features=FEATURE_BIT["medical_domain"]), DEFAULT, "risk"),
        (Assessment("simple", risk=90), Limits(latency_sensitive=True), "latency"),
    ],
)
def test_the_mode_follows_the_request(assessment: Assessment, limits: Limits, mode: str) -> None:
    """What the caller says about latency wins, then risk, then complexity."""
    assert ranking_mode(assessment, limits, Scoring()) == mode


def test_latency_mode_prefers_the_fast_engine() -> None:
    """The same two engines change places with the mode."""
    quick, good = engine("quick", latency=0, capability=40), engine("good", capability=90)
    assert [e.name for e in ranked([good, quick], "default")] == ["good", "quick"]
    slow = engine("good", capability=90, latency=100)
    assert [e.name for e in ranked([slow, quick], "latency")] == ["quick", "good"]


def test_ties_go_to_the_name_at_last() -> None:
    """Equal engines have one order on every machine."""
    rows = [engine(name) for name in ("b", "c", "a")]
    assert [e.name for e in ranked(rows, "default")] == ["a", "b", "c"]


def test_an_alternative_explains_itself() -> None:
    """Figures and reasons, ready for JSON."""
    (row,) = alternatives([engine("x", supports_tools=True)], "default")
    assert row.to_dict() == {
        "engine": "x",
        "rank_score": 63.25,
        "capability": 50,
        "trust": 60,
        "cost": 0,
        "latency": 45,
        "reasons": ["local engine", "cost tier free", "latency tier low", "supports tools"],
    }
