"""Which engine is chosen, which may follow, and what is said about the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from model_router.policy.selection import Selection
from model_router.policy.table import MEMO_SIZE, ROUTE_INDEX, PolicyTable
from model_router.types import (
    DEFAULT_TARGETS,
    HUMAN,
    NEED_AUDIO,
    NEED_IMAGE,
    NEED_IMAGE_GENERATION,
    NEED_TOOLS,
    ROUTES,
    Assessment,
    Catalog,
    Hints,
    Pool,
    ProviderPolicy,
)
from tests.support.catalogs import catalog, engine, usual_catalog

USUAL = usual_catalog()
CLOUD: dict[str, Any] = {"provider": "openai", "location": "hosted", "cost_tier": "medium"}


def choose(
    assessment: Assessment | str,
    rows: Catalog = USUAL,
    *,
    room: int = 100,
    unavailable: dict[str, tuple[str, ...]] | None = None,
    **hints: Any,
) -> Selection:
    asked = Assessment(assessment) if isinstance(assessment, str) else assessment
    said = Hints(**hints)
    table = PolicyTable(rows, unavailable or {})
    limits = table.limits(said, asked.route)
    return table.choose(asked, limits, room=room, explain=True, force=said.force_engine)


def without(rows: Catalog, name: str, **changes: Any) -> Catalog:
    """The catalog with one engine changed."""
    return replace(rows, engines={**rows.engines, name: replace(rows.engines[name], **changes)})


def codes(selection: Selection) -> list[str]:
    return [reason.code for reason in selection.reasons]


class TestTargets:
    @pytest.mark.parametrize("route", ROUTES)
    def test_each_route_goes_to_its_engine(self, route: str) -> None:
        """With everything enabled and no limits the configured target is chosen."""
        selection = choose(route)
        assert selection.engine == DEFAULT_TARGETS[route]
        assert not selection.fallback_used
        assert selection.availability_valid
        assert selection.reasons == ()

    def test_the_target_wins_over_a_better_ranked_alternative(self) -> None:
        """Ranking orders alternatives; it does not overrule the catalog."""
        selection = choose("simple")
        assert selection.engine == "fast_local"
        assert selection.alternatives[0].capability > 40

    def test_the_configured_fallback_is_named(self) -> None:
        """Unless a fallback was used, fallback_engine is the configured next one."""
        assert choose("simple").fallback_engine == "balanced_local"
        assert choose("coding").fallback_engine is None

    def test_an_unknown_route_asks_a_person(self) -> None:
        """A route that no table knows fails closed, fast and in full."""
        assert choose("gardening").engine == HUMAN
        assert PolicyTable(USUAL).engine_for("gardening", 0, 1, 1) == HUMAN
        assert PolicyTable(USUAL).engine_for("gardening", 0, 10**9, 1) == HUMAN

    def test_a_route_without_a_target_uses_the_default_one(self) -> None:
        """A catalog built by hand may leave targets out."""
        assert choose("simple", replace(USUAL, targets={})).engine == "fast_local"

    def test_an_empty_catalog_asks_a_person(self) -> None:
        """Nothing to choose from is human_confirm, with the reason."""
        selection = choose("simple", Catalog(engines={}))
        assert selection.engine == HUMAN
        assert not selection.availability_valid
        assert codes(selection) == ["rejection.undefined", "fallback.used"]

    def test_a_target_may_be_a_person(self) -> None:
        """A route that the catalog gives to a person is no failure."""
        rows = replace(USUAL, targets={**DEFAULT_TARGETS, "research": HUMAN})
        selection = choose("research", rows)
        assert selection.engine == HUMAN
        assert selection.availability_valid
        assert not selection.fallback_used


class TestFallback:
    def test_a_disabled_engine_hands_over(self) -> None:
        """The first fallback that fits wins, and the receipt can say for whom."""
        selection = choose("simple", without(USUAL, "fast_local", enabled=False))
        assert (selection.engine, selection.target) == ("balanced_local", "fast_local")
        assert selection.fallback_used
        assert selection.fallback_engine == "balanced_local"
        assert codes(selection) == ["rejection.disabled", "fallback.used"]
        assert selection.reasons[-1].text == "balanced_local stands in for fast_local"

    def test_an_unavailable_engine_hands_over_with_its_reasons(self) -> None:
        """What is missing stands in the selection."""
        selection = choose("simple", unavailable={"fast_local": ("no command llama",)})
        assert selection.engine == "balanced_local"
        assert selection.availability_reasons == ("fast_local: not available: no command llama",)

    def test_the_end_of_the_chain_is_a_person(self) -> None:
        """No fallback left for want of availability: human_confirm, availability invalid."""
        selection = choose("coding", without(USUAL, "code_agent", enabled=False))
        assert selection.engine == HUMAN
        assert selection.fallback_used
        assert selection.fallback_engine == HUMAN
        assert not selection.availability_valid
        assert selection.reasons[-1].text == "no engine qualifies, so a person decides"

    def test_an_unmet_need_is_no_matter_of_availability(self) -> None:
        """Audio that nobody hears asks a person, but nothing is broken."""
        selection = choose(Assessment("vision", needs=NEED_AUDIO))
        assert selection.engine == HUMAN
        assert selection.availability_valid
        assert "rejection.modality_missing" in codes(selection)

    def test_a_circle_ends(self) -> None:
        """Fallbacks that lead back to themselves end at a person and say so."""
        rows = catalog(
            engine("fast_local", enabled=False, fallback="b"),
            engine("b", enabled=False, fallback="fast_local"),
        )
        selection = choose("simple", rows)
        assert selection.engine == HUMAN
        assert "rejection.fallback_cycle" in codes(selection)

    def test_an_undefined_fallback_ends_the_walk(self) -> None:
        """A name that the catalog does not define is rejected, not looked for elsewhere."""
        rows = catalog(engine("fast_local", enabled=False, fallback="ghost"))
        selection = choose("simple", rows)
        assert selection.rejected[1].to_dict() == {
            "engine": "ghost",
            "code": "rejection.undefined",
            "reason": "not defined in the catalog",
        }

    def test_a_text_too_long_for_the_target_moves_on(self) -> None:
        """The context limits for real: text and room together."""
        small = Assessment("simple", tokens=7_900)
        assert choose(small, room=100).engine == "fast_local"
        selection = choose(small, room=101)
        assert selection.engine == "balanced_local"
        assert codes(selection)[0] == "rejection.context_exceeded"

    def test_a_text_too_long_for_everybody_asks_a_person(self) -> None:
        """No engine is asked to cut the text."""
        assert choose(Assessment("simple", tokens=10**7)).engine == HUMAN


class TestConfirmation:
    @pytest.mark.parametrize("route", ROUTES)
    def test_an_order_asks_a_person_on_every_route(self, route: str) -> None:
        """The assessment's confirm decides, not the route."""
        selection = choose(Assessment(route, confirm=True))
        assert selection == Selection(engine=HUMAN, target=HUMAN)

    def test_remapping_the_confirmation_target_does_nothing(self) -> None:
        """The gate is not an entry in a table."""
        rows = replace(USUAL, targets={**DEFAULT_TARGETS, "confirmation": "fast_local"})
        assert choose("confirmation", rows).engine == HUMAN
        assert PolicyTable(rows).fast[0][ROUTE_INDEX["confirmation"]] == HUMAN

    def test_force_does_not_get_around_it(self) -> None:
        """The forced engine is named and ignored."""
        selection = choose(Assessment("coding", confirm=True), force_engine="code_agent")
        assert selection.engine == HUMAN
        assert codes(selection) == ["force_engine.ignored"]
        assert selection.reasons[0].text.startswith("force_engine ignored")

    def test_forcing_the_person_is_not_ignored(self) -> None:
        """Both want the same."""
        selection = choose(Assessment("coding", confirm=True), force_engine=HUMAN)
        assert codes(selection) == ["force_engine.requested"]


