"""A catalog with what `tune` found: as a router to try, as a diff to read, as files."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, NamedTuple

from model_router.catalog import packaged_catalog_path
from model_router.catalog.edit import CannotEditError, Value, with_values
from model_router.catalog.load import read_text
from model_router.catalog.report import Path, show_path
from model_router.cli.files import PRIVATE, replace_file
from model_router.cli.output import CommandError
from model_router.hindsight.confirmations import Asked
from model_router.hindsight.layer import Words, layer_text
from model_router.hindsight.tune import Change
from model_router.router import ModelRouter
from model_router.types import Catalog

LAYER = ("weights", "layer")


class Opener:
    """Makes routers of a catalog with a change; layers stand in `folder` meanwhile."""

    def __init__(self, catalog: Catalog, folder: str) -> None:
        self.catalog = catalog
        self.folder = folder

    def open(self, change: Change) -> ModelRouter:
        """A router of the catalog with the change, through the same file that would be written."""
        scoring = replace(
            self.catalog.scoring,
            reasoning_threshold=change.limits.reasoning,
            simple_threshold=change.limits.simple,
        )
        weights = replace(self.catalog.weights, layer=self._layer(change.words))
        catalog = replace(self.catalog, scoring=scoring, weights=weights)
        return ModelRouter(catalog, one_off=True)

    def _layer(self, words: Words) -> str | None:
        if not words:
            return None
        text = layer_text(words)
        path = os.path.join(self.folder, f"{digest(text)}.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


def digest(text: str) -> str:
    """Names a layer by what is in it: another layer is another file, and the old one stays."""
    return sha256(text.encode()).hexdigest()[:12]


class Edited(NamedTuple):
    """The catalog's text with a change, and the layer beside it."""

    path: str = ""
    before: str = ""
    after: str = ""
    values: tuple[tuple[Path, Value, Value], ...] = ()  # path, before, after
    words: Mapping[str, Sequence[int]] = {}
    problem: str | None = None

    @property
    def layer(self) -> str | None:
        """The layer's path, when there is one."""
        name = next((new for path, _, new in self.values if path == LAYER), None)
        return os.path.join(os.path.dirname(self.path), name) if isinstance(name, str) else None

    def figures(self, with_words: bool) -> dict[str, Any]:
        """The change as JSON-ready data; `words` only when they are wanted: prompts hold them."""
        changes = [
            {"path": show_path(path), "before": old, "after": new} for path, old, new in self.values
        ]
        words = {word: list(row) for word, row in self.words.items()} if with_words else None
        layer = {"file": self.layer, "words": len(self.words)} if self.layer else None
        return {
            "changes": changes,
            "layer": layer,
            "words": words,
            "diff": self.diff(),
            "problem": self.problem,
        }

    def diff(self) -> list[str]:
        """The catalog's change, line by line."""
        name = os.path.basename(self.path)
        rows = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), name, f"{name}, tuned", lineterm=""
        )
        return list(rows)

    def write(self) -> list[str]:
        """Write the layer, then the catalog, each whole or not at all; their paths.

        Raises CommandError when the catalog's text cannot be changed.
        """
        if self.problem is not None:
            raise CommandError(f"{self.path}: {self.problem}", "nothing was written")
        if self.layer is not None:
            # It holds words of prompts.
            replace_file(self.layer, layer_text(self.words), True, keep=False, mode=PRIVATE)
        replace_file(self.path, self.after, True)
        return [*([self.layer] if self.layer else []), self.path]


def edited(catalog: Catalog, change: Change | None) -> Edited:
    """What a change does to a catalog's file."""
    if change is None:
        return Edited()
    text = read_text(catalog.source)
    values = tuple(_values(catalog, change))
    found = Edited(catalog.source, text, text, values, change.words)
    if os.path.realpath(catalog.source) == os.path.realpath(packaged_catalog_path()):
        return found._replace(problem=_OF_THE_PACKAGE)
    try:
        after = with_values(text, {path: new for path, _, new in values})
    except CannotEditError as error:
        return found._replace(problem=str(error))
    return found._replace(after=after)


_OF_THE_PACKAGE = (
    "the package's own catalog is not changed; copy it to ~/.model-router/model_router.yaml "
    "(model-router config show prints it), or name yours with --config"
)


def _values(catalog: Catalog, change: Change) -> list[tuple[Path, Value, Value]]:
    scoring, layer = catalog.scoring, catalog.weights.layer
    folder, stem = os.path.split(os.path.splitext(catalog.source)[0])
    name = f"{stem}.layer-{digest(layer_text(change.words))}.json" if change.words else None
    same = name is not None and layer == os.path.join(folder, name)
    pairs: list[tuple[Path, Value, Value]] = [
        (
            ("scoring", "thresholds", "reasoning"),
            scoring.reasoning_threshold,
            change.limits.reasoning,
        ),
        (("scoring", "thresholds", "simple"), scoring.simple_threshold, change.limits.simple),
        (LAYER, name if same else layer and os.path.relpath(layer, folder or "."), name),
    ]
    return [row for row in pairs if row[1] != row[2]]


def guards() -> list[Asked]:
    """Orders that are the packaged signals' own examples: they must go on being confirmed."""
    import yaml

    folder = os.path.dirname(packaged_catalog_path())
    with open(os.path.join(folder, "signals.yaml"), encoding="utf-8") as file:
        rows = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["signals"]
    return [
        Asked(f"example {number} of {row['id']}", text)
        for row in rows
        if row.get("action")
        for number, text in enumerate(row.get("matches") or (), 1)
    ]
