"""Every section of the file arrives in the plain object that the router reads."""

from __future__ import annotations

from typing import Any

import pytest

from model_router.catalog import catalog_from_mapping
from model_router.types import (
    NEED_IMAGE,
    NEED_TOOLS,
    OVERRIDE_KEYS,
    Catalog,
    Pool,
    PrivacyPolicy,
    Rule,
    SafetyPolicy,
    Scoring,
    Tier,
)

ENGINE = {"provider": "local", "model": "m", "max_context": 8192}


def load(**sections: Any) -> Catalog:
    """A catalog with one engine and these sections."""
    return catalog_from_mapping({"engines": {"one": ENGINE}, **sections})


def test_defaults_are_those_of_the_types() -> None:
    """A catalog without sections is what the types say by themselves."""
    found = load()
    assert found.safety == SafetyPolicy()
    assert found.privacy == PrivacyPolicy()
    assert found.scoring == Scoring()
    assert found.provider_policy.base == Pool()
    assert (found.signals, found.rules) == ((), ())


class TestSafety:
    @pytest.mark.parametrize(("action", "key"), OVERRIDE_KEYS.items())
    def test_each_override_frees_its_own_class(self, action: str, key: str) -> None:
        """One override frees one class of action and nothing else."""
        found = load(safety={"confirmation_overrides": {key: True}}).safety
        assert found.freed == {action}
        assert not found.allow_ambiguous_high_impact
        assert found.require_human_confirmation

    def test_ambiguous_requests_have_their_own(self) -> None:
        """allow_ambiguous_high_impact frees no class of action."""
        found = load(safety={"confirmation_overrides": {"allow_ambiguous_high_impact": True}})
        assert found.safety.allow_ambiguous_high_impact
        assert found.safety.freed == frozenset()

    def test_the_whole_gate(self) -> None:
        """The gate goes off only by its own key."""
        assert not load(safety={"require_human_confirmation": False}).safety.freed
        assert not load(
            safety={"require_human_confirmation": False}
        ).safety.require_human_confirmation

    @pytest.mark.parametrize("level", ["all", "remote", "destructive", "none"])
    def test_coding_actions(self, level: str) -> None:
        """Each of the four levels arrives."""
        assert load(safety={"coding_actions": level}).safety.coding_actions == level


class TestPrivacy:
    @pytest.mark.parametrize("mode", ["off", "flag", "local_only"])
    def test_modes(self, mode: str) -> None:
        """Each of the three modes arrives."""
        assert load(privacy={"mode": mode}).privacy.mode == mode

    def test_categories_and_code(self) -> None:
        """Given categories arrive as a set, and code as its own switch."""
        found = load(privacy={"categories": ["email", "iban"], "code": True}).privacy
        assert found.categories == {"email", "iban"}
        assert found.code


class TestScoring:
    def test_every_key(self) -> None:
        """Thresholds, weights, tiers, saturation and baseline arrive under their names."""
        found = load(
            scoring={
                "saturation_k": 40,
                "weights": {
                    "complexity": {"coding_intent": 1},
                    "risk": {"send_action": 2},
                    "confidence": {"ambiguous": 3},
                },
                "thresholds": {"reasoning": 61, "simple": 31, "risk": 71, "confidence": 51},
                "tiers": [{"name": "low", "max_score": 50}, {"name": "high", "max_score": 100}],
                "baseline_engine": "one",
            }
        ).scoring
        assert found == Scoring(
            saturation_k=40,
            complexity={"coding_intent": 1},
            risk={"send_action": 2},
            confidence={"ambiguous": 3},
            reasoning_threshold=61,
            simple_threshold=31,
            risk_threshold=71,
            confidence_threshold=51,
            tiers=(Tier("low", 50), Tier("high", 100)),
            baseline_engine="one",
        )


class TestRules:
    def test_every_condition(self) -> None:
        """Each condition arrives, needs as bits, in the order of the file."""
        when = {
            "signals": ["code.repo"],
            "any_signals": ["verify", "team.x"],
            "needs": ["tools", "image", "tools"],
            "min_chars": 1,
            "max_chars": 2,
            "min_complexity": 3,
            "max_complexity": 4,
            "languages": ["de"],
        }
        first, second = load(
            signals=[{"id": "team.x", "kind": "domain", "patterns": ["x"]}],
            rules=[
                {"name": "one", "when": when, "then": {"route": "coding"}},
                {"name": "two", "then": {"engine": "one"}},
            ],
        ).rules
        assert first == Rule(
            "one",
            ("code.repo",),
            ("verify", "team.x"),
            NEED_TOOLS | NEED_IMAGE,
            1,
            2,
            3,
            4,
            ("de",),
            "coding",
        )
        assert second == Rule("two", engine="one")


class TestProviderPolicy:
    def test_every_limit(self) -> None:
        """The limits of the whole catalog and of one route arrive as pools."""
        limits = {
            "provider_allowlist": ["local"],
            "provider_denylist": ["openai"],
            "local_only": True,
            "hosted_allowed": False,
            "max_cost_tier": "low",
            "max_latency_tier": "medium",
        }
        found = load(provider_policy={**limits, "route_pools": {"coding": limits}}).provider_policy
        pool = Pool(frozenset({"local"}), frozenset({"openai"}), True, False, "low", "medium")
        assert found.base == pool
        assert dict(found.routes) == {"coding": pool}


class TestEngine:
    def test_every_key(self) -> None:
        """What a row gives is what the engine has."""
        row = {
            **ENGINE,
            "adapter": "a",
            "strengths": ["s"],
            "cost_tier": "low",
            "latency_tier": "high",
            "enabled": False,
            "supports_tools": True,
            "modalities": ["audio"],
            "capability_tier": "high",
            "trust_tier": "medium",
            "capability": 1,
            "trust": 2,
            "cost": 3,
            "latency": 4,
            "location": "hosted",
            "tier": 1,
            "price_input": 1,
            "price_output": 2.5,
            "price_cached": 0.1,
            "api_model": "other",
            "thinking": "param",
            "fallback": "human_confirm",
        }
        found = catalog_from_mapping({"engines": {"one": row}}).engines["one"]
        plain = {key: getattr(found, key) for key in row}
        assert plain == {**row, "strengths": ("s",), "modalities": frozenset({"audio"})}
        assert isinstance(found.price_input, float)
        assert found.name == "one"

    def test_order_is_that_of_the_file(self) -> None:
        """Engines keep their order, with the added person last."""
        data = {"engines": dict.fromkeys(("z", "a", "m"), ENGINE)}
        assert list(catalog_from_mapping(data).engines) == ["z", "a", "m", "human_confirm"]
