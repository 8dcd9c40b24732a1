"""Code, hints and catalogs written for hermes-router work here."""

from __future__ import annotations

import inspect
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from model_router import (
    ModelRouter,
    RoutingDecision,
    build_dispatch_plan,
    route_prompt,
    score_prompt,
)
from model_router.types import FEATURES
from tests.catalog.conftest import OLD_ENGINES, OLD_ROW
from tests.support import texts
from tests.support.catalogs import usual_catalog


@cache
def packaged() -> ModelRouter:
    return ModelRouter.from_config(validate_availability=False)


DECISION_FIELDS = """
selected_engine fallback_engine complexity_score risk_score confidence_score reasons
requires_confirmation requires_tools requires_freshness requires_code_execution requires_vision
requires_image_generation config_valid availability_valid availability_reasons features
requirements rejected_engines alternatives fallback_used routing_profile
""".split()  # noqa: SIM905 -- easier to read as words
RECEIPT_KEYS = """
routing_profile summary reason_codes delegation_suitability selected_route_explanation
policy_explanation rejection_explanation fallback_explanation safety_explanation
privacy_explanation wrong_route_next_action
""".split()  # noqa: SIM905 -- easier to read as words


class TestHermes:
    """Names and shapes of hermes-router, so that code written for it runs."""

    @pytest.fixture
    def old_router(self, tmp_path: Path) -> ModelRouter:
        """A router for a catalog in its form."""
        names = ("name", "provider", "adapter", "strength", "context", "fallback")
        rows = (OLD_ROW.format(**dict(zip(names, row, strict=True))) for row in OLD_ENGINES)
        path = tmp_path / "model_router.yaml"
        path.write_text("engines:\n" + "".join(rows), encoding="utf-8")
        return ModelRouter.from_config(path)

    @pytest.mark.parametrize(("prompt", "engine"), texts.README.items())
    def test_its_catalogs_route(self, old_router: ModelRouter, prompt: str, engine: str) -> None:
        """The eight prompts go where they should with an old catalog too."""
        assert old_router.route_fast(prompt) == engine == old_router.route(prompt).selected_engine

    @pytest.mark.parametrize(
        ("function", "signature"),
        [
            (route_prompt, "(prompt, *, config=None, config_path=None, hints=None)"),
            (score_prompt, "(prompt, *, scoring_config=None, scoring_weights=None)"),
            (
                build_dispatch_plan,
                "(prompt, *, router=None, config_path=None, hints=None,"
                " include_alternatives=False)",
            ),
            (ModelRouter.route, "(self, prompt, hints=None, *, include_alternatives=True)"),
            (ModelRouter.route_fast, "(self, prompt, hints=None)"),
            (
                ModelRouter.from_config,
                "(config_path=None, *, validate_availability=True, one_off=False)",
            ),
            (
                ModelRouter.from_config_object,
                "(catalog, *, validate_availability=True, one_off=False)",
            ),
        ],
        ids=lambda value: getattr(value, "__name__", ""),
    )
    def test_signatures(self, function: Any, signature: str) -> None:
        """The parameters, their order and their defaults are the same; ours come last."""
        found = inspect.signature(function)
        plain = [p.replace(annotation=p.empty) for p in found.parameters.values()]
        assert str(inspect.Signature(plain)) == signature

    def test_fields_of_a_decision(self) -> None:
        """Every field is there, of the same kind."""
        decision = packaged().route("fix the repo and run tests")
        assert isinstance(decision, RoutingDecision)
        for name in DECISION_FIELDS:
            assert hasattr(decision, name), name
        assert isinstance(decision.reasons, tuple)
        assert 0 <= decision.complexity_score <= 100  # in tenths here, whole points there
        first = decision.rejected_engines[0] if decision.rejected_engines else None
        assert first is None or (first.engine and first.reason)

    def test_keys_of_a_receipt(self) -> None:
        """to_dict() has every key, and all of it is JSON."""
        data = packaged().route("fix the repo and run tests").to_dict()
        assert {*DECISION_FIELDS, *RECEIPT_KEYS} - {"features"} <= set(data)
        requirements = data["requirements"]
        for key in ("needs_tools", "required_modalities", "max_cost_tier", "allowed_providers"):
            assert key in requirements
        json.dumps(data, sort_keys=True, indent=2)

    def test_features(self) -> None:
        """Each flag is a bool attribute, with the two sizes."""
        features = packaged().route("fix the repo and run tests").features
        assert features.coding_intent is True
        assert features.prompt_length == 26
        assert all(isinstance(getattr(features, name), bool) for name in FEATURES)

    def test_alternatives(self) -> None:
        """Ranked, with the figures that rank them; left out on request."""
        found = ModelRouter(usual_catalog()).route("summarize these notes").alternatives
        assert found
        for name in ("engine", "rank_score", "capability", "trust", "cost", "latency", "reasons"):
            assert hasattr(found[0], name)
        short = ModelRouter(usual_catalog()).route("hi", include_alternatives=False)
        assert short.alternatives == ()

    @pytest.mark.parametrize(
        "hints",
        [
            {"force_engine": "code_agent"},
            {"latency_sensitive": True},
            {"max_cost_tier": "free", "max_latency_tier": "manual"},
            {"attachments": ["image", "pdf", "audio", "code"]},
            {"profile": "private", "provider_allowlist": ["local"], "provider_denylist": []},
            {"local_only": False, "hosted_allowed": None},
        ],
        ids=lambda hints: next(iter(hints)),
    )
    def test_hints(self, hints: dict[str, Any]) -> None:
        """Every hint it knows is understood."""
        decision = packaged().route("hello", hints)
        assert decision.explained[0].code not in ("request.invalid", "internal.error")
