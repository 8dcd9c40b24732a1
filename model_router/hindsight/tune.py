"""Fitting a catalog to labels: what to change, what it is worth, and who is still asked.

Each candidate is judged on prompts it has not seen: fitted on four fifths of the labels, asked
about the fifth, five times. One that sends anything past a person who was asked before is refused,
however good it is otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from model_router.hindsight.cases import FOLDS, Case, Lesson, contradictions, lessons_of, words_of
from model_router.hindsight.comparison import CLEAR, Score, sign_test
from model_router.hindsight.confirmations import Asked, Safety, asked_of
from model_router.hindsight.evaluate import Decider
from model_router.hindsight.layer import Words, fit_layer
from model_router.hindsight.tally import Tally, ratio
from model_router.hindsight.thresholds import Limits, fit_limits
from model_router.types import HUMAN, Catalog

LEAST_CASES = 20
"""Fewer labels say nothing about prompts that nobody has seen yet."""

Item = TypeVar("Item")
Each = Callable[[Iterable[Item]], Iterable[Item]]


class Change(NamedTuple):
    """What would be different in a catalog."""

    limits: Limits
    words: Mapping[str, Sequence[int]] = {}  # the layer; empty: none


OpenRouter = Callable[[Change], Decider]
"""Makes a router of the catalog with a change."""

DUES = {"thresholds": 0, "layer": 1, "both": 3}
"""What may be fitted, and how many right answers more it must bring than something simpler."""
CANDIDATES = tuple(DUES)


class Trial:
    """One candidate, judged on the folds it was not fitted on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.score = Score()
        self.before, self.after = Tally(), Tally()
        self.safety = Safety()
        self.unfit: str | None = None

    def add(self, cases: Iterable[Case], before: Decider, after: Decider) -> None:
        """Answer the cases of one fold by both routers."""
        for case in cases:
            self.safety.add([asked_of(case)], before, after)
            if case.right:
                was, now = (r.route_fast(case.prompt, case.hints) for r in (before, after))
                self.score.add(now in case.right, was in case.right)
                self.before.confusion[case.right[0], _named(was, case)] += 1
                self.after.confusion[case.right[0], _named(now, case)] += 1

    @property
    def gain(self) -> int:
        """How many more prompts come out right."""
        return self.score.better - self.score.worse

    @property
    def better(self) -> bool:
        """Whether that is more than chance."""
        return self.gain > 0 and sign_test(self.score.better, self.score.worse) < CLEAR

    @property
    def refused(self) -> str | None:
        """Why it is not proposed, or None."""
        if self.safety.lost:
            return "lost_confirmations"
        if self.gain <= 0:
            return "no_gain"
        return self.unfit if self.better else "unclear"

    def figures(self) -> dict[str, Any]:
        """Accuracy before and after on prompts it was not fitted on, and what changed."""
        return {
            "candidate": self.name,
            "accuracy_before": _accuracy(self.before),
            "accuracy_after": _accuracy(self.after),
            **self.score.figures(),
            "lost_confirmations": self.safety.lost,
            "lost_at": self.safety.places,
            "refused": self.refused,
        }


def _named(engine: str, case: Case) -> str:
    """Any right answer counts as the label's own."""
    return case.right[0] if engine in case.right else engine


def _accuracy(tally: Tally) -> float | None:
    right = sum(times for (label, engine), times in tally.confusion.items() if label == engine)
    return ratio(right, tally.confusion.total())


