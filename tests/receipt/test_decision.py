"""Receipts, plans and analyses: their keys, their words, and what they never say."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError, dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from model_router._version import __version__
from model_router.policy.table import PolicyTable
from model_router.receipt.analysis import build_analysis
from model_router.receipt.decision import (
    SCHEMA,
    Plan,
    RoutingDecision,
    blocked_decision,
    build_decision,
    build_plan,
)
from model_router.receipt.requirements import PromptFeatures
from model_router.types import (
    FEATURE_BIT,
    FEATURES,
    HUMAN,
    NEED_IMAGE,
    NEED_TOOLS,
    Assessment,
    Catalog,
    Hints,
    Reason,
    Scoring,
    Tier,
)
from tests.support.catalogs import usual_catalog

USUAL = usual_catalog()
ROOT = Path(__file__).parents[2]

OLD_KEYS = {
    "selected_engine", "fallback_engine", "complexity_score", "risk_score", "confidence_score",
    "reasons", "requires_confirmation", "requires_tools", "requires_freshness",
    "requires_code_execution", "requires_vision", "requires_image_generation", "config_valid",
    "availability_valid", "availability_reasons", "requirements", "rejected_engines",
    "alternatives", "fallback_used",
}  # fmt: skip
NEW_KEYS = {
    "routing_profile", "summary", "reason_codes", "delegation_suitability",
    "selected_route_explanation", "policy_explanation", "rejection_explanation",
    "fallback_explanation", "safety_explanation", "privacy_explanation",
    "wrong_route_next_action",
}  # fmt: skip
OUR_KEYS = {
    "schema", "route", "target", "chain", "fallback_chain", "egress", "action_class", "actions",
    "verify", "complexity_unit", "tier", "task_type", "language", "estimated_tokens",
    "estimated_cost", "baseline_cost", "estimated_saving", "signals", "findings", "explained",
    "requested_engine", "rule", "strategy", "shadow", "router_version",
}  # fmt: skip


@dataclass(slots=True, frozen=True)
class Finding:
    """What privacy hands over."""

    category: str
    start: int
    end: int
    code: str = "privacy.email"


CODING = Assessment(
    route="coding",
    needs=NEED_TOOLS,
    features=FEATURE_BIT["coding_intent"] | FEATURE_BIT["repo_wide_intent"],
    complexity=47,
    risk=12,
    confidence=88,
    signals=("coding.repair", "coding.tests"),
    reasons=(
        Reason("signal.coding.repair", "asks for a repair", 30, (0, 3)),
        Reason("signal.coding.tests", "mentions tests", 10, (17, 26)),
    ),
    tokens=1_000,
    length=4_000,
    task_type="debug",
)


def receipt(
    assessment: Assessment = CODING,
    rows: Catalog = USUAL,
    *,
    alternatives: bool = True,
    **hints: Any,
) -> RoutingDecision:
    said = Hints(**hints)
    table = PolicyTable(rows)
    limits = table.limits(said, assessment.route)
    selection = table.choose(assessment, limits, room=500, explain=True, force=said.force_engine)
    return build_decision(
        assessment, selection, limits, rows, said, include_alternatives=alternatives, room=500
    )


class TestKeys:
    def test_every_key_of_the_peer_and_our_own_is_there(self) -> None:
        """Programs written for hermes-router find their keys; nothing else appears."""
        assert set(receipt().to_dict()) == OLD_KEYS | NEW_KEYS | OUR_KEYS

    def test_the_requirements_have_the_old_and_the_new_keys(self) -> None:
        """needs_tools and required_modalities as before, limits beside them."""
        asked = replace(CODING, route="vision", needs=NEED_TOOLS | NEED_IMAGE)
        found = receipt(asked, profile="fast", provider_denylist=("vllm",)).to_dict()
        assert found["requirements"] == {
            "needs": ["tools", "image"],
            "needs_tools": True,
            "required_modalities": ["image"],
            "max_cost_tier": None,
            "max_latency_tier": None,
            "min_context": 1_500,
            "local_only": False,
            "routing_profile": "fast",
            "allowed_providers": None,
            "provider_denylist": ["vllm"],
            "profile_reasons": ["profile fast prefers low cost and at most medium latency"],
            "provider_policy_reasons": [],
        }

    def test_the_old_fields_are_attributes_of_the_old_types(self) -> None:
        """Scores are ints, reasons and engines tuples."""
        found = receipt()
        assert (found.selected_engine, found.complexity_score) == ("code_agent", 47)
        assert found.reasons == ("asks for a repair", "mentions tests")
        assert found.features.coding_intent
        assert found.requirements.needs_tools
        assert {row.engine for row in found.rejected_engines} == {
            "fast_local",
            "balanced_local",
            "reasoning_local",
        }
        assert found.rejected_engines[0].reason == "does not support tools"
        assert found.alternatives[0].engine == "web_research"

    def test_alternatives_can_be_left_out(self) -> None:
        """include_alternatives False leaves an empty list."""
        assert receipt(alternatives=False).to_dict()["alternatives"] == []

    def test_a_receipt_cannot_be_changed(self) -> None:
        """Frozen, like the decision."""
        with pytest.raises(FrozenInstanceError):
            receipt().selected_engine = "x"  # type: ignore[misc]

    def test_a_receipt_can_be_sent_to_another_process(self) -> None:
        """Workers of a batch hand receipts back."""
        found = receipt()
        assert pickle.loads(pickle.dumps(found)) == found


class TestDocs:
    def test_the_page_names_every_key(self) -> None:
        """docs/receipts.md and the receipt cannot drift apart."""
        page = (ROOT / "docs" / "receipts.md").read_text(encoding="utf-8")
        found = receipt().to_dict()
        missing = [key for key in found if f"`{key}`" not in page]
        assert missing == []
        assert all(key in page for key in found["requirements"])

    def test_the_page_names_every_key_of_a_plan(self) -> None:
        """Plans are described beside receipts."""
        page = (ROOT / "docs" / "receipts.md").read_text(encoding="utf-8")
        plan = Plan("x", (), "any", False, False, None, "simple", "low", receipt())
        assert all(f"`{key}`" in page for key in plan.to_dict())


class TestFigures:
    def test_scales_and_tiers(self) -> None:
        """0-100, 0-1 and a named band say the same."""
        found = receipt()
        assert (found.complexity_unit, found.tier, found.estimated_tokens) == (
            0.47,
            "medium",
            1_000,
        )

    @pytest.mark.parametrize(
        ("score", "tier"), [(0, "low"), (34, "low"), (35, "medium"), (59, "medium"), (60, "high")]
    )
    def test_the_last_score_of_a_tier_belongs_to_it(self, score: int, tier: str) -> None:
        """max_score is included."""
        assert receipt(replace(CODING, complexity=score)).tier == tier

    def test_two_tiers_are_enough(self) -> None:
        """A score above the last band belongs to the last band."""
        rows = replace(USUAL, scoring=Scoring(tiers=(Tier("local", 50), Tier("paid", 90))))
        assert receipt(replace(CODING, complexity=95), rows).tier == "paid"
        assert receipt(rows=replace(USUAL, scoring=Scoring(tiers=()))).tier == "any"

    def test_costs_are_compared_with_the_dearest_engine(self) -> None:
        """1,000 tokens in and 500 out at 2 and 8 USD per million."""
        found = receipt()
        assert (found.estimated_cost, found.baseline_cost) == (0.0, 0.006)
        assert found.estimated_saving == 0.006

    @pytest.mark.parametrize(
        ("score", "engine", "expected"),
        [(47, "code_agent", True), (10, "code_agent", False), (47, "web_research", False)],
    )
    def test_answers_of_local_engines_are_checked_above_the_lowest_tier(
        self, score: int, engine: str, expected: bool
    ) -> None:
        """Hosted engines and easy work are not."""
        assert receipt(replace(CODING, complexity=score), force_engine=engine).verify is expected


class TestReasonCodes:
    def test_codes_come_in_the_order_they_counted_and_once(self) -> None:
        """Profile, route, what fired, requirements, choice, delegation, safety."""
        assert receipt(rows=usual_catalog()).reason_codes == (
            "profile.balanced",
            "route.coding",
            "signal.coding.repair",
            "signal.coding.tests",
            "requirement.tools",
            "delegation.repo_wide",
            "safety.no_confirmation_required",
        )

    def test_limits_have_codes(self) -> None:
        """Each kind of limit is named."""
        found = receipt(
            local_only=True, max_cost_tier="low", max_latency_tier="low",
            provider_allowlist=("local",), provider_denylist=("x",), profile="safe",
        )  # fmt: skip
        assert {
            "policy.local_only", "policy.max_cost_tier", "policy.max_latency_tier",
            "policy.provider_allowlist", "policy.provider_denylist", "policy.profile",
        } <= set(found.reason_codes)  # fmt: skip

    def test_a_configured_fallback_has_a_code(self) -> None:
        """Used or configured, never both."""
        found = receipt(replace(CODING, route="simple", needs=0))
        assert "fallback.configured" in found.reason_codes
        assert "fallback.used" not in found.reason_codes

    def test_a_dropped_profile_shows_the_limits_that_held(self) -> None:
        """The requirements are those of the choice, the profile's name stays."""
        found = receipt(replace(CODING, route="reasoning", needs=0), profile="fast")
        assert "profile.relaxed" in found.reason_codes
        assert found.routing_profile == "fast"
        assert found.requirements.max_latency_tier is None

    def test_no_usable_engine_is_an_availability_issue(self) -> None:
        """The code says what availability_valid says."""
        found = receipt(rows=Catalog(engines={}))
        assert not found.availability_valid
        assert "availability.issue" in found.reason_codes


