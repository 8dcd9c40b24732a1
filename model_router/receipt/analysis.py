"""What `score_prompt` returns: a prompt's scores and features, before any engine is considered."""

from __future__ import annotations

from typing import Any

from model_router.policy.tiers import tier_name
from model_router.receipt.requirements import PromptFeatures
from model_router.records import record
from model_router.types import Assessment, Reason, Scoring


@record
class PromptAnalysis:
    """Scores are 0-100. `route` is where the prompt would go if nothing else were known."""

    complexity_score: float
    risk_score: int
    confidence_score: int
    features: PromptFeatures
    reasons: tuple[str, ...]
    reason_codes: tuple[str, ...]
    requires_confirmation: bool
    action_class: str | None
    route: str
    tier: str
    task_type: str
    language: str
    explained: tuple[Reason, ...] = ()

    @property
    def complexity_unit(self) -> float:
        """The complexity score as 0-1."""
        return round(self.complexity_score / 100, 3)

    @property
    def requires_tools(self) -> bool:
        """Whether tools are needed."""
        return self.features.requires_tools

    @property
    def requires_freshness(self) -> bool:
        """Whether current information is needed."""
        return self.features.requires_freshness

    @property
    def requires_code_execution(self) -> bool:
        """Whether code has to run."""
        return self.features.requires_code_execution

    @property
    def requires_vision(self) -> bool:
        """Whether an image or a PDF has to be read."""
        return self.features.requires_vision

    @property
    def requires_image_generation(self) -> bool:
        """Whether an image has to be made."""
        return self.features.requires_image_generation

    def to_dict(self) -> dict[str, Any]:
        """The analysis as JSON-ready data, without the prompt."""
        return {
            "complexity_score": self.complexity_score,
            "complexity_unit": self.complexity_unit,
            "risk_score": self.risk_score,
            "confidence_score": self.confidence_score,
            "features": self.features.to_dict(),
            "reasons": list(self.reasons),
            "reason_codes": list(self.reason_codes),
            "requires_confirmation": self.requires_confirmation,
            "requires_tools": self.requires_tools,
            "requires_freshness": self.requires_freshness,
            "requires_code_execution": self.requires_code_execution,
            "requires_vision": self.requires_vision,
            "requires_image_generation": self.requires_image_generation,
            "action_class": self.action_class,
            "route": self.route,
            "tier": self.tier,
            "task_type": self.task_type,
            "language": self.language,
        }


def build_analysis(assessment: Assessment, scoring: Scoring) -> PromptAnalysis:
    """The analysis of an assessment; `scoring` names the tiers."""
    explained = tuple(assessment.reasons)
    return PromptAnalysis(
        complexity_score=assessment.complexity,
        risk_score=assessment.risk,
        confidence_score=assessment.confidence,
        features=PromptFeatures(assessment.features, assessment.length, assessment.tokens),
        reasons=tuple(dict.fromkeys(reason.text for reason in explained if reason.text)),
        reason_codes=tuple(dict.fromkeys(reason.code for reason in explained)),
        requires_confirmation=assessment.confirm,
        action_class=assessment.action,
        route=assessment.route,
        tier=tier_name(assessment.complexity, scoring),
        task_type=assessment.task_type,
        language=assessment.language,
        explained=explained,
    )
