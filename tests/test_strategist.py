"""A strategy at work in the router: it chooses within what safety and policy allow, no further."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

import model_router.strategist as desk
from model_router.errors import RouterConfigError
from model_router.policy.eligibility import is_local
from model_router.router import ModelRouter
from model_router.strategies import MODULES, Choice, Decide, Facts
from model_router.strategist import Strategist, checked
from model_router.types import (
    HUMAN,
    NEED_IMAGE,
    ROUTES,
    Catalog,
    Hints,
    Pool,
    PrivacyPolicy,
    ProviderPolicy,
    Request,
    Rule,
    SafetyPolicy,
    Strategy,
)
from tests.support import texts
from tests.support.catalogs import usual_catalog
from tests.support.strategies import some_deciding
from tests.support.worlds import World, some_world

SOME = settings(max_examples=300, deadline=None)
PRIVATE = "summarise this mail from ana.kovacs@fleckens.hu"


def fixed(engine: str) -> Strategy:
    return Strategy("fixed", {"engine": engine})


def router(strategy: Strategy, **changes: Any) -> ModelRouter:
    """A router over the usual engines."""
    return ModelRouter(usual_catalog(strategy=strategy, **changes))


@pytest.fixture
def deciding(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModelRouter]:
    """A function that makes a router whose strategy is a given function."""

    def made(decide: Any, **changes: Any) -> ModelRouter:
        def both(catalog: Catalog) -> tuple[Strategist, None]:
            return Strategist("mine", decide), None

        monkeypatch.setattr(desk, "strategists", both)
        return ModelRouter(usual_catalog(strategy=Strategy("mine"), **changes))

    return made


def answers(*choice: Any, **named: Any) -> Decide:
    return lambda facts: Choice(*choice, **named)


# ------------------------------------------------------------------ one decision, one gate


def some_strategic_world(seed: int) -> World:
    """A world with a strategy that is never the router's own."""
    world, random = some_world(seed, confirming=True), Random(seed)
    chosen = some_deciding(random)
    if random.random() < 0.2:
        chosen = Strategy("shadow", {"first": chosen, "second": some_deciding(random)})
    catalog = replace(world.router.catalog, strategy=chosen)
    made = ModelRouter(catalog, availability_report=world.router.table.unavailable)
    return World(made, world.hints)


worlds = texts.seeds.map(some_strategic_world)


@SOME
@given(world=worlds, text=texts.texts)
def test_three_depths_agree_under_every_strategy(world: World, text: str) -> None:
    """route_fast, route, explain and plan name one engine, with hints and without."""
    for hints in (None, world.hints):
        found = world.router.route(text, hints)
        plan = world.router.plan(text, hints)
        assert world.router.route_fast(text, hints) == found.selected_engine == plan.engine
        assert world.router.explain(text, hints).selected_engine == plan.engine
        assert (found.chain, found.egress, found.verify) == (plan.chain, plan.egress, plan.verify)
        assert not any(reason.code == "internal.error" for reason in found.explained)
        assert not any(reason.code == "strategy.failed" for reason in found.explained)


@SOME
@given(world=worlds, seed=texts.seeds)
def test_no_strategy_passes_the_gate(world: World, seed: int) -> None:
    """What a person must confirm is never put to a strategy, so that none can un-confirm it."""
    order = Random(seed).choice(texts.ORDERS)
    decision = world.router.route(order, world.hints)
    assert decision.selected_engine == HUMAN
    assert decision.requires_confirmation
    assert decision.chain == ()
    assert not any(reason.code.startswith("strategy.") for reason in decision.explained)
    assert world.router.route_fast(order) == HUMAN


@SOME
@given(world=worlds, text=texts.texts)
def test_no_strategy_sends_out_what_stays(world: World, text: str) -> None:
    """Where egress is local_only, the engine and its chain are local under every strategy."""
    plan = world.router.plan(text, replace(world.hints, local_only=True))
    assert plan.egress == "local_only"
    engines = world.router.catalog.engines
    assert all(is_local(engines[name]) for name in (plan.engine, *plan.chain) if name != HUMAN)


@pytest.mark.parametrize("name", MODULES)
def test_each_strategy_was_drawn(name: str) -> None:
    """The worlds above hold every strategy of ours."""
    drawn = (some_strategic_world(seed).router.catalog.strategy.name for seed in range(60))
    assert name in set(drawn)


# ------------------------------------------------------------------ limits hold


def test_the_default_asks_nobody() -> None:
    """The default strategies build nothing and leave the hot path as it is."""
    for name in ("rules+weights", "rules"):
        plain = router(Strategy(name))
        assert plain._strategist is None
        assert plain._shadow is None
        assert plain._decide == plain._assessor.fast


