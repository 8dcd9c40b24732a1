"""Plans that are remembered are those that would be built."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from model_router.policy.table import PolicyTable
from model_router.receipt import plans
from model_router.receipt.decision import build_plan
from model_router.receipt.plans import Plans
from model_router.types import NEED_LOCAL, ROUTES, Assessment, Hints
from tests.support.catalogs import usual_catalog

USUAL = usual_catalog()
ASSESSMENTS = st.builds(
    Assessment,
    route=st.sampled_from(ROUTES),
    needs=st.sampled_from((0, NEED_LOCAL)),
    complexity=st.sampled_from((0.0, 12.5, 55.0, 99.9)),
    risk=st.sampled_from((0, 40, 80)),
    action=st.sampled_from((None, "send")),
    confirm=st.booleans(),
    local_only=st.booleans(),
)
HINTS = st.builds(Hints, local_only=st.booleans(), profile=st.sampled_from((None, "private")))


@given(st.lists(st.tuples(ASSESSMENTS, HINTS), max_size=30))
def test_a_remembered_plan_is_the_one_that_would_be_built(
    asked: list[tuple[Assessment, Hints]],
) -> None:
    """Whatever was asked before, and in which order."""
    table, remembered = PolicyTable(USUAL), Plans(USUAL)
    for assessment, hints in asked * 2:
        limits = table.limits(hints, assessment.route)
        selection = table.choose(assessment, limits, room=1, explain=False)
        plan = remembered.of(assessment, selection, limits)
        assert plan == build_plan(assessment, selection, limits, USUAL)


def test_the_same_question_has_the_same_plan() -> None:
    """It is built once, and a selection that is equal but another one has its own."""
    table, remembered = PolicyTable(USUAL), Plans(USUAL)
    assessment = Assessment("simple")
    limits = table.limits(Hints(), "simple")
    selection = table.choose(assessment, limits, room=1, explain=False)
    plan = remembered.of(assessment, selection, limits)
    assert remembered.of(Assessment("simple"), selection, limits) is plan
    assert remembered.of(assessment, replace(selection), limits) is not plan


def test_memory_has_an_end() -> None:
    """Scores come from texts, so no more than so many plans are kept."""
    table, remembered = PolicyTable(USUAL), Plans(USUAL)
    limits = table.limits(Hints(), "simple")
    for tenths in range(plans.MEMO_SIZE + 50):
        assessment = Assessment("simple", complexity=tenths / 10)
        selection = table.choose(assessment, limits, room=1, explain=False)
        assert remembered.of(assessment, selection, limits).complexity == tenths / 10
    assert len(remembered._known) == plans.MEMO_SIZE
