"""The packaged catalog, already judged: `data/catalog.json` is catalog.yaml after validation.

Loading it needs neither YAML nor the validator, which are most of what starting costs. It is used
only while it stands for the very bytes of catalog.yaml; an edited file is read like any other.
"""

from __future__ import annotations

import json
import os
import zlib
from typing import Any

from model_router.types import Catalog

FILE_NAME = "catalog.json"


def stamp(content: bytes) -> list[int]:
    """What ties catalog.json to the bytes of catalog.yaml: their number and CRC-32."""
    return [len(content), zlib.crc32(content)]


def packaged_catalog(path: str) -> Catalog | None:
    """The catalog at `path`, catalog.yaml of the package; None when it has to be read as YAML."""
    try:
        with open(path, "rb") as file:
            content = file.read()
        with open(os.path.join(os.path.dirname(path), FILE_NAME), encoding="utf-8") as file:
            judged: Any = json.load(file)
    except (OSError, ValueError):
        return None
    if not isinstance(judged, dict) or judged.get("stamp") != stamp(content):
        return None
    from model_router.catalog import build
    from model_router.catalog.report import Report

    return build.catalog(judged["rows"], {}, os.path.dirname(path), Report(path))