def test_an_engine_that_cannot_do_it_is_passed_over() -> None:
    """`fixed` gives way to the engine's fallbacks where needs, limits or size say so."""
    small = router(fixed("fast_local"))
    assert small.route_fast("hello") == "fast_local"
    assert small.route_fast("word " * 9_000) == "balanced_local"
    assert small.route_fast("search the web for the latest news") == HUMAN
    decision = small.route("word " * 9_000)
    assert decision.fallback_used
    assert decision.target == "fast_local"
    assert "strategy.fixed" in decision.reason_codes
    assert "force_engine.requested" not in decision.reason_codes
    assert decision.requested_engine == "fast_local"
    assert decision.strategy == "fixed"


def test_provider_policy_holds() -> None:
    """A provider that the catalog denies takes nothing that a strategy wants it to take."""
    denied = ProviderPolicy(Pool(deny=frozenset({"openai"})))
    assert router(fixed("web_research")).route_fast("hello") == "web_research"
    assert router(fixed("web_research"), provider_policy=denied).route_fast("hello") == HUMAN


def test_private_data_stays_here() -> None:
    """privacy.mode local_only holds against a strategy that wants a hosted engine."""
    guarded = router(fixed("web_research"), privacy=PrivacyPolicy("local_only"))
    assert guarded.route_fast("hello") == "web_research"
    assert guarded.route_fast(PRIVATE) == HUMAN
    assert guarded.plan(PRIVATE).egress == "local_only"


def test_what_the_caller_says_wins() -> None:
    """A forced engine wins over a strategy's engine, and a role over its route."""
    made = router(fixed("reasoning_local"))
    assert made.route_fast("hello", Hints(force_engine="fast_local")) == "fast_local"


def test_a_role_wins_over_a_route(deciding: Callable[..., ModelRouter]) -> None:
    """A caller who says what kind of work it is knows better than the strategy."""
    made = deciding(answers("x", route="simple"))
    assert made.route("hello").route == "simple"
    assert made.route("hello", Hints(role="reasoning")).route == "reasoning"


def test_rules_come_first(deciding: Callable[..., ModelRouter]) -> None:
    """A rule of the catalog decides before the strategy is asked."""
    rule = Rule("short", max_chars=10, route="reasoning")
    made = deciding(answers("x", engines=("fast_local",)), rules=(rule,))
    assert made.route_fast("hello") == "reasoning_local"
    assert made.route_fast("hello, how are you?") == "fast_local"


def test_pictures_keep_their_needs(deciding: Callable[..., ModelRouter]) -> None:
    """A strategy that wants another route does not take away what the request carries."""
    made = deciding(answers("x", route="simple"))
    decision = made.route("what is this?", Hints(attachments=("image",)))
    assert decision.requirements.mask & NEED_IMAGE
    assert decision.selected_engine == "multimodal_vision"


def test_the_needs_are_those_of_the_new_route(deciding: Callable[..., ModelRouter]) -> None:
    """A changed route brings its needs and drops those of the old one."""
    to_research = deciding(answers("x", route="research"))
    assert to_research.route("hello").requires_freshness
    assert to_research.route_fast("hello") == "web_research"
    to_simple = deciding(answers("x", route="simple"))
    assert not to_simple.route("fix the repo and run tests").requires_tools


def test_coding_without_tools_is_still_confirmed(deciding: Callable[..., ModelRouter]) -> None:
    """A coding engine acts by itself: moving an order there brings the gate back."""
    mail, hints = "send an email to anna about the meeting", Hints(tools=())
    plain = ModelRouter(usual_catalog()).route(mail, hints)
    assert not plain.requires_confirmation
    made = deciding(answers("x", route="coding", engines=("code_agent",)))
    moved = made.route(mail, hints)
    assert moved.requires_confirmation
    assert moved.selected_engine == HUMAN


def test_a_strategy_can_ask_for_a_person(deciding: Callable[..., ModelRouter]) -> None:
    """The route confirmation, or human_confirm as an engine, is a person; also with an image."""
    for choice in ({"route": "confirmation"}, {"engines": (HUMAN, "fast_local")}):
        made = deciding(answers("x", **choice))
        for hints in (None, Hints(attachments=("image",)), Hints(force_engine="fast_local")):
            decision = made.route("hello", hints)
            assert decision.selected_engine == HUMAN
            assert decision.requires_confirmation
            assert made.route_fast("hello", hints) == HUMAN


