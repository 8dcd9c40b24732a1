"""The catalog as a table: which engine takes a request, and which may follow.

A decision is a look-up. What it finds was worked out once, by walking from the route's engine
along `fallback` until an engine has every need, respects every limit and holds the text. Where
nothing fits, human_confirm is the answer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import replace

from model_router.policy.costs import baseline_engine, tariff
from model_router.policy.eligibility import Ask
from model_router.policy.limits import DEFAULT, Limits, limits_from
from model_router.policy.ranking import ranking_mode
from model_router.policy.roster import Roster
from model_router.policy.selection import (
    BY_CALLER,
    BY_RULE,
    BY_STRATEGY,
    Selection,
    Wish,
    for_a_person,
    select,
)
from model_router.types import (
    HUMAN,
    NEED_FRESHNESS,
    NEED_IMAGE,
    NEED_IMAGE_GENERATION,
    NEED_LOCAL,
    NEED_TOOLS,
    ROUTES,
    Assessment,
    Catalog,
    Engine,
    Hints,
)

ROUTE_INDEX: dict[str, int] = {route: index for index, route in enumerate(ROUTES)}
CONFIRMATION = ROUTE_INDEX["confirmation"]
COMMON_NEEDS: tuple[int, ...] = (
    0,
    NEED_TOOLS,
    NEED_LOCAL,
    NEED_TOOLS | NEED_LOCAL,
    NEED_TOOLS | NEED_IMAGE,
    NEED_TOOLS | NEED_FRESHNESS,
    NEED_TOOLS | NEED_IMAGE_GENERATION,
)
ALL_NEEDS = 255
MEMO_SIZE = 512
"""Limits come from callers, so the memos stop growing here and later answers are worked out."""


class FastRows(dict[int, tuple[str, ...]]):
    """Need bits -> one engine name for each of ROUTES. Rows appear on first use, 256 at most."""

    def __init__(self, table: PolicyTable) -> None:
        super().__init__()
        self._table = table

    def __missing__(self, needs: int) -> tuple[str, ...]:
        row = self._table.row(needs)
        if 0 <= needs <= ALL_NEEDS:
            self[needs] = row
        return row


class PolicyTable:
    """Chooses engines for one catalog and one state of availability.

    `unavailable` maps an engine to why it cannot be used. `fast[needs][ROUTE_INDEX[route]]` is
    the engine without hints, as long as tokens and room together are at most `roomy`. `contexts`
    are the engines' sizes of context, ascending: between two of them every total is the same.
    """

    def __init__(
        self, catalog: Catalog, unavailable: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self.catalog = catalog
        self.unavailable = dict(unavailable or {})
        self.roster = Roster(catalog, self.unavailable)
        self.roomy = self.roster.smallest_context()
        self._baseline = baseline_engine(catalog)
        self.contexts = sorted({engine.max_context for engine in catalog.engines.values()})
        self._limits = {
            route: limits_from(Hints(), catalog.provider_policy, route) for route in ROUTES
        }
        self._memo: dict[object, Selection] = {}
        self._hinted: dict[object, Limits] = {}
        self._long: dict[tuple[str, int, int], str] = {}
        self.fast = FastRows(self)
        for needs in COMMON_NEEDS:
            self.fast[needs] = self.row(needs)

    def engine_for(self, route: str, needs: int, tokens: int, room: int) -> str:
        """The engine for a request without hints; human_confirm when none qualifies."""
        if tokens + room <= self.roomy:
            return self.fast[needs][ROUTE_INDEX.get(route, CONFIRMATION)]
        return self._engine_for_long(route, needs, tokens + room)

    def row(self, needs: int) -> tuple[str, ...]:
        """The engine for each of ROUTES, for need bits and a request that fits everywhere."""
        return tuple(self._walk(route, needs, 0) for route in ROUTES)

    def limits(self, hints: Hints, route: str) -> Limits:
        """The limits of hints and catalog together, see `limits_from`."""
        if route in self._limits and _limit_nothing(hints):
            return self._limits[route]
        key = (route, *_limiting(hints))
        found = self._hinted.get(key)
        if found is None:
            found = limits_from(hints, self.catalog.provider_policy, route)
            if len(self._hinted) < MEMO_SIZE:
                self._hinted[key] = found
        return found

    def choose(
        self,
        assessment: Assessment,
        limits: Limits,
        *,
        room: int,
        explain: bool,
        force: str | None = None,
    ) -> Selection:
        """The engine, its chain and the reasons. `force` is the engine a caller insists on.

        `room` is how many tokens the answer may take. Alternatives, and the rejections of engines
        that were never in question, are worked out only with `explain`.
        """
        route = assessment.route
        by = _insisting(assessment, force)
        forced = assessment.forced_engine if force is None else force
        after = assessment.next_engines if force is None else ()
        if assessment.confirm or ROUTE_INDEX.get(route, CONFIRMATION) == CONFIRMATION:
            return for_a_person(forced)
        needs = assessment.needs | (NEED_LOCAL if assessment.local_only else 0)
        mode = ranking_mode(assessment, limits, self.catalog.scoring)
        tokens = assessment.tokens + room
        # All totals between two neighbouring context sizes have the same answer.
        band = bisect_left(self.contexts, tokens)
        bounds = None if limits is DEFAULT else limits
        key = (route, needs, bounds, forced, by, mode, after, band, explain)
        found = self._memo.get(key)
        if found is None:
            wish = Wish(route, forced, by, mode, after)
            found = self._selected(wish, Ask(needs, limits, tokens), explain)
            if len(self._memo) < MEMO_SIZE:
                self._memo[key] = found
        return found

    def eligible(self, assessment: Assessment, hints: Hints, room: int) -> tuple[Engine, ...]:
        """The engines that could take the request on their own merits, in catalog order.

        Where none respects a profile's preference, those that fit without it.
        """
        limits = self.limits(hints, assessment.route)
        needs = assessment.needs | (NEED_LOCAL if assessment.local_only else 0)
        ask = Ask(needs, limits, assessment.tokens + room)
        found = self.roster.fitting(ask)
        if not found and limits.relaxed is not None:
            found = self.roster.fitting(replace(ask, limits=limits.relaxed))
        return tuple(found)

    def _selected(self, wish: Wish, ask: Ask, explain: bool) -> Selection:
        found = select(self.roster, wish, ask, explain)
        return replace(found, tariff=tariff(self.catalog, found.engine, self._baseline))

    def _engine_for_long(self, route: str, needs: int, total: int) -> str:
        key = (route, needs, bisect_left(self.contexts, total))
        engine = self._long.get(key)
        if engine is None:
            engine = self._walk(route, needs, total)
            if len(self._long) < MEMO_SIZE:
                self._long[key] = engine
        return engine

    def _walk(self, route: str, needs: int, total: int) -> str:
        limits = self._limits.get(route)
        if limits is None:
            return HUMAN
        return self.roster.walk(self.roster.target(route), Ask(needs, limits, total)).engine


def _insisting(assessment: Assessment, force: str | None) -> str:
    """Who insists on an engine: a caller before a rule, a rule before a strategy."""
    if force is not None or assessment.forced_engine is None:
        return BY_CALLER
    return BY_STRATEGY if assessment.by_strategy else BY_RULE


def _limiting(hints: Hints) -> tuple[object, ...]:
    """Every hint that `limits_from` reads."""
    allow = hints.provider_allowlist
    return (
        hints.max_cost_tier,
        hints.max_latency_tier,
        hints.latency_sensitive,
        hints.profile,
        None if allow is None else tuple(allow),
        tuple(hints.provider_denylist),
        hints.local_only,
        hints.hosted_allowed,
    )


def _limit_nothing(hints: Hints) -> bool:
    return not (
        hints.max_cost_tier
        or hints.max_latency_tier
        or hints.latency_sensitive
        or hints.profile
        or hints.provider_allowlist
        or hints.provider_denylist
        or hints.local_only
        or hints.hosted_allowed is False
    )
