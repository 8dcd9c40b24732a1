"""Two catalogs on the same rows: which answers flip, and whether that is more than chance."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from typing import Any, NamedTuple

from model_router.hindsight.labels import Row
from model_router.hindsight.misses import one_line
from model_router.hindsight.tally import Answer, Marked

CLEAR = Fraction(1, 20)
"""A smaller probability than this calls a difference clear."""


def sign_test(better: int, worse: int) -> Fraction:
    """The exact two-sided probability of a split at least this uneven when both are as likely."""
    trials, fewer = better + worse, min(better, worse)
    return min(Fraction(2 * _ways(trials, fewer), 2**trials), Fraction(1))


def _ways(trials: int, most: int) -> int:
    """In how many ways at most `most` of `trials` coins show heads."""
    terms = accumulate(range(1, most + 1), lambda c, k: c * (trials - k + 1) // k, initial=1)
    return sum(terms)


class Flip(NamedTuple):
    """A row that one catalog gets right and the other wrong."""

    measure: str  # engine | confirm
    better: bool
    place: str
    id: str | None
    before: str  # the other catalog's engine
    after: str
    prompt: str


class Score:
    """Rows that got better or worse by one measure."""

    def __init__(self) -> None:
        self.rows = self.better = self.worse = 0

    def add(self, now: bool, then: bool) -> None:
        """Count one row: right now, right then."""
        self.rows += 1
        self.better += now and not then
        self.worse += then and not now

    def figures(self) -> dict[str, Any]:
        """The counts, the sign test, and what it says in one word."""
        p = sign_test(self.better, self.worse)
        verdict = "better" if self.better > self.worse else "worse"
        return {
            "rows": self.rows,
            "better": self.better,
            "worse": self.worse,
            "p": float(p),
            "verdict": verdict if p < CLEAR else "no clear difference",
        }


class Comparison:
    """What is new in one catalog's answers beside another's."""

    def __init__(self) -> None:
        self.measures = {"engine": Score(), "confirm": Score()}
        self.changed = 0
        self.flips: list[Flip] = []

    def add(self, row: Row, now: tuple[Answer, Marked], then: tuple[Answer, Marked]) -> None:
        """Count one row; each side is an answer and how it was marked."""
        (after, good), (before, was) = now, then
        self.changed += after.engine != before.engine
        self._score("engine", row, (good.strict, was.strict), (before, after))
        self._score("confirm", row, (good.confirm, was.confirm), (before, after))

    def _score(
        self,
        measure: str,
        row: Row,
        right: tuple[bool | None, bool | None],
        answers: tuple[Answer, Answer],
    ) -> None:
        now, then = right
        if now is None or then is None:
            return
        self.measures[measure].add(now, then)
        if now != then:
            before, after = (answer.engine for answer in answers)
            prompt = one_line(row.prompt)
            self.flips.append(Flip(measure, now, row.place, row.id, before, after, prompt))

    def figures(self) -> dict[str, Any]:
        """The counts by measure, and how many rows changed their engine, for better or not."""
        return {
            "changed": self.changed,
            **{name: score.figures() for name, score in self.measures.items()},
        }
