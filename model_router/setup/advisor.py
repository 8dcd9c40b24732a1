"""What to run on a machine: for each route by itself, and for all of them together.

The same machine, catalog and profile give the same advice. Nothing is measured or asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from model_router.setup.budget import Budget
from model_router.setup.candidates import Candidate, Refused, candidates
from model_router.setup.fit import GIB
from model_router.setup.machine import Machine
from model_router.setup.model_catalog import ModelCatalog
from model_router.setup.routes import ROUTES, Route


class Profile(NamedTuple):
    """How much of the budget to use, and how slow is too slow."""

    share: tuple[int, int]
    tokens_per_second: int


PROFILES = {
    "lightweight": Profile((1, 2), 25),
    "balanced": Profile((5, 6), 10),
    "quality": Profile((1, 1), 3),
}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The next choice in one direction, and what stops it."""

    model_id: str
    rank: int
    total: int | None
    why: str


@dataclass(frozen=True, slots=True)
class RouteAdvice:
    """What a route by itself should use; `chosen` None when nothing fits."""

    route: Route
    chosen: Candidate | None
    why: str
    smaller: Neighbour | None
    larger: Neighbour | None
    suitable: tuple[Candidate, ...]
    """Everything that would do as well, the best first."""


def advise_routes(
    catalog: ModelCatalog, machine: Machine, budget: Budget, profile: Profile
) -> tuple[RouteAdvice, ...]:
    """Advice for every route of ROUTES, each as if it had the machine to itself."""
    most = allowance(budget, profile)
    return tuple(
        _route(route, tuple(candidates(catalog, route, machine, budget, most)), budget, profile)
        for route in ROUTES
    )


def allowance(budget: Budget, profile: Profile) -> int:
    """The bytes of the budget that a profile uses."""
    return budget.bytes * profile.share[0] // profile.share[1]


def _route(
    route: Route, looked: tuple[Candidate | Refused, ...], budget: Budget, profile: Profile
) -> RouteAdvice:
    known = [one for one in looked if isinstance(one, Candidate)]
    suitable, remark = _suitable(known, budget, profile)
    if not suitable:
        return RouteAdvice(route, None, _nothing(known, budget), None, _larger(None, looked, budget,
                           profile), ())  # fmt: skip
    chosen = suitable[0]
    return RouteAdvice(
        route, chosen, why(chosen, budget, remark), _smaller(chosen, known, budget, profile),
        _larger(chosen, looked, budget, profile), tuple(suitable),
    )  # fmt: skip


def _suitable(
    known: Sequence[Candidate], budget: Budget, profile: Profile
) -> tuple[list[Candidate], str]:
    """The best group that is not empty, the best of it first, and a remark on what was given up."""
    most = allowance(budget, profile)
    whole = [one for one in known if one.total <= budget.bytes]
    inside = [one for one in whole if one.total <= most]
    quick = [one for one in inside if _quick(one, profile)]
    if quick:
        return sorted(quick, key=_by_rank), ""
    if inside:
        fastest = max(one.speed.middle for one in inside if one.speed)
        near = [one for one in inside if one.speed and one.speed.middle * 2 >= fastest]
        return sorted(near, key=_by_rank), "slow, as everything is here that could serve the route"
    return sorted(whole, key=_by_need), "it takes more of the memory than the profile would"


def _quick(one: Candidate, profile: Profile) -> bool:
    """Whether it is fast enough; where the bandwidth is only assumed, whether it may be."""
    if one.speed is None:
        return True
    rate = one.speed.high if one.speed.confidence == "low" else one.speed.middle
    return rate >= profile.tokens_per_second


def _by_rank(one: Candidate) -> tuple[int, int, float, int, str]:
    middle = one.speed.middle if one.speed else 0.0
    return (-one.rank, -one.usable_context, -middle, one.total, one.model.id)


def _by_need(one: Candidate) -> tuple[int, int, str]:
    return (one.total, -one.rank, one.model.id)


def why(one: Candidate, budget: Budget, remark: str = "") -> str:
    """Why a model was chosen, in one sentence."""
    said = [f"rank {one.rank}", f"{one.level}: needs {gib(one.total)} of {gib(budget.bytes)}"]
    if one.usable_context:
        said.append(f"context up to {tokens(one.usable_context)}")
    if one.speed is not None:
        said.append(f"{one.speed.low} to {one.speed.high} tokens/s ({one.speed.band})")
    return "; ".join([*said, *([remark] if remark else [])])


def _nothing(known: Sequence[Candidate], budget: Budget) -> str:
    least = min((one.total for one in known), default=None)
    if least is None:
        return "the catalog has no model for it whose size is known"
    return f"the smallest model needs {gib(least)}, the budget is {gib(budget.bytes)}"


def _smaller(
    chosen: Candidate, known: Sequence[Candidate], budget: Budget, profile: Profile
) -> Neighbour | None:
    """The best model that needs less memory, and what is lost with it."""
    below = [one for one in known if one.total < chosen.total]
    if not below:
        return None
    one = max(below, key=lambda other: (other.rank, -other.total, other.model.id))
    saved = f"saves {gib(chosen.total - one.total)}"
    if one.rank < chosen.rank:
        saved += f", rank {one.rank} under {chosen.rank}"
    else:
        saved += f", but {_stopped(one, budget, profile)}"
    return Neighbour(one.model.id, one.rank, one.total, saved)


def _larger(
    chosen: Candidate | None,
    looked: Sequence[Candidate | Refused],
    budget: Budget,
    profile: Profile,
) -> Neighbour | None:
    """The least of the larger models with a higher rank, and what stops it."""
    over, least = (-1, -1) if chosen is None else (chosen.rank, chosen.total)
    known = [one for one in looked if isinstance(one, Candidate) and one.rank > over]
    known = [one for one in known if one.total > least]
    if not known:
        unsized = [one for one in looked if isinstance(one, Refused) and one.rank > over]
        if not unsized:
            return None
        other = min(unsized, key=lambda one: (one.rank, one.model.id))
        return Neighbour(other.model.id, other.rank, None, other.why)
    one = min(known, key=lambda other: (other.total, other.rank, other.model.id))
    return Neighbour(one.model.id, one.rank, one.total, _stopped(one, budget, profile))


def _stopped(one: Candidate, budget: Budget, profile: Profile) -> str:
    if one.level == "no":
        return f"needs {gib(one.total)} of {gib(budget.bytes)}"
    if one.level == "partial":
        return (
            f"needs {gib(one.total)}; {gib(budget.bytes)} are on the GPU, the rest would lie in RAM"
        )
    most = allowance(budget, profile)
    if one.total > most:
        return f"needs {gib(one.total)}, the profile uses {gib(most)} of {gib(budget.bytes)}"
    if one.speed is not None:
        return f"slow here: {one.speed.low} to {one.speed.high} tokens/s"
    return "nothing but its rank"


def gib(size: int) -> str:
    """Bytes as people read them."""
    return f"{size / GIB:.1f} GiB"


def tokens(count: int) -> str:
    """A context as people read it."""
    return f"{count // 1024}k" if count >= 1024 else str(count)
