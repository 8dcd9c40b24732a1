"""ModelRouter: the README's table, hints, limits, refresh, batches; and score_prompt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import pytest

from model_router import (
    ModelRouter,
    RoutingProfile,
    route_prompt,
    score_prompt,
)
from model_router.errors import RequestError, RouterConfigError
from model_router.receipt.analysis import PromptAnalysis
from model_router.types import HUMAN, PROFILES, Hints, Pool, ProviderPolicy, Rule, Scoring
from tests.support import texts
from tests.support.catalogs import catalog, engine, usual_catalog


@cache
def packaged() -> ModelRouter:
    return ModelRouter.from_config(validate_availability=False)


class TestReadme:
    @pytest.mark.parametrize(("prompt", "engine"), texts.README.items())
    def test_where_each_prompt_goes(self, prompt: str, engine: str) -> None:
        """With the packaged catalog, at every depth."""
        assert packaged().route_fast(prompt) == engine
        assert packaged().route(prompt).selected_engine == engine
        assert packaged().plan(prompt).engine == engine
        assert route_prompt(prompt).selected_engine == engine

    @pytest.mark.parametrize("prompt", texts.README)
    def test_receipts_say_why(self, prompt: str) -> None:
        """A receipt has reasons, codes and a sentence, and never the prompt."""
        decision = packaged().route(prompt)
        assert decision.reasons
        assert decision.reason_codes
        assert decision.summary
        assert prompt not in json.dumps(decision.to_dict())

    def test_explain_places_what_counted(self) -> None:
        """`explain` is `route` with spans: the words that spoke for the route."""
        text = "Please fix the repo and run tests"
        decision = packaged().explain(text)
        spans = [r.span for r in decision.explained if r.code.startswith("signal.") and r.span]
        assert spans
        assert any("fix" in text[start:end].lower() for start, end in spans)
        plain = packaged().route(text)
        assert [r._replace(span=None) for r in decision.explained] == list(plain.explained)


class TestHints:
    @pytest.mark.parametrize("profile", RoutingProfile)
    def test_profiles_can_be_members_or_names(self, profile: RoutingProfile) -> None:
        """An enumeration member and its text are the same hint."""
        one = packaged().route("hello", {"profile": profile})
        other = packaged().route("hello", Hints(profile=profile.value))
        assert one == other
        assert one.routing_profile == profile.value
        assert type(one.routing_profile) is str

    def test_profile_names_are_those_of_the_core(self) -> None:
        """The enumeration and the core's own list agree."""
        assert tuple(RoutingProfile) == PROFILES

    def test_an_engine_can_be_forced(self) -> None:
        """As long as nothing stands against it."""
        hints = {"force_engine": "reasoning_local"}
        assert packaged().route_fast("rewrite this text", hints) == "reasoning_local"

    def test_allowed_providers_is_an_alias(self) -> None:
        """`allowed_providers`, as hermes-router also has it, limits the choice."""
        router = ModelRouter(usual_catalog())
        decision = router.route("search the web", {"allowed_providers": ["local"]})
        assert decision.requirements.allowed_providers == ("local",)
        assert decision.selected_engine != "web_research"

    def test_hints_are_not_changed(self) -> None:
        """A caller's own object stays as it was."""
        given = {"attachments": ["image"], "tools": ["shell"]}
        packaged().route("hello", given)
        assert given == {"attachments": ["image"], "tools": ["shell"]}


class TestLimits:
    def test_a_long_prompt_needs_a_large_engine(self) -> None:
        """500 KB do not go to an engine of 8,000 tokens, at any depth."""
        router, text = ModelRouter(usual_catalog()), texts.prose(100_000)
        decision = router.route(text)
        engine_ = router.catalog.engines[decision.selected_engine]
        assert decision.estimated_tokens + 1_024 <= engine_.max_context
        assert decision.selected_engine not in ("fast_local", HUMAN)
        assert router.route_fast(text) == decision.selected_engine

    def test_what_fits_nowhere_is_for_a_person(self) -> None:
        """And the receipt says which engines were too small."""
        decision = ModelRouter(usual_catalog()).route(texts.prose(500_000))
        assert decision.selected_engine == HUMAN
        assert "rejection.context_exceeded" in decision.reason_codes

    def test_policy_of_the_catalog_holds(self) -> None:
        """provider_policy limits every request, hints or not."""
        policy = ProviderPolicy(Pool(local_only=True))
        router = ModelRouter(usual_catalog(provider_policy=policy))
        decision = router.route("search the web for the latest TypeScript release notes")
        assert decision.egress == "local_only"
        assert decision.selected_engine == HUMAN == router.route_fast("search the web for news")

    def test_a_rule_may_name_an_engine(self) -> None:
        """The rule's engine takes the request, and no order."""
        rules = (Rule("all", engine="balanced_local"),)
        router = ModelRouter(usual_catalog(rules=rules))
        assert router.route_fast("rewrite this text") == "balanced_local"
        assert router.route("rewrite this text").rule == "all"
        assert router.route_fast("delete all backups") == HUMAN

    def test_three_engines_are_enough(self) -> None:
        """A catalog of three engines routes everything somewhere."""
        router = ModelRouter(
            catalog(
                engine("small"),
                engine("large", supports_tools=True),
                engine(HUMAN, provider="human", adapter="human"),
                targets={"simple": "small", "balanced": "small", "coding": "large"},
            )
        )
        assert router.route_fast("rewrite this text") == "small"
        assert router.route_fast("fix the repo and run tests") == "large"


