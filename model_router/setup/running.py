"""Model servers that run here, and what they offer. Only loopback is asked, each port once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, NamedTuple

from model_router.backend_kinds import KINDS
from model_router.servers import Fetch, Said, ask, ask_json
from model_router.setup.found import FoundModel, ModelFacts
from model_router.setup.labels import kind_of, parameters_of, quantisation_of
from model_router.setup.values import mapping, text, whole

SECONDS = 0.8
"""The limit for one answer. On this machine a server that is up answers within milliseconds."""

MOST_OFFERED = 2000


@dataclass(frozen=True, slots=True)
class Running:
    """One server."""

    kind: str
    """A kind of backend as the proxy file names it."""
    base_url: str
    reachable: bool
    models: tuple[str, ...] = ()
    problem: str | None = None
    offers: tuple[FoundModel, ...] = ()
    """What it says of its models beyond their names, in the form of models without files."""


class Place(NamedTuple):
    """Where servers listen that nobody has moved."""

    base_url: str
    kinds: tuple[str, ...]


PLACES = tuple(
    Place(KINDS[kinds[0]].base_url or "", kinds)
    for kinds in (("lmstudio",), ("ollama",), ("llamacpp", "localai"), ("vllm",))
)
"""Where servers usually listen; those of one place tell by their answer which they are."""

_OWNERS = {"llamacpp": "llamacpp", "vllm": "vllm", "library": "ollama"}


def running_servers(
    places: Sequence[Place] | None = None, seconds: float = SECONDS, fetch: Fetch | None = None
) -> Callable[[], tuple[Running, ...]]:
    """Begin to ask all servers, those of PLACES by default; call the result for their answers.

    The call waits no longer than three answers may take, even for a server that sends its answer
    byte by byte.
    """
    asked = PLACES if places is None else places
    answers: dict[int, Running] = {}

    def ask_one(number: int, place: Place) -> None:
        answers[number] = _asked(place, seconds, fetch)

    threads = [
        threading.Thread(target=ask_one, args=pair, daemon=True) for pair in enumerate(asked)
    ]
    for thread in threads:
        thread.start()
    end = monotonic() + 3 * seconds

    def collect() -> tuple[Running, ...]:
        for thread in threads:
            thread.join(max(end - monotonic(), 0))
        found = [answers.get(number) or _too_slow(place) for number, place in enumerate(asked)]
        return tuple(server for server in found if server.reachable)

    return collect


def _too_slow(place: Place) -> Running:
    return Running(place.kinds[0], place.base_url, True, problem="does not finish its answer")


def _asked(place: Place, seconds: float, fetch: Fetch | None) -> Running:
    said = ask(place.base_url, None, seconds, fetch)
    if not said.reachable:
        return Running(place.kinds[0], place.base_url, False, problem=said.wrong)
    kind = _kind(place, said, seconds, fetch)
    origin = place.base_url.removesuffix("/v1")
    offers = OFFERS[kind](origin, seconds, fetch) if kind in OFFERS else ()
    names = (*(said.models or ()), *(offer.name for offer in offers))
    return Running(kind, place.base_url, True, tuple(dict.fromkeys(names)), _problem(said), offers)


def _problem(said: Said) -> str | None:
    if said.status in (401, 403):
        return f"needs a token ({said.status})"
    return None if said.models is not None else f"answers {said.status} without a list of models"


def _kind(place: Place, said: Said, seconds: float, fetch: Fetch | None) -> str:
    """Which of the servers that share a port it is."""
    owned = next((_OWNERS[owner] for owner in said.owners if owner in _OWNERS), None)
    if len(place.kinds) == 1 or owned in place.kinds:
        return owned if owned in place.kinds else place.kinds[0]
    version = ask_json(place.base_url.removesuffix("/v1") + "/version", seconds, fetch)
    return "localai" if "version" in mapping(version) else "openai-compatible"


def _ollama(origin: str, seconds: float, fetch: Fetch | None) -> tuple[FoundModel, ...]:
    """What /api/tags says of each model."""
    rows = mapping(ask_json(f"{origin}/api/tags", seconds, fetch)).get("models")
    return _offers(rows, _ollama_offer)


def _ollama_offer(row: Mapping[str, Any]) -> FoundModel | None:
    name = text(row.get("name"))
    if name is None:
        return None
    details = mapping(row.get("details"))
    size = text(details.get("parameter_size"))
    local = not (row.get("remote_host") or row.get("remote_model"))
    return _offer(
        "ollama", name, local, whole(row.get("size")) or 0 if local else 0,
        ModelFacts(
            kind=kind_of(name) or "chat",
            family=text(details.get("family")),
            parameters=parameters_of(size) if size else parameters_of(name),
            quantisation=text(details.get("quantization_level")),
        ),
    )  # fmt: skip


def _lmstudio(origin: str, seconds: float, fetch: Fetch | None) -> tuple[FoundModel, ...]:
    """What /api/v0/models says of each model, loaded or not."""
    rows = mapping(ask_json(f"{origin}/api/v0/models", seconds, fetch)).get("data")
    return _offers(rows, _lmstudio_offer)


_LMSTUDIO_TYPES = {"embeddings": "embedding", "llm": "chat", "vlm": "chat"}


def _lmstudio_offer(row: Mapping[str, Any]) -> FoundModel | None:
    name, kind = text(row.get("id")), text(row.get("type")) or ""
    if name is None:
        return None
    able = row.get("capabilities")
    return _offer(
        "lmstudio", name, True, 0,
        ModelFacts(
            kind=_LMSTUDIO_TYPES.get(kind) or kind_of(name) or "chat",
            architecture=text(row.get("arch")),
            parameters=parameters_of(name),
            quantisation=text(row.get("quantization")),
            context=whole(row.get("max_context_length")),
            tools="tool_use" in able if isinstance(able, list) else None,
            vision=kind == "vlm" if kind else None,
        ),
    )  # fmt: skip


def _offers(
    rows: Any, offer: Callable[[Mapping[str, Any]], FoundModel | None]
) -> tuple[FoundModel, ...]:
    found = [offer(mapping(row)) for row in (rows if isinstance(rows, list) else [])[:MOST_OFFERED]]
    return tuple(model for model in found if model is not None)


def _offer(store: str, name: str, local: bool, size: int, facts: ModelFacts) -> FoundModel:
    """A model that a server offers, while nobody has seen its files."""
    return FoundModel(
        store=store, name=name, format="unknown", files=(), size_bytes=size, served_as=name,
        name_source="server", facts=facts, local=local, server=store,
    )  # fmt: skip


def named_offer(kind: str, name: str) -> FoundModel:
    """A model of which only the name is known."""
    return _offer(
        kind, name, True, 0,
        ModelFacts(
            kind=kind_of(name) or "chat", parameters=parameters_of(name),
            quantisation=quantisation_of(name),
        ),
    )  # fmt: skip


OFFERS: dict[str, Callable[[str, float, Fetch | None], tuple[FoundModel, ...]]] = {
    "ollama": _ollama,
    "lmstudio": _lmstudio,
}
"""By kind: what more than names a server tells."""
