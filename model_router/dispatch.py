"""Dry-run plans: what would be called, with which model and adapter. Nothing is ever executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any, Protocol

from model_router.errors import ModelRouterError
from model_router.receipt.decision import RoutingDecision
from model_router.receipt.refusal import refusal
from model_router.types import HUMAN, Catalog, Engine, Hints

DRY_RUN = "dry run: nothing was executed"

HintsLike = Hints | Mapping[str, Any] | None

PERSON = Engine(
    name=HUMAN,
    provider="human",
    model="human",
    adapter="human",
    strengths=("confirmation",),
    max_context=1,
    cost_tier="none",
    latency_tier="manual",
)
"""Stands in the plan when the catalog has no row for human_confirm."""


class Router(Protocol):
    """What a plan needs of a router."""

    @property
    def catalog(self) -> Catalog: ...

    def route(
        self, prompt: str, hints: HintsLike = None, *, include_alternatives: bool = True
    ) -> RoutingDecision: ...


@dataclass(slots=True, frozen=True)
class DispatchPlan:
    """What dispatching a prompt would mean. `blocked` is the opposite of `can_dispatch`."""

    selected_engine: str
    provider: str
    model: str
    adapter: str
    can_dispatch: bool
    requires_confirmation: bool
    reasons: tuple[str, ...]
    receipt: RoutingDecision
    dry_run: bool = True

    @property
    def blocked(self) -> bool:
        """Whether a person must act first: to confirm, or to mend the catalog or an engine."""
        return not self.can_dispatch

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON-ready data, without the prompt."""
        return {
            "selected_engine": self.selected_engine,
            "provider": self.provider,
            "model": self.model,
            "adapter": self.adapter,
            "dry_run": self.dry_run,
            "can_dispatch": self.can_dispatch,
            "blocked": self.blocked,
            "requires_confirmation": self.requires_confirmation,
            "reasons": list(self.reasons),
            "receipt": self.receipt.to_dict(),
        }


def build_dispatch_plan(
    prompt: str,
    *,
    router: Router | None = None,
    config_path: str | PathLike[str] | None = None,
    hints: HintsLike = None,
    include_alternatives: bool = False,
) -> DispatchPlan:
    """The plan for a prompt, by `router` or by the catalog at `config_path`.

    A catalog that cannot be used, or hints of the wrong form, give a blocked plan for
    human_confirm whose reasons say what is wrong. Raises nothing of our own.
    """
    try:
        chosen = router if router is not None else _load(config_path)
        decision = chosen.route(prompt, hints, include_alternatives=include_alternatives)
    except ModelRouterError as error:
        return _plan(refusal(error), PERSON)
    engine = chosen.catalog.engines.get(decision.selected_engine, PERSON)
    return _plan(decision, engine)


def _load(config_path: str | PathLike[str] | None) -> Router:
    # Imported here: the router is above this module only when somebody asks for a plan.
    from model_router.router import ModelRouter

    return ModelRouter.from_config(config_path, one_off=True)


def _plan(decision: RoutingDecision, engine: Engine) -> DispatchPlan:
    free = (
        decision.selected_engine != HUMAN
        and not decision.requires_confirmation
        and decision.config_valid
        and decision.availability_valid
    )
    return DispatchPlan(
        selected_engine=decision.selected_engine,
        provider=engine.provider,
        model=engine.model,
        adapter=engine.adapter,
        can_dispatch=free,
        requires_confirmation=decision.requires_confirmation,
        reasons=(DRY_RUN, *decision.reasons),
        receipt=decision,
    )
