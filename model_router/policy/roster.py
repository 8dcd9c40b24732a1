"""The engines of a catalog as candidates: who fits, who stands in for whom, who may follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from model_router.policy.eligibility import (
    Ask,
    Candidate,
    Rejection,
    abilities,
    is_local,
    makes_only_pictures,
    objection,
)
from model_router.policy.ranking import ranked
from model_router.records import record
from model_router.types import (
    DEFAULT_TARGETS,
    HUMAN,
    NEED_IMAGE_GENERATION,
    Catalog,
    Engine,
)

ROUTER = "intent_router"
"""An engine that classifies. It answers only when forced or named as a target or fallback."""


@record
class Walk:
    """Where a walk along `fallback` ended, and who was passed over on the way."""

    engine: str
    rejected: tuple[Rejection, ...] = ()
    relaxed: bool = False  # the profile's preference was given up


class Roster:
    """Every engine of one catalog in one state of availability."""

    def __init__(self, catalog: Catalog, unavailable: Mapping[str, tuple[str, ...]]) -> None:
        self.targets = catalog.targets
        self.candidates = {
            name: Candidate(
                engine,
                abilities(engine, catalog.targets),
                tuple(unavailable.get(name, ())),
                makes_only_pictures(engine, catalog.targets),
            )
            for name, engine in catalog.engines.items()
        }

    def target(self, route: str) -> str:
        """The engine configured for a route. Nothing remaps the confirmation gate."""
        if route == "confirmation":
            return HUMAN
        return self.targets.get(route) or DEFAULT_TARGETS.get(route, HUMAN)

    def smallest_context(self) -> int:
        """Up to this many tokens fit every usable engine that a route can lead to; 0 if none."""
        usable = (
            candidate.engine.max_context
            for name in self._reachable()
            if (candidate := self.candidates[name]).engine.enabled and not candidate.unavailable
        )
        return min(usable, default=0)

    def walk(self, start: str, ask: Ask) -> Walk:
        """The first engine that fits, from `start` along `fallback`; else human_confirm."""
        rejected: list[Rejection] = []
        for name in self._path(start):
            found = self.objection(name, ask)
            if found is None:
                return Walk(name, tuple(rejected))
            rejected.append(found)
        if rejected and self._goes_round(start):
            rejected.append(
                Rejection(start, "rejection.fallback_cycle", "its fallbacks lead back to itself")
            )
        return Walk(HUMAN, tuple(rejected))

    def walk_relaxing(self, start: str, ask: Ask) -> Walk:
        """Walk within the profile's preference, and without it when that leaves nobody."""
        walk = self.walk(start, ask)
        if walk.engine != HUMAN or not walk.rejected or ask.limits.relaxed is None:
            return walk
        second = self.walk(start, replace(ask, limits=ask.limits.relaxed))
        return walk if second.engine == HUMAN else replace(second, relaxed=True)

    def objection(self, name: str, ask: Ask) -> Rejection | None:
        """Why an engine may not take the request, or None. Also for names that do not exist."""
        if name == HUMAN:
            return None
        candidate = self.candidates.get(name)
        if candidate is None:
            return Rejection(name, "rejection.undefined", "not defined in the catalog")
        return objection(candidate, ask)

    def fallback(self, name: str) -> str | None:
        """The fallback that the catalog names for an engine."""
        candidate = self.candidates.get(name)
        return candidate.engine.fallback if candidate else None

    def most_capable(self, walked: str, target: str, ask: Ask) -> str:
        """The engine that the profile `quality` prefers to the one the walk found.

        Candidates are the engine found, fitting engines that share a strength with the route's
        configured engine, and fitting engines of a higher tier on its fallback chain.
        """
        found = self.candidates.get(walked)
        if found is None or walked == HUMAN:
            return walked
        wanted = self.candidates.get(target, found).engine
        strengths, chain = set(wanted.strengths), set(self._path(target))
        better = [
            engine
            for engine in self.fitting(ask)
            if not strengths.isdisjoint(engine.strengths)
            or (engine.name in chain and engine.tier > found.engine.tier)
        ]
        return min((found.engine, *better), key=_capability_order(walked)).name

    def fitting(self, ask: Ask) -> list[Engine]:
        """Engines that could take the request on their own merits, in catalog order.

        Neither human_confirm nor intent_router, nor an engine that only makes images unless
        images are asked for.
        """
        pictures = bool(ask.needs & NEED_IMAGE_GENERATION)
        return [
            candidate.engine
            for name, candidate in self.candidates.items()
            if name not in (HUMAN, ROUTER)
            and (pictures or not candidate.pictures_only)
            and objection(candidate, ask) is None
        ]

    def rejections(self, ask: Ask, known: Iterable[str]) -> tuple[Rejection, ...]:
        """Why each engine not in `known` could not have been chosen, in catalog order."""
        passed = {HUMAN, ROUTER, *known}
        found = (objection(c, ask) for name, c in self.candidates.items() if name not in passed)
        return tuple(rejection for rejection in found if rejection is not None)

    def chain(self, engine: str, first: Iterable[str], ask: Ask) -> tuple[tuple[str, ...], bool]:
        """Fitting engines after `engine`: `first`, then explicit fallbacks of it and of them.

        Also whether a written `human_confirm` ends that chain.
        """
        names: dict[str, None] = {}
        closed = False
        for start in (*first, engine):
            path = list(self._path(start))
            closed = closed or HUMAN in path
            names.update((n, None) for n in path if n not in (HUMAN, engine))
        return tuple(n for n in names if self.objection(n, ask) is None), closed

    def followers(self, engine: str, chain: tuple[str, ...], mode: str, ask: Ask) -> list[str]:
        """Engines that the catalog does not name as fallbacks and that may still follow.

        They have at least the tier of the chosen one. A hosted one follows only where a hosted
        one was chosen or named: failing locally never sends a prompt out by itself.
        """
        chosen = self.candidates[engine].engine
        named = (engine, *chain)
        leaves = any(not is_local(self.candidates[name].engine) for name in named)
        fitting = (
            other
            for other in self.fitting(ask)
            if other.name not in named and other.tier >= chosen.tier and (leaves or is_local(other))
        )
        return [other.name for other in ranked(fitting, mode)]

    def _path(self, start: str) -> Iterator[str]:
        """`start` and its fallbacks, each once, up to and with human_confirm."""
        seen: set[str] = set()
        name: str | None = start
        while name is not None and name not in seen:
            seen.add(name)
            yield name
            name = None if name == HUMAN else self.fallback(name)

    def _goes_round(self, start: str) -> bool:
        path = list(self._path(start))
        return path[-1] != HUMAN and self.fallback(path[-1]) is not None

    def _reachable(self) -> set[str]:
        starts = {self.target(route) for route in (*DEFAULT_TARGETS, *self.targets)}
        named = {name for start in starts for name in self._path(start)}
        return {name for name in named if name != HUMAN and name in self.candidates}


def _capability_order(walked: str) -> Callable[[Engine], tuple[int, bool, int, int, str]]:
    return lambda e: (-e.capability, e.name != walked, -e.trust, e.cost, e.name)
