"""Counts of right and wrong answers, and the figures that follow from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from model_router.hindsight.labels import Names, Row


class Answer(NamedTuple):
    """What somebody would do with a prompt."""

    engine: str
    confirm: bool
    complexity: float


class Marked(NamedTuple):
    """An answer beside its label. None: the row does not say what would be right."""

    strict: bool | None
    lenient: bool | None
    confirm: bool | None


def marked(row: Row, answer: Answer, names: Names) -> Marked:
    """Whether an answer is right by the row's label, by what it accepts too, and by `confirm`."""
    confirm = None if row.confirm is None else answer.confirm == row.confirm
    if row.label is None:
        return Marked(None, None, confirm)
    strict = answer.engine == names.engine(row.label)
    lenient = strict or any(answer.engine == names.engine(name) for name in row.accept)
    return Marked(strict, lenient, confirm)


class Counts:
    """What was counted over the rows of one source."""

    __slots__ = ("false", "found", "labelled", "lenient", "negative", "positive", "rows", "strict")

    def __init__(self) -> None:
        self.rows = self.labelled = self.strict = self.lenient = 0
        self.positive = self.found = self.negative = self.false = 0

    def add(self, row: Row, answer: Answer, mark: Marked) -> None:
        """Count one row."""
        self.rows += 1
        if mark.strict is not None:
            self.labelled += 1
            self.strict += mark.strict
            self.lenient += bool(mark.lenient)
        if row.confirm:
            self.positive += 1
            self.found += answer.confirm
        elif row.confirm is False:
            self.negative += 1
            self.false += answer.confirm

    def figures(self) -> dict[str, Any]:
        """The source's own figures; None where no row says what is right."""
        return {
            "rows": self.rows,
            "labelled": self.labelled,
            "strict": ratio(self.strict, self.labelled),
            "lenient": ratio(self.lenient, self.labelled),
            "orders": self.positive,
            "confirm_recall": ratio(self.found, self.positive),
            "others": self.negative,
            "false_confirm": ratio(self.false, self.negative),
        }


class Tally:
    """Everything that is counted for one contender. Its size does not depend on the rows."""

    def __init__(self) -> None:
        self.sources: dict[str, Counts] = {}
        self.confusion: Counter[tuple[str, str]] = Counter()

    def add(self, row: Row, answer: Answer, mark: Marked, names: Names) -> None:
        """Count one row."""
        counts = self.sources.get(row.source)
        if counts is None:
            counts = self.sources[row.source] = Counts()
        counts.add(row, answer, mark)
        if row.label is not None:
            self.confusion[names.engine(row.label), answer.engine] += 1

    def figures(self) -> dict[str, float | None]:
        """Accuracy and confirmation over everything; None where there is nothing to measure."""
        counts = self.sources.values()
        labelled = sum(c.labelled for c in counts)
        # A source in which something is ordered is about actions; the others are talk.
        acting = [c for c in counts if c.positive]
        talking = [c for c in counts if not c.positive]
        return {
            "strict": ratio(sum(c.strict for c in counts), labelled),
            "lenient": ratio(sum(c.lenient for c in counts), labelled),
            "macro_f1": mean(row["f1"] for row in self.classes()),
            "confirm_recall": mean(c.found / c.positive for c in acting),
            "false_confirm_action": mean(c.false / c.negative for c in acting if c.negative),
            "false_confirm_chat": mean(c.false / c.negative for c in talking if c.negative),
        }

    def classes(self) -> list[dict[str, Any]]:
        """Precision, recall and F1 of every engine that is a label, most frequent first."""
        labelled: Counter[str] = Counter()
        chosen: Counter[str] = Counter()
        for (label, engine), count in self.confusion.items():
            labelled[label] += count
            chosen[engine] += count
        names = sorted(labelled, key=lambda name: (-labelled[name], name))
        return [self._class(name, labelled[name], chosen[name]) for name in names]

    def _class(self, name: str, labelled: int, chosen: int) -> dict[str, Any]:
        right = self.confusion[name, name]
        return {
            "engine": name,
            "rows": labelled,
            "chosen": chosen,
            "precision": ratio(right, chosen),
            "recall": right / labelled,
            "f1": 2 * right / (labelled + chosen),
        }

    def matrix(self) -> dict[str, dict[str, int]]:
        """How often each engine was chosen, by label."""
        table: dict[str, dict[str, int]] = {row["engine"]: {} for row in self.classes()}
        for (label, engine), count in sorted(self.confusion.items()):
            table[label][engine] = count
        return table


def ratio(part: int, whole: int) -> float | None:
    """`part` of `whole` as a number from 0 to 1, or None of nothing."""
    return part / whole if whole else None


def mean(values: Iterable[float]) -> float | None:
    """The arithmetic mean, or None of nothing."""
    known = list(values)
    return sum(known) / len(known) if known else None
