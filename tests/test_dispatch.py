"""Dry-run plans: what would be called, and what blocks it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import pytest

from model_router.dispatch import DRY_RUN, DispatchPlan, build_dispatch_plan
from model_router.errors import Problem, RequestError, RouterConfigError
from model_router.policy.table import PolicyTable
from model_router.receipt.decision import RoutingDecision, build_decision
from model_router.types import HUMAN, Assessment, Catalog, Hints
from tests.support.catalogs import usual_catalog

USUAL = usual_catalog()


@dataclass
class FixedRouter:
    """A router that has made up its mind about the assessment."""

    assessment: Assessment = field(default_factory=lambda: Assessment("coding"))
    catalog: Catalog = USUAL
    error: Exception | None = None

    def route(
        self,
        prompt: str,
        hints: Hints | Mapping[str, Any] | None = None,
        *,
        include_alternatives: bool = True,
    ) -> RoutingDecision:
        if self.error is not None:
            raise self.error
        table, said = PolicyTable(self.catalog), Hints()
        limits = table.limits(said, self.assessment.route)
        selection = table.choose(self.assessment, limits, room=10, explain=True)
        return build_decision(
            self.assessment,
            selection,
            limits,
            self.catalog,
            said,
            include_alternatives=include_alternatives,
        )


def plan(**facts: Any) -> DispatchPlan:
    return build_dispatch_plan("secret words", router=FixedRouter(**facts))


def test_a_plan_names_engine_provider_model_and_adapter() -> None:
    """Everything a dispatcher would need, and that nothing ran."""
    found = plan().to_dict()
    receipt = found.pop("receipt")
    assert found == {
        "selected_engine": "code_agent",
        "provider": "local",
        "model": "code_agent-model",
        "adapter": "openai",
        "dry_run": True,
        "can_dispatch": True,
        "blocked": False,
        "requires_confirmation": False,
        "reasons": [DRY_RUN],
    }
    assert receipt["selected_engine"] == "code_agent"


def test_the_first_reason_says_that_nothing_ran() -> None:
    """Before every other reason."""
    assert plan(assessment=Assessment("coding", confirm=True)).reasons[0] == DRY_RUN


def test_alternatives_only_when_asked_for() -> None:
    """The receipt in a plan is short by default."""
    assert plan().receipt.alternatives == ()
    long = build_dispatch_plan("x", router=FixedRouter(), include_alternatives=True)
    assert long.receipt.alternatives


@pytest.mark.parametrize(
    "facts",
    [
        {"assessment": Assessment("coding", confirm=True, action="send")},
        {"assessment": Assessment("coding", tokens=10**9)},
        {"catalog": Catalog(engines={})},
    ],
)
def test_whatever_needs_a_person_blocks(facts: dict[str, Any]) -> None:
    """Confirmation, no fitting engine, no engine at all."""
    found = plan(**facts)
    assert found.blocked
    assert not found.can_dispatch
    assert (found.selected_engine, found.provider) == (HUMAN, "human")


def test_a_broken_catalog_is_a_blocked_plan_with_every_problem() -> None:
    """No traceback: the reasons list what is wrong."""
    problems = [Problem("engines.a", "is missing a model", 3), Problem("safety", "unknown key")]
    found = plan(error=RouterConfigError("2 problems in router.yaml", problems))
    assert found.blocked
    assert not found.receipt.config_valid
    assert found.reasons == (
        DRY_RUN,
        "engines.a (line 3): is missing a model",
        "safety: unknown key",
    )


def test_wrong_hints_are_a_blocked_plan_that_does_not_blame_the_catalog() -> None:
    """config_valid stays true."""
    found = plan(error=RequestError("hints.profile: fats is not known"))
    assert found.blocked
    assert found.receipt.config_valid
    assert found.reasons[1] == "hints.profile: fats is not known"


def test_other_errors_are_not_hidden() -> None:
    """A mistake in the program is not a configuration problem."""
    with pytest.raises(ZeroDivisionError):
        plan(error=ZeroDivisionError())


def test_without_a_router_the_catalog_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """config_path goes to ModelRouter.from_config."""
    asked: list[object] = []

    class ModelRouter:
        @classmethod
        def from_config(cls, path: object, **options: object) -> FixedRouter:
            asked.append(path)
            return FixedRouter()

    module = ModuleType("model_router.router")
    module.ModelRouter = ModelRouter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "model_router.router", module)
    assert build_dispatch_plan("x", config_path="a.yaml").can_dispatch
    assert asked == ["a.yaml"]


def test_a_plan_never_holds_the_prompt() -> None:
    """Neither the plan nor its receipt."""
    assert "secret words" not in json.dumps(plan().to_dict())


def test_a_person_in_the_catalog_is_described_by_it() -> None:
    """The row of human_confirm gives provider, model and adapter."""
    rows = replace(
        USUAL, engines={**USUAL.engines, HUMAN: replace(USUAL.engines[HUMAN], adapter="pager")}
    )
    assert plan(assessment=Assessment("coding", confirm=True), catalog=rows).adapter == "pager"
