"""Stores that are one folder of GGUF files."""

from __future__ import annotations

import os

from model_router.setup.found import FoundModel
from model_router.setup.stores.contents import contents
from model_router.setup.walk import Walk, is_folder


def flat_models(folder: str, walk: Walk, store: str) -> tuple[FoundModel, ...]:
    """The GGUF models that lie in a folder itself."""
    files = [row.path for row in walk.entries(folder) if not is_folder(row)]
    gguf = [path for path in files if path.lower().endswith(".gguf")]
    return tuple(
        FoundModel(
            store=store,
            name=os.path.basename(content.stem),
            format="gguf",
            files=content.files,
            size_bytes=content.size_bytes,
            served_as=os.path.basename(content.stem),
            name_source="guess",
            incomplete=content.incomplete,
        )
        for content in contents(folder, gguf, walk)
    )