class TestWords:
    def test_the_summary_is_one_sentence(self) -> None:
        """Who takes it, as what, with the scores."""
        assert receipt().summary == (
            "code_agent takes this as coding work (complexity 47, risk 12, confidence 88)."
        )

    def test_the_route_is_explained_by_its_strongest_reasons(self) -> None:
        """In the order of their points."""
        assert receipt().to_dict()["selected_route_explanation"] == (
            "Route coding, because asks for a repair; mentions tests. "
            "The search began at code_agent."
        )

    def test_confirmation_says_why_and_how_to_lift_it(self) -> None:
        """The action class is explained, and the key that frees it is named."""
        asked = replace(CODING, confirm=True, action="destructive", actions=("destructive",))
        found = receipt(asked).to_dict()
        assert found["summary"].startswith("A person must confirm first")
        assert found["safety_explanation"] == (
            "A person must confirm: it orders something to be deleted or destroyed."
        )
        assert "safety.confirmation_overrides" in found["wrong_route_next_action"]
        assert found["fallback_chain"] == []

    def test_a_freed_action_is_named(self) -> None:
        """An order that an override lets through is still reported."""
        found = receipt(replace(CODING, actions=("deploy",))).to_dict()
        assert found["safety_explanation"] == "No confirmation is needed; allowed here: deploy."

    def test_private_data_is_counted_and_placed_but_not_quoted(self) -> None:
        """Category and offsets, and what follows for the egress."""
        asked = replace(
            CODING, findings=(Finding("email", 4, 20), Finding("email", 30, 40)), local_only=True
        )
        found = receipt(asked).to_dict()
        assert found["findings"][0] == {"category": "email", "start": 4, "end": 20}
        assert found["egress"] == "local_only"
        assert found["privacy_explanation"] == (
            "Private data found: email (2). The request stays on local engines."
        )

    def test_limits_are_words_not_reprs(self) -> None:
        """No brackets, no None, no frozenset."""
        found = receipt(provider_allowlist=("b", "local"), max_cost_tier="low").to_dict()
        assert found["policy_explanation"] == (
            "Limits: cost tier at most low; only providers b, local."
        )
        for key in NEW_KEYS - {"reason_codes", "delegation_suitability"}:
            assert not {"None", "frozenset", "[", "("} & set(found[key].split())

    def test_the_fallback_explanation_ends_with_a_person(self) -> None:
        """Whoever fails, a person is last."""
        asked = replace(CODING, route="simple", needs=0)
        assert receipt(asked).to_dict()["fallback_explanation"] == (
            "If it fails: balanced_local, then reasoning_local, then a person."
        )
        assert receipt(asked).fallback_chain == ("balanced_local", "reasoning_local", HUMAN)

    @pytest.mark.parametrize(
        ("feature", "flag", "advice"),
        [
            ("send_action", "risky_or_external_action", "Ask a person"),
            ("ambiguous", "ambiguity_sensitive", "Clarify"),
            ("judgment_heavy_intent", "judgment_heavy_likely", "capable engine"),
            ("verification_intent", "verification_heavy_likely", "check the result"),
            ("mechanical_work_intent", "mechanical_work_likely", "Suitable"),
            ("coding_intent", "", "Nothing speaks"),
        ],
    )
    def test_delegation_gives_flags_and_advice(self, feature: str, flag: str, advice: str) -> None:
        """Each feature sets its flag, and the advice follows the weightiest."""
        found = receipt(replace(CODING, features=FEATURE_BIT[feature])).delegation_suitability
        flags = {name for name, value in found.items() if value is True}
        assert flags == ({flag} if flag else set())
        assert advice in found["guidance"]
        assert len(found["reasons"]) == len(flags)