class TestForce:
    def test_a_forced_engine_wins_over_the_target(self) -> None:
        """force_engine starts the walk somewhere else."""
        selection = choose("simple", force_engine="reasoning_local")
        assert (selection.engine, selection.target) == ("reasoning_local", "reasoning_local")
        assert selection.reasons[0].text == "the caller asked for reasoning_local"

    @pytest.mark.parametrize("name", [HUMAN, "intent_router"])
    def test_the_person_and_the_router_can_be_forced(self, name: str) -> None:
        """They are never chosen by themselves, but may be asked for."""
        selection = choose("simple", force_engine=name)
        assert selection.engine == name
        assert not selection.fallback_used

    def test_a_disabled_forced_engine_hands_over(self) -> None:
        """Its own fallback stands in."""
        rows = without(USUAL, "fast_local", enabled=False)
        assert choose("coding", rows, force_engine="fast_local").engine == "balanced_local"

    def test_an_unknown_engine_asks_a_person(self) -> None:
        """With the name that was probably meant."""
        selection = choose("simple", force_engine="fast_locl")
        assert selection.engine == HUMAN
        assert not selection.availability_valid
        assert selection.rejected[0].reason == (
            "unknown forced engine fast_locl; did you mean fast_local?"
        )

    def test_needs_hold_for_forced_engines(self) -> None:
        """A text engine forced onto an image ends at a person."""
        asked = Assessment("vision", needs=NEED_TOOLS | NEED_IMAGE)
        assert choose(asked, force_engine="fast_local").engine == HUMAN

    def test_local_only_holds_for_forced_engines(self) -> None:
        """Force never takes private data out."""
        asked = Assessment("simple", local_only=True)
        selection = choose(asked, force_engine="web_research")
        assert selection.engine == HUMAN
        assert selection.rejected[0].code == "rejection.not_local"

    def test_a_rule_can_force(self) -> None:
        """A rule's engine is taken, and the reason says that a rule asked."""
        selection = choose(Assessment("simple", forced_engine="code_agent"))
        assert selection.engine == "code_agent"
        assert selection.reasons[0].text == "a rule of the catalog asked for code_agent"

    def test_the_caller_wins_over_a_rule(self) -> None:
        """A hint for this request is nearer than a rule for many."""
        asked = Assessment("simple", forced_engine="code_agent")
        assert choose(asked, force_engine="fast_local").engine == "fast_local"

    def test_only_written_fallbacks_follow_a_forced_engine(self) -> None:
        """Who asks for one engine does not get a ranked list."""
        assert choose("coding").chain == ("reasoning_local",)
        assert choose("simple", force_engine="code_agent").chain == ()


