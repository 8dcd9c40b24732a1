"""Matching what running servers offer with the models that were found on disk.

Names are compared whole: a part of a name has matched the wrong model too often elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from model_router.setup.found import FoundModel
from model_router.setup.running import Running, named_offer

READS: dict[str, tuple[str, ...]] = {
    "ollama": ("ollama",),
    "lmstudio": ("lmstudio",),
    "llamacpp": ("llamacpp", "huggingface", "folder", "gpt4all", "ramalama", "jan"),
    "localai": ("folder",),
    "vllm": ("huggingface", "folder"),
}
"""By kind of server: the stores that its models can come from."""


def with_servers(
    models: Sequence[FoundModel], servers: Iterable[Running], told: Mapping[str, str]
) -> list[FoundModel]:
    """The models under the names that servers give them, and those only servers know of.

    `told` are LM Studio's names by the file's path below its models.
    """
    found = [_told(model, told) for model in models]
    for server in servers:
        offers = {offer.name: offer for offer in server.offers}
        index = _index(found, server.kind)
        for name in server.models:
            place = _place(name, index, found)
            if place is None:
                found.append(offers.get(name) or named_offer(server.kind, name))
            else:
                found[place] = replace(
                    found[place], served_as=name, name_source="server", server=server.kind
                )
    return found


def _index(models: Sequence[FoundModel], kind: str) -> dict[str, list[int]]:
    """Where the models are that a kind of server can read, by every name it may give them."""
    stores = READS.get(kind, ())
    index: dict[str, list[int]] = {}
    for place, model in enumerate(models):
        if model.store in stores and model.server is None:
            for name in _names(model):
                index.setdefault(name, []).append(place)
    return index


def _told(model: FoundModel, told: Mapping[str, str]) -> FoundModel:
    if model.store != "lmstudio" or not told:
        return model
    key = told.get(model.name) or told.get(f"{model.name}.gguf")
    return replace(model, served_as=key, name_source="server") if key else model


def _place(name: str, index: Mapping[str, list[int]], models: Sequence[FoundModel]) -> int | None:
    """Where the model is that a server calls `name`; None unless exactly one fits."""
    fits = [place for place in index.get(name.lower(), ()) if models[place].server is None]
    exact = [place for place in fits if models[place].name == name]
    chosen = exact if len(exact) == 1 else fits
    return chosen[0] if len(chosen) == 1 else None


def _names(model: FoundModel) -> set[str]:
    """What servers may call a model, in small letters."""
    names = {model.name, model.served_as or ""}
    if model.store == "ollama":
        names |= {model.name.removesuffix(":latest")}
    elif model.store == "lmstudio":
        repo = "/".join(model.name.split("/")[:2])
        short = repo.partition("/")[2]
        names |= {repo, short, short.lower().removesuffix("-gguf")}
    else:
        names |= {part for path in model.files[:1] for part in (path, os.path.basename(path))}
        names |= {os.path.basename(path).removesuffix(".gguf") for path in model.files[:1]}
        names |= {model.folder} if model.folder else set()
    return {name.lower() for name in names if name}
