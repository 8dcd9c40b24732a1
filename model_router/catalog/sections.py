"""What must agree within a section: tiers that ascend, names given once, features that exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from model_router.catalog.own_signals import check_signals
from model_router.catalog.raw import Data, engines, part, rows
from model_router.catalog.report import Path, Report, closest, show_value, suggest, unique
from model_router.types import FEATURES, ROUTES

# Features that hermes-router weighs and that are no flags of ours.
WEIGHED: tuple[str, ...] = (
    *FEATURES,
    "medium_prompt",
    "long_prompt",
    "very_long_prompt",
    "architecture",
    "file_shell_github",
    "ambiguous_high_impact",
    "short_high_risk",
    "weak_feature_match",
    "empty_prompt",
)
_TYPO = 0.8  # closer than this is a slip of the finger, not a feature of one's own


def _tiers(data: Data, report: Report) -> None:
    listed = [row for _, row in rows(part(data, "scoring"), "tiers")]
    scores = [score for row in listed if type(score := row.get("max_score")) is int]
    path: Path = ("scoring", "tiers")
    if len(scores) < len(listed) or not scores:
        return
    if sorted(set(scores)) != scores:
        report.problem(path, f"max_score must ascend; found {scores}", "sort the tiers")
    if scores[-1] != 100:
        report.problem(
            (*path, len(scores) - 1, "max_score"),
            f"is {scores[-1]}; the last tier must reach 100",
            "write max_score: 100",
        )
    unique(path, "name", [(i, row.get("name")) for i, row in enumerate(listed)], report)


def _thresholds(data: Data, report: Report) -> None:
    given = part(data, "scoring", "thresholds")
    simple, reasoning = given.get("simple", 35), given.get("reasoning", 60)
    if type(simple) is type(reasoning) is int and simple > reasoning:
        report.remark(
            ("scoring", "thresholds"), "simple is above reasoning: scores between go to reasoning"
        )


def _weights(data: Data, report: Report) -> None:
    for dimension, points in part(data, "scoring", "weights").items():
        for feature in part({"points": points}, "points"):
            path: Path = ("scoring", "weights", dimension, feature)
            if feature in WEIGHED:
                continue
            match = closest(feature, WEIGHED, _TYPO)
            if match:
                report.problem(path, "is not a known feature", f"did you mean {match}?")
            else:
                report.remark(path, "is not a known feature and adds nothing")


def _privacy(data: Data, report: Report) -> None:
    """A mistyped category would switch a detector off without a word."""
    path: Path = ("privacy", "categories")
    given = part(data, "privacy").get("categories")
    if not isinstance(given, list):
        return
    from model_router.privacy.finding import CATEGORIES

    for index, name in enumerate(given):
        if name == "code":
            report.problem((*path, index), "code has its own key", "write privacy.code: true")
        elif isinstance(name, str) and name not in CATEGORIES:
            message = f"{show_value(name)} is not a category"
            report.problem((*path, index), message, suggest(name, CATEGORIES))
    if not given:
        report.remark(path, "is empty: nothing is looked for")


def _rules(data: Data, report: Report) -> None:
    listed = list(rows(data, "rules"))
    unique(("rules",), "name", [(i, row.get("name")) for i, row in listed], report)
    for index, row in listed:
        then = part(row, "then")
        given = [key for key in ("route", "engine") if then.get(key) is not None]
        if isinstance(row.get("then"), Mapping) and len(given) != 1:
            found = "both are given" if given else "neither is given"
            report.problem(
                ("rules", index, "then"), f"{found}: one of route, engine", "give exactly one"
            )
        _when(("rules", index, "when"), part(row, "when"), report)


def _when(path: Path, when: Data, report: Report) -> None:
    for what in ("chars", "complexity"):
        low, high = when.get(f"min_{what}"), when.get(f"max_{what}")
        if type(low) is type(high) is int and low > high:
            message = f"min_{what} {low} is above max_{what} {high}: it never holds"
            report.problem(path, message, "swap them")
    if not any(value not in (None, [], {}) for value in when.values()):
        report.remark(path, "has no condition: the rule always holds")


def _pools(data: Data, report: Report) -> None:
    policy = part(data, "provider_policy")
    routes = {*ROUTES, *part(data, "routing_targets")}
    for route in part(policy, "route_pools"):
        if route not in routes:
            path: Path = ("provider_policy", "route_pools", route)
            report.problem(path, "is not a route", suggest(route, sorted(routes)))
    named = (row.get("provider") for _, row in engines(data))
    known = sorted({name for name in named if isinstance(name, str)})
    for path, pool in _all_pools(policy):
        if pool.get("provider_allowlist") == []:
            report.remark((*path, "provider_allowlist"), "is empty, which means no limit")
        for key in ("provider_allowlist", "provider_denylist"):
            _unknown_providers((*path, key), pool.get(key), known, report)


def _all_pools(policy: Data) -> Iterator[tuple[Path, Data]]:
    yield ("provider_policy",), policy
    for route in part(policy, "route_pools"):
        yield ("provider_policy", "route_pools", route), part(policy, "route_pools", route)


def _unknown_providers(path: Path, names: Any, known: list[str], report: Report) -> None:
    for index, name in enumerate(names if isinstance(names, list) else ()):
        if isinstance(name, str) and name not in known:
            hint = suggest(name, known)
            report.remark((*path, index), f"no engine has the provider {show_value(name)}; {hint}")


SECTION_CHECKS: tuple[Callable[[Data, Report], None], ...] = (
    _tiers,
    _thresholds,
    _weights,
    _privacy,
    check_signals,
    _rules,
    _pools,
)
