"""llama.cpp: its older flat folder, and what LLAMA_CACHE names.

Newer versions download into the Hugging Face cache, which has a module of its own.
"""

from __future__ import annotations

import os

from model_router.setup.found import FoundModel, StoreReport
from model_router.setup.stores.flat import flat_models
from model_router.setup.stores.huggingface import cache_root, hub_models
from model_router.setup.stores.look import Look
from model_router.setup.walk import Walk, size_of

STORE = "llamacpp"
PARTS = (".downloadInProgress",)


def root(look: Look) -> str:
    """The folder, whether it is there or not."""
    named = look.variable("LLAMA_CACHE")
    if named:
        return named
    if look.system == "darwin":
        return look.at_home("Library", "Caches", "llama.cpp")
    if look.system == "windows":
        return look.local_data("llama.cpp")
    return os.path.join(look.cache_home(), "llama.cpp")


def scan(look: Look) -> StoreReport:
    """The models of the flat folder, and those in the hub's layout beside them."""
    folder, walk = root(look), Walk()
    models: tuple[FoundModel, ...] = flat_models(folder, walk, STORE)
    unfinished: tuple[tuple[str, int], ...] = ()
    if folder != cache_root(look):
        hub, unfinished = hub_models(folder, walk, STORE)
        models += hub
    cut = [row.path for row in walk.entries(folder) if row.name.endswith(PARTS)]
    unfinished += tuple((path, size_of(path) or 0) for path in cut)
    return StoreReport(STORE, (folder,), models, tuple(walk.problems), unfinished)
