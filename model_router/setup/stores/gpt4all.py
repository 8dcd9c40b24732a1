"""GPT4All: flat folders of GGUF files, one of the program and one of its Python package."""

from __future__ import annotations

from model_router.setup.found import FoundModel, StoreReport
from model_router.setup.stores.flat import flat_models
from model_router.setup.stores.look import Look
from model_router.setup.walk import Walk, size_of

STORE = "gpt4all"
PARTS = (".part", ".incomplete")


def roots(look: Look) -> tuple[str, ...]:
    """The folders, whether they are there or not."""
    return look.local_data("nomic.ai", "GPT4All"), look.at_home(".cache", "gpt4all")


def scan(look: Look) -> StoreReport:
    """What both folders hold."""
    walk = Walk()
    models: list[FoundModel] = []
    unfinished: list[tuple[str, int]] = []
    for root in roots(look):
        models += flat_models(root, walk, STORE)
        cut = [row.path for row in walk.entries(root) if _cut_off(row.name)]
        unfinished += [(path, size_of(path) or 0) for path in cut]
    return StoreReport(STORE, roots(look), tuple(models), tuple(walk.problems), tuple(unfinished))


def _cut_off(name: str) -> bool:
    return name.endswith(PARTS) or name.startswith("incomplete-")
