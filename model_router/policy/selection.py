"""One choice worked out in full: the engine, its chain, and why the others were not chosen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from model_router.names import close_match
from model_router.policy.costs import NO_PRICES, Tariff
from model_router.policy.eligibility import Ask, Rejection, is_local
from model_router.policy.limits import PROFILE_TEXT
from model_router.policy.ranking import Alternative, alternatives
from model_router.policy.roster import Roster, Walk
from model_router.records import record
from model_router.types import HUMAN, Reason

AVAILABILITY_CODES = frozenset(
    {
        "rejection.unavailable",
        "rejection.disabled",
        "rejection.undefined",
        "rejection.fallback_cycle",
    }
)

BY_CALLER, BY_RULE, BY_STRATEGY = "the caller", "a rule of the catalog", "the strategy"
"""Who may insist on an engine."""


@record
class Selection:
    """The engine chosen for an assessment, and everything a receipt says about the choice.

    `target` is where the search began: the route's engine or the forced one. `chain` holds the
    engines that may be tried after `engine`, in order; after them a person decides. `rejected`
    begins with the engines passed over on the way; with `explain` every other engine that could
    not have been chosen follows. `relaxed` says that a profile's preference was given up, `local`
    that the engine runs here.
    """

    engine: str
    target: str
    chain: tuple[str, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    fallback_engine: str | None = None
    fallback_used: bool = False
    availability_valid: bool = True
    availability_reasons: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    relaxed: bool = False
    local: bool = True
    tariff: Tariff = NO_PRICES


@record
class Wish:
    """What is looked up, next to the Ask: the route, an engine somebody insists on, the ranking."""

    route: str
    force: str | None = None
    by: str = BY_CALLER  # who insists
    mode: str = "default"
    after: tuple[str, ...] = ()  # engines wanted next, in order


def select(roster: Roster, wish: Wish, ask: Ask, explain: bool) -> Selection:
    """The selection for a wish that needs no confirmation."""
    if wish.force is not None and wish.force != HUMAN and wish.force not in roster.candidates:
        return _unknown_force(roster, wish)
    start = _first_wanted(roster, wish, ask) or roster.target(wish.route)
    walk = roster.walk_relaxing(start, ask)
    if walk.relaxed and ask.limits.relaxed is not None:
        ask = replace(ask, limits=ask.limits.relaxed)
    engine = walk.engine
    if ask.limits.profile == "quality" and wish.force is None:
        engine = roster.most_capable(walk.engine, start, ask)
    if engine == HUMAN:
        return _nobody(roster, wish, walk, ask, start, explain)
    used = bool(walk.rejected) and engine == walk.engine
    return Selection(
        engine=engine,
        target=start,
        chain=_chain(roster, engine, walk.engine, wish, ask),
        rejected=walk.rejected + (_others(roster, walk, ask) if explain else ()),
        alternatives=_alternatives(roster, engine, wish.mode, ask) if explain else (),
        fallback_engine=engine if used else roster.fallback(engine),
        fallback_used=used,
        availability_reasons=_availability(walk),
        reasons=tuple(_reasons(wish, start, walk, engine)),
        relaxed=walk.relaxed,
        local=is_local(roster.candidates[engine].engine),
    )


def _first_wanted(roster: Roster, wish: Wish, ask: Ask) -> str | None:
    """The first of the engines somebody wants that may take the request, else the first of all."""
    wanted = (wish.force, *wish.after) if wish.after else ()
    fitting = (name for name in wanted if name and roster.objection(name, ask) is None)
    return next(fitting, wish.force)


def for_a_person(forced: str | None) -> Selection:
    """The selection when a person must confirm: no force, fallback or chain gets around it."""
    reasons: tuple[Reason, ...] = ()
    if forced == HUMAN:
        reasons = (Reason("force_engine.requested", f"{HUMAN} was asked for"),)
    elif forced is not None:
        text = f"force_engine ignored: a person must confirm before {forced} is asked"
        reasons = (Reason("force_engine.ignored", text),)
    return Selection(engine=HUMAN, target=HUMAN, reasons=reasons)


def _nobody(
    roster: Roster, wish: Wish, walk: Walk, ask: Ask, start: str, explain: bool
) -> Selection:
    """human_confirm: because it is the route's engine or was forced, or because nobody fits."""
    failed = bool(walk.rejected)
    return Selection(
        engine=HUMAN,
        target=start,
        rejected=walk.rejected + (_others(roster, walk, ask) if explain and failed else ()),
        fallback_engine=HUMAN if failed else None,
        fallback_used=failed,
        availability_valid=not any(r.code in AVAILABILITY_CODES for r in walk.rejected),
        availability_reasons=_availability(walk),
        reasons=tuple(_reasons(wish, start, walk, HUMAN)),
    )


