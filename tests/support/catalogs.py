"""Catalogs built by hand, and hypothesis strategies for catalogs, limits and assessments."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st

from model_router.types import (
    ACTION_CLASSES,
    COST_RANK,
    DEFAULT_TARGETS,
    FEATURES,
    HUMAN,
    LATENCY_RANK,
    NEED_IMAGE,
    NEED_IMAGE_GENERATION,
    NEED_LOCAL,
    NEED_TOOLS,
    PROFILES,
    ROUTES,
    Assessment,
    Catalog,
    Engine,
    Hints,
    Pool,
    ProviderPolicy,
    SafetyPolicy,
)

NAMES = ("alpha", "beta", "gamma", "delta", "epsilon", "intent_router", HUMAN)
PROVIDERS = ("local", "ollama", "openai", "human")


def engine(name: str, **changes: Any) -> Engine:
    """A local text engine of medium cost and latency, with `changes`."""
    facts: dict[str, Any] = {
        "name": name,
        "provider": "local",
        "model": f"{name}-model",
        "adapter": "openai",
        "strengths": ("chat",),
        "max_context": 32_000,
        "cost_tier": "free",
        "latency_tier": "low",
    }
    return Engine(**(facts | changes))


def catalog(*engines: Engine, **changes: Any) -> Catalog:
    """A catalog of the given engines."""
    return Catalog(engines={row.name: row for row in engines}, **changes)


def usual_catalog(**changes: Any) -> Catalog:
    """Nine engines with the usual names, all enabled, with the usual fallbacks and prices."""
    hosted: dict[str, Any] = {
        "provider": "openai",
        "location": "hosted",
        "cost_tier": "medium",
        "latency_tier": "medium",
        "supports_tools": True,
        "tier": 2,
        "price_input": 2.0,
        "price_output": 8.0,
    }
    return catalog(
        engine("intent_router", max_context=4_000, tier=0),
        engine("fast_local", fallback="balanced_local", max_context=8_000, tier=0, capability=40),
        engine("balanced_local", fallback="reasoning_local", capability=60),
        engine(
            "reasoning_local",
            tier=2,
            fallback=HUMAN,
            latency_tier="high",
            capability=85,
            strengths=("chat", "planning"),
        ),
        engine("code_agent", supports_tools=True, strengths=("coding",), tier=2, capability=90),
        engine("web_research", **hosted, strengths=("web_search",), fallback=HUMAN, capability=80),
        engine(
            "multimodal_vision",
            **hosted,
            strengths=("vision",),
            modalities=frozenset({"image", "pdf"}),
            fallback=HUMAN,
        ),
        engine("image_generation", **hosted, strengths=("image_generation",), fallback=HUMAN),
        engine(HUMAN, provider="human", adapter="human", latency_tier="manual", max_context=1),
        **changes,
    )


# ------------------------------------------------------------------ strategies
#
# A world is built from one drawn seed: a catalog takes a hundred draws, and hypothesis would need
# a fifth of a second for each. The failing world is printed whole, so little is lost.

World = tuple[Catalog, dict[str, tuple[str, ...]], Assessment, Hints]

WEAK_NEEDS = (
    0,
    0,
    0,
    0,
    0,
    0,
    NEED_TOOLS,
    NEED_LOCAL,
    NEED_TOOLS | NEED_IMAGE,
    NEED_IMAGE_GENERATION,
)
SIZES = (0, 1, 10, 99, 500, 899, 901, 4_000, 8_001, 63_901)


def some_engine(random: Random, name: str) -> Engine:
    """Any engine under a name, with fallbacks that may be missing, undefined or circular."""
    pick = random.choice
    return engine(
        name,
        provider=pick(PROVIDERS),
        adapter=pick(("openai", "openai", "image-generation")),
        strengths=pick((("chat",), ("coding",), ("web search", "chat"), ("image_generation",))),
        max_context=pick((1_000, 8_000, 64_000, 64_000, 64_000)),
        cost_tier=pick((*COST_RANK, "exotic")),
        latency_tier=pick((*LATENCY_RANK, "exotic")),
        enabled=random.random() < 0.95,
        fallback=pick((None, "ghost", *NAMES[:-1], *NAMES)),
        supports_tools=random.random() < 0.6,
        modalities=frozenset(m for m in ("image", "pdf", "audio", "file") if random.random() < 0.4),
        capability=random.randrange(101),
        trust=random.randrange(101),
        cost=random.randrange(101),
        latency=random.randrange(101),
        location=pick(("local", "hosted")),
        tier=random.randrange(3),
        price_input=pick((0.0, 0.5, 3.0)),
        price_output=pick((0.0, 1.5, 15.0)),
    )


def some_pool(random: Random) -> Pool:
    """A pool that limits a little."""
    providers = (*PROVIDERS, "hosted")
    return Pool(
        allow=frozenset(random.sample(providers, 3)) if random.random() < 0.2 else None,
        deny=frozenset(random.sample(PROVIDERS, 1)) if random.random() < 0.2 else frozenset(),
        local_only=random.random() < 0.1,
        hosted_allowed=random.random() < 0.9,
        max_cost_tier=random.choice(tuple(COST_RANK)) if random.random() < 0.2 else None,
        max_latency_tier=random.choice(tuple(LATENCY_RANK)) if random.random() < 0.2 else None,
    )


def some_hints(random: Random) -> Hints:
    """Hints that limit, prefer and force now and then; in a third of the cases none at all."""
    if random.random() < 0.5:
        return Hints()
    pool = some_pool(random)
    return Hints(
        force_engine=random.choice((None,) * 30 + ("ghost", *NAMES)),
        max_cost_tier=pool.max_cost_tier,
        max_latency_tier=pool.max_latency_tier,
        latency_sensitive=random.random() < 0.1,
        profile=random.choice((None, *PROFILES)),
        provider_allowlist=None if pool.allow is None else tuple(sorted(pool.allow)),
        provider_denylist=tuple(sorted(pool.deny)),
        local_only=pool.local_only,
        hosted_allowed=random.choice((None, None, True, False)),
    )


def some_catalog(random: Random) -> Catalog:
    """Any catalog, with targets that may be undefined and limits of its own."""
    names = random.sample(NAMES, random.choice((0, 5, 6, 7, 7, 7, 7, 7, 7, 7)))
    known = (*names * 6, "ghost", HUMAN)
    routed = {route: random.choice(known) for route in ROUTES}
    policy = ProviderPolicy()
    if random.random() < 0.25:
        policy = ProviderPolicy(some_pool(random), {random.choice(ROUTES): some_pool(random)})
    return Catalog(
        engines={name: some_engine(random, name) for name in names},
        targets=DEFAULT_TARGETS if random.random() < 0.05 else routed,
        provider_policy=policy,
        safety=SafetyPolicy(require_human_confirmation=random.random() < 0.5),
    )


def some_assessment(random: Random) -> Assessment:
    """Any assessment, also such that no assessor would produce."""
    strong = random.random() < 0.05
    return Assessment(
        route=random.choice((*ROUTES[:-1] * 4, *ROUTES)),
        needs=random.randrange(256) if strong else random.choice(WEAK_NEEDS),
        features=random.getrandbits(len(FEATURES)),
        complexity=random.randrange(101),
        risk=random.randrange(101),
        confidence=random.randrange(101),
        action=random.choice((None, *ACTION_CLASSES)),
        confirm=random.random() < 0.05,
        local_only=random.random() < 0.15,
        tokens=random.choice(SIZES),
        forced_engine=random.choice((None,) * 80 + ("ghost", *NAMES)),
    )


def some_world(seed: int) -> World:
    """A catalog, which of its engines are unavailable, an assessment and hints."""
    random = Random(seed)
    catalog_ = some_catalog(random)
    missing = random.sample(NAMES, random.choice((0, 0, 0, 1, 2)))
    unavailable = dict.fromkeys(missing, ("OPENAI_API_KEY is not set",))
    return catalog_, unavailable, some_assessment(random), some_hints(random)


worlds: st.SearchStrategy[World] = st.integers(0, 2**48).map(some_world)
