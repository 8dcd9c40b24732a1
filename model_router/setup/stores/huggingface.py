"""The Hugging Face cache: models--ORG--NAME/{blobs,refs,snapshots}.

transformers, vLLM, SGLang, mlx-lm and newer llama.cpp keep their models here, too. A snapshot's
files are links into blobs/, or plain files where links are not allowed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from model_router.setup.found import FoundModel, StoreReport
from model_router.setup.stores.contents import Content, contents
from model_router.setup.stores.look import Look
from model_router.setup.walk import Walk, size_of

STORE = "huggingface"
PREFIX = "models--"
DEPTH = 4

_SHA256 = re.compile(r"[0-9a-f]{64}")


def cache_root(look: Look) -> str:
    """The cache's folder, whether it is there or not."""
    home = look.variable("HF_HOME")
    return (
        look.variable("HF_HUB_CACHE")
        or look.variable("HUGGINGFACE_HUB_CACHE")
        or (os.path.join(home, "hub") if home else None)
        or os.path.join(look.cache_home(), "huggingface", "hub")
    )


def scan(look: Look) -> StoreReport:
    """What the cache holds."""
    root, walk = cache_root(look), Walk()
    models, unfinished = hub_models(root, walk, STORE)
    return StoreReport(STORE, (root,), models, tuple(walk.problems), unfinished)


Unfinished = tuple[tuple[str, int], ...]


def hub_models(root: str, walk: Walk, store: str) -> tuple[tuple[FoundModel, ...], Unfinished]:
    """The models of a folder with this layout, and the downloads that were cut off."""
    models: list[FoundModel] = []
    unfinished: list[tuple[str, int]] = []
    for row in walk.folders(root):
        if row.name.startswith(PREFIX):
            repo = row.name.removeprefix(PREFIX).replace("--", "/")
            models += _repo(row.path, repo, walk, store)
            unfinished += _unfinished(os.path.join(row.path, "blobs"), walk)
    return tuple(models), tuple(unfinished)


def _repo(path: str, repo: str, walk: Walk, store: str) -> Iterator[FoundModel]:
    """Every model of the current revision, and those of older ones that are other files."""
    seen: set[str] = set()
    snapshots = _snapshots(path, walk)
    for name, folder in snapshots:
        for content in contents(folder, list(walk.files(folder, DEPTH)), walk):
            if len(snapshots) > 1:
                targets = {os.path.realpath(file) for file in content.files}
                if targets and targets <= seen:
                    continue
                seen |= targets
            yield _model(repo + name, content, store)


def _snapshots(path: str, walk: Walk) -> list[tuple[str, str]]:
    """Snapshot folders with what they add to the repository's name: the current one first."""
    folders = walk.folders(os.path.join(path, "snapshots"))
    current = _read_ref(os.path.join(path, "refs", "main"))
    if current not in [row.name for row in folders]:
        current = folders[-1].name if folders else ""
    folders.sort(key=lambda row: row.name != current)
    return [("" if row.name == current else f"@{row.name[:7]}", row.path) for row in folders]


def _read_ref(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read(100).strip()
    except (OSError, ValueError):
        return ""


def _model(repo: str, content: Content, store: str) -> FoundModel:
    if content.format == "gguf":
        name = f"{repo}:{content.label}"
    else:
        name = f"{repo}/{content.stem}" if content.stem else repo
    return FoundModel(
        store=store,
        name=name,
        format=content.format,
        files=content.files,
        size_bytes=content.size_bytes,
        served_as=name,
        name_source="path",
        content=_digest(content.files),
        incomplete=content.incomplete,
        folder=content.folder,
    )


def _digest(files: tuple[str, ...]) -> str | None:
    """The digest of a single file, which is its blob's name; None where names do not tell it."""
    if len(files) != 1 or not os.path.islink(files[0]):
        return None
    # Only the first link: behind it may be a store that several repositories share, whose names
    # are other digests.
    name = os.path.basename(os.readlink(files[0]))
    return f"sha256:{name}" if _SHA256.fullmatch(name) else None


def _unfinished(blobs: str, walk: Walk) -> list[tuple[str, int]]:
    rows = [row for row in walk.entries(blobs) if row.name.endswith(".incomplete")]
    return [(row.path, size_of(row.path) or 0) for row in rows]