class TestBytes:
    def test_receipts_are_json(self) -> None:
        """to_dict holds nothing that JSON would change."""
        found = receipt().to_dict()
        assert json.loads(json.dumps(found)) == found
        assert found["schema"] == SCHEMA
        assert found["router_version"] == __version__

    def test_receipts_are_the_same_bytes_in_every_process(self) -> None:
        """No set order, hash seed or float noise gets into a receipt."""
        code = (
            "import json\n"
            "from tests.receipt.test_decision import receipt\n"
            "found = receipt(provider_allowlist=('b', 'a', 'local'), provider_denylist=('z', 'y'))"
            "\n"
            "print(json.dumps(found.to_dict(), sort_keys=True, indent=2))\n"
        )
        runs = {
            subprocess.run(
                [sys.executable, "-c", code],
                env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
                cwd=ROOT,
                check=True,
                capture_output=True,
            ).stdout
            for seed in ("1", "2")
        }
        assert len(runs) == 1


class TestFeatures:
    @pytest.mark.parametrize("name", FEATURES)
    def test_each_feature_is_an_attribute(self, name: str) -> None:
        """On when its bit is set, else off."""
        assert getattr(PromptFeatures(FEATURE_BIT[name]), name) is True
        assert getattr(PromptFeatures(~FEATURE_BIT[name]), name) is False

    def test_sizes_and_names(self) -> None:
        """to_dict holds every feature and both sizes."""
        found = PromptFeatures(FEATURE_BIT["ambiguous"], 12, 3)
        assert set(found.to_dict()) == {*FEATURES, "prompt_length", "estimated_tokens"}
        assert found.names() == ("ambiguous",)

    def test_a_wrong_name_is_an_attribute_error(self) -> None:
        """As for any other object."""
        with pytest.raises(AttributeError, match="codng_intent is not a prompt feature"):
            _ = PromptFeatures().codng_intent

    def test_features_can_be_pickled(self) -> None:
        """The attribute look-up does not get into pickle's way."""
        assert pickle.loads(pickle.dumps(PromptFeatures(5, 1, 2))) == PromptFeatures(5, 1, 2)


