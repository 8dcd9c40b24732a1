"""Weights files made by hand, and routers that use them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from model_router.catalog import load_catalog
from model_router.lanes import packed
from model_router.router import ModelRouter
from model_router.types import Catalog, WeightsPolicy
from model_router.weights import COLUMNS, FORMAT

SHARED = Path(__file__).parents[2].parent / "shared" / "eval"
"""Labelled prompts beside the checkout; they are no part of it."""


def row(**points: int) -> list[int]:
    """A row of a weights file: 0 for what is not named."""
    return [points.get(name, 0) for name in COLUMNS]


def lanes(**points: int) -> int:
    """The same as one integer."""
    return packed([row(**points)])[0]


def content(
    words: Mapping[str, Sequence[int]] | None = None,
    lengths: Mapping[str, Sequence[int]] | None = None,
    caution: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """The content of a weights file."""
    return {
        "format": FORMAT,
        "columns": list(COLUMNS),
        "lengths": {key: list(value) for key, value in (lengths or {}).items()},
        "caution": dict(caution or {}),
        "words": {key: list(value) for key, value in (words or {}).items()},
    }


def written(folder: Path, data: Any, name: str = "weights.json") -> str:
    """The path of a weights file with this content."""
    path = folder / name
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(path)


@cache
def packaged_catalog() -> Catalog:
    """The packaged catalog."""
    return load_catalog(environ={}, home="/nonexistent")


def weighing(**policy: Any) -> ModelRouter:
    """A router with the packaged catalog and these settings under `weights`."""
    catalog = replace(packaged_catalog(), weights=WeightsPolicy(**policy))
    return ModelRouter.from_config_object(catalog, validate_availability=False)


@cache
def with_weights() -> ModelRouter:
    """A router with the packaged weights."""
    return weighing()


@cache
def without_weights() -> ModelRouter:
    """The same router with weights switched off."""
    return weighing(enabled=False)
