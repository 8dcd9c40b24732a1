"""Which engines of the packaged catalog a model can be.

These are floors, not praise: a model of two billion parameters answers, but should not plan. Which
of several models serves an engine best is the advisor's business.
"""

from __future__ import annotations

from collections.abc import Callable

from model_router.setup.found import FoundModel, ModelFacts

BILLION = 10**9
UNKNOWN_SIZE = 8 * BILLION
"""What a model that does not tell its size counts as."""

AGENT_CONTEXT = 32_768
"""Agents send prompts of about 18,000 tokens; see docs/setup.md."""

CODERS = ("code", "coder", "devstral", "starcoder", "codestral")


def roles_of(model: FoundModel) -> tuple[str, ...]:
    """The engines that `model` can be, in the catalog's order; () for one that is not whole."""
    if model.incomplete or not model.local:
        return ()
    if model.facts.kind == "image":
        return ("image_generation",)
    if model.facts.kind != "chat":
        return ()
    return tuple(name for name, able in ROLES.items() if able(model))


def _size(facts: ModelFacts) -> int:
    return facts.parameters or UNKNOWN_SIZE


def _pace(facts: ModelFacts) -> int:
    """The parameters that decide how fast it answers."""
    return facts.active_parameters or _size(facts)


def _reads_much(facts: ModelFacts) -> bool:
    return facts.context is None or facts.context >= AGENT_CONTEXT


def _codes(model: FoundModel) -> bool:
    name = f"{model.name} {model.facts.name or ''}".lower()
    return any(word in name for word in CODERS)


def _fast(model: FoundModel) -> bool:
    return _pace(model.facts) <= 5 * BILLION or _size(model.facts) <= 5 * BILLION


def _balanced(model: FoundModel) -> bool:
    return _size(model.facts) >= 3 * BILLION and _pace(model.facts) <= 40 * BILLION


def _reasons(model: FoundModel) -> bool:
    floor = 3 if model.facts.thinking else 12
    return _size(model.facts) >= floor * BILLION and _reads_much(model.facts)


def _programs(model: FoundModel) -> bool:
    facts = model.facts
    if not _reads_much(facts):
        return False
    return _codes(model) or (_size(facts) >= 4 * BILLION and facts.tools is not False)


def _researches(model: FoundModel) -> bool:
    """The search itself is a tool that the client brings."""
    facts = model.facts
    return facts.tools is True and _reads_much(facts) and _size(facts) >= 4 * BILLION


def _sees(model: FoundModel) -> bool:
    return bool(model.facts.vision or model.projector)


ROLES: dict[str, Callable[[FoundModel], bool]] = {
    "fast_local": _fast,
    "balanced_local": _balanced,
    "reasoning_local": _reasons,
    "code_agent": _programs,
    "web_research": _researches,
    "multimodal_vision": _sees,
}
"""Engine: whether a model that chats can be it."""
