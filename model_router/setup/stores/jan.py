"""Jan: <data>/llamacpp/models/ID/model.yml beside its GGUF, and <data>/mlx/models."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from model_router.setup.found import FoundModel, StoreReport
from model_router.setup.safetensors import SafetensorsError, read_json
from model_router.setup.stores.contents import contents
from model_router.setup.stores.look import Look
from model_router.setup.values import text
from model_router.setup.walk import Walk, size_of

STORE = "jan"
DEPTH = 4
_ROW = re.compile(r"^([a-z_]+):[ \t]*(.*?)[ \t]*$", re.MULTILINE)


def data_folders(look: Look) -> tuple[str, ...]:
    """Jan's data, newest place first; its settings may name another folder."""
    usual = [look.data_home("Jan", "data"), look.at_home(".config", "Jan", "data"),
             look.at_home("jan")]  # fmt: skip
    named = []
    for folder in (look.data_home("Jan"), look.at_home(".config", "Jan")):
        try:
            settings = read_json(os.path.join(folder, "settings.json"))
        except (OSError, SafetensorsError):
            continue
        path = text(settings.get("data_folder"), 4096)
        named += [look.expanded(path)] if path else []
    return tuple(dict.fromkeys([*named, *usual]))


def scan(look: Look) -> StoreReport:
    """What Jan has."""
    walk = Walk()
    models: list[FoundModel] = []
    for data in data_folders(look):
        models += _described(data, walk)
        models += _mlx(os.path.join(data, "mlx", "models"), walk)
    return StoreReport(STORE, data_folders(look), tuple(models), tuple(walk.problems))


def _described(data: str, walk: Walk) -> Iterator[FoundModel]:
    """The models that a model.yml describes."""
    root = os.path.join(data, "llamacpp", "models")
    for path in walk.files(root, DEPTH):
        if os.path.basename(path) != "model.yml":
            continue
        rows = _rows(path)
        file = rows.get("model_path")
        if not file:
            walk.problem("no model_path", path)
            continue
        name = os.path.relpath(os.path.dirname(path), root).replace(os.sep, "/")
        full, eyes = os.path.join(data, file), rows.get("mmproj_path")
        size = size_of(full)
        yield FoundModel(
            store=STORE,
            name=name,
            format="gguf",
            files=(full,),
            size_bytes=size or 0,
            served_as=name,
            name_source="path",
            projector=os.path.join(data, eyes) if eyes else None,
            incomplete=() if size is not None else ("the model's file is missing",),
        )


def _rows(path: str) -> dict[str, str]:
    """The plain `key: value` lines of a file, which is all that Jan writes there."""
    try:
        with open(path, "rb") as file:
            body = file.read(100_000).decode("utf-8", "replace")
    except OSError:
        return {}
    return {key: value.strip("\"'") for key, value in _ROW.findall(body) if value.strip("\"'")}


def _mlx(root: str, walk: Walk) -> Iterator[FoundModel]:
    for content in contents(root, list(walk.files(root, DEPTH)), walk):
        if content.format == "safetensors" and content.stem:
            yield FoundModel(
                store=STORE, name=content.stem, format="safetensors", files=content.files,
                size_bytes=content.size_bytes, served_as=content.stem, name_source="path",
                incomplete=content.incomplete, folder=content.folder,
            )  # fmt: skip
