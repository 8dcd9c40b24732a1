"""What always holds, for every text, hint and catalog."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.policy.eligibility import abilities, is_local
from model_router.privacy import contains
from model_router.router import ModelRouter
from model_router.types import (
    COST_RANK,
    HUMAN,
    LATENCY_RANK,
    ROUTES,
    Engine,
    Hints,
    Pool,
    PrivacyPolicy,
    ProviderPolicy,
    Rule,
    SafetyPolicy,
)
from tests.support import texts
from tests.support.catalogs import NAMES, usual_catalog
from tests.support.worlds import World, all_hints, some_world

MANY = settings(max_examples=700, deadline=None)
SOME = settings(max_examples=300, deadline=None)
worlds = texts.seeds.map(some_world)
confirming_worlds = texts.seeds.map(lambda seed: some_world(seed, confirming=True))


@cache
def packaged() -> ModelRouter:
    return ModelRouter.from_config(validate_availability=False)


# ------------------------------------------------------------------ 1. one decision


def agree(router: ModelRouter, text: str, hints: Hints | None = None) -> str:
    """The engine that all depths name."""
    fast = router.route_fast(text, hints)
    decision, plan = router.route(text, hints), router.plan(text, hints)
    assert fast == decision.selected_engine == plan.engine
    assert router.explain(text, hints).selected_engine == fast
    assert (decision.chain, decision.egress, decision.verify) == (
        plan.chain,
        plan.egress,
        plan.verify,
    )
    assert not any(reason.code == "internal.error" for reason in decision.explained)
    return fast


@MANY
@given(text=texts.texts)
def test_three_depths_agree(text: str) -> None:
    """route_fast, route, explain and plan name one engine for any text."""
    agree(packaged(), text)


@MANY
@given(world=worlds, text=texts.texts)
def test_three_depths_agree_in_any_catalog(world: World, text: str) -> None:
    """So they do under any catalog, with its rules, limits and missing engines."""
    agree(world.router, text)


@MANY
@given(world=worlds, text=texts.texts)
def test_three_depths_agree_with_hints(world: World, text: str) -> None:
    """And so they do with any hints."""
    agree(world.router, text, world.hints)


@SOME
@given(world=worlds, text=texts.texts)
def test_a_body_with_one_message_is_that_prompt(world: World, text: str) -> None:
    """route_request, plan of a body and plan of a Request all take one road."""
    body = {"messages": [{"role": "user", "content": text}]}
    decision = world.router.route_request(body, world.hints)
    assert decision.selected_engine == world.router.plan(body, world.hints).engine


@MANY
@given(text=texts.seeds.map(texts.ascii_only) | st.text(st.characters(codec="ascii")))
def test_the_hot_path_is_the_general_path(text: str) -> None:
    """For any short ASCII text the flat function and the general scan fire and find the same."""
    from model_router.safety.candidates import as_they_are
    from model_router.safety.orders import find_orders
    from model_router.text.reading import Readings

    assessor = packaged()._assessor
    decided = assessor.fast(text)
    if decided is None:
        return
    tally, weight, named, reading = decided
    fired, weighs, all_named, readings = assessor.lexicon.scan(text)
    assert assessor.verdicts.tally(fired) == tally
    assert weight == weighs
    assert readings == Readings(reading)
    judged = (assessor.lexicon, assessor.actions, packaged().catalog.safety)
    for every in (False, True):
        general = find_orders(
            list(all_named), readings, *judged, sift=assessor.sifters.weighed, every=every
        )
        found = find_orders(named or (), Readings(reading), *judged, sift=as_they_are, every=every)
        assert found == general


# ------------------------------------------------------------------ 2. the gate


def ordered(seed: int) -> str:
    """An order, alone or with something harmless around it."""
    random = Random(seed)
    order = random.choice(texts.ORDERS)
    if random.random() < 0.5:
        return order
    return f"{texts.prose(random.randrange(3, 2_000))}.\n\n{order}"


orders = texts.seeds.map(ordered)


@MANY
@given(world=confirming_worlds, text=orders)
def test_nothing_bypasses_the_gate(world: World, text: str) -> None:
    """Neither force, role, profile, lists, rules, targets nor missing engines get around it."""
    assert agree(world.router, text, world.hints) == HUMAN
    decision = world.router.route(text, world.hints)
    assert decision.requires_confirmation
    assert decision.chain == ()
    assert decision.alternatives == ()
    assert world.router.route_fast(text) == HUMAN


@SOME
@given(seed=texts.seeds, text=orders)
def test_a_remapped_confirmation_target_changes_nothing(seed: int, text: str) -> None:
    """`routing_targets.confirmation` cannot silence the gate, nor can a rule with an engine."""
    random = Random(seed)
    usual = usual_catalog()
    engine = random.choice([name for name in usual.engines if name != HUMAN])
    catalog = replace(
        usual,
        targets={**usual.targets, "confirmation": engine},
        rules=(Rule("mine", engine=engine),),
    )
    router = ModelRouter(catalog)
    assert agree(router, text, Hints(force_engine=engine)) == HUMAN
    router.refresh()
    assert agree(router, text) == HUMAN


def test_a_gate_that_is_switched_off_lets_orders_through() -> None:
    """The override in `safety` does what it says, so the tests above test something."""
    open_gate = usual_catalog(safety=SafetyPolicy(require_human_confirmation=False))
    assert agree(ModelRouter(open_gate), "drop the production database") != HUMAN
    freed = usual_catalog(safety=SafetyPolicy(freed=frozenset({"destructive"})))
    assert agree(ModelRouter(freed), "drop the production database") != HUMAN


# ------------------------------------------------------------------ 3. what stays here

PRIVATE = "my mail is ana.kovacs@fleckens.hu"


def everyone(router: ModelRouter, engine: str, chain: tuple[str, ...]) -> list[Engine]:
    return [router.catalog.engines[name] for name in (engine, *chain) if name != HUMAN]


@MANY
@given(world=worlds, text=texts.texts)
def test_local_only_is_never_widened(world: World, text: str) -> None:
    """Where egress is local_only, the engine and all that may follow are local."""
    hinted = replace(world.hints, local_only=bool(len(text) % 2), profile="private")
    for hints in (world.hints, hinted):
        plan = world.router.plan(text, hints)
        if plan.egress == "local_only":
            assert all(map(is_local, everyone(world.router, plan.engine, plan.chain)))
    assert world.router.plan(text, hinted).egress == "local_only"


@SOME
@given(seed=texts.seeds, where=st.sampled_from(("user", "system", "tool", "earlier")))
def test_private_data_anywhere_in_a_request_stays_here(seed: int, where: str) -> None:
    """privacy.mode local_only reads everything said, not the last message alone."""
    world = some_world(seed)
    guarded = replace(world.router.catalog, privacy=PrivacyPolicy("local_only"))
    router = ModelRouter(guarded)
    text = texts.short(seed) or "hello"
    said = {"user": f"{text}\n{PRIVATE}"}.get(where, text)
    earlier = {"system": "system", "tool": "tool", "earlier": "assistant"}.get(where)
    before = [{"role": earlier, "content": PRIVATE}] if earlier else []
    body = {"messages": [*before, {"role": "user", "content": said}]}
    decision = router.route_request(body, world.hints)
    assert contains(PRIVATE)
    assert decision.egress == "local_only"
    assert all(map(is_local, everyone(router, decision.selected_engine, decision.chain)))


def test_findings_of_the_context_have_no_place_in_the_text() -> None:
    """A finding elsewhere is told without a span, since spans count in the text."""
    body = {
        "messages": [
            {"role": "system", "content": PRIVATE},
            {"role": "user", "content": f"hello, {PRIVATE}"},
        ]
    }
    decision = packaged().route_request(body)
    start = f"hello, {PRIVATE}".index("ana.")
    assert decision.findings == (("email", start, start + 22), ("email", 0, 0))


@SOME
@given(seed=texts.seeds)
def test_pools_keep_providers_out(seed: int) -> None:
    """A provider the catalog denies takes nothing and follows nothing, whatever is forced."""
    random = Random(seed)
    policy = ProviderPolicy(Pool(deny=frozenset({"openai"})))
    router = ModelRouter(usual_catalog(provider_policy=policy))
    hints = replace(all_hints(random), force_engine=random.choice((None, "web_research", *NAMES)))
    plan = router.plan(texts.short(seed), hints)
    assert all(e.provider != "openai" for e in everyone(router, plan.engine, plan.chain))


# ------------------------------------------------------------------ 4. chains


def fits(engine: Engine, needs: int, tokens: int, hints: Hints, router: ModelRouter) -> bool:
    """Whether an engine has every need and respects every hint, said once more."""
    if not engine.enabled or engine.name in router.table.unavailable:
        return False
    if needs & ~abilities(engine, router.catalog.targets) or tokens > engine.max_context:
        return False
    cost, latency = hints.max_cost_tier, hints.max_latency_tier
    if cost and COST_RANK.get(engine.cost_tier, 999) > COST_RANK[cost]:
        return False
    return not latency or LATENCY_RANK.get(engine.latency_tier, 999) <= LATENCY_RANK[latency]


@MANY
@given(world=worlds, text=texts.texts)
def test_every_engine_in_a_chain_fits(world: World, text: str) -> None:
    """Each has every need, respects every limit, holds the text, and stands there once."""
    router, hints = world
    decision = router.route(text, hints)
    chain = (decision.selected_engine, *decision.chain)
    assert len(set(chain)) == len(chain)
    assert HUMAN not in decision.chain
    tokens = decision.requirements.min_context
    for engine in everyone(router, decision.selected_engine, decision.chain):
        assert fits(engine, decision.requirements.mask, tokens, hints, router)
    if decision.selected_engine == HUMAN:
        assert decision.chain == ()
        assert decision.fallback_chain == ()
    else:
        assert decision.fallback_chain == (*decision.chain, HUMAN)


@SOME
@given(text=texts.texts)
def test_an_empty_chain_is_a_person(text: str) -> None:
    """When every engine is missing, everything ends in human_confirm."""
    catalog = usual_catalog()
    report = {name: ("ollama is not installed",) for name in catalog.engines if name != HUMAN}
    router = ModelRouter(catalog, availability_report=report)
    assert agree(router, text) == HUMAN


# ------------------------------------------------------------------ scores and shapes


@MANY
@given(world=worlds, text=texts.texts)
def test_receipts_are_whole(world: World, text: str) -> None:
    """Scores lie in 0-100, the route is known, the receipt is JSON."""
    decision = world.router.route(text, world.hints)
    data = json.loads(json.dumps(decision.to_dict()))
    for name in ("complexity_score", "risk_score", "confidence_score"):
        assert 0 <= data[name] <= 100
    assert decision.route in ROUTES
    for reason in decision.explained:
        if reason.span is not None:
            assert 0 <= reason.span[0] <= reason.span[1] <= len(text)
