"""Which models stay in memory together: few enough to fit, shared among routes where short."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from model_router.setup.advisor import RouteAdvice
from model_router.setup.candidates import Candidate
from model_router.setup.fit import need

MOST_TOGETHER = 3
"""Models of which every combination is tried; further ones are added one at a time."""

IMAGES = "image_generation"


@dataclass(frozen=True, slots=True)
class Resident:
    """One model in memory and the routes that it serves."""

    model_id: str
    routes: tuple[str, ...]
    context: int
    total: int


@dataclass(frozen=True, slots=True)
class Together:
    """A set of models, and what it takes to hold them all, or one at a time."""

    residents: tuple[Resident, ...]
    without: tuple[str, ...]
    """Routes that none of them serves."""
    sum_bytes: int
    largest_bytes: int

    def serving(self, route: str) -> Resident | None:
        """The model that serves a route."""
        return next((one for one in self.residents if route in one.routes), None)


def each_its_own(advice: Sequence[RouteAdvice]) -> Together:
    """Every route with its best model and its own settings, for servers that load and unload."""
    chosen = {one.route.name: one.chosen for one in advice if one.chosen is not None}
    return _together(chosen, advice, _largest)


def resident_set(advice: Sequence[RouteAdvice], budget: int) -> Together:
    """The models that together serve most routes best within `budget` bytes.

    Image generation comes last: it joins when there is room, and is loaded on demand otherwise.
    """
    chat = [one for one in advice if one.route.name != IMAGES]
    best: dict[str, Candidate] = {}
    for group in _groups(_pool(chat)):
        best = max(best, _assigned(group, chat, budget), key=_worth)
    best = _extended(best, chat, budget)
    images = [one for one in advice if one.route.name == IMAGES]
    return _together(_extended(best, [*chat, *images], budget), advice)


def _pool(advice: Sequence[RouteAdvice]) -> list[str]:
    """Ids of models that no other beats for every route at no more memory."""
    offers: dict[str, dict[str, Candidate]] = {}
    for one in advice:
        for candidate in one.suitable:
            offers.setdefault(candidate.model.id, {})[one.route.name] = candidate
    return [name for name in offers if not any(_beats(offers[o], offers[name]) for o in offers)]


def _beats(one: Mapping[str, Candidate], other: Mapping[str, Candidate]) -> bool:
    if one is other or not all(
        route in one and one[route].rank >= mine.rank and one[route].total <= mine.total
        for route, mine in other.items()
    ):
        return False
    same = all(
        route in other and other[route].rank == mine.rank and other[route].total == mine.total
        for route, mine in one.items()
    )
    return not same


def _groups(pool: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for count in range(1, MOST_TOGETHER + 1):
        yield from combinations(pool, count)


def _assigned(
    group: Sequence[str], advice: Sequence[RouteAdvice], budget: int
) -> dict[str, Candidate]:
    """Each route's best of a group; {} when the group does not fit together."""
    chosen = {}
    for one in advice:
        mine = [candidate for candidate in one.suitable if candidate.model.id in group]
        if mine:
            chosen[one.route.name] = max(mine, key=lambda c: (c.rank, -c.total, c.model.id))
    return chosen if _sum(chosen) <= budget else {}


def _sum(chosen: Mapping[str, Candidate]) -> int:
    """Bytes of the different models, each at the largest context that a route wants of it."""
    shared: dict[str, list[Candidate]] = {}
    for candidate in chosen.values():
        shared.setdefault(candidate.model.id, []).append(candidate)
    return sum(map(_shared, shared.values()))


def _shared(uses: Sequence[Candidate]) -> int:
    """Bytes of one model that serves several routes: all its files, and the largest context."""
    if len(uses) == 1:
        return uses[0].total
    heaviest = max((one.footprint for one in uses), key=lambda footprint: footprint.weights)
    return need(heaviest, max(one.need.context for one in uses)).total


def _worth(chosen: Mapping[str, Candidate]) -> tuple[int, int, int, int]:
    """More routes, then higher ranks, then fewer models, then less memory."""
    names = {candidate.model.id for candidate in chosen.values()}
    ranks = sum(candidate.rank for candidate in chosen.values())
    return (len(chosen), ranks, -len(names), -_sum(chosen))


def _extended(
    chosen: dict[str, Candidate], advice: Sequence[RouteAdvice], budget: int
) -> dict[str, Candidate]:
    """`chosen` with further models, one at a time, as long as one makes it better and fits."""
    while True:
        best = chosen
        for one in advice:
            for candidate in one.suitable:
                best = max(best, _with(chosen, candidate.model.id, advice, budget), key=_worth)
        if best is chosen:
            return chosen
        chosen = best


def _with(
    chosen: dict[str, Candidate], name: str, advice: Sequence[RouteAdvice], budget: int
) -> dict[str, Candidate]:
    added = dict(chosen)
    for one in advice:
        for candidate in one.suitable:
            held = added.get(one.route.name)
            if candidate.model.id == name and (held is None or candidate.rank > held.rank):
                added[one.route.name] = candidate
    return added if _sum(added) <= budget else chosen


def _largest(uses: Sequence[Candidate]) -> int:
    """Bytes of one model when each route loads it with its own settings."""
    return max(one.total for one in uses)


def _together(
    chosen: Mapping[str, Candidate],
    advice: Sequence[RouteAdvice],
    size: Callable[[Sequence[Candidate]], int] = _shared,
) -> Together:
    residents: list[Resident] = []
    for name in dict.fromkeys(candidate.model.id for candidate in chosen.values()):
        routes = tuple(route for route, one in chosen.items() if one.model.id == name)
        uses = [chosen[route] for route in routes]
        context = max(one.need.context for one in uses)
        residents.append(Resident(name, routes, context, size(uses)))
    return Together(
        tuple(residents),
        tuple(one.route.name for one in advice if one.route.name not in chosen),
        sum(one.total for one in residents),
        max((one.total for one in residents), default=0),
    )
