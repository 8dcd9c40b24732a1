"""Each profile in configs/profiles sends at least one prompt somewhere else than the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_router.catalog import load_catalog
from model_router.router import ModelRouter

PROFILES = Path(__file__).resolve().parents[2] / "configs" / "profiles"

REWRITE = "rewrite this text"
DESIGN = "design a distributed task scheduler architecture"
FIX = "fix the repo and run tests"
SEARCH = "search the web for the latest TypeScript release notes"
LONG_DESIGN = (
    DESIGN + ". Our notes follow. " + "The queue holds jobs and workers take them. " * 5000
)
PRIVATE_DESIGN = DESIGN + " for anna.schmidt@firma-berlin.de"

EXPECTED = {
    "balanced": {
        REWRITE: "fast_local",
        DESIGN: "hosted_reasoning",
        FIX: "code_agent",
        SEARCH: "web_research",
    },
    "local-first": {
        REWRITE: "fast_local",
        DESIGN: "reasoning_local",
        FIX: "code_agent",
        SEARCH: "web_research",
        LONG_DESIGN: "hosted_reasoning",
    },
    "privacy-first": {
        REWRITE: "fast_local",
        DESIGN: "reasoning_local",
        FIX: "code_agent",
        SEARCH: "human_confirm",
        LONG_DESIGN: "human_confirm",
        PRIVATE_DESIGN: "reasoning_local",
    },
    "hosted": {
        REWRITE: "fast_local",
        DESIGN: "hosted_reasoning",
        FIX: "hosted_code",
        SEARCH: "web_research",
        PRIVATE_DESIGN: "reasoning_local",
    },
}


@pytest.fixture
def routers(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModelRouter]:
    """A router for each profile, on a machine that has both keys."""
    monkeypatch.setenv("OPENAI_API_KEY", "for-tests")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "for-tests")
    return {name: ModelRouter(load_catalog(PROFILES / f"{name}.yaml")) for name in EXPECTED}


@pytest.mark.parametrize("name", EXPECTED)
def test_where_prompts_go(routers: dict[str, ModelRouter], name: str) -> None:
    """The profile sends these prompts where its comment says."""
    found = {text[:60]: routers[name].route_fast(text) for text in EXPECTED[name]}
    assert found == {text[:60]: engine for text, engine in EXPECTED[name].items()}


def test_no_two_are_alike(routers: dict[str, ModelRouter]) -> None:
    """For every pair of profiles there is a prompt that they route differently."""
    prompts = (REWRITE, DESIGN, FIX, SEARCH, LONG_DESIGN)
    answers = {
        name: tuple(router.route_fast(text) for text in prompts) for name, router in routers.items()
    }
    assert len(set(answers.values())) == len(answers)
