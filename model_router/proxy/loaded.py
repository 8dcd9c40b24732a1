"""Which models a backend has in memory, and preferring them: a model that has to be loaded first
makes a person wait for half a minute.

Backends are asked in the background, those whose kind can say. On the way of a request this is a
look into what was heard.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from model_router.backend_kinds import KINDS
from model_router.proxy.backends import BackendRuntime
from model_router.proxy.service import Candidate
from model_router.proxy.upstream import Call, UpstreamError
from model_router.servers import MOST_BODY, MOST_MODELS
from model_router.types import Engine

_LATEST = ":latest"


def can_say(kind: str) -> bool:
    """Whether a kind of server tells which models it has in memory."""
    return KINDS[kind].loaded_path is not None


async def ask_loaded(backend: BackendRuntime, seconds: float) -> None:
    """Ask a backend which models it has in memory, and note it. Never raises. What cannot be
    found out within `seconds` is not known."""
    path = KINDS[backend.settings.kind].loaded_path
    if path is None:
        return
    target = backend.path.removesuffix("/v1") + path
    found = None
    try:
        async with asyncio.timeout(seconds):
            answer = await backend.upstream.send(Call(b"GET", target.encode()))
            try:
                body = await _whole(answer)
            finally:
                if not answer.ended:
                    await answer.close()
            found = loaded_models(body) if answer.status == 200 else None
    except (TimeoutError, UpstreamError):
        pass
    backend.loaded = found


async def _whole(answer: Any) -> bytes:
    pieces, size = [], 0
    while size < MOST_BODY and (piece := await answer.read()):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def loaded_models(body: bytes) -> frozenset[str] | None:
    """The names of the models in memory; None when the answer does not say.

    Ollama lists those alone. LM Studio gives each model a `state`, llama.cpp's router a `status`.
    """
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, Mapping):
        return None
    if isinstance(running := value.get("models"), list) and "data" not in value:
        return _names(running, "name", "model")
    rows = value.get("data")
    if not isinstance(rows, list):
        return None
    states = [(row, _state(row)) for row in rows[:MOST_MODELS] if isinstance(row, Mapping)]
    if not any(state for _, state in states):
        return None  # such as a llama-server of one model: it is what it is
    return _names([row for row, state in states if state == "loaded"], "id")


def _state(row: Mapping[str, Any]) -> str | None:
    state = row.get("state", row.get("status"))
    if isinstance(state, Mapping):
        state = state.get("value")
    return state if isinstance(state, str) else None


def _names(rows: list[Any], *keys: str) -> frozenset[str]:
    named = (row.get(key) for row in rows[:MOST_MODELS] if isinstance(row, Mapping) for key in keys)
    return frozenset(name.removesuffix(_LATEST) for name in named if isinstance(name, str))


def loaded_first(
    ways: tuple[Candidate, ...], engines: Mapping[str, Engine]
) -> tuple[Candidate, ...]:
    """The same ways to answer. When the first one's model has to be loaded, the first of the others
    that is loaded, and whose engine is as good, changes places with it."""
    if not ways or _is_loaded(ways[0]) is not False:
        return ways
    first = engines.get(ways[0].engine)
    for way in ways[1:]:
        other = engines.get(way.engine)
        if first is None or other is None or not equal(first, other):
            continue
        if _is_loaded(way):
            return (way, *[row for row in ways if row is not way])
    return ways


def equal(first: Engine, other: Engine) -> bool:
    """Whether `other` may stand in for `first` without a loss: of the same tier, as capable and as
    trusted, no dearer, and running no farther away."""
    return (
        other.tier == first.tier
        and other.location == first.location
        and other.capability >= first.capability
        and other.trust >= first.trust
        and other.cost <= first.cost
    )


def _is_loaded(way: Candidate) -> bool | None:
    """Whether the model of a way is in memory; None when nobody knows."""
    loaded = way.backend.loaded
    if loaded is None or way.model is None:
        return None
    return way.model.removesuffix(_LATEST) in loaded