class TestRefresh:
    def test_it_looks_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An engine whose key appears is used after refresh(), not before."""
        from model_router.types import Availability

        rows = dict(usual_catalog().engines)
        rows["code_agent"] = engine(
            "code_agent",
            supports_tools=True,
            availability=Availability(required_env=("SOME_KEY_OF_OURS",)),
        )
        monkeypatch.delenv("SOME_KEY_OF_OURS", raising=False)
        router = ModelRouter.from_config_object(catalog(*rows.values()))
        assert router.route_fast("fix the repo and run tests") != "code_agent"
        monkeypatch.setenv("SOME_KEY_OF_OURS", "x")
        assert router.route_fast("fix the repo and run tests") != "code_agent"
        router.refresh()
        assert router.route_fast("fix the repo and run tests") == "code_agent"
        assert router.route("fix the repo and run tests").selected_engine == "code_agent"

    def test_it_frees_no_order(self) -> None:
        """Looking again changes engines, never the gate."""
        router = ModelRouter(usual_catalog())
        router.refresh()
        assert router.route_fast("delete all backups") == HUMAN


class TestBatch:
    def test_receipts_in_order(self) -> None:
        """One receipt for each prompt, without alternatives."""
        decisions = list(packaged().route_batch(texts.README))
        assert [d.selected_engine for d in decisions] == list(texts.README.values())
        assert all(d.alternatives == () for d in decisions)

    def test_it_reads_one_at_a_time(self) -> None:
        """An endless stream can be routed: a prompt is taken when its receipt is asked for."""

        def endless() -> Iterator[str]:
            while True:
                yield "rewrite this text"

        found = list(islice(packaged().route_batch(endless()), 5))
        assert len(found) == 5


class TestConfig:
    def test_the_catalog_under_both_names(self) -> None:
        """`.config` is what older code calls `.catalog`."""
        assert packaged().config is packaged().catalog

    def test_a_path_may_be_text_or_a_path(self, tmp_path: Path) -> None:
        """And a file that is missing is an error, or a decision for a person."""
        missing = tmp_path / "none.yaml"
        for path in (missing, str(missing)):
            with pytest.raises(RouterConfigError):
                ModelRouter.from_config(path)
            assert not route_prompt("hi", config_path=path).config_valid

    def test_availability_can_be_left_out(self) -> None:
        """Without it every enabled engine counts as usable."""
        assert ModelRouter.from_config(validate_availability=False).table.unavailable == {}


class TestScorePrompt:
    def test_a_vague_prompt_is_uncertain(self) -> None:
        """The figure that hermes-router gives too."""
        analysis = score_prompt("fix this")
        assert isinstance(analysis, PromptAnalysis)
        assert analysis.confidence_score == 55
        assert json.dumps(analysis.to_dict())

    def test_weights_count(self) -> None:
        """`scoring_weights` adds points for a feature; `scoring_config` sets everything."""
        prompt = "fix the repo and run tests"
        plain = score_prompt(prompt).complexity_score
        weighted = score_prompt(prompt, scoring_weights={"complexity": {"coding_intent": 90}})
        assert weighted.complexity_score > plain
        sharp = score_prompt(prompt, scoring_config=Scoring(saturation_k=5))
        assert sharp.complexity_score > plain
        assert score_prompt(prompt).complexity_score == plain

    def test_unknown_weights_are_refused(self) -> None:
        """A dimension that does not exist is an error, not a silent nothing."""
        with pytest.raises(RequestError, match="complexty"):
            score_prompt("hi", scoring_weights={"complexty": {}})

    def test_none_is_an_empty_prompt(self) -> None:
        """As everywhere."""
        assert score_prompt(None) == score_prompt("")
