"""A small layer of weights, learned from labels: points for words, on top of those of a catalog.

Each lesson that comes out wrong, or right by too little, moves the points of its words by the least
that would put it right, at most by a set step (passive-aggressive learning); what is kept is the
mean over all steps, so that no single lesson has the last word. Whole numbers only, lessons in the
order of their prompts' hashes: the same labels give the same file everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from model_router.hindsight.cases import Lesson, vocabulary
from model_router.hindsight.thresholds import Limits
from model_router.lanes import LANES, UNIT
from model_router.verdict import BALANCED, REASONING, SIMPLE
from model_router.weights import COLUMNS, FORMAT, LARGEST

LEAST_LESSONS = 3
"""A word in fewer is somebody's, not a habit."""
MOST_WORDS = 300
PASSES = 10
MARGIN = 2 * UNIT
"""A route is to lead by so much."""
STEP = UNIT // 2
"""The most that one lesson moves a word's points at a time."""
HARD = LANES
"""The column of complexity."""
LIGHT = frozenset({SIMPLE, BALANCED})

Words = Mapping[str, Sequence[int]]
"""Rows of COLUMNS in sixteenths of a point, by word or pair."""


class _Points:
    """The points of words while they are learned, and what is needed for their mean."""

    def __init__(self, size: int) -> None:
        self.now = [[0] * len(COLUMNS) for _ in range(size)]
        self._late = [[0] * len(COLUMNS) for _ in range(size)]
        self.step = 1

    def sum(self, words: Sequence[int], column: int) -> int:
        return sum([self.now[word][column] for word in words])

    def move(self, words: Sequence[int], column: int, change: int) -> None:
        for word in words:
            self.now[word][column] += change
            self._late[word][column] += change * self.step

    def means(self) -> list[list[int]]:
        """Each number as it was on average over the steps, rounded to a whole one."""
        return [
            [
                _rounded(value * self.step - late, self.step)
                for value, late in zip(*rows, strict=True)
            ]
            for rows in zip(self.now, self._late, strict=True)
        ]


def _rounded(value: int, whole: int) -> int:
    """`value` of `whole`, halves away from zero, no larger than a weights file holds."""
    size = min((2 * abs(value) + whole) // (2 * whole), LARGEST)
    return size if value > 0 else -size


def fit_layer(
    lessons: Sequence[Lesson],
    limits: Limits,
    saturation_k: int,
    barred: Collection[str] = frozenset(),
) -> Words:
    """Points for the words that the lessons share, with which more of them come out right.

    `barred` words get none.
    """
    names = vocabulary(lessons, LEAST_LESSONS, barred)
    places = {name: place for place, name in enumerate(names)}
    taught = [(lesson, [places[f] for f in lesson.features if f in places]) for lesson in lessons]
    taught = [(lesson, words) for lesson, words in taught if words]
    points = _Points(len(names))
    k = UNIT * saturation_k
    bounds = _from_score(10 * limits.reasoning, k), _from_score(10 * limits.simple, k)
    for _ in range(PASSES):
        for lesson, words in taught:
            points.step += 1
            _learn(lesson, words, points, bounds, k)
    return _strongest(dict(zip(names, points.means(), strict=True)), taught, names)


def _from_score(tenths: int, k: int) -> int:
    """The points that make a complexity of so many tenths: the inverse of `scores.saturate`."""
    return k * tenths // (1_000 - tenths) if tenths < 1_000 else 1_000 * k


def _learn(
    lesson: Lesson, words: Sequence[int], points: _Points, bounds: tuple[int, int], k: int
) -> None:
    reasoning, simple = bounds
    lanes = [UNIT * p + points.sum(words, n) for n, p in enumerate(lesson.points)]
    hard = _from_score(round(10 * lesson.complexity), k) + points.sum(words, HARD)
    good = set(lesson.goal)
    if REASONING in good and (hard >= reasoning or lesson.doubtful):
        good |= LIGHT  # it gets there by itself
    elif BALANCED in good and hard >= simple:
        good.add(SIMPLE)
    best = max(sorted(lesson.goal), key=lanes.__getitem__)
    lead = max(lanes[n] for n in good)
    wrong = max((n for n in range(LANES) if n not in good), key=lanes.__getitem__, default=None)
    if wrong is not None and lead - lanes[wrong] < MARGIN:
        by = _least(MARGIN - lead + lanes[wrong], 2 * len(words))
        points.move(words, best, by)
        points.move(words, wrong, -by)
    if best in LIGHT and REASONING not in good and not lesson.doubtful:
        most = (simple if good == {SIMPLE} else reasoning) - MARGIN
        if hard > most:
            points.move(words, HARD, -_least(hard - most, len(words)))


def _least(missing: int, parts: int) -> int:
    """What each of `parts` gives so that nothing is missing, at most STEP."""
    return min(-(-missing // parts), STEP)


def _strongest(
    found: Mapping[str, list[int]],
    taught: Sequence[tuple[Lesson, Sequence[int]]],
    names: Sequence[str],
) -> Words:
    """The words that matter most: much weight in many lessons."""
    counts = dict.fromkeys(names, 0)
    for _, words in taught:
        for word in words:
            counts[names[word]] += 1
    weighty = {name: row for name, row in found.items() if any(row)}
    order = sorted(weighty, key=lambda name: (-counts[name] * max(map(abs, found[name])), name))
    return {name: tuple(weighty[name]) for name in sorted(order[:MOST_WORDS])}


def layer_text(words: Words) -> str:
    """A weights file that holds these words: one a line, so that two versions can be compared."""
    rows = [
        f"{json.dumps(name, ensure_ascii=False)}:{json.dumps(list(row), separators=(',', ':'))}"
        for name, row in words.items()
    ]
    return (
        f'{{\n"format": {json.dumps(FORMAT)},\n"columns": {json.dumps(list(COLUMNS))},\n'
        '"lengths": {},\n"caution": {},\n"words": {\n' + ",\n".join(rows) + "\n}\n}\n"
    )
