"""Which engines a request may use at all: hints, profile and provider policy in one object.

Hints and the catalog's provider policy are hard limits. A profile is a preference: its tiers may
be given up when no engine is left (`Limits.relaxed`), except `private`, which stays hard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

from model_router.errors import RequestError
from model_router.names import close_match
from model_router.records import record
from model_router.types import (
    COST_RANK,
    LATENCY_RANK,
    NEED_LOCAL,
    PROFILES,
    Assessment,
    Hints,
    Pool,
    ProviderPolicy,
)

UNKNOWN_RANK = 999
"""An engine whose tier has a name of its own is dearer and slower than every limit."""

PROFILE_TEXT: dict[str, str] = {
    "fast": "profile fast prefers low cost and at most medium latency",
    "balanced": "profile balanced adds no limits",
    "quality": "profile quality prefers the most capable engine that fits",
    "private": "profile private keeps the request on local engines",
    "safe": "profile safe asks a person more often",
}

PROFILE_POOLS: dict[str, Pool] = {
    "fast": Pool(max_cost_tier="low", max_latency_tier="medium"),
    "private": Pool(local_only=True),
}
SOFT_PROFILES = frozenset({"fast"})


@record
class Limits:
    """What an engine must not exceed. Hashable; equal limits give equal selections.

    `allow` and `deny` hold provider names in lower case; `local` and `hosted` in them stand for
    every engine of that location. `relaxed` is what remains when the profile's preference is
    given up, or None when there is nothing to give up.
    """

    allow: frozenset[str] | None = None
    deny: frozenset[str] = frozenset()
    local_only: bool = False
    hosted_allowed: bool = True
    max_cost_tier: str | None = None
    max_latency_tier: str | None = None
    max_cost_rank: int | None = None
    max_latency_rank: int | None = None
    latency_sensitive: bool = False
    profile: str | None = None
    policy_reasons: tuple[str, ...] = ()
    relaxed: Limits | None = None

    def __hash__(self) -> int:
        # A part is enough to tell limits apart, and half as slow as all of it.
        return hash(
            (self.allow, self.deny, self.max_cost_tier, self.max_latency_tier, self.profile)
        )

    @property
    def stays_local(self) -> bool:
        """Whether only engines on this machine may see the request."""
        return self.local_only or not self.hosted_allowed

    @property
    def profile_reasons(self) -> tuple[str, ...]:
        """What the profile asked for, as sentences; empty when no profile was named."""
        return (PROFILE_TEXT[self.profile],) if self.profile else ()


DEFAULT = Limits()
"""No limits at all: shared by every request without limiting hints under a policy without pools."""


def limits_from(hints: Hints, policy: ProviderPolicy, route: str) -> Limits:
    """The limits for one request on `route`; the very object DEFAULT when nothing limits it.

    Allowlists are intersected, denylists joined, the strictest tier wins. An empty allowlist in
    the hints means no limit. Raises RequestError for a tier or profile that does not exist.
    """
    profile = hints.profile
    if profile is not None and profile not in PROFILES:
        raise _unknown("profile", profile, PROFILES)
    hard = [pool for pool in (policy.base, policy.routes.get(route)) if pool is not None]
    stated = reduce(_merge, hard, Pool())
    reasons = _policy_reasons(stated)
    base = _merge(stated, _hint_pool(hints))
    wish = PROFILE_POOLS.get(profile or "", Pool())
    soft = profile in SOFT_PROFILES
    # After `fast` has been given up, speed still decides how the other engines are ranked.
    latency = hints.latency_sensitive or profile == "fast"
    relaxed = _limits(base, profile, latency, reasons, None) if soft else None
    limits = _limits(_merge(base, wish), profile, latency, reasons, relaxed)
    return DEFAULT if limits == DEFAULT else limits


def egress(assessment: Assessment, limits: Limits) -> str:
    """`local_only` when anything says that the request stays on this machine, else `any`."""
    kept = assessment.local_only or assessment.needs & NEED_LOCAL or limits.stays_local
    return "local_only" if kept else "any"


def _limits(
    pool: Pool,
    profile: str | None,
    latency_sensitive: bool,
    reasons: tuple[str, ...],
    relaxed: Limits | None,
) -> Limits:
    return Limits(
        allow=pool.allow,
        deny=pool.deny,
        local_only=pool.local_only,
        hosted_allowed=pool.hosted_allowed,
        max_cost_tier=pool.max_cost_tier,
        max_latency_tier=pool.max_latency_tier,
        max_cost_rank=_rank("max_cost_tier", pool.max_cost_tier, COST_RANK),
        max_latency_rank=_rank("max_latency_tier", pool.max_latency_tier, LATENCY_RANK),
        latency_sensitive=latency_sensitive,
        profile=profile,
        policy_reasons=reasons,
        relaxed=relaxed,
    )


def _hint_pool(hints: Hints) -> Pool:
    slowest = "medium" if hints.latency_sensitive else None
    return Pool(
        allow=_lower(hints.provider_allowlist) if hints.provider_allowlist else None,
        deny=_lower(hints.provider_denylist),
        local_only=hints.local_only,
        hosted_allowed=hints.hosted_allowed is not False,
        max_cost_tier=hints.max_cost_tier,
        max_latency_tier=_stricter(hints.max_latency_tier, slowest, "max_latency_tier"),
    )


def _merge(one: Pool, other: Pool) -> Pool:
    """Both pools at once: the stricter of the two in every respect."""
    return Pool(
        allow=_both(one.allow, other.allow),
        deny=_lower(one.deny) | _lower(other.deny),
        local_only=one.local_only or other.local_only,
        hosted_allowed=one.hosted_allowed and other.hosted_allowed,
        max_cost_tier=_stricter(one.max_cost_tier, other.max_cost_tier, "max_cost_tier"),
        max_latency_tier=_stricter(
            one.max_latency_tier, other.max_latency_tier, "max_latency_tier"
        ),
    )


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None:
        return None if other is None else _lower(other)
    return _lower(one) if other is None else _lower(one) & _lower(other)


def _lower(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _stricter(one: str | None, other: str | None, field: str) -> str | None:
    if one is None or other is None:
        return one if other is None else other
    ranks = COST_RANK if field == "max_cost_tier" else LATENCY_RANK
    first, second = _rank(field, one, ranks), _rank(field, other, ranks)
    return one if first is not None and second is not None and first <= second else other


def _rank(field: str, tier: str | None, ranks: Mapping[str, int]) -> int | None:
    if tier is None:
        return None
    if tier not in ranks:
        raise _unknown(field, tier, tuple(ranks))
    return ranks[tier]


def _unknown(field: str, value: str, allowed: tuple[str, ...]) -> RequestError:
    close = close_match(value, allowed)
    hint = f"did you mean {close}?" if close else f"use one of {', '.join(allowed)}"
    return RequestError(f"hints.{field}: {value} is not known; {hint}", hint)


def _policy_reasons(pool: Pool) -> tuple[str, ...]:
    """What the catalog's provider_policy limits, as sentences."""
    rows = (
        (pool.allow is not None, f"provider_policy allows {_listed(pool.allow or frozenset())}"),
        (bool(pool.deny), f"provider_policy denies {_listed(pool.deny)}"),
        (pool.local_only, "provider_policy keeps requests on local engines"),
        (not pool.hosted_allowed, "provider_policy does not allow hosted engines"),
        (pool.max_cost_tier, f"provider_policy limits the cost tier to {pool.max_cost_tier}"),
        (
            pool.max_latency_tier,
            f"provider_policy limits the latency tier to {pool.max_latency_tier}",
        ),
    )
    return tuple(text for holds, text in rows if holds)


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "no provider"
