"""What always holds when an engine is chosen, over random catalogs, requests and hints."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.policy.limits import Limits
from model_router.policy.selection import Selection
from model_router.policy.table import ROUTE_INDEX, PolicyTable
from model_router.receipt.decision import build_decision, build_plan
from model_router.types import (
    COST_RANK,
    HUMAN,
    LATENCY_RANK,
    NEED_AUDIO,
    NEED_CODE_EXECUTION,
    NEED_IMAGE,
    NEED_LOCAL,
    NEED_TOOLS,
    ROUTES,
    Catalog,
    Engine,
    Hints,
)
from tests.support.catalogs import World, some_world, worlds

MANY = settings(max_examples=500, deadline=None)


def is_local(engine: Engine) -> bool:
    return engine.location == "local" or engine.provider == "human"


def chosen(
    world: World, explain: bool = False, room: int = 100
) -> tuple[PolicyTable, Limits, Selection]:
    catalog, unavailable, assessment, hints = world
    table = PolicyTable(catalog, unavailable)
    limits = table.limits(hints, assessment.route)
    selection = table.choose(
        assessment, limits, room=room, explain=explain, force=hints.force_engine
    )
    return table, limits, selection


def everyone(selection: Selection) -> list[str]:
    """Every engine that a selection lets somebody try, but the person."""
    return [name for name in (selection.engine, *selection.chain) if name != HUMAN]


@MANY
@given(world=worlds)
def test_the_fast_answer_is_the_full_answer(world: World) -> None:
    """engine_for and choose name the same engine when there are no hints."""
    catalog, unavailable, assessment, _ = world
    table = PolicyTable(catalog, unavailable)
    assessment.confirm, assessment.forced_engine = False, None
    needs = assessment.needs | (NEED_LOCAL if assessment.local_only else 0)
    limits = table.limits(Hints(), assessment.route)
    full = table.choose(assessment, limits, room=50, explain=False).engine
    assert table.engine_for(assessment.route, needs, assessment.tokens, 50) == full
    if assessment.tokens + 50 <= table.roomy:
        assert table.fast[needs][ROUTE_INDEX[assessment.route]] == full


@MANY
@given(world=worlds)
def test_explaining_changes_nothing(world: World) -> None:
    """With and without explanations the engine, its chain and the fallback are the same."""
    _, _, short = chosen(world)
    _, _, full = chosen(world, explain=True)
    assert (short.engine, short.chain, short.fallback_engine, short.reasons) == (
        full.engine,
        full.chain,
        full.fallback_engine,
        full.reasons,
    )


@MANY
@given(world=worlds)
def test_nothing_bypasses_confirmation(world: World) -> None:
    """An assessment that needs a person gets one, whatever is forced, remapped or hinted."""
    world[2].confirm = True
    _, _, selection = chosen(world, explain=True)
    assert selection.engine == HUMAN
    assert selection.chain == ()
    assert selection.alternatives == ()


@MANY
@given(world=worlds)
def test_the_confirmation_route_cannot_be_remapped(world: World) -> None:
    """The route confirmation ends at a person, whatever its target or the force says."""
    world[2].route = "confirmation"
    table, _, selection = chosen(world)
    assert selection.engine == HUMAN
    assert selection.chain == ()
    assert table.engine_for("confirmation", world[2].needs, 0, 0) == HUMAN


@MANY
@given(world=worlds)
def test_local_only_is_never_widened(world: World) -> None:
    """Private data, a hint, the profile or the policy keep engine, chain and ranking local."""
    catalog, _, assessment, _ = world
    _, limits, selection = chosen(world, explain=True)
    plan = build_plan(assessment, selection, limits, catalog)
    receipt = build_decision(assessment, selection, limits, catalog, world[3])
    assert plan.egress == receipt.egress
    ranked = [row.engine for row in selection.alternatives]
    if plan.egress == "local_only":
        assert all(is_local(catalog.engines[name]) for name in everyone(selection) + ranked)


@MANY
@given(world=worlds)
def test_private_data_hint_profile_and_policy_all_set_the_egress(world: World) -> None:
    """Each of the things that keep a request here shows in the plan."""
    catalog, _, assessment, hints = world
    _, limits, selection = chosen(world)
    said = (
        assessment.local_only,
        assessment.needs & NEED_LOCAL,
        hints.local_only,
        hints.hosted_allowed is False,
        hints.profile == "private",
        catalog.provider_policy.base.local_only,
        not catalog.provider_policy.base.hosted_allowed,
    )
    if any(said):
        assert build_plan(assessment, selection, limits, catalog).egress == "local_only"


@MANY
@given(world=worlds)
def test_every_engine_in_a_chain_meets_the_needs(world: World) -> None:
    """Engine and chain are enabled, available, able, and large enough."""
    catalog, unavailable, assessment, _ = world
    _, _, selection = chosen(world)
    for name in everyone(selection):
        row = catalog.engines[name]
        assert row.enabled
        assert name not in unavailable
        assert assessment.tokens + 100 <= row.max_context
        assert row.supports_tools or not assessment.needs & (NEED_TOOLS | NEED_CODE_EXECUTION)
        assert "image" in row.modalities or not assessment.needs & NEED_IMAGE
        assert "audio" in row.modalities or not assessment.needs & NEED_AUDIO


@MANY
@given(world=worlds)
def test_every_engine_in_a_chain_respects_hints_and_policy(world: World) -> None:
    """No engine exceeds a tier or provider limit that a hint or the catalog states."""
    catalog, _, assessment, hints = world
    _, _, selection = chosen(world)
    pools = [catalog.provider_policy.base, catalog.provider_policy.routes.get(assessment.route)]
    costs = [p.max_cost_tier for p in pools if p] + [hints.max_cost_tier]
    speeds = [p.max_latency_tier for p in pools if p] + [hints.max_latency_tier]
    denied = {name for pool in pools if pool for name in pool.deny} | set(hints.provider_denylist)
    for name in everyone(selection):
        row = catalog.engines[name]
        assert all(COST_RANK.get(row.cost_tier, 999) <= COST_RANK[t] for t in costs if t)
        assert all(LATENCY_RANK[row.latency_tier] <= LATENCY_RANK[t] for t in speeds if t)
        assert row.provider not in denied


@MANY
@given(world=worlds)
def test_a_chain_names_nobody_twice_and_no_person(world: World) -> None:
    """Each engine is tried at most once, and the person only after all of them."""
    _, _, selection = chosen(world)
    tried = (selection.engine, *selection.chain)
    assert len(set(tried)) == len(tried)
    assert HUMAN not in selection.chain
    if selection.engine == HUMAN:
        assert selection.chain == ()


@MANY
@given(world=worlds)
def test_rejected_alternative_and_chosen_exclude_each_other(world: World) -> None:
    """An engine is chosen, an alternative or rejected, never two of them."""
    _, _, selection = chosen(world, explain=True)
    rejected = {row.engine for row in selection.rejected}
    ranked = [row.engine for row in selection.alternatives]
    assert selection.engine not in ranked
    assert len(set(ranked)) == len(ranked)
    assert not rejected & {selection.engine, *ranked, *selection.chain} - {HUMAN}
    assert not {HUMAN, "intent_router"} & set(ranked)


@MANY
@given(world=worlds)
def test_locally_chosen_work_leaves_only_where_the_catalog_says_so(world: World) -> None:
    """The first hosted engine after local ones is a written fallback of one of them."""
    catalog, _, assessment, hints = world
    assessment.confirm, hints.profile = False, None
    _, _, selection = chosen(world)
    tried = everyone(selection)
    hosted = [not is_local(catalog.engines[name]) for name in tried]
    if True in hosted and not hosted[0]:
        assert tried[hosted.index(True)] in _written_after(catalog, selection.engine)


def _written_after(catalog: Catalog, name: str) -> set[str]:
    """Every engine on the fallback chain of one engine."""
    found: set[str] = set()
    row = catalog.engines.get(name)
    while row is not None and row.fallback is not None and row.fallback not in found:
        found.add(row.fallback)
        row = catalog.engines.get(row.fallback)
    return found


@MANY
@given(world=worlds)
def test_a_receipt_can_be_written_for_every_world(world: World) -> None:
    """Deciding and its receipt never fail, whatever the world."""
    catalog, _, assessment, hints = world
    _, limits, selection = chosen(world, explain=True)
    receipt = build_decision(assessment, selection, limits, catalog, hints)
    assert receipt.selected_engine == selection.engine
    assert json.loads(json.dumps(receipt.to_dict())) == receipt.to_dict()


def test_random_worlds_are_worth_testing() -> None:
    """Enough worlds choose an engine, have a chain, force, relax and reject."""
    picked = [chosen(some_world(seed), explain=True)[2] for seed in range(2000)]
    codes = {reason.code for selection in picked for reason in selection.reasons}
    assert sum(s.engine != HUMAN for s in picked) > 200
    assert sum(bool(s.chain) for s in picked) > 100
    assert {"profile.relaxed", "profile.quality", "force_engine.ignored"} <= codes
    assert {"rejection.context_exceeded", "rejection.fallback_cycle", "fallback.used"} <= codes


@MANY
@given(world=worlds, room=st.integers(0, 70_000))
def test_the_memo_answers_what_a_new_table_answers(world: World, room: int) -> None:
    """A second look-up, and one after a different length, equal a table without memory."""
    catalog, unavailable, assessment, hints = world
    table = PolicyTable(catalog, unavailable)
    limits = table.limits(hints, assessment.route)
    for answer in (0, room, room):
        seen = table.choose(assessment, limits, room=answer, explain=True, force=hints.force_engine)
    assert seen == chosen(world, explain=True, room=room)[2]


@settings(max_examples=50, deadline=None)
@given(world=worlds)
def test_a_table_answers_for_every_route_and_need(world: World) -> None:
    """Any catalog gives a table in which every cell names a defined engine or the person."""
    catalog, unavailable, _, _ = world
    table = PolicyTable(catalog, unavailable)
    for needs in range(256):
        assert len(table.fast[needs]) == len(ROUTES)
        assert set(table.fast[needs]) <= {HUMAN, *catalog.engines}
    assert len(table.fast) == 256