class TestChain:
    def test_written_fallbacks_come_first_and_a_written_person_ends_them(self) -> None:
        """fast_local -> balanced_local -> reasoning_local -> human_confirm, and nobody else."""
        assert choose("simple").chain == ("balanced_local", "reasoning_local")

    def test_without_a_written_end_others_of_its_tier_follow_by_rank(self) -> None:
        """Fitting engines of at least the same tier, best ranked first."""
        rows = catalog(
            engine("code_agent", tier=1, supports_tools=True),
            engine("low", tier=0, supports_tools=True),
            engine("good", tier=1, supports_tools=True, capability=70),
            engine("best", tier=2, supports_tools=True, capability=90),
            engine("mute", tier=2, capability=99),
        )
        assert choose(Assessment("coding", needs=NEED_TOOLS), rows).chain == ("best", "good")

    def test_ranking_never_leads_from_local_to_hosted(self) -> None:
        """A local engine that fails sends nothing out by itself."""
        rows = catalog(
            engine("code_agent"), engine("cloud", **CLOUD, capability=99), engine("b", tier=2)
        )
        assert choose("coding", rows).chain == ("b",)

    def test_a_written_hosted_fallback_opens_the_way(self) -> None:
        """Once the catalog says that the prompt may leave, ranked hosted engines may follow."""
        rows = catalog(
            engine("code_agent", fallback="cloud"),
            engine("cloud", **CLOUD, tier=2),
            engine("other", **CLOUD, tier=2),
        )
        assert choose("coding", rows).chain == ("cloud", "other")
        assert choose(Assessment("coding", local_only=True), rows).chain == ()

    def test_an_engine_that_only_makes_images_never_stands_in_for_text(self) -> None:
        """Neither in the chain nor among the alternatives, unless images are asked for."""
        rows = catalog(
            engine("code_agent"),
            engine("image_generation"),
            engine("b", adapter="image-generation"),
        )
        selection = choose("coding", rows)
        assert selection.chain == ()
        assert selection.alternatives == ()
        asked = Assessment("image_generation", needs=NEED_IMAGE_GENERATION)
        assert choose(asked, rows).chain == ("b",)

    def test_a_fallback_that_does_not_fit_is_passed_over(self) -> None:
        """The chain goes on behind it."""
        rows = without(USUAL, "balanced_local", enabled=False)
        assert choose("simple", rows).chain == ("reasoning_local",)


