"""A log looked at again: who was right, and what another catalog would do with the same prompts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from time import perf_counter
from typing import Any, Protocol

from model_router.errors import RequestError
from model_router.hindsight.comparison import Comparison
from model_router.hindsight.events import Event, Label, chosen, hints_of, request_id, text
from model_router.hindsight.gate import Bound, Verdict
from model_router.hindsight.labels import Names, Row
from model_router.hindsight.latency import Spread
from model_router.hindsight.tally import Answer, Tally, marked, ratio
from model_router.hindsight.traffic import Traffic, count
from model_router.types import HUMAN, Catalog

MOST_LISTED = 100
"""So many changed decisions are kept with their request ids; all are counted."""


class Decider(Protocol):
    """What replaying needs of a router."""

    @property
    def catalog(self) -> Catalog: ...

    def route_fast(self, prompt: str, hints: Any = None) -> str: ...


class Replay:
    """Counts over a log's events. With a `router` the prompts that were kept are decided again."""

    def __init__(self, labels: Mapping[str, Label], router: Decider | None = None) -> None:
        self.labels = labels
        self.traffic = Traffic()
        self.then = Tally()
        self.again = None if router is None else Again(router)
        self._met: set[str] = set()

    def add(self, event: Event) -> None:
        """Look at one event."""
        self.traffic.add(event)
        about, engine = request_id(event), chosen(event)
        label = self.labels.get(about) if about is not None else None
        if label is not None and about is not None:
            self._met.add(about)
        if engine is None or event.get("decision_layer_enabled") is False:
            return
        if label is not None:
            self.then.confusion[label.engine, engine] += 1
        if self.again is not None:
            self.again.add(event, engine, label)

    def report(self) -> dict[str, Any]:
        """Every figure as JSON-ready data; None where the log does not tell."""
        outcomes = Counter(label.outcome for label in self.labels.values() if label.outcome)
        named: Counter[str] = Counter()
        for name, times in outcomes.items():
            count(named, name, times)
        return {
            **self.traffic.figures(),
            "labels": {
                "all": len(self.labels),
                "without_event": len(self.labels) - len(self._met),
                "outcomes": dict(named.most_common()),
            },
            **accuracy(self.then),
            "replay": None if self.again is None else self.again.figures(),
        }

    def verdicts(self) -> list[Verdict]:
        """Whether another catalog makes nothing worse. Nothing replayed: nothing is known."""
        return [] if self.again is None else self.again.verdicts()


class Again:
    """What another catalog decides now, beside what was decided then."""

    def __init__(self, router: Decider) -> None:
        self.router = router
        self.names = Names(router.catalog)
        self.replayed = self.without_prompt = self.flips = self.unknown_labels = 0
        self.pairs: Counter[str] = Counter()
        self.listed: list[dict[str, Any]] = []
        self.safety: dict[str, list[Any]] = {"lost": [], "added": []}
        self.lost = self.added = 0
        self.now = Tally()
        self.comparison = Comparison()
        self.latency = Spread()

    def add(self, event: Event, before: str, label: Label | None) -> None:
        """Decide one event's prompt anew, if the log has all of it."""
        prompt = event.get("prompt")
        if not isinstance(prompt, str) or not prompt.strip():
            self.without_prompt += 1
            return
        self.replayed += 1
        after = self._decided(prompt, event)
        if after != before:
            self._flip(event, before, after)
        if label is not None:
            self._judge(event, prompt, label, before, after)

    def _decided(self, prompt: str, event: Event) -> str:
        hints = hints_of(event)
        start = perf_counter()
        engine = self.router.route_fast(prompt, hints)
        self.latency.add((perf_counter() - start) * 1e3)
        return engine

    def _flip(self, event: Event, before: str, after: str) -> None:
        self.flips += 1
        count(self.pairs, f"{before} -> {after}")
        row = {"request_id": text(event, "request_id"), "before": before, "after": after}
        if len(self.listed) < MOST_LISTED:
            self.listed.append(row)
        kind = "lost" if before == HUMAN else "added" if after == HUMAN else None
        if kind is None:
            return
        self.lost += kind == "lost"
        self.added += kind == "added"
        if len(self.safety[kind]) < MOST_LISTED:
            self.safety[kind].append(row)

    def _judge(self, event: Event, prompt: str, label: Label, before: str, after: str) -> None:
        """Count how both decisions stand to the label, if the catalog knows its engine."""
        try:
            right = self.names.engine(label.engine)
        except RequestError:
            self.unknown_labels += 1
            return
        self.now.confusion[right, after] += 1
        row = Row("", text(event, "request_id"), "", "log", right, confirm=right == HUMAN)
        old, new = (Answer(engine, engine == HUMAN, 0.0) for engine in (before, after))
        sides = [(answer, marked(row, answer, self.names)) for answer in (new, old)]
        self.comparison.add(row, *sides)

    def figures(self) -> dict[str, Any]:
        """The counts, and the first changed decisions."""
        compared = self.comparison.figures()
        return {
            "catalog": self.router.catalog.source,
            "replayed": self.replayed,
            "without_prompt": self.without_prompt,
            "unknown_labels": self.unknown_labels,
            "flips": self.flips,
            "pairs": dict(self.pairs.most_common()),
            "changes": self.listed,
            "safety": {"lost": self.lost, "added": self.added, "requests": self.safety},
            "labelled": {name: compared[name] for name in ("engine", "confirm")},
            "latency": self.latency.figures(),
            **accuracy(self.now),
        }

    def verdicts(self) -> list[Verdict]:
        """No confirmation may be lost, nor more labels missed than newly met."""
        score = self.comparison.measures["engine"]
        measured = {"lost_confirmations": self.lost, "net_worse": score.worse - score.better}
        if not score.rows:
            del measured["net_worse"]
        return [_at_most_none(name, worse, self.replayed) for name, worse in measured.items()]


def _at_most_none(name: str, worse: int, known: int) -> Verdict:
    return Verdict(Bound(name, False, 0), worse if known else None, bool(known) and worse <= 0)


def accuracy(tally: Tally) -> dict[str, Any]:
    """How often the label was chosen, by engine, and what was chosen instead."""
    right = sum(times for (label, engine), times in tally.confusion.items() if label == engine)
    labelled = tally.confusion.total()
    return {
        "labelled_requests": labelled,
        "accuracy": ratio(right, labelled),
        "classes": tally.classes(),
        "confusion": tally.matrix(),
    }