def test_an_unknown_engine_is_for_a_person(deciding: Callable[..., ModelRouter]) -> None:
    """An engine that does not exist fails closed, with what was probably meant."""
    decision = deciding(answers("x", engines=("fast_locl",))).route("hello")
    assert decision.selected_engine == HUMAN
    assert "did you mean fast_local?" in " ".join(decision.reasons)


# ------------------------------------------------------------------ orders of engines


def test_the_first_that_fits_is_chosen(deciding: Callable[..., ModelRouter]) -> None:
    """Of engines in order the first that may take it does; the rest follows, then fallbacks."""
    order = ("image_generation", "code_agent", "fast_local")
    made = deciding(answers("x", engines=order))
    plan = made.plan("hello", Hints(local_only=True))
    assert plan.engine == "code_agent"
    assert plan.chain == ("fast_local",)


def test_a_hosted_one_does_not_follow_a_local_one(deciding: Callable[..., ModelRouter]) -> None:
    """Failing locally never sends a prompt out by itself, whatever order a strategy wants."""
    local_first = deciding(answers("x", engines=("code_agent", "web_research", "fast_local")))
    assert local_first.plan("hello").chain == ("fast_local",)
    hosted_first = deciding(answers("x", engines=("web_research", "code_agent")))
    assert hosted_first.plan("hello").chain == ("code_agent",)


# ------------------------------------------------------------------ failing closed


def raises(facts: Facts) -> Choice:
    raise KeyError(facts.text)


@pytest.mark.parametrize(
    "decide",
    [
        raises,
        lambda facts: None,
        lambda facts: "fast_local",
        lambda facts: ("code", "simple", (), 0),
        answers("not a code!"),
        answers(""),
        answers("x" * 61),
        answers("x", route="simpel"),
        answers("x", engines="fast_local"),
        answers("x", engines=(3,)),
        answers("x", points="many"),
    ],
)
def test_what_is_no_choice_is_for_a_person(
    deciding: Callable[..., ModelRouter], decide: Any
) -> None:
    """A strategy that raises or answers nonsense sends the request to a person, at all depths."""
    text = "tell me about Prague"
    for safety in (SafetyPolicy(), SafetyPolicy(require_human_confirmation=False)):
        made = deciding(decide, safety=safety)
        decision = made.route(text)
        assert decision.selected_engine == HUMAN
        assert decision.requires_confirmation
        assert "strategy.failed" in decision.reason_codes
        assert made.route_fast(text) == made.plan(text).engine == HUMAN
        assert made.plan(text).confirm
        assert "Prague" not in str(decision.to_dict())


def test_a_choice_of_the_right_form_is_itself() -> None:
    """checked gives back what it was given."""
    choice = Choice("any.code_1", "simple", ("a",), -3)
    assert checked(choice) is choice


# ------------------------------------------------------------------ what a strategy reads


def test_the_facts_are_the_assessment(deciding: Callable[..., ModelRouter]) -> None:
    """Facts hold what the receipt says, and the engines that could take the request."""
    seen: list[Facts] = []

    def decide(facts: Facts) -> Choice:
        seen.append(facts)
        return Choice("looks")

    text = "fix the repo and run tests"
    decision = deciding(decide).route(text, Hints(tools=("shell",)))
    (facts,) = seen
    assert (facts.route, facts.complexity) == (decision.route, decision.complexity_score)
    assert (facts.text, facts.tokens) == (text, decision.estimated_tokens)
    assert facts.signals == set(decision.signals)
    assert facts.task == decision.task_type
    assert facts.tools
    assert "code_agent" in [engine.name for engine in facts.eligible]
    assert "fast_local" not in [engine.name for engine in facts.eligible]  # it has no tools
    assert HUMAN not in [engine.name for engine in facts.eligible]
    assert "leaves the route as it is" in " ".join(decision.reasons)


def test_a_dropped_preference_is_dropped_here_too(deciding: Callable[..., ModelRouter]) -> None:
    """Where no engine respects a profile's preference, those that fit without it are eligible."""
    seen: list[tuple[str, ...]] = []

    def decide(facts: Facts) -> Choice:
        seen.append(tuple(engine.name for engine in facts.eligible))
        return Choice("looks")

    slow = {
        name: replace(engine, latency_tier="high")
        for name, engine in usual_catalog().engines.items()
    }
    patient = replace(deciding(decide).catalog, engines=slow)
    ModelRouter(patient).route("hello", Hints(profile="fast"))
    assert seen
    assert seen[0]


