"""What a decision looks like from outside: receipts, plans, analyses. Never the prompt's text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model_router._version import __version__
from model_router.policy.costs import Costs
from model_router.policy.eligibility import Rejection
from model_router.policy.limits import DEFAULT, Limits, egress
from model_router.policy.ranking import Alternative
from model_router.policy.selection import Selection
from model_router.policy.tiers import tier_index, tier_name
from model_router.receipt import delegation, explain
from model_router.receipt.analysis import PromptAnalysis as PromptAnalysis
from model_router.receipt.analysis import build_analysis as build_analysis
from model_router.receipt.requirements import PromptFeatures, Requirements
from model_router.records import record
from model_router.types import (
    FEATURE_BIT,
    HUMAN,
    NEED_CODE_EXECUTION,
    NEED_FRESHNESS,
    NEED_IMAGE,
    NEED_IMAGE_GENERATION,
    NEED_LOCAL,
    NEED_PDF,
    NEED_TOOLS,
    Assessment,
    Catalog,
    Hints,
    Reason,
    Scoring,
)

SCHEMA = "model-router/decide/1"
DEFAULT_ROOM = 1024
"""Tokens kept free for the answer when the request does not say how long it may be."""


@record
class Shadow:
    """What a second strategy would have chosen. It changes nothing."""

    strategy: str
    engine: str
    route: str
    differs: bool  # in the engine

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON-ready data."""
        return {
            "strategy": self.strategy,
            "engine": self.engine,
            "route": self.route,
            "differs": self.differs,
        }


@record
class RoutingDecision:
    """The receipt of one decision. Scores are 0-100; costs are estimates in USD.

    `reasons` are sentences; `reason_codes` the machine codes of everything that counted, in the
    order it counted; `explained` both, with points and character spans. `chain` is what may be
    tried after `selected_engine`; `fallback_chain` the same with human_confirm at its end.
    """

    selected_engine: str
    fallback_engine: str | None
    complexity_score: float
    risk_score: int
    confidence_score: int
    requires_confirmation: bool
    config_valid: bool
    availability_valid: bool
    availability_reasons: tuple[str, ...]
    features: PromptFeatures
    requirements: Requirements
    rejected_engines: tuple[Rejection, ...]
    alternatives: tuple[Alternative, ...]
    fallback_used: bool
    routing_profile: str
    route: str
    target: str
    chain: tuple[str, ...]
    egress: str  # any | local_only
    action_class: str | None
    actions: tuple[str, ...]
    verify: bool
    tier: str
    task_type: str
    language: str
    costs: Costs
    signals: tuple[str, ...]
    findings: tuple[tuple[str, int, int], ...]
    explained: tuple[Reason, ...]
    requested_engine: str | None = None
    rule: str | None = None
    strategy: str = "rules+weights"
    shadow: Shadow | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, as sentences, each once."""
        return tuple(dict.fromkeys(reason.text for reason in self.explained if reason.text))

    @property
    def requires_tools(self) -> bool:
        """Whether tools are needed."""
        return self._requires(NEED_TOOLS, "requires_tools")

    @property
    def requires_freshness(self) -> bool:
        """Whether current information is needed."""
        return self._requires(NEED_FRESHNESS, "requires_freshness")

    @property
    def requires_code_execution(self) -> bool:
        """Whether code has to run."""
        return self._requires(NEED_CODE_EXECUTION, "requires_code_execution")

    @property
    def requires_vision(self) -> bool:
        """Whether an image or a PDF has to be read."""
        return self._requires(NEED_IMAGE | NEED_PDF, "requires_vision")

    @property
    def requires_image_generation(self) -> bool:
        """Whether an image has to be made."""
        return self._requires(NEED_IMAGE_GENERATION, "requires_image_generation")

    def _requires(self, needs: int, feature: str) -> bool:
        return bool(self.requirements.mask & needs or self.features.mask & FEATURE_BIT[feature])

    @property
    def estimated_tokens(self) -> int:
        """Tokens of the whole request, without the answer."""
        return self.features.estimated_tokens

    @property
    def estimated_cost(self) -> float:
        """USD for the request and the room for its answer on the chosen engine."""
        return self.costs.estimated

    @property
    def baseline_cost(self) -> float:
        """USD for the same on the baseline engine."""
        return self.costs.baseline

    @property
    def estimated_saving(self) -> float:
        """USD saved against the baseline engine; negative when the choice is dearer."""
        return self.costs.saving

    @property
    def complexity_unit(self) -> float:
        """The complexity score as 0-1."""
        return round(self.complexity_score / 100, 3)

    @property
    def fallback_chain(self) -> tuple[str, ...]:
        """What is tried after the chosen engine, with the person who decides at the end."""
        return () if self.selected_engine == HUMAN else (*self.chain, HUMAN)

    @property
    def router_version(self) -> str:
        """The version that decided."""
        return __version__

    @property
    def reason_codes(self) -> tuple[str, ...]:
        """Machine codes of everything that counted, each once, in the order it counted."""
        return explain.reason_codes(self)

    @property
    def delegation_suitability(self) -> dict[str, Any]:
        """Whether this is work to hand to an agent, as flags, reasons and one piece of advice."""
        return delegation.suitability(self.features)

    @property
    def summary(self) -> str:
        """The decision in one sentence."""
        return explain.summary(self)

    def to_dict(self) -> dict[str, Any]:
        """The receipt as JSON-ready data: the same bytes for the same decision everywhere."""
        return explain.receipt_dict(self, SCHEMA)


@record
class Plan:
    """What whoever carries out a decision may do, and no more.

    Try `engine`, then `chain` in order, nothing else. `egress` local_only forbids every hosted
    engine. `confirm` means a person decides first; `action_class` says why, when an order caused
    it. `verify` suggests checking the answer. `complexity` and `risk`, 0-100, are for logs.
    """

    engine: str
    chain: tuple[str, ...]
    egress: str
    verify: bool
    confirm: bool
    action_class: str | None
    route: str
    tier: str
    decision: RoutingDecision | None = None
    complexity: float = 0
    risk: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON-ready data; `decision` only when there is a receipt."""
        data: dict[str, Any] = {
            "engine": self.engine,
            "chain": list(self.chain),
            "egress": self.egress,
            "verify": self.verify,
            "confirm": self.confirm,
            "action_class": self.action_class,
            "route": self.route,
            "tier": self.tier,
        }
        if self.decision is not None:
            data["decision"] = self.decision.to_dict()
        return data


