"""Presets: a catalog and a proxy file for the servers that somebody has, written together.

Models are put into roles by what their names say: size, code, vision. Both texts are read back
before they are used, so what is written loads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from model_router.addresses import is_local, parse_base_url
from model_router.backend_kinds import KINDS

ROLES = ("fast_local", "balanced_local", "reasoning_local", "code_agent")
"""The engines that every preset has, smallest first."""

VISION = "multimodal_vision"
_ALL_ONE = dict.fromkeys(ROLES, "default")

USUAL: dict[str, dict[str, str]] = {
    "ollama": {
        "fast_local": "qwen3:0.6b", "balanced_local": "qwen3:4b", "reasoning_local": "qwen3:14b",
        "code_agent": "qwen2.5-coder:7b",
    },
    "llamacpp": _ALL_ONE,  # it answers with the model it has, whatever it is asked for
    "openrouter": dict.fromkeys(ROLES, "openrouter/auto"),
    "hosted-openai-compatible": {
        "fast_local": "gpt-4o-mini", "balanced_local": "gpt-4o-mini", "reasoning_local": "gpt-4o",
        "code_agent": "gpt-4o", VISION: "gpt-4o",
    },
    "anthropic": {
        "fast_local": "claude-haiku-4-5", "balanced_local": "claude-haiku-4-5",
        "reasoning_local": "claude-sonnet-4-5", "code_agent": "claude-sonnet-4-5",
        VISION: "claude-sonnet-4-5",
    },
    "gemini": {
        "fast_local": "gemini-2.5-flash", "balanced_local": "gemini-2.5-flash",
        "reasoning_local": "gemini-2.5-pro", "code_agent": "gemini-2.5-pro",
        VISION: "gemini-2.5-flash",
    },
}  # fmt: skip
"""Models by engine where a server does not say what it has."""

PRESETS = tuple(kind for kind in KINDS if kind != "openai-compatible")

_SIZE = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)\s?([bm])(?![a-z])", re.IGNORECASE)
_CODE = re.compile(r"code|coder|devstral|starcoder", re.IGNORECASE)
_SEES = re.compile(r"vision|llava|(?<![a-z])vl(?![a-z])|pixtral|minicpm-v|moondream", re.IGNORECASE)
_NO_CHAT = re.compile(r"embed|rerank|whisper|bge-|tts|clip|guard|diffusion", re.IGNORECASE)


class Served(NamedTuple):
    """A server, and the model it has for each engine."""

    kind: str
    base_url: str
    models: dict[str, str]


def roles(names: Sequence[str]) -> dict[str, str]:
    """Models by engine, out of what a server has; {} when none of them chats."""
    usable = [name for name in names if not _NO_CHAT.search(name)]
    plain = [name for name in usable if not _SEES.search(name) and not _CODE.search(name)]
    ranked = sorted(plain or usable, key=_size)
    if not ranked:
        return {}
    found = {
        "fast_local": ranked[0],
        "balanced_local": ranked[len(ranked) // 2],
        "reasoning_local": ranked[-1],
        "code_agent": max((n for n in usable if _CODE.search(n)), key=_size, default=ranked[-1]),
    }
    seeing = [name for name in usable if _SEES.search(name)]
    return found | ({VISION: max(seeing, key=_size)} if seeing else {})


def _size(name: str) -> float:
    """Billions of parameters, as the name says; 8 when it does not."""
    found = _SIZE.search(name)
    if found is None:
        return 8.0
    return float(found[1]) / (1000 if found[2].lower() == "m" else 1)


def catalog_text(served: Served) -> str:
    """The catalog for a server's engines."""
    local = is_local(parse_base_url(served.base_url).host)
    rows = [
        "# Written by `model-router init`. docs/catalog.md explains every key;",
        "# `model-router validate-config` checks this file.",
        "version: 1",
        "engines:",
    ]
    for engine, model in served.models.items():
        rows += [
            f"  {engine}:",
            f"    provider: {_PROVIDERS.get(served.kind, served.kind)}",
            f"    model: {_quoted(model)}",
            f"    max_context: {32768 if local else 128000}",
            f"    location: {'local' if local else 'hosted'}",
            f"    cost_tier: {'free' if local else 'medium'}",
            f"    supports_tools: {'false' if engine == 'fast_local' and local else 'true'}",
            f"    modalities: [{'image' if engine == VISION else ''}]",
            f"    tier: {_TIERS.get(engine, 1)}",
            f"    fallback: {_after(engine, served.models)}",
        ]
    rows += ["  human_confirm:", "    provider: human"]
    return "\n".join(rows) + "\n"


_PROVIDERS = {"hosted-openai-compatible": "openai", "gemini": "google"}
_TIERS = {"fast_local": 0, "balanced_local": 1, "reasoning_local": 2, "code_agent": 2}
_NEXT = {
    "fast_local": "balanced_local", "balanced_local": "reasoning_local",
    "code_agent": "reasoning_local",
}  # fmt: skip


def _after(engine: str, models: dict[str, str]) -> str:
    following = _NEXT.get(engine, "human_confirm")
    return following if following in models else "human_confirm"


def proxy_text(served: Served, port: int) -> str:
    """The proxy file for a server."""
    rows = [
        "# Written by `model-router init`. docs/proxy.md explains every key;",
        "# `model-router validate-proxy-config` checks this file.",
        "version: 1",
        "proxy:",
        "  host: 127.0.0.1",
        f"  port: {port}",
        "router_config: model_router.yaml",
        "backends:",
        f"  {served.kind}:",
        f"    kind: {served.kind}",
        f"    base_url: {_quoted(served.base_url)}",
        "    models:",
        *(f"      {engine}: {_quoted(model)}" for engine, model in served.models.items()),
        "engine_backends:",
        *(f"  {engine}: {served.kind}" for engine in served.models),
    ]
    return "\n".join(rows) + "\n"


def _quoted(text: str) -> str:
    """Text as YAML that nobody reads as something else."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{"".join(c for c in escaped if c.isprintable())}"'
