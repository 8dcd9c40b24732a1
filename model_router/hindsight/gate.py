"""Bounds on figures, for a program that must stop when a figure is not good enough."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from model_router.errors import RequestError
from model_router.hindsight.labels import Names, short
from model_router.hindsight.latency import PERCENTS
from model_router.request.hints import suggest

HIGHER = ("strict", "lenient", "macro_f1", "confirm_recall", "apgr")
"""Figures that are better when they are higher: 1 is perfect."""

LOWER = (
    "false_confirm_action", "false_confirm_chat", "cpt50", "cpt80",
    *(f"p{percent}_us" for percent in PERCENTS),
)  # fmt: skip
"""Figures that are better when they are lower; those that end in _us are microseconds."""

OF_ENGINE = "f1."
"""Before an engine's or a route's name: the F1 of that engine alone."""

ROUNDING = 1e-12
"""A mean of exact parts may fall short of its bound by this without being worse."""


class Bound(NamedTuple):
    """A figure, and how low (`least`) or high it may be."""

    metric: str
    least: bool
    value: float


class Verdict(NamedTuple):
    """A bound and what was measured; None when the rows do not tell, and then it is not met."""

    bound: Bound
    measured: float | None
    met: bool

    def to_dict(self) -> dict[str, Any]:
        """The verdict as JSON-ready data."""
        key = "at_least" if self.bound.least else "at_most"
        return {
            "metric": self.bound.metric,
            key: self.bound.value,
            "measured": self.measured,
            "met": self.met,
        }


def parse_bound(text: str, *, least: bool) -> Bound:
    """The bound in `METRIC=VALUE`, or in a number alone, which is about strict accuracy.

    Raises RequestError for an unknown metric, one that has no such bound, and a wrong value.
    """
    metric, equals, value = text.rpartition("=")
    metric = metric.strip() if equals else "strict"
    metric = "strict" if metric == "accuracy" else metric
    _check_metric(metric, least)
    return Bound(metric, least, _number(value.strip(), metric))


def _check_metric(metric: str, least: bool) -> None:
    if metric in (LOWER if least else HIGHER) or (not least and metric.startswith(OF_ENGINE)):
        better, other = ("lower", "over") if least else ("higher", "under")
        raise RequestError(f"{metric} is better when it is {better}", f"use --fail-{other}")
    if metric.startswith(OF_ENGINE) and metric != OF_ENGINE:
        return
    allowed = (*HIGHER, f"{OF_ENGINE}ENGINE") if least else LOWER
    if metric not in allowed:
        raise RequestError(f"{short(metric)} is no figure", suggest(metric, allowed))


def _number(text: str, metric: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise RequestError(
            f"{short(text)} is not a number", "write METRIC=VALUE, such as strict=0.8"
        ) from None
    most = math.inf if metric.endswith("_us") else 1.0
    if not 0 <= value <= most or math.isinf(value):
        hint = "shares go from 0 to 1: write 0.8 for 80 %" if most == 1 else "write microseconds"
        raise RequestError(f"{metric} cannot be {text[:40]}", hint)
    return value


def check_engine(bound: Bound, names: Names) -> None:
    """Raise RequestError when the bound is about an engine that the catalog does not have."""
    if bound.metric.startswith(OF_ENGINE):
        names.engine(bound.metric.removeprefix(OF_ENGINE))


def judged(bound: Bound, report: Mapping[str, Any], names: Names) -> Verdict:
    """Whether a report meets a bound."""
    measured = _measured(bound.metric, report, names)
    if measured is None:
        return Verdict(bound, None, False)
    if bound.least:
        return Verdict(bound, measured, measured >= bound.value - ROUNDING)
    return Verdict(bound, measured, measured <= bound.value + ROUNDING)


def _measured(metric: str, report: Mapping[str, Any], names: Names) -> float | None:
    if metric.startswith(OF_ENGINE):
        engine = names.engine(metric.removeprefix(OF_ENGINE))
        return next((row["f1"] for row in report["classes"] if row["engine"] == engine), None)
    known: dict[str, float | None] = {**report["figures"]["router"], **report["latency"]}
    return known[metric]
