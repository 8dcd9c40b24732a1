"""Thresholds that fit labels: where hard work goes to reasoning, and where easy work ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from model_router.hindsight.cases import Lesson
from model_router.verdict import BALANCED, REASONING

TOP = 100
MOVE = 10
"""Points of distance that cost as much as one label, and what moving at all costs on top: prompts
without labels move along, so a few labels move a threshold a little and one label none."""


class Limits(NamedTuple):
    """`scoring.thresholds` as far as it is fitted: complexity, 0-100."""

    reasoning: int
    simple: int


def fit_limits(lessons: Iterable[Lesson], now: Limits) -> Limits:
    """The limits under which most lessons come out right, not far from `now` without need."""
    hard, middle, easy = _counted(lessons)
    from_hard = [sum(hard) - below for below in _below(hard)]
    below_middle, below_easy = _below(middle), _below(easy)

    def right(limits: Limits) -> int:
        reasoning, simple = limits
        between = below_middle[reasoning] - below_middle[min(simple, reasoning)]
        return from_hard[reasoning] + between + below_easy[min(simple, reasoning)]

    def worth(limits: Limits) -> tuple[int, Limits]:
        far = [abs(new - old) for new, old in zip(limits, now, strict=True)]
        return MOVE * right(limits) - sum(MOVE + way for way in far if way), limits

    every = [Limits(r, s) for r in range(TOP + 1) for s in range(r + 1)]
    return max([now, *every], key=worth)


def _below(counts: Sequence[int]) -> list[int]:
    """How many lessons there are below each score from 0 to 101."""
    return list(accumulate(counts, initial=0))


def _counted(lessons: Iterable[Lesson]) -> tuple[list[int], list[int], list[int]]:
    """By whole points of complexity: how many lessons are right as hard work, between, and easy."""
    hard, middle, easy = ([0] * (TOP + 1) for _ in range(3))
    for lesson in lessons:
        route = lesson.points.index(max(lesson.points))
        if route > BALANCED or lesson.doubtful:
            continue
        score = int(lesson.complexity)
        hard[score] += REASONING in lesson.goal
        middle[score] += BALANCED in lesson.goal
        easy[score] += route in lesson.goal
    return hard, middle, easy
