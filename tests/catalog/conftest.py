"""What the catalog's tests share: a small valid catalog, and the problems of a bad one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from model_router.catalog import parse_catalog
from model_router.errors import Problem, RouterConfigError

ROOT = Path(__file__).resolve().parents[2]

SMALL = """\
engines:
  small:
    provider: ollama
    model: qwen3:4b
    max_context: 8192
  large:
    provider: openai
    model: big-one
    max_context: 128000
"""

OLD_ROW = """\
  {name}:
    provider: {provider}
    model: some-{name}
    adapter: {adapter}
    strengths: [{strength}]
    max_context: {context}
    cost_tier: free
    latency_tier: medium
    enabled: true
    fallback: {fallback}
"""

OLD_ENGINES = (
    ("intent_router", "local", "router", "routing decisions", 8192, "fast_local"),
    ("fast_local", "huggingface_local", "chat", "rewriting", 8192, "balanced_local"),
    ("balanced_local", "ollama", "chat", "summaries", 16384, "reasoning_local"),
    ("reasoning_local", "lm_studio", "chat", "planning", 65536, "human_confirm"),
    ("code_agent", "local", "local_code", "tests", 65536, "reasoning_local"),
    ("web_research", "local", "web_research", "citations", 32768, "reasoning_local"),
    ("multimodal_vision", "local", "local_vision", "OCR", 32768, "reasoning_local"),
    ("image_generation", "local", "drawing", "image generation", 4096, "human_confirm"),
    ("human_confirm", "human", "confirmation_gate", "review", 4096, "null"),
)


@pytest.fixture
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture
def small() -> str:
    """The text of a valid catalog with two engines and nothing else."""
    return SMALL


@pytest.fixture
def old() -> str:
    """The text of a catalog in the form of hermes-router: all its engines, none of our keys."""
    names = ("name", "provider", "adapter", "strength", "context", "fallback")
    rows = (OLD_ROW.format(**dict(zip(names, row, strict=True))) for row in OLD_ENGINES)
    return "# my engines\nengines:\n" + "".join(rows)


@pytest.fixture
def problems() -> Callable[[str], dict[str, Problem]]:
    """A function from a bad catalog's text to its problems by path."""

    def collect(text: str) -> dict[str, Problem]:
        with pytest.raises(RouterConfigError) as caught:
            parse_catalog(text)
        assert caught.value.problems
        return {problem.path: problem for problem in caught.value.problems}

    return collect
