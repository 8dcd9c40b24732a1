"""What an engine's row leaves out, worked out from what it says.

The numbers and the words agree with hermes-router, so that its catalogs rank and route the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from model_router.types import HUMAN

Row = Mapping[str, Any]

LOCAL_PROVIDERS = frozenset(
    {
        "local",
        "human",
        "ollama",
        "lm_studio",
        "lmstudio",
        "llamacpp",
        "llama.cpp",
        "llama_cpp",
        "llama-server",
        "localai",
        "vllm",
        "sglang",
        "mlx",
        "mlx-lm",
        "mlx_lm",
        "huggingface_cache",
        "local_directory",
        "jan",
        "koboldcpp",
    }
)
MODALITIES = ("text", "image", "pdf", "audio", "video", "file", "image_generation")
CAPABILITY = {"standard": 50, "medium": 70, "high": 85, "critical": 95}
TRUST = {"standard": 60, "medium": 75, "high": 85, "critical": 100}
COST = {"none": 0, "free": 0, "low": 20, "medium": 50, "paid": 50, "high": 80}
LATENCY = {"low": 15, "medium": 45, "high": 75, "manual": 100}
UNKNOWN_TIER = 50
TRUST_UNKNOWN = 60
SIZE_BY_TIER = {"standard": 0, "medium": 1, "high": 2, "critical": 2}

# A context of at least this many tokens gives a capability of at least that.
_CONTEXT_FLOORS = ((128_000, 90), (65_536, 80), (16_384, 65))
_CONTEXT_TIERS = ((65_536, "high"), (16_384, "medium"))

_TOOL_WORDS = (
    "code",
    "claude",
    "tool",
    "web",
    "research",
    "vision",
    "ocr",
    "image generation",
    "diffusion",
    "confirm",
)
_IMAGE_WORDS = ("vision", "ocr", "screenshot", "chart", "image")
_DRAWING_WORDS = ("image generation", "image_generation", "diffusion", "text-to-image")
_SEARCH_WORDS = ("research", "web search", "web_search", "current information", "browse")


def is_person(name: str, provider: Any) -> bool:
    """Whether an engine is somebody who is asked, and not a model."""
    return name == HUMAN or (isinstance(provider, str) and provider.strip().lower() == "human")


def location(provider: str) -> str:
    """local or hosted. An unknown provider is hosted: text that must stay here stays here."""
    name = provider.strip().lower()
    known = name in LOCAL_PROVIDERS or name.endswith(("_local", "-local"))
    return "local" if known else "hosted"


def supports_tools(name: str, row: Row) -> bool:
    words = _words(name, row, "provider", "adapter", "model")
    return any(word in words for word in _TOOL_WORDS) or bool(re.search(r"\brag\b", words))


def modalities(name: str, row: Row) -> tuple[str, ...]:
    words = _words(name, row, "adapter", "model")
    found = ["image"] if any(word in words for word in _IMAGE_WORDS) else []
    return (*found, *(kind for kind in ("pdf", "audio") if kind in words))


def capability_tier(row: Row) -> str:
    context = row["max_context"] or 0
    return next((tier for floor, tier in _CONTEXT_TIERS if context >= floor), "standard")


def trust_tier(row: Row) -> str:
    if row["provider"] == "human" or "confirmation" in (row["adapter"] or ""):
        return "critical"
    return "high" if row["provider"].lower() in ("anthropic", "openai") else "standard"


def capability(tier: str, max_context: int) -> int:
    floor = next((score for least, score in _CONTEXT_FLOORS if max_context >= least), 0)
    return max(CAPABILITY.get(tier, UNKNOWN_TIER), floor)


def size(row: Row, score: int) -> int:
    """0 small, 1 medium or 2 large: from capability_tier, else the price class, else the score."""
    if row["capability_tier"] in SIZE_BY_TIER:
        return SIZE_BY_TIER[row["capability_tier"]]
    if row["cost_tier"] in ("paid", "high"):
        return 2
    return 0 if score < CAPABILITY["medium"] else 1 if score < 80 else 2


def cost_tier(where: str) -> str:
    return "free" if where == "local" else "paid"


def draws(name: str, row: Row) -> bool:
    """Whether the engine makes images."""
    return "image_generation" in (row["modalities"] or ()) or any(
        word in _words(name, row, "adapter") for word in _DRAWING_WORDS
    )


def sees(name: str, row: Row) -> bool:
    """Whether the engine reads images. One that only makes them does not."""
    given = row["modalities"]
    kinds = modalities(name, row) if given is None else given
    return "image" in kinds and ("image_generation" in kinds or not draws(name, row))


def searches(name: str, row: Row) -> bool:
    """Whether the engine looks things up."""
    return any(word in _words(name, row, "adapter") for word in _SEARCH_WORDS)


def _words(name: str, row: Row, *keys: str) -> str:
    parts = [name, *(row[key] or "" for key in keys), *row["strengths"]]
    return " ".join(parts).lower()
