"""Presets: a catalog and a proxy file for the servers that somebody has, written together.

Models are put into roles by what their names say: size, code, vision. Both texts are read back
before they are used, so what is written loads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from model_router.addresses import is_local, parse_base_url
from model_router.backend_kinds import KINDS
from model_router.setup import writer
from model_router.setup.model_names import billions, chats, codes, sees
from model_router.setup.selections import HOSTED_CONTEXT, USUAL_CONTEXT, Selection
from model_router.types import DEFAULT_TARGETS

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

WRITTEN_BY = "model-router init"
_ROUTES = {engine: route for route, engine in DEFAULT_TARGETS.items()}

HOSTED = ("hosted-openai-compatible", "anthropic", "gemini", "openrouter")
"""Kinds that are services of others."""

PRESETS = tuple(kind for kind in KINDS if kind != "openai-compatible")


class Served(NamedTuple):
    """A server, and the model it has for each engine."""

    kind: str
    base_url: str
    models: dict[str, str]


def roles(names: Sequence[str]) -> dict[str, str]:
    """Models by engine, out of what a server has; {} when none of them chats."""
    usable = [name for name in names if chats(name)]
    plain = [name for name in usable if not sees(name) and not codes(name)]
    ranked = sorted(plain or usable, key=billions)
    if not ranked:
        return {}
    found = {
        "fast_local": ranked[0],
        "balanced_local": ranked[len(ranked) // 2],
        "reasoning_local": ranked[-1],
        "code_agent": max(filter(codes, usable), key=billions, default=ranked[-1]),
    }
    seeing = [name for name in usable if sees(name)]
    return found | ({VISION: max(seeing, key=billions)} if seeing else {})


def catalog_text(served: Served) -> str:
    """The catalog for a server's engines."""
    return writer.catalog_text(_selections(served), WRITTEN_BY)


def proxy_text(served: Served, port: int) -> str:
    """The proxy file for a server."""
    return writer.proxy_text(_selections(served), port, WRITTEN_BY)


def _selections(served: Served) -> list[Selection]:
    local = is_local(parse_base_url(served.base_url).host)
    return [
        Selection(
            route=_ROUTES[engine],
            engine=engine,
            model=model,
            kind=served.kind,
            base_url=served.base_url,
            context=USUAL_CONTEXT if local else HOSTED_CONTEXT,
            tools=engine != "fast_local" or not local,
            vision=engine == VISION,
            local=local,
        )
        for engine, model in served.models.items()
    ]
