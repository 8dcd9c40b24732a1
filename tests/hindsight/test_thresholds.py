"""Thresholds fitted to lessons."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.hindsight.cases import Lesson
from model_router.hindsight.thresholds import Limits, fit_limits
from model_router.verdict import BALANCED, CODING, REASONING, SIMPLE

NOW = Limits(60, 35)


def lesson(complexity: float, goal: int, best: int = SIMPLE, doubtful: bool = False) -> Lesson:
    """A text of so much complexity whose points speak for `best`."""
    points = tuple(10 if route == best else 0 for route in range(7))
    return Lesson((), points, complexity, frozenset({goal}), doubtful)


def decided(of: Lesson, limits: Limits) -> int:
    """The route that the limits give, as the verdict does."""
    best = of.points.index(max(of.points))
    if best > BALANCED:
        return best
    if of.complexity >= limits.reasoning or of.doubtful:
        return REASONING
    return BALANCED if best == SIMPLE and of.complexity >= limits.simple else best


def right(lessons: list[Lesson], limits: Limits) -> int:
    """How many lessons come out right."""
    return sum(decided(of, limits) in of.goal for of in lessons)


def test_hard_work_begins_earlier() -> None:
    """Labels that want reasoning from 40 on move the threshold there, and no further."""
    lessons = [lesson(40.0 + n, REASONING) for n in range(20)]
    lessons += [lesson(30.5, SIMPLE)] * 5
    assert fit_limits(lessons, NOW) == Limits(40, 35)


def test_easy_work_ends_later() -> None:
    """Labels that want simple up to 50 move the other one just above."""
    assert fit_limits([lesson(n + 0.9, SIMPLE) for n in range(30, 51)], NOW) == Limits(60, 51)


def test_one_label_moves_nothing() -> None:
    """Nor do two far away: other prompts move along."""
    assert fit_limits([lesson(55, REASONING)], NOW) == NOW
    assert fit_limits([lesson(30, REASONING)] * 3, NOW) == NOW
    assert fit_limits([lesson(55, REASONING)] * 2, NOW) == Limits(55, 35)


def test_what_limits_do_not_decide() -> None:
    """Texts of other routes and vague ones say nothing about thresholds; nor does nothing."""
    others = [lesson(50, REASONING, CODING), lesson(50, SIMPLE, doubtful=True)] * 20
    assert fit_limits(others, NOW) == fit_limits([], NOW) == NOW


LESSONS = st.builds(
    lesson,
    st.integers(0, 1000).map(lambda tenths: tenths / 10),
    st.sampled_from([SIMPLE, BALANCED, REASONING, CODING]),
    st.sampled_from([SIMPLE, BALANCED, CODING]),
    st.booleans(),
)
LIMITS = st.tuples(st.integers(0, 100), st.integers(0, 100)).map(
    lambda pair: Limits(max(pair), min(pair))
)


@given(lessons=st.lists(LESSONS, max_size=40), now=LIMITS)
@settings(deadline=None, max_examples=40)
def test_never_worse(lessons: list[Lesson], now: Limits) -> None:
    """As many lessons come out right as before or more, and fitting again changes nothing."""
    found = fit_limits(lessons, now)
    assert 0 <= found.simple <= found.reasoning <= 100
    assert right(lessons, found) >= right(lessons, now)
    assert fit_limits(lessons, found) == found


@given(lessons=st.lists(LESSONS, max_size=30), now=LIMITS)
@settings(deadline=None, max_examples=40)
def test_the_order_does_not_matter(lessons: list[Lesson], now: Limits) -> None:
    """The same lessons in another order give the same limits."""
    assert fit_limits(list(reversed(lessons)), now) == fit_limits(lessons, now)