class Tuning:
    """One run: fits, judges, chooses. `catalog` is the one to be changed.

    `open_router` makes a router of that catalog with a change, its own layer of weights left out;
    `present` is a router of the catalog as it is. `guards` are orders that must go on being
    confirmed; `traffic` gives prompts whose right engine nobody knows, anew each time.
    """

    def __init__(
        self,
        cases: Iterable[Case],
        catalog: Catalog,
        open_router: OpenRouter,
        present: Decider,
        *,
        guards: Sequence[Asked] = (),
        traffic: Callable[[], Iterable[Asked]] = tuple,
    ) -> None:
        self.cases = sorted(cases, key=lambda case: case.key)
        self.catalog = catalog
        self.present = present
        self.guards = guards
        self.traffic = traffic
        self._open = open_router
        scoring = catalog.scoring
        self.limits = Limits(scoring.reasoning_threshold, scoring.simple_threshold)
        self._barred = frozenset(word for guard in guards for word in words_of(guard.prompt))
        self.base = open_router(Change(self.limits))
        self.lessons = lessons_of(self.cases, self.base)
        self.safety = Safety()
        self.change: Change | None = None
        self.chosen: Trial | None = None
        self.trials: list[Trial] = []

    @property
    def taught(self) -> int:
        """How many cases say something about points."""
        return sum(lesson is not None for lesson in self.lessons)

    def run(self, each: Each[tuple[str, int]] = iter) -> None:
        """Judge every candidate and choose. `each` sees the steps pass by, for a progress bar."""
        if self.taught < LEAST_CASES:
            return
        trials = {name: Trial(name) for name in self._candidates()}
        steps = [(name, fold) for name in trials for fold in range(FOLDS)]
        for name, fold in each(steps):
            self._try(trials[name], fold)
        self.trials = list(trials.values())
        order = sorted(self.trials, key=lambda t: (DUES[t.name] - t.gain, DUES[t.name]))
        for trial in order:
            if trial.refused is None and self._stands(trial):
                break

    def _candidates(self) -> tuple[str, ...]:
        policy = self.catalog.weights
        weighs = policy.enabled and policy.share and self.catalog.strategy.uses_weights
        return CANDIDATES if weighs else CANDIDATES[:1]

    def _try(self, trial: Trial, fold: int) -> None:
        rows = list(zip(self.cases, self.lessons, strict=True))
        change = self._fit(trial.name, [lesson for case, lesson in rows if case.fold != fold])
        after = self.base if change == Change(self.limits) else self._open(change)
        trial.add([case for case in self.cases if case.fold == fold], self.base, after)

    def _fit(self, name: str, lessons: Iterable[Lesson | None]) -> Change:
        known = [lesson for lesson in lessons if lesson is not None]
        limits = self.limits if name == "layer" else fit_limits(known, self.limits)
        if name == "thresholds":
            return Change(limits)
        return Change(limits, self._words(known, limits))

    def _words(self, lessons: Sequence[Lesson], limits: Limits) -> Words:
        """A layer in which the words of the guards weigh nothing: what an order is made of gets no
        points, so that no order becomes something else by its own words."""
        return fit_layer(lessons, limits, self.catalog.scoring.saturation_k, self._barred)

    def _stands(self, trial: Trial) -> bool:
        """Fit a candidate on all labels; whether everybody who was asked is still asked."""
        change = self._fit(trial.name, self.lessons)
        after = self._open(change)
        safety = Safety()
        for prompts in (map(asked_of, self.cases), self.guards, self.traffic()):
            safety.add(prompts, self.present, after)
        if safety.lost:
            trial.safety.lost += safety.lost
            trial.safety.places += safety.places
            return False
        if self._right(after) < self._right(self.present):
            trial.unfit = "worse_than_now"
            return False
        self.change, self.chosen, self.safety = change, trial, safety
        return True

    def _right(self, router: Decider) -> int:
        return sum(
            router.route_fast(case.prompt, case.hints) in case.right
            for case in self.cases
            if case.right
        )

    def outcome(self) -> str:
        """proposed | too_few | refused (what would help loses a confirmation) | nothing."""
        if self.change is not None:
            return "proposed"
        if self.taught < LEAST_CASES:
            return "too_few"
        lost = any(trial.better and trial.safety.lost for trial in self.trials)
        return "refused" if lost else "nothing"

    def figures(self) -> dict[str, Any]:
        """What was found, as JSON-ready data without any prompt."""
        chosen = self.chosen
        return {
            "outcome": self.outcome(),
            "cases": {
                "all": len(self.cases),
                "taught": self.taught,
                "least": LEAST_CASES,
                "contradictions": contradictions(self.cases),
                "orders_missed": self._orders_missed(),
            },
            "folds": FOLDS,
            "trials": [trial.figures() for trial in self.trials],
            "chosen": None if chosen is None else chosen.name,
            "classes_before": [] if chosen is None else chosen.before.classes(),
            "classes_after": [] if chosen is None else chosen.after.classes(),
            "safety": self.safety.figures(),
        }

    def _orders_missed(self) -> int:
        """Labels that want a person where the catalog asks none: nothing here teaches that."""
        return sum(
            bool(case.confirm) and self.present.route_fast(case.prompt, case.hints) != HUMAN
            for case in self.cases
        )
