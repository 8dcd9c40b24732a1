"""Where programs keep models on disk: one module a store, each a plain function in STORES.

A store only looks: it lists files by the store's own layout, and reads small text files that belong
to it. Headers are read later, once for every file. A store that fails does not hinder the others.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from model_router.setup.found import StoreReport
from model_router.setup.stores.look import Look

STORES: dict[str, str] = {
    "ollama": "model_router.setup.stores.ollama",
    "lmstudio": "model_router.setup.stores.lmstudio",
    "jan": "model_router.setup.stores.jan",
    "gpt4all": "model_router.setup.stores.gpt4all",
    "ramalama": "model_router.setup.stores.ramalama",
    "llamacpp": "model_router.setup.stores.llamacpp",
    "huggingface": "model_router.setup.stores.huggingface",
    "folder": "model_router.setup.stores.folders",
}
"""Store: the module whose `scan` looks into it. Where copies are equal, the first store is told."""

Scan = Callable[[Look], StoreReport]


def scan_stores(look: Look) -> tuple[StoreReport, ...]:
    """What every store has. One that fails reports that, and nothing else."""
    return tuple(_scanned(store, module, look) for store, module in STORES.items())


def _scanned(store: str, module: str, look: Look) -> StoreReport:
    try:
        scan: Scan = import_module(module).scan
        return scan(look)
    except Exception as error:  # whatever a store's files do, the other stores are still told
        problem = f"failed: {type(error).__name__}: {error}"
        return StoreReport(store, (), problems=(problem[:200],))
