"""What went through the proxy: requests, engines, times, tokens and cost, as events say it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from model_router.hindsight.events import LONGEST_NAME, Event, number, text
from model_router.hindsight.latency import Spread
from model_router.types import HUMAN

MOST_NAMES = 500
OTHERS = "(others)"
"""Stands for all names after the first MOST_NAMES: a broken log must not fill the memory."""

NAMES = {"engines": "selected_engine", "routes": "route", "statuses": "status"}
LATENCIES = {kind: f"{kind}_latency_ms" for kind in ("route", "upstream", "total")}
TOKENS = {kind: f"usage_{kind}_tokens" for kind in ("prompt", "completion", "cached_input")}
ERRORS = ("upstream_request_failed", "stream_interrupted")
"""Statuses of requests that nobody answered to the end. A client that left is no error."""


class Traffic:
    """Counts over events. Its size does not depend on how many there are."""

    def __init__(self) -> None:
        self.requests = self.confirmations = self.fallbacks = self.priced = 0
        self._names: dict[str, Counter[str]] = {name: Counter() for name in NAMES}
        self._seen: Counter[tuple[Any, ...]] = Counter()  # names that came together, not yet apart
        self.latency = {kind: Spread() for kind in LATENCIES}
        self.tokens = dict.fromkeys(TOKENS, 0)
        self.cost = 0.0

    def add(self, event: Event) -> None:
        """Count one event."""
        self.requests += 1
        self.confirmations += event.get("selected_engine") == HUMAN
        self.fallbacks += event.get("fallback_used") is True
        try:
            self._seen[event.get("selected_engine"), event.get("route"), event.get("status")] += 1
        except TypeError:  # a list where a name belongs
            self._take_apart([(tuple(text(event, key) for key in NAMES.values()), 1)])
        if len(self._seen) > MOST_NAMES:
            self._flush()
        for kind, key in LATENCIES.items():
            if (taken := number(event, key)) is not None:
                self.latency[kind].add(taken)
        for kind, key in TOKENS.items():
            self.tokens[kind] += int(number(event, key) or 0)
        if (cost := number(event, "cost_usd")) is not None:
            self.priced += 1
            self.cost += cost

    @property
    def names(self) -> dict[str, Counter[str]]:
        """How often each name came, by kind of name."""
        self._flush()
        return self._names

    def _flush(self) -> None:
        self._take_apart(self._seen.items())
        self._seen.clear()

    def _take_apart(self, together: Iterable[tuple[tuple[Any, ...], int]]) -> None:
        for values, times in together:
            for kind, value in zip(NAMES, values, strict=True):
                if isinstance(value, str) and value:
                    count(self._names[kind], value[:LONGEST_NAME], times)

    def merge(self, other: Traffic) -> None:
        """Take over what another one counted."""
        self.requests += other.requests
        self.confirmations += other.confirmations
        self.fallbacks += other.fallbacks
        self.priced += other.priced
        self.cost += other.cost
        for name, counter in other.names.items():
            for value, times in counter.items():
                count(self.names[name], value, times)
        for kind, spread in other.latency.items():
            self.latency[kind].merge(spread)
        for kind, tokens in other.tokens.items():
            self.tokens[kind] += tokens

    def figures(self) -> dict[str, Any]:
        """The counts; latencies in ms, `cost_usd` None where no event has a price."""
        statuses = self.names["statuses"]
        return {
            "requests": self.requests,
            "confirmations": self.confirmations,
            "fallbacks": self.fallbacks,
            "errors": sum(statuses[status] for status in ERRORS),
            **{name: dict(counter.most_common()) for name, counter in self.names.items()},
            "latency": {kind: spread.figures() for kind, spread in self.latency.items()},
            "tokens": dict(self.tokens),
            "cost_usd": round(self.cost, 9) if self.priced else None,
            "priced": self.priced,
        }


def count(counter: Counter[str], name: str, times: int = 1) -> None:
    """Count a name; after MOST_NAMES of them new ones count as OTHERS."""
    counter[name if name in counter or len(counter) < MOST_NAMES else OTHERS] += times