class TestPlan:
    def plan(self, assessment: Assessment = CODING, **hints: Any) -> Plan:
        said = Hints(**hints)
        table = PolicyTable(USUAL)
        limits = table.limits(said, assessment.route)
        selection = table.choose(assessment, limits, room=1, explain=False)
        return build_plan(assessment, selection, limits, USUAL)

    def test_a_plan_says_what_may_be_tried(self) -> None:
        """Engine, chain, egress, and whether to check the answer."""
        assert self.plan(replace(CODING, route="simple", needs=0)).to_dict() == {
            "engine": "fast_local",
            "chain": ["balanced_local", "reasoning_local"],
            "egress": "any",
            "verify": True,
            "confirm": False,
            "action_class": None,
            "route": "simple",
            "tier": "medium",
        }

    def test_a_person_in_the_plan_is_a_confirmation(self) -> None:
        """Whether an order caused it or nobody qualified."""
        ordered = self.plan(replace(CODING, confirm=True, action="send"))
        assert (ordered.confirm, ordered.action_class, ordered.chain) == (True, "send", ())
        assert self.plan(replace(CODING, tokens=10**9)).confirm

    @pytest.mark.parametrize(
        "hints", [{"local_only": True}, {"hosted_allowed": False}, {"profile": "private"}]
    )
    def test_everything_that_keeps_a_request_here_shows(self, hints: dict[str, Any]) -> None:
        """Hints and profile set the egress."""
        assert self.plan(**hints).egress == "local_only"

    def test_a_plan_can_carry_its_receipt(self) -> None:
        """to_dict holds it under decision."""
        plan = replace(self.plan(), decision=receipt())
        assert plan.to_dict()["decision"]["selected_engine"] == "code_agent"


class TestBlocked:
    def test_a_catalog_that_cannot_be_used_blocks(self) -> None:
        """Nothing is decided, and the receipt says why."""
        found = blocked_decision(("engines: is missing",))
        assert (found.selected_engine, found.config_valid) == (HUMAN, False)
        assert found.requires_confirmation
        assert found.reasons == ("engines: is missing",)
        assert "config.invalid" in found.reason_codes
        assert found.summary.startswith("A person decides, because the catalog cannot be used")
        assert "validate-config" in found.to_dict()["wrong_route_next_action"]

    def test_a_wrong_hint_does_not_blame_the_catalog(self) -> None:
        """config_valid stays true for another code."""
        found = blocked_decision(("hints: must be a mapping",), code="request.invalid")
        assert found.config_valid
        assert "config.invalid" not in found.reason_codes
        assert "request.invalid" in found.reason_codes


class TestAnalysis:
    def test_an_analysis_holds_the_scores_without_an_engine(self) -> None:
        """What score_prompt returns, ready for JSON."""
        found = build_analysis(CODING, Scoring())
        assert (found.complexity_score, found.risk_score, found.confidence_score) == (47, 12, 88)
        assert found.reason_codes == ("signal.coding.repair", "signal.coding.tests")
        data = found.to_dict()
        assert json.loads(json.dumps(data)) == data
        assert data["features"]["coding_intent"] is True
        assert (data["tier"], data["complexity_unit"]) == ("medium", 0.47)

    @pytest.mark.parametrize(
        "name", [name for name in FEATURES if name.startswith("requires_") and "conf" not in name]
    )
    def test_requirements_are_attributes(self, name: str) -> None:
        """As on a receipt."""
        asked = replace(CODING, features=FEATURE_BIT[name])
        assert getattr(build_analysis(asked, Scoring()), name) is True
        assert getattr(receipt(asked), name) is True