class TestProfiles:
    def test_fast_keeps_to_its_tiers_where_it_can(self) -> None:
        """A cheap and quick fallback is taken instead of a slow target."""
        rows = without(USUAL, "reasoning_local", fallback="balanced_local")
        selection = choose("reasoning", rows, profile="fast")
        assert selection.engine == "balanced_local"
        assert not selection.relaxed

    @pytest.mark.parametrize("route", ["reasoning", "research", "vision", "image_generation"])
    def test_fast_is_given_up_rather_than_asking_a_person(self, route: str) -> None:
        """A preference that leaves nobody is dropped, and the receipt says so."""
        selection = choose(route, profile="fast")
        assert selection.engine == DEFAULT_TARGETS[route]
        assert selection.relaxed
        assert codes(selection) == ["profile.relaxed"]

    def test_stated_limits_are_never_given_up(self) -> None:
        """A hint is not a preference."""
        assert choose("reasoning", profile="fast", max_latency_tier="low").engine == HUMAN
        assert choose("reasoning", latency_sensitive=True).engine == HUMAN

    def test_private_is_never_given_up(self) -> None:
        """A hosted target under the profile private asks a person."""
        selection = choose("research", profile="private")
        assert selection.engine == HUMAN
        assert codes(selection) == ["rejection.location", "fallback.used"]

    def test_private_works_with_any_local_provider(self) -> None:
        """Local is a location, not the provider's name."""
        rows = catalog(engine("fast_local", provider="ollama"))
        assert choose("simple", rows, profile="private").engine == "fast_local"

    def test_quality_takes_the_most_capable_relative(self) -> None:
        """Same strength as the target, or a higher tier on its chain; the target follows."""
        selection = choose("simple", profile="quality")
        assert selection.engine == "reasoning_local"
        assert selection.chain[:2] == ("fast_local", "balanced_local")
        assert codes(selection) == ["profile.quality"]
        assert not selection.fallback_used

    def test_quality_does_not_take_strangers(self) -> None:
        """A better engine for other work, off the chain, is no relative."""
        rows = catalog(
            engine("fast_local", strengths=("rewriting",)),
            engine("star", strengths=("coding",), capability=99, tier=2),
        )
        assert choose("simple", rows, profile="quality").engine == "fast_local"

    def test_quality_holds_to_needs_and_limits(self) -> None:
        """The better engine has to qualify as any other."""
        rows = catalog(engine("fast_local", capability=40), engine("cloud", **CLOUD, capability=99))
        assert choose("simple", rows, profile="quality").engine == "cloud"
        assert choose("simple", rows, profile="quality", local_only=True).engine == "fast_local"

    def test_quality_does_not_overrule_force(self) -> None:
        """Who names an engine gets it."""
        selection = choose("simple", profile="quality", force_engine="fast_local")
        assert selection.engine == "fast_local"

    def test_quality_leaves_a_person_in_charge(self) -> None:
        """Where the walk ends at a person, quality finds nobody else."""
        rows = without(USUAL, "code_agent", enabled=False)
        assert choose("coding", rows, profile="quality").engine == HUMAN


