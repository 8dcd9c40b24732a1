"""model-router: a deterministic, decision-only router for language models.

    from model_router import ModelRouter

    router = ModelRouter.from_config()
    router.route_fast("fix the repo and run tests")   # 'code_agent'
    router.route("fix the repo and run tests")        # the receipt: scores, reasons, chain

Nothing is executed, fetched or learned. Names load when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from model_router._version import __version__

if TYPE_CHECKING:
    from model_router.catalog import load_catalog as load_catalog
    from model_router.dispatch import DispatchPlan as DispatchPlan
    from model_router.dispatch import build_dispatch_plan as build_dispatch_plan
    from model_router.errors import ModelRouterError as ModelRouterError
    from model_router.errors import RequestError as RequestError
    from model_router.errors import RouterConfigError as RouterConfigError
    from model_router.privacy import redact as redact
    from model_router.profiles import RoutingProfile as RoutingProfile
    from model_router.receipt.analysis import PromptAnalysis as PromptAnalysis
    from model_router.receipt.decision import Plan as Plan
    from model_router.receipt.decision import RoutingDecision as RoutingDecision
    from model_router.router import ModelRouter as ModelRouter
    from model_router.router import route_prompt as route_prompt
    from model_router.scoring import score_prompt as score_prompt
    from model_router.types import Hints as Hints
    from model_router.types import Request as Request

_HOMES = {
    "DispatchPlan": "dispatch",
    "Hints": "types",
    "ModelRouter": "router",
    "ModelRouterError": "errors",
    "Plan": "receipt.decision",
    "PromptAnalysis": "receipt.analysis",
    "Request": "types",
    "RequestError": "errors",
    "RouterConfigError": "errors",
    "RoutingDecision": "receipt.decision",
    "RoutingProfile": "profiles",
    "build_dispatch_plan": "dispatch",
    "load_catalog": "catalog",
    "redact": "privacy",
    "route_prompt": "router",
    "score_prompt": "scoring",
}

__all__ = [
    "DispatchPlan",
    "Hints",
    "ModelRouter",
    "ModelRouterError",
    "Plan",
    "PromptAnalysis",
    "Request",
    "RequestError",
    "RouterConfigError",
    "RoutingDecision",
    "RoutingProfile",
    "__version__",
    "build_dispatch_plan",
    "load_catalog",
    "redact",
    "route_prompt",
    "score_prompt",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
