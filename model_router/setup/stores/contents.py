"""Models among the files of one folder: GGUF, safetensors, diffusers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import NamedTuple

from model_router.setup.labels import grouped, quantisation_of
from model_router.setup.safetensors import SafetensorsError, shards_of
from model_router.setup.walk import Walk, size_of

INDEX = "model.safetensors.index.json"
_OPENAI_SHARD = re.compile(r"^consolidated.*\.safetensors$")


MOST_MODELS = 2000
"""Of one folder."""


class Content(NamedTuple):
    """One model that lies in a folder."""

    label: str
    """What tells it from the folder's other models: a quantisation, else a name; "" if alone."""
    stem: str
    """Its path below the folder, without shard and suffix; "" for the folder itself."""
    format: str
    files: tuple[str, ...]
    size_bytes: int
    incomplete: tuple[str, ...] = ()
    folder: str | None = None


def contents(root: str, files: Iterable[str], walk: Walk) -> list[Content]:
    """The models among `files`, which all lie under `root`."""
    by_folder: dict[str, list[str]] = {}
    gguf = []
    for path in files:
        by_folder.setdefault(os.path.dirname(path), []).append(path)
        if path.lower().endswith(".gguf"):
            gguf.append(path)
    pipelines = [folder for folder, paths in by_folder.items() if _has(paths, "model_index.json")]
    found = [_pipeline(root, folder, by_folder) for folder in sorted(pipelines)]
    for folder in sorted(by_folder):
        inside = any(folder == top or folder.startswith(top + os.sep) for top in pipelines)
        if not inside and _has(by_folder[folder], "config.json"):
            found += _weights(root, folder, by_folder[folder], walk)
    return found + _gguf(root, gguf, walk)


def _has(paths: Iterable[str], name: str) -> bool:
    return any(os.path.basename(path) == name for path in paths)


def _below(root: str, path: str) -> str:
    inner = os.path.relpath(path, root).replace(os.sep, "/")
    return "" if inner == "." else inner


def _gguf(root: str, paths: list[str], walk: Walk) -> list[Content]:
    groups = grouped(paths)
    if len(groups) > MOST_MODELS:
        walk.problem(f"stopped_at_limit ({len(groups)} GGUF files)", root)
        del groups[MOST_MODELS:]
    names = [_below(root, group.stem) for group in groups]
    labels = [quantisation_of(os.path.basename(group.stem)) or "" for group in groups]
    found = []
    for group, name, label in zip(groups, names, labels, strict=True):
        size, missing = _sizes(group.files)
        if not label or labels.count(label) > 1:
            label = name
        found.append(Content(label, name, "gguf", group.files, size, group.missing + missing))
    return found


def _sizes(paths: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    """Bytes of all files, and a word about those that lead nowhere."""
    sizes = [size_of(path) for path in paths]
    gone = sizes.count(None)
    words = (f"{gone} of {len(sizes)} files lead nowhere",) if gone else ()
    return sum(size or 0 for size in sizes), words


def _weights(root: str, folder: str, paths: list[str], walk: Walk) -> list[Content]:
    """The safetensors model that is a folder; [] where there are no such weights."""
    missing: tuple[str, ...] = ()
    names = {os.path.basename(path): path for path in paths}
    shards = tuple(path for name, path in names.items() if name.endswith(".safetensors"))
    if "model.safetensors" in names:
        shards = (names["model.safetensors"],)
    elif INDEX in names:
        try:
            shards, missing = shards_of(folder)
        except (OSError, SafetensorsError) as error:
            walk.problem(f"index_unreadable ({error})", names[INDEX])
            return []
    elif not any(_OPENAI_SHARD.match(name) for name in names):
        return []
    if not shards and not missing:
        return []
    size, gone = _sizes(shards)
    name = _below(root, folder)
    return [Content(name, name, "safetensors", shards, size, missing + gone, folder)]


def _pipeline(root: str, folder: str, by_folder: dict[str, list[str]]) -> Content:
    """A diffusers model: all weights below one folder."""
    shards = tuple(
        path
        for place in sorted(by_folder)
        if place == folder or place.startswith(folder + os.sep)
        for path in by_folder[place]
        if path.endswith(".safetensors")
    )
    size, gone = _sizes(shards)
    missing = gone if shards else ("no weights",)
    name = _below(root, folder)
    return Content(name, name, "diffusers", shards, size, missing, folder)
