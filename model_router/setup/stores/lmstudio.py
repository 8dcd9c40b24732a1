"""LM Studio: <home>/models/PUBLISHER/REPO/files, and nothing at any other depth."""

from __future__ import annotations

import os
from collections.abc import Iterator

from model_router.setup.found import FoundModel, StoreReport
from model_router.setup.safetensors import SafetensorsError, read_json
from model_router.setup.stores.contents import Content, contents
from model_router.setup.stores.look import Look
from model_router.setup.values import text
from model_router.setup.walk import Walk, size_of

STORE = "lmstudio"
PARTS = (".part", ".downloading", ".incomplete", ".crdownload")
"""Endings of downloads that were cut off."""


def studio_home(look: Look) -> str:
    """LM Studio's own folder. Its pointer file is read, never written."""
    pointer = look.at_home(".lmstudio-home-pointer")
    try:
        with open(pointer, encoding="utf-8") as file:
            named = file.read(4096).strip()
    except (OSError, ValueError):
        named = ""
    if named:
        return look.expanded(named)
    older = look.at_home(".cache", "lm-studio")
    return older if os.path.isdir(older) else look.at_home(".lmstudio")


def models_root(look: Look) -> str:
    """The folder of its models: the one its settings name, or its usual one."""
    home = studio_home(look)
    try:
        named = text(read_json(os.path.join(home, "settings.json")).get("downloadsFolder"), 4096)
    except (OSError, SafetensorsError):
        named = None
    return look.expanded(named) if named else os.path.join(home, "models")


def scan(look: Look) -> StoreReport:
    """What LM Studio would list."""
    root, walk = models_root(look), Walk()
    models: list[FoundModel] = []
    unfinished: list[tuple[str, int]] = []
    for publisher in walk.folders(root):
        for repo in walk.folders(publisher.path):
            files = [row.path for row in walk.entries(repo.path)]
            models += _models(f"{publisher.name}/{repo.name}", repo.path, files, walk)
            unfinished += [(path, size_of(path) or 0) for path in files if path.endswith(PARTS)]
    return StoreReport(STORE, (root,), tuple(models), tuple(walk.problems), tuple(unfinished))


def _models(name: str, folder: str, files: list[str], walk: Walk) -> Iterator[FoundModel]:
    found = contents(folder, files, walk)
    several = sum("mmproj" not in content.stem.lower() for content in found) > 1
    for content in found:
        yield _model(name, content, several)


def _model(name: str, content: Content, several: bool) -> FoundModel:
    served = name.lower()
    if several and content.label:
        served += f"@{content.label.lower()}"
    return FoundModel(
        store=STORE,
        name=f"{name}/{content.stem}" if content.stem else name,
        format=content.format,
        files=content.files,
        size_bytes=content.size_bytes,
        served_as=served,
        name_source="guess",
        incomplete=content.incomplete,
        folder=content.folder,
    )