def build_decision(
    assessment: Assessment,
    selection: Selection,
    limits: Limits,
    catalog: Catalog,
    hints: Hints,
    *,
    include_alternatives: bool = True,
    room: int = DEFAULT_ROOM,
) -> RoutingDecision:
    """The receipt for an assessment and the selection made for it under `limits`."""
    scoring = catalog.scoring
    needs = assessment.needs | (NEED_LOCAL if assessment.local_only else 0)
    features = PromptFeatures(assessment.features, assessment.length, assessment.tokens)
    effective = limits.relaxed if selection.relaxed and limits.relaxed else limits
    return RoutingDecision(
        selected_engine=selection.engine,
        fallback_engine=selection.fallback_engine,
        complexity_score=assessment.complexity,
        risk_score=assessment.risk,
        confidence_score=assessment.confidence,
        requires_confirmation=assessment.confirm or assessment.route == "confirmation",
        config_valid=True,
        availability_valid=selection.availability_valid,
        availability_reasons=selection.availability_reasons,
        features=features,
        requirements=Requirements(needs, effective, assessment.tokens + room),
        rejected_engines=selection.rejected,
        alternatives=selection.alternatives if include_alternatives else (),
        fallback_used=selection.fallback_used,
        routing_profile=limits.profile or hints.profile or "balanced",
        route=assessment.route,
        target=selection.target,
        chain=selection.chain,
        egress=egress(assessment, limits),
        action_class=assessment.action,
        actions=tuple(assessment.actions),
        verify=should_verify(selection, assessment.complexity, scoring),
        tier=tier_name(assessment.complexity, scoring),
        task_type=assessment.task_type,
        language=assessment.language,
        costs=Costs(selection.tariff, assessment.tokens, room),
        signals=tuple(assessment.signals),
        findings=tuple([(f.category, f.start, f.end) for f in assessment.findings]),
        explained=(*assessment.reasons, *selection.reasons),
        requested_engine=hints.force_engine or assessment.forced_engine,
        rule=assessment.rule,
        strategy=catalog.strategy.name,
    )


def with_shadow(
    decision: RoutingDecision, strategy: str, other: Assessment, engine: str
) -> RoutingDecision:
    """The receipt with a second strategy's choice, for the same request, beside it."""
    differs = engine != decision.selected_engine
    failed = any(reason.code == "strategy.failed" for reason in other.reasons)
    code = "failed" if failed else "differs" if differs else "agrees"
    text = f"shadow strategy {strategy!r} would have asked {engine}"
    reason = Reason(f"shadow.{code}", f"shadow strategy {strategy!r} failed" if failed else text)
    return replace(
        decision,
        explained=(*decision.explained, reason),
        shadow=Shadow(strategy, engine, other.route, differs),
    )


def build_plan(
    assessment: Assessment,
    selection: Selection,
    limits: Limits,
    catalog: Catalog,
    decision: RoutingDecision | None = None,
) -> Plan:
    """The plan for a selection. A plan for human_confirm always asks for confirmation."""
    return Plan(
        engine=selection.engine,
        chain=selection.chain,
        egress=egress(assessment, limits),
        verify=should_verify(selection, assessment.complexity, catalog.scoring),
        confirm=selection.engine == HUMAN,
        action_class=assessment.action,
        route=assessment.route,
        tier=tier_name(assessment.complexity, catalog.scoring),
        decision=decision,
        complexity=assessment.complexity,
        risk=assessment.risk,
    )


def blocked_decision(
    reasons: tuple[str, ...], *, code: str = "config.invalid", hints: Hints | None = None
) -> RoutingDecision:
    """The receipt when there is nothing to decide with: a person decides.

    `code` config.invalid says that the catalog cannot be used; any other code (such as
    request.invalid) leaves `config_valid` true.
    """
    explained = tuple(Reason(code, reason) for reason in reasons)
    assessment = Assessment("confirmation", confidence=0, reasons=explained, confirm=True)
    decision = build_decision(
        assessment,
        Selection(engine=HUMAN, target=HUMAN),
        DEFAULT,
        Catalog(engines={}),
        hints or Hints(),
    )
    return replace(decision, config_valid=code != "config.invalid", requires_confirmation=True)


def should_verify(selection: Selection, complexity: float, scoring: Scoring) -> bool:
    """Whether an answer deserves a check: a local engine on anything above the lowest tier."""
    return selection.local and selection.engine != HUMAN and tier_index(complexity, scoring) > 0
