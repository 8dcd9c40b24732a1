"""May this engine take this request? One objection with a code and a sentence, or None.

The checks stand in one ordered table. The first that objects is the reason people read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from model_router.policy.limits import UNKNOWN_RANK, Limits
from model_router.records import record
from model_router.types import (
    COST_RANK,
    HUMAN,
    LATENCY_RANK,
    NEED_AUDIO,
    NEED_CODE_EXECUTION,
    NEED_FRESHNESS,
    NEED_IMAGE,
    NEED_IMAGE_GENERATION,
    NEED_LOCAL,
    NEED_PDF,
    NEED_TOOLS,
    Engine,
)

TEXT_ROUTES = ("simple", "balanced", "reasoning", "coding", "research", "vision")
WEB_WORDS = ("web", "search", "research")


@record
class Rejection:
    """Why an engine was passed over: a machine code and a plain sentence without the name."""

    engine: str
    code: str
    reason: str

    def to_dict(self) -> dict[str, str]:
        """The rejection as JSON-ready data."""
        return {"engine": self.engine, "code": self.code, "reason": self.reason}


@record
class Ask:
    """What a request asks of an engine: need bits, limits, and tokens with room for the answer."""

    needs: int
    limits: Limits
    tokens: int


@record
class Candidate:
    """An engine with everything about it that never changes between prompts."""

    engine: Engine
    abilities: int
    unavailable: tuple[str, ...] = ()
    pictures_only: bool = False


Objection = tuple[str, str]
Check = Callable[[Candidate, Ask], Objection | None]


def objection(candidate: Candidate, ask: Ask) -> Rejection | None:
    """The first reason why the engine may not take the request. human_confirm always may."""
    if candidate.engine.name == HUMAN:
        return None
    for check in CHECKS:
        found = check(candidate, ask)
        if found is not None:
            return Rejection(candidate.engine.name, *found)
    return None


def is_local(engine: Engine) -> bool:
    """Whether nothing leaves the machine: a local engine, or a person."""
    return engine.location == "local" or engine.provider.lower() == "human"


def abilities(engine: Engine, targets: Mapping[str, str]) -> int:
    """The need bits that an engine can meet."""
    if engine.name == HUMAN:
        return -1
    rows = (
        (NEED_TOOLS | NEED_CODE_EXECUTION, engine.supports_tools),
        (NEED_IMAGE, "image" in engine.modalities),
        (NEED_PDF, not engine.modalities.isdisjoint(("pdf", "file"))),
        (NEED_AUDIO, "audio" in engine.modalities),
        (NEED_FRESHNESS, _reads_web(engine, targets)),
        (NEED_IMAGE_GENERATION, _makes_pictures(engine, targets)),
        (NEED_LOCAL, is_local(engine)),
    )
    return sum(bits for bits, holds in rows if holds)


def makes_only_pictures(engine: Engine, targets: Mapping[str, str]) -> bool:
    """Whether an engine only makes images, so that it is no stand-in for one that writes text."""
    if any(targets.get(route) == engine.name for route in TEXT_ROUTES):
        return False
    return targets.get("image_generation") == engine.name or _names_pictures(engine.adapter)


def _reads_web(engine: Engine, targets: Mapping[str, str]) -> bool:
    if targets.get("research") == engine.name:
        return True
    words = re.findall(r"[a-z]+", " ".join(engine.strengths).lower())
    return any(word.startswith(WEB_WORDS) for word in words)


def _makes_pictures(engine: Engine, targets: Mapping[str, str]) -> bool:
    said = (engine.adapter, *engine.strengths, *engine.modalities)
    return targets.get("image_generation") == engine.name or any(map(_names_pictures, said))


def _names_pictures(text: str) -> bool:
    return "image_generation" in re.sub(r"[\s-]+", "_", text.lower())


# ------------------------------------------------------------------ the checks


def _disabled(candidate: Candidate, ask: Ask) -> Objection | None:
    return None if candidate.engine.enabled else ("rejection.disabled", "disabled in the catalog")


def _unavailable(candidate: Candidate, ask: Ask) -> Objection | None:
    if not candidate.unavailable:
        return None
    return "rejection.unavailable", f"not available: {'; '.join(candidate.unavailable)}"


NEED_OBJECTIONS: tuple[tuple[int, str, str], ...] = (
    (NEED_LOCAL, "rejection.not_local", "hosted, and the request must stay local"),
    (NEED_TOOLS, "rejection.tools_missing", "does not support tools"),
    (NEED_CODE_EXECUTION, "rejection.tools_missing", "cannot run code without tools"),
    (NEED_IMAGE, "rejection.modality_missing", "does not read images"),
    (NEED_PDF, "rejection.modality_missing", "does not read PDF files"),
    (NEED_AUDIO, "rejection.modality_missing", "does not read audio"),
    (NEED_IMAGE_GENERATION, "rejection.modality_missing", "does not generate images"),
    (NEED_FRESHNESS, "rejection.freshness_missing", "has no access to current information"),
)


def _needs(candidate: Candidate, ask: Ask) -> Objection | None:
    missing = ask.needs & ~candidate.abilities
    if not missing:
        return None
    for bit, code, text in NEED_OBJECTIONS:
        if missing & bit:
            return code, text
    return "rejection.need_unknown", "the request needs something no engine declares"


def _location(candidate: Candidate, ask: Ask) -> Objection | None:
    if not ask.limits.stays_local or is_local(candidate.engine):
        return None
    return "rejection.location", "hosted, and only local engines are allowed"


def _provider(candidate: Candidate, ask: Ask) -> Objection | None:
    provider, limits = candidate.engine.provider, ask.limits
    names = {provider.lower(), "local" if is_local(candidate.engine) else "hosted"}
    if not limits.deny.isdisjoint(names):
        return "rejection.provider_denied", f"provider {provider} is denied"
    if limits.allow is not None and limits.allow.isdisjoint(names):
        return "rejection.provider_not_allowed", f"provider {provider} is not in the allowlist"
    return None


def _cost(candidate: Candidate, ask: Ask) -> Objection | None:
    most, tier = ask.limits.max_cost_rank, candidate.engine.cost_tier
    if most is None or COST_RANK.get(tier, UNKNOWN_RANK) <= most:
        return None
    return "rejection.cost_tier", f"cost tier {tier} exceeds {ask.limits.max_cost_tier}"


def _latency(candidate: Candidate, ask: Ask) -> Objection | None:
    most, tier = ask.limits.max_latency_rank, candidate.engine.latency_tier
    if most is None or LATENCY_RANK.get(tier, UNKNOWN_RANK) <= most:
        return None
    return "rejection.latency_tier", f"latency tier {tier} exceeds {ask.limits.max_latency_tier}"


def _context(candidate: Candidate, ask: Ask) -> Objection | None:
    size = candidate.engine.max_context
    if ask.tokens <= size:
        return None
    return "rejection.context_exceeded", f"the request does not fit its context of {size} tokens"


CHECKS: tuple[Check, ...] = (
    _disabled,
    _unavailable,
    _needs,
    _location,
    _provider,
    _cost,
    _latency,
    _context,
)
