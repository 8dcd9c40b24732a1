"""A router's answers to labelled rows, and how good they are beside two baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Any, NamedTuple, Protocol

from model_router.hindsight.baselines import Chance, Length
from model_router.hindsight.comparison import Comparison
from model_router.hindsight.gap import Pair, PairGaps, Results, mean_gap
from model_router.hindsight.labels import Names, Row
from model_router.hindsight.latency import Latency
from model_router.hindsight.misses import Misses
from model_router.hindsight.tally import Answer, Marked, Tally, marked
from model_router.types import HUMAN, Assessment, Catalog

WARM_UP = ("summarize these notes", "please explain the text that follows. " * 100)
"""Routed before the clock runs: what is built at the first call is no decision's own time."""


class Decider(Protocol):
    """What evaluating needs of a router."""

    @property
    def catalog(self) -> Catalog: ...

    def route_fast(self, prompt: str, hints: Any = None) -> str: ...

    def assess(self, request: Any, hints: Any = None) -> Assessment: ...


class Contender(NamedTuple):
    """Somebody who answers rows, and what was counted of it."""

    name: str
    answer: Callable[[Row], Answer]
    tally: Tally


class Examined:
    """A router at work: its answers, how sure it was of the last one, and how long each took."""

    def __init__(self, router: Decider) -> None:
        self.router = router
        self.latency = Latency()
        self.confidence = 0
        for text in WARM_UP:
            router.route_fast(text)

    def answer(self, row: Row) -> Answer:
        """What the router does with a row."""
        hints = {"attachments": row.attachments} if row.attachments else None
        start = perf_counter_ns()
        engine = self.router.route_fast(row.prompt, hints)
        self.latency.add(perf_counter_ns() - start)
        assessment = self.router.assess(row.prompt, hints)
        self.confidence = assessment.confidence
        return Answer(engine, assessment.confirm or engine == HUMAN, assessment.complexity)


class Evaluation:
    """One run over labelled rows. Only counts are kept, and what the figures need of each row.

    `other` is a second router to compare with. `pairs` names weak and strong models whose results
    the rows hold; without it each source's worst and best are taken. `errors` is how many of the
    worst rows to keep, with their prompts.
    """

    def __init__(
        self,
        router: Decider,
        other: Decider | None = None,
        *,
        pairs: Sequence[Pair] = (),
        errors: int = 0,
    ) -> None:
        self.names = Names(router.catalog)
        self.router = Examined(router)
        self.contenders = [
            Contender("router", self.router.answer, Tally()),
            Contender("length", Length(self.names).answer, Tally()),
            Contender("random", Chance(self.names).answer, Tally()),
        ]
        self.other = Examined(other) if other is not None else None
        self.other_names = Names(other.catalog) if other is not None else None
        self.comparison = Comparison() if other is not None else None
        self.misses = Misses(errors)
        self.results: dict[str, Results] = {}
        self.rows = 0
        self._wanted = pairs

    def check(self, row: Row) -> None:
        """Raise RequestError when a name in the row stands for no engine of a catalog."""
        for name in (*([row.label] if row.label is not None else []), *row.accept):
            self.names.engine(name)
            if self.other_names is not None:
                self.other_names.engine(name)

    def add(self, row: Row) -> None:
        """Let everybody answer a row, and count."""
        self.rows += 1
        scores: dict[str, float] = {}
        for contender in self.contenders:
            answer = contender.answer(row)
            mark = marked(row, answer, self.names)
            contender.tally.add(row, answer, mark, self.names)
            scores[contender.name] = answer.complexity
            if contender.name == "router":
                self.misses.add(row, answer, mark, self.router.confidence, self.names)
                self._compare(row, answer, mark)
        if row.scores:
            self.results.setdefault(row.source, Results()).add(dict(row.scores), scores)

    def _compare(self, row: Row, answer: Answer, mark: Marked) -> None:
        if self.other is None or self.other_names is None or self.comparison is None:
            return
        then = self.other.answer(row)
        self.comparison.add(row, (answer, mark), (then, marked(row, then, self.other_names)))

    def report(self) -> dict[str, Any]:
        """Every figure as JSON-ready data; None stands for what the rows cannot tell."""
        gaps = self.gaps()
        main = self.contenders[0].tally
        return {
            "catalog": self.names.catalog.source,
            "rows": {
                "all": self.rows,
                "labelled": sum(c.labelled for c in main.sources.values()),
                "orders": sum(c.positive for c in main.sources.values()),
                "others": sum(c.negative for c in main.sources.values()),
                "with_scores": sum(results.count for results in self.results.values()),
            },
            "figures": {c.name: self._figures(c, gaps) for c in self.contenders},
            "latency": self.router.latency.figures(),
            "classes": main.classes(),
            "confusion": main.matrix(),
            "sources": {name: main.sources[name].figures() for name in sorted(main.sources)},
            "pairs": [_pair(source, pair) for source, pair in gaps],
            "compare": self._compared(),
            "errors": [miss.to_dict() for miss in self.misses.worst()],
        }

    def gaps(self) -> list[tuple[str, PairGaps]]:
        """Each source's pairs of models with their figures."""
        found = [
            (source, results.gaps(*pair))
            for source, results in sorted(self.results.items())
            for pair in results.pairs(self._wanted)
        ]
        return [(source, gaps) for source, gaps in found if gaps is not None]

    def _figures(
        self, contender: Contender, gaps: list[tuple[str, PairGaps]]
    ) -> dict[str, float | None]:
        closed = mean_gap([pair.gaps[contender.name] for _, pair in gaps])
        return {**contender.tally.figures(), **closed._asdict()}

    def _compared(self) -> dict[str, Any] | None:
        if self.comparison is None or self.other_names is None:
            return None
        source = self.other_names.catalog.source
        return {
            "catalog": source,
            **self.comparison.figures(),
            "flips": [flip._asdict() for flip in self.comparison.flips],
        }


def _pair(source: str, pair: PairGaps) -> dict[str, Any]:
    closed = {name: figures._asdict() for name, figures in pair.gaps.items()}
    return {"source": source, **pair._asdict(), "gaps": closed}
