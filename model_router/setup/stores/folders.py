"""Plain folders: those that the user named, and those in which models usually lie."""

from __future__ import annotations

import os
from collections.abc import Iterator

from model_router.setup.found import FoundModel, StoreReport
from model_router.setup.stores.contents import contents
from model_router.setup.stores.look import Look
from model_router.setup.walk import Walk

STORE = "folder"
DEPTH = 4
MOST_ENTRIES = 20_000


def usual(look: Look) -> tuple[str, ...]:
    """Folders that are looked into without being named."""
    homely = (("models",), ("Models",), (".local", "share", "models"), ("llm",),
              (".cache", "llmfit", "models"))  # fmt: skip
    shared = (("models",), ("opt", "models"), ("srv", "models"))
    rows = [look.at_home(*parts) for parts in homely]
    if look.system != "windows":
        rows += [look.system_wide(*parts) for parts in shared]
    return tuple(rows)


def scan(look: Look) -> StoreReport:
    """What these folders hold. A named folder that is not there is a problem, a usual one not."""
    named = tuple(dict.fromkeys(map(look.expanded, look.models_dirs)))
    walk = Walk(0)
    models: list[FoundModel] = []
    seen: set[str] = set()
    for root in (*named, *usual(look)):
        if os.path.realpath(root) in seen:
            continue
        seen.add(os.path.realpath(root))
        walk.renew(MOST_ENTRIES)
        if root in named and not os.path.lexists(root):
            walk.problem("not_there", root)
        models += _models(root, walk)
    return StoreReport(STORE, (*named, *usual(look)), tuple(models), tuple(walk.problems))


def _models(root: str, walk: Walk) -> Iterator[FoundModel]:
    top = os.path.basename(root)
    for content in contents(root, list(walk.files(root, DEPTH)), walk):
        name = content.stem or top
        yield FoundModel(
            store=STORE, name=name, format=content.format, files=content.files,
            size_bytes=content.size_bytes, served_as=os.path.basename(name), name_source="guess",
            incomplete=content.incomplete, folder=content.folder,
        )  # fmt: skip