def _unknown_force(roster: Roster, wish: Wish) -> Selection:
    close = close_match(str(wish.force), roster.candidates)
    text = f"unknown forced engine {wish.force}"
    if close:
        text += f"; did you mean {close}?"
    rejection = Rejection(str(wish.force), "rejection.undefined", text)
    return Selection(
        engine=HUMAN,
        target=str(wish.force),
        rejected=(rejection,),
        fallback_engine=HUMAN,
        fallback_used=True,
        availability_valid=False,
        availability_reasons=(text,),
        reasons=(_forced(wish), Reason("rejection.undefined", text), _fallback_used(HUMAN)),
    )


def _chain(roster: Roster, engine: str, walked: str, wish: Wish, ask: Ask) -> tuple[str, ...]:
    first = () if walked == engine else (walked,)
    chain, closed = roster.chain(engine, first, ask)
    if wish.after:
        chain = tuple(dict.fromkeys((*_wanted_next(roster, engine, wish, ask), *chain)))
    if closed or wish.force is not None:
        return chain
    return (*chain, *roster.followers(engine, chain, wish.mode, ask))


def _wanted_next(roster: Roster, engine: str, wish: Wish, ask: Ask) -> Iterator[str]:
    """Engines wanted after the chosen one. A hosted one follows only where a hosted one was
    chosen: failing locally never sends a prompt out by itself."""
    leaves = not is_local(roster.candidates[engine].engine)
    for name in (wish.force, *wish.after):
        if name in (None, engine, HUMAN) or name not in roster.candidates:
            continue
        other = roster.candidates[str(name)].engine
        if (leaves or is_local(other)) and roster.objection(other.name, ask) is None:
            yield other.name


def _others(roster: Roster, walk: Walk, ask: Ask) -> tuple[Rejection, ...]:
    return roster.rejections(ask, (r.engine for r in walk.rejected))


def _alternatives(roster: Roster, engine: str, mode: str, ask: Ask) -> tuple[Alternative, ...]:
    return alternatives((e for e in roster.fitting(ask) if e.name != engine), mode)


def _availability(walk: Walk) -> tuple[str, ...]:
    return tuple(f"{r.engine}: {r.reason}" for r in walk.rejected if r.code in AVAILABILITY_CODES)


# ------------------------------------------------------------------ why


def _reasons(wish: Wish, start: str, walk: Walk, engine: str) -> Iterator[Reason]:
    if wish.force is not None and wish.by != BY_STRATEGY:  # a strategy gives its own reason
        yield _forced(wish)
    for rejection in walk.rejected:
        yield Reason(rejection.code, f"{rejection.engine}: {rejection.reason}")
    if walk.relaxed:
        yield Reason("profile.relaxed", "no engine fits the profile, so its preference was dropped")
    if engine != walk.engine:
        yield Reason("profile.quality", f"{PROFILE_TEXT['quality']}: {engine}")
    elif walk.rejected:
        yield _fallback_used(engine, start)


def _forced(wish: Wish) -> Reason:
    return Reason("force_engine.requested", f"{wish.by} asked for {wish.force}")


def _fallback_used(engine: str, start: str = "") -> Reason:
    if engine == HUMAN:
        return Reason("fallback.used", "no engine qualifies, so a person decides")
    return Reason("fallback.used", f"{engine} stands in for {start}")
