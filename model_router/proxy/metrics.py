"""Counters and histograms in Prometheus' text form. Few labels, never a prompt or a key."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import partial
from operator import itemgetter
from typing import Any

from model_router.proxy.usage import KINDS, tokens

BUCKETS = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
DECISION_BUCKETS = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.05, 0.25, 1.0)
MOST_SERIES = 2000
"""Label sets of one metric; further ones are counted under `other`."""

AT_A_TIME = 64
"""Exchanges that are counted together, which takes a third of the time."""

_OTHER = "other"

Over = tuple[str, str, str, str, float, float, "dict[str, Any] | None"]
"""An exchange that is over: engine, backend, how it ended, the mode of routing, how long reading
and deciding took and how long the whole, in seconds, and the usage that the answer told of."""
_ENDED = itemgetter(0, 1, 2)
_ENGINE, _BACKEND, _MODE, _DECIDING, _WHOLE, _USAGE = 0, 1, 3, 4, 5, 6


class Counter:
    """A number for each set of label values."""

    kind = "counter"

    def __init__(self, name: str, about: str, *labels: str) -> None:
        self.name, self.about, self.labels = name, about, labels
        self.values: dict[tuple[str, ...], float] = {}

    def add(self, *labels: str, by: float = 1) -> None:
        """Count one more, or `by` more."""
        values = self.values
        try:
            values[labels] += by
        except KeyError:
            if len(values) >= MOST_SERIES:
                labels = (_OTHER,) * len(labels)
            values[labels] = values.get(labels, 0) + by

    def rows(self) -> Iterator[str]:
        """The samples."""
        for labels, value in self.values.items():
            yield f"{self.name}{_labels(self.labels, labels)} {value:.15g}"


class Histogram:
    """How values are spread, for each value of one label."""

    kind = "histogram"

    def __init__(self, name: str, about: str, label: str, buckets: tuple[float, ...]) -> None:
        self.name, self.about, self.label = name, about, label
        self.buckets = buckets
        self.values: dict[str, list[float]] = {}

    def see(self, label: str, value: float) -> None:
        """Count a value."""
        row = self.values.get(label) or self._row(label)
        row[0] += value
        row[bisect_left(self.buckets, value) + 1] += 1

    def see_all(self, label: str, values: Collection[float]) -> None:
        """Count several values."""
        row = self.values.get(label) or self._row(label)
        row[0] += sum(values)
        for place, count in Tally(map(partial(bisect_left, self.buckets), values)).items():
            row[place + 1] += count

    def _row(self, label: str) -> list[float]:
        """The sum, and then the count of each bucket."""
        label = label if len(self.values) < MOST_SERIES else _OTHER
        return self.values.setdefault(label, [0.0] * (len(self.buckets) + 2))

    def rows(self) -> Iterator[str]:
        """The samples."""
        for label, row in self.values.items():
            total = 0.0
            for edge, count in zip((*self.buckets, "+Inf"), row[1:], strict=True):
                total += count
                labels = _labels((self.label, "le"), (label, str(edge)))
                yield f"{self.name}_bucket{labels} {total:.15g}"
            labels = _labels((self.label,), (label,))
            yield f"{self.name}_sum{labels} {row[0]:.9g}"
            yield f"{self.name}_count{labels} {total:.15g}"


class Gauge:
    """A value that is asked for when somebody looks."""

    kind = "gauge"

    def __init__(self, name: str, about: str, label: str, values: dict[str, float]) -> None:
        self.name, self.about, self.label, self.values = name, about, label, values

    def rows(self) -> Iterator[str]:
        """The samples."""
        for label, value in self.values.items():
            yield f"{self.name}{_labels((self.label,), (label,))} {value:.15g}"


class Metrics:
    """What the proxy counts."""

    def __init__(self) -> None:
        self.requests = Counter(
            "model_router_requests_total", "Requests answered.", "engine", "backend", "status"
        )
        self.attempts = Counter(
            "model_router_attempts_total", "Calls of backends.", "backend", "outcome"
        )
        self.confirmations = Counter(
            "model_router_confirmations_total", "Requests that a person must confirm.", "action"
        )
        self.approvals = Counter("model_router_approvals_total", "Approvals.", "event")
        self.tokens = Counter("model_router_tokens_total", "Tokens used.", "backend", "type")
        self.reloads = Counter("model_router_reloads_total", "Reloads of the files.", "outcome")
        self.left = Counter("model_router_clients_left_total", "Clients that left early.", "phase")
        self.duration = Histogram(
            "model_router_request_duration_seconds", "Whole requests.", "engine", BUCKETS
        )
        self.first_byte = Histogram(
            "model_router_time_to_first_byte_seconds", "Until an answer begins.", "backend", BUCKETS
        )
        self.decision = Histogram(
            "model_router_decision_duration_seconds", "Reading and deciding.", "mode",
            DECISION_BUCKETS,
        )  # fmt: skip

        self._late: list[Over] = []

    def over(self, exchange: Over) -> None:
        """Count an exchange that is over, with the next ones."""
        self._late.append(exchange)
        if len(self._late) >= AT_A_TIME:
            self._catch_up()

    def _catch_up(self) -> None:
        late, self._late = self._late, []
        if not late:
            return
        for (engine, backend, status), count in Tally(map(_ENDED, late)).items():
            self.requests.add(engine, backend, status, by=count)
        for engine, took in _by(late, _ENGINE, _WHOLE):
            self.duration.see_all(engine, took)
        for mode, took in _by(late, _MODE, _DECIDING):
            self.decision.see_all(mode, took)
        for backend, usages in _by(late, _BACKEND, _USAGE):
            for kind, key in KINDS.items():
                used = tokens(usages, key)
                if used:
                    self.tokens.add(backend, kind, by=used)

    def text(self, *gauges: Gauge) -> bytes:
        """Everything in Prometheus' text form."""
        self._catch_up()
        rows: list[str] = []
        for metric in (*self._every(), *gauges):
            rows += (
                f"# HELP {metric.name} {metric.about}",
                f"# TYPE {metric.name} {metric.kind}",
                *metric.rows(),
            )
        return ("\n".join(rows) + "\n").encode()

    def _every(self) -> Iterable[Counter | Histogram]:
        return (each for each in vars(self).values() if isinstance(each, Counter | Histogram))


def _by(late: list[Over], label: int, value: int) -> Iterable[tuple[Any, list[Any]]]:
    """The values of exchanges by a label."""
    names = list(map(itemgetter(label), late))
    if names.count(names[0]) == len(names):  # as a rule they have it in common
        return ((names[0], list(map(itemgetter(value), late))),)
    found: defaultdict[Any, list[Any]] = defaultdict(list)
    for name, number in map(itemgetter(label, value), late):
        found[name].append(number)
    return found.items()


def _labels(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    if not names:
        return ""
    pairs = zip(names, values, strict=True)
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
