"""Prompts whose right engine is known, and what a router makes of their words.

A case comes from a labelled row, or from an event of the log that has its prompt and a label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from model_router.errors import RequestError
from model_router.hindsight.evaluate import Decider
from model_router.hindsight.events import ROUTING, Event, Label, hints_of, request_id
from model_router.hindsight.labels import Names, Row
from model_router.privacy import redact
from model_router.signals.lexicon import window
from model_router.text.reading import read
from model_router.types import DEFAULT_TARGETS, HUMAN, ROUTES, Catalog
from model_router.verdict import BALANCED, REASONING
from model_router.weights import HEADS, LONGEST, features_of

FOLDS = 5


class Case(NamedTuple):
    """A prompt and the engines that would have been right, the first of them best; none when only
    `confirm` is known."""

    place: str
    prompt: str
    right: tuple[str, ...] = ()
    confirm: bool | None = None
    hints: Mapping[str, Any] | None = None

    @property
    def key(self) -> tuple[str, tuple[str, ...], str]:
        """Orders cases the same way whatever files they stood in."""
        return self.digest, self.right, repr(self.hints)

    @property
    def digest(self) -> str:
        """Names the prompt without saying it."""
        return sha256(self.prompt.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def fold(self) -> int:
        """Which of FOLDS parts it belongs to: the same prompt is always in the same one."""
        return int(self.digest, 16) % FOLDS


class Lesson(NamedTuple):
    """What a case says about points. Routes are indexes into types.ROUTES."""

    features: tuple[str, ...]
    points: tuple[int, ...]  # of the seven routes
    complexity: float
    goal: frozenset[int]  # the routes that lead to a right engine
    doubtful: bool  # a vague text, which goes to reasoning whatever its points


def case_of_row(row: Row, names: Names) -> Case:
    """The case in a labelled row. Raises RequestError for a name that the catalog does not know."""
    given = () if row.label is None else (row.label, *row.accept)
    right = tuple(dict.fromkeys(names.engine(name) for name in given))
    hints = {"attachments": row.attachments} if row.attachments else None
    return Case(row.place, row.prompt, right, row.confirm, hints)


class Gathered:
    """Cases out of an event log, and how many of its labels were of no use."""

    def __init__(self, labels: Mapping[str, Label], names: Names) -> None:
        self.labels = labels
        self.names = names
        self.cases: list[Case] = []
        self.without_prompt = self.unknown_engine = 0
        self._met: set[str] = set()

    def add(self, event: Event) -> None:
        """Look at one event."""
        about = request_id(event)
        label = self.labels.get(about) if about is not None else None
        if event.get("event_type") != ROUTING or label is None or about is None:
            return
        self._met.add(about)
        prompt = event.get("prompt")
        if not isinstance(prompt, str) or not prompt.strip():
            self.without_prompt += 1
            return
        try:
            right = self.names.engine(label.engine)
        except RequestError:
            self.unknown_engine += 1
            return
        self.cases.append(
            Case(f"request {about}", prompt, (right,), right == HUMAN or None, hints_of(event))
        )

    def figures(self) -> dict[str, int]:
        """How many labels there are, and what became of them."""
        return {
            "all": len(self.labels),
            "used": len(self.cases),
            "without_event": len(self.labels) - len(self._met),
            "without_prompt": self.without_prompt,
            "unknown_engine": self.unknown_engine,
        }


def lessons_of(cases: Sequence[Case], router: Decider) -> list[Lesson | None]:
    """What each case teaches about points; None where points do not decide."""
    routes = routes_of(router.catalog)
    return [_lesson(case, router, routes) for case in cases]


def routes_of(catalog: Catalog) -> dict[str, frozenset[int]]:
    """The routes that lead to each engine."""
    found: dict[str, set[int]] = {}
    for index, route in enumerate(HEADS):
        found.setdefault(catalog.targets.get(route, DEFAULT_TARGETS[route]), set()).add(index)
    return {engine: frozenset(indexes) for engine, indexes in found.items()}


def _lesson(case: Case, router: Decider, routes: Mapping[str, frozenset[int]]) -> Lesson | None:
    goal = frozenset[int]().union(*(routes.get(engine, frozenset()) for engine in case.right))
    if not goal or HUMAN in case.right or (case.hints or {}).get("attachments"):
        return None
    found = router.assess(case.prompt, case.hints)
    if found.confirm or found.rule is not None:
        return None
    points = tuple(found.route_points.get(route, 0) for route in HEADS)
    light = points.index(max(points)) <= BALANCED
    pushed = light and found.route == ROUTES[REASONING]
    by_hard_work = found.complexity >= router.catalog.scoring.reasoning_threshold
    doubtful = pushed and not by_hard_work
    return Lesson(words_of(case.prompt), points, found.complexity, goal, doubtful)


def words_of(prompt: str) -> tuple[str, ...]:
    """The words and pairs of a prompt that may be learned: none that is private, none with a digit.

    A word that only stands in what redaction takes out is never written into a file.
    """
    said = features_of(read(window(prompt)))
    kept = said & features_of(read(window(redact(prompt).text)))
    return tuple(sorted(f for f in kept if len(f.encode()) <= LONGEST and not _has_digit(f)))


def _has_digit(feature: str) -> bool:
    return any(char.isdigit() for char in feature)


def vocabulary(
    lessons: Iterable[Lesson], least: int, barred: Collection[str] = frozenset()
) -> list[str]:
    """The features that so many lessons have, in order, those that are `barred` left out."""
    counts = Counter(feature for lesson in lessons for feature in lesson.features)
    return sorted(f for f, times in counts.items() if times >= least and f not in barred)


def contradictions(cases: Iterable[Case]) -> int:
    """How many prompts have labels that exclude each other."""
    right: dict[str, set[str]] = {}
    broken: set[str] = set()
    for case in cases:
        if case.right:
            known = right.setdefault(case.digest, set(case.right))
            known &= set(case.right)
            if not known:
                broken.add(case.digest)
    return len(broken)
