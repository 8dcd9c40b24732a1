"""RamaLama: store/TYPE/ORG/MODEL/{blobs,refs/TAG.json,snapshots}."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from model_router.setup.found import FoundModel, StoreReport
from model_router.setup.labels import grouped
from model_router.setup.safetensors import SafetensorsError, read_json
from model_router.setup.stores.look import Look
from model_router.setup.values import mapping, text
from model_router.setup.walk import Walk, size_of

STORE = "ramalama"
DEPTH = 6
PARTS = (".partial", ".incomplete")


def roots(look: Look) -> tuple[str, ...]:
    """The stores of this user and of the system."""
    own = look.at_home(".local", "share", "ramalama", "store")
    return own, look.system_wide("var", "lib", "ramalama", "store")


def scan(look: Look) -> StoreReport:
    """What RamaLama has."""
    walk = Walk()
    models: list[FoundModel] = []
    unfinished: list[tuple[str, int]] = []
    for root in roots(look):
        for path in walk.files(root, DEPTH):
            if path.endswith(PARTS):
                unfinished.append((path, size_of(path) or 0))
            elif path.endswith(".json") and os.path.basename(os.path.dirname(path)) == "refs":
                models += _tagged(root, path, walk)
    return StoreReport(STORE, roots(look), tuple(models), tuple(walk.problems), tuple(unfinished))


def _tagged(root: str, ref: str, walk: Walk) -> Iterator[FoundModel]:
    """The model that a tag stands for."""
    try:
        row = read_json(ref)
    except (OSError, SafetensorsError) as error:
        walk.problem(f"ref_unreadable ({error})", ref)
        return
    model = os.path.dirname(os.path.dirname(ref))
    digest = text(row.get("hash")) or ""
    folder = os.path.join(model, "snapshots", digest.replace(":", "-"))
    names = _names(row.get("files"))
    weights = [name for name, kind in names if kind == "model" or name.endswith(".gguf")]
    plain = [name for name in weights if not name.endswith(".gguf")]
    groups = [(group.files, group.missing) for group in grouped(set(weights) - set(plain))]
    eyes = next((name for name, kind in names if kind == "mmproj"), None)
    tag = os.path.basename(ref).removesuffix(".json")
    shown = os.path.relpath(model, root).replace(os.sep, "/") + f":{tag}"
    for files, missing in [*(((name,), ()) for name in plain), *groups]:
        paths = tuple(os.path.join(folder, name) for name in files)
        sizes = [size_of(path) for path in paths]
        gone = ("files missing",) if None in sizes else ()
        yield FoundModel(
            store=STORE, name=shown, format="gguf", files=paths,
            size_bytes=sum(size or 0 for size in sizes), served_as=shown, name_source="guess",
            projector=os.path.join(folder, eyes) if eyes else None, incomplete=missing + gone,
        )  # fmt: skip


def _names(rows: Any) -> list[tuple[str, str | None]]:
    """Names and types of a snapshot's files; a name that would lead elsewhere is left out."""
    found = [(text(mapping(row).get("name"), 255), text(mapping(row).get("type")))
             for row in (rows if isinstance(rows, list) else [])]  # fmt: skip
    return [(name, kind) for name, kind in found if name and name == os.path.basename(name)]