def test_a_side_call_is_told(deciding: Callable[..., ModelRouter]) -> None:
    """A strategy sees that a request is an agent's side call."""
    seen: list[bool] = []

    def decide(facts: Facts) -> Choice:
        seen.append(facts.helper)
        return Choice("looks")

    made = deciding(decide)
    made.plan(Request("a title", helper="title"))
    made.plan("a title")
    assert seen == [True, False]


# ------------------------------------------------------------------ shadow


def shadow(first: Strategy, second: Strategy) -> Strategy:
    return Strategy("shadow", {"first": first, "second": second})


@SOME
@given(text=texts.texts, seed=texts.seeds)
def test_a_shadow_changes_nothing(text: str, seed: int) -> None:
    """With a second strategy beside it, the first decides as it does alone."""
    random = Random(seed)
    first, second = some_deciding(random), some_deciding(random)
    for one in (first, Strategy()):
        alone, watched = router(one), router(shadow(one, second))
        assert watched.route_fast(text) == alone.route_fast(text)
        ours, theirs = watched.route(text).to_dict(), alone.route(text).to_dict()
        assert ours["shadow"]["strategy"] == second.name
        told = ("shadow", "strategy", "reasons", "reason_codes", "explained")
        for key in told:
            ours.pop(key), theirs.pop(key)
        weighty = "selected_route_explanation"
        assert {**ours, weighty: ""} == {**theirs, weighty: ""}


def test_the_difference_is_recorded() -> None:
    """The receipt says what the second would have asked, as a field and with a code."""
    watched = router(shadow(Strategy(), fixed("reasoning_local")))
    decision = watched.route("hello")
    assert decision.selected_engine != "reasoning_local"
    assert decision.shadow is not None
    assert decision.shadow.to_dict() == {
        "strategy": "fixed",
        "engine": "reasoning_local",
        "route": decision.route,
        "differs": True,
    }
    assert "shadow.differs" in decision.reason_codes
    assert "strategy.fixed" not in decision.reason_codes


def test_agreement_is_recorded_too() -> None:
    """Where both ask the same engine, the code says so; the own decision may watch as well."""
    watched = router(shadow(fixed("fast_local"), Strategy("rules")))
    for text in ("rewrite this text", "drop the production database"):
        decision = watched.route(text)
        assert "shadow.agrees" in decision.reason_codes
        assert decision.shadow is not None
        assert decision.shadow.differs is False
    assert watched.route("design a distributed task scheduler architecture").shadow.differs  # type: ignore[union-attr]


def test_a_shadow_that_fails_is_only_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watching strategy that raises changes nothing but a code."""

    def both(catalog: Catalog) -> tuple[None, Strategist]:
        return None, Strategist("mine", raises)

    monkeypatch.setattr(desk, "strategists", both)
    watched = ModelRouter(usual_catalog(strategy=Strategy("mine")))
    decision = watched.route("hello")
    assert decision.selected_engine == ModelRouter(usual_catalog()).route("hello").selected_engine
    assert "shadow.failed" in decision.reason_codes


# ------------------------------------------------------------------ construction


def test_a_strategy_nobody_offers_is_a_config_error() -> None:
    """A catalog made in Python gets the same error, with the close match."""
    with pytest.raises(RouterConfigError, match="did you mean threshold"):
        router(Strategy("treshold"))


@pytest.mark.parametrize("name", MODULES)
def test_options_that_are_missing_are_a_config_error(name: str) -> None:
    """A strategy made in Python without what it needs is refused, not a KeyError."""
    if name == "quality_cost":  # it has a default for everything
        assert router(Strategy(name)).route_fast("hello")
        return
    with pytest.raises(RouterConfigError, match="cannot be built: KeyError"):
        router(Strategy(name))


def test_a_preset_reads_long_texts_in_bounded_time() -> None:
    """Word patterns look at both ends of a text, so that a paste of 1 MB blocks nobody."""
    from time import perf_counter

    from model_router.catalog import catalog_from_mapping

    row = {"provider": "ollama", "model": "m", "max_context": 10_000_000}
    chosen = {"name": "threshold", "preset": "ocp-router", "engines": ["a", "b"]}
    data = {"engines": {"a": row, "b": row}, "strategy": chosen}
    made = ModelRouter(catalog_from_mapping(data))
    for unit in ("all across every ", "architect", "a.a.", "\n", "```\n"):
        text = (unit * 1_000_000)[:1_000_000]
        start = perf_counter()
        made.route_fast(text)
        assert perf_counter() - start < 3, unit


def test_every_route_can_be_taken(deciding: Callable[..., ModelRouter]) -> None:
    """Each route that a strategy may name is the receipt's route."""
    for route in ROUTES:
        assert deciding(answers("x", route=route)).route("hello").route == route