class TestExplanations:
    def test_rejections_begin_with_those_on_the_way(self) -> None:
        """Then every other engine that could not have been chosen, in catalog order."""
        rows = without(without(USUAL, "fast_local", enabled=False), "code_agent", enabled=False)
        selection = choose("simple", rows)
        assert [row.engine for row in selection.rejected] == ["fast_local", "code_agent"]

    def test_alternatives_leave_out_person_router_and_choice(self) -> None:
        """What remains is ranked, best first."""
        selection = choose("simple")
        names = [row.engine for row in selection.alternatives]
        assert not {HUMAN, "intent_router", "fast_local", "image_generation"} & set(names)
        scores = [row.rank_score for row in selection.alternatives]
        assert scores == sorted(scores, reverse=True)

    def test_without_explain_only_the_way_is_told(self) -> None:
        """The short form has the same choice and no lists."""
        table = PolicyTable(without(USUAL, "code_agent", enabled=False))
        limits = table.limits(Hints(), "simple")
        short = table.choose(Assessment("simple"), limits, room=0, explain=False)
        assert (short.rejected, short.alternatives) == ((), ())
        assert short.engine == "fast_local"

    def test_no_alternatives_for_a_person(self) -> None:
        """While a person decides nothing competes."""
        assert choose(Assessment("vision", needs=NEED_AUDIO)).alternatives == ()


class TestTable:
    def test_common_needs_are_there_from_the_start(self) -> None:
        """The hot path never has to work anything out for an ordinary prompt."""
        table = PolicyTable(USUAL)
        assert {0, NEED_TOOLS} <= set(table.fast)

    def test_roomy_is_the_smallest_context_a_route_leads_to(self) -> None:
        """Engines that no route leads to do not narrow it, nor do unusable ones."""
        assert PolicyTable(USUAL).roomy == 8_000
        assert PolicyTable(USUAL, {"fast_local": ("gone",)}).roomy == 32_000
        assert PolicyTable(Catalog(engines={})).roomy == 0

    def test_rows_do_not_grow_without_end(self) -> None:
        """Bits that mean nothing are answered and forgotten."""
        table = PolicyTable(USUAL)
        before = len(table.fast)
        for needs in range(1_000, 3_000):
            assert table.fast[needs][0] == HUMAN or needs & ~255 == 0
        assert len(table.fast) == before

    def test_memos_do_not_grow_without_end(self) -> None:
        """Limits come from callers; after MEMO_SIZE answers are worked out, and right."""
        table = PolicyTable(USUAL)
        for number in range(MEMO_SIZE + 50):
            hints = Hints(provider_denylist=(f"p{number}",))
            limits = table.limits(hints, "simple")
            asked = Assessment("simple")
            assert table.choose(asked, limits, room=1, explain=False).engine == "fast_local"
        assert len(table._memo) == len(table._hinted) == MEMO_SIZE

    def test_the_policy_of_the_catalog_is_in_the_fast_table(self) -> None:
        """provider_policy limits requests without hints too, each route by its own pool."""
        policy = ProviderPolicy(routes={"research": Pool(local_only=True)})
        table = PolicyTable(replace(USUAL, provider_policy=policy))
        assert table.engine_for("research", 0, 1, 1) == HUMAN
        assert table.engine_for("vision", 0, 1, 1) == "multimodal_vision"

    def test_limits_are_shared_when_hints_say_nothing(self) -> None:
        """Two requests without limits compare by identity."""
        table = PolicyTable(USUAL)
        assert table.limits(Hints(), "simple") is table.limits(Hints(tools=()), "simple")

    def test_lists_in_hints_are_welcome(self) -> None:
        """Hints built by hand may hold lists where tuples are meant."""
        hints = Hints(provider_denylist=["openai"])  # type: ignore[arg-type]
        assert PolicyTable(USUAL).limits(hints, "simple").deny == {"openai"}
