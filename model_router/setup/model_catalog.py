"""The models that are worth downloading, as values; `catalog_file` reads them.

A fact that nobody could show is `unknown` there and None here. Ranks are editorial.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
"""Endings of files that run code when they are loaded. Never downloaded."""


@dataclass(frozen=True, slots=True)
class CatalogFile:
    """One file of a repository."""

    path: str
    """Its path, or with `pattern` what the hub's listing is searched for."""
    pattern: bool = False
    size: int | None = None
    exact: bool = True
    """False for a size that is only about right."""
    sha256: str | None = None
    purpose: str | None = None
    """vision: only fetched for the route vision. None: always."""


@dataclass(frozen=True, slots=True)
class Source:
    """Files of one repository. `revision` is a commit, None while nobody has pinned one."""

    repo: str
    revision: str | None
    files: tuple[CatalogFile, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a row's facts are from, and when that was looked at."""

    what: str
    date: str


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """One model in one quantisation. None means unknown."""

    id: str
    name: str
    family: str
    format: str
    sources: tuple[Source, ...]
    roles: Mapping[str, int]
    """Editorial rank by role, 0 to 100; a role that is not here is not served."""
    evidence: tuple[Evidence, ...]
    added: str
    quantisation: str | None = None
    parameters: int | None = None
    active: int | None = None
    """Parameters that are read for each token; None for a dense model."""
    context: int | None = None
    kv_bytes_per_token: int | None = None
    complete: bool = True
    """False when it needs files that are not listed here."""
    memory: int | None = None
    """Bytes to leave for it where no formula holds: image models. Editorial."""
    tools: bool | None = None
    vision: bool | None = None
    license: str | None = None
    mlx_repo: str | None = None
    note: str | None = None
    superseded_by: str | None = None

    @property
    def repo(self) -> str:
        """The repository of its weights."""
        return self.sources[0].repo

    @property
    def pinned(self) -> bool:
        """Whether every file has a path, a commit and a size."""
        return all(
            source.revision is not None
            and all(not one.pattern and one.size is not None for one in source.files)
            for source in self.sources
        )

    def size(self, *, vision: bool = False) -> int | None:
        """Bytes of its files, with those for vision when asked; None when one is not known."""
        total = 0
        for source in self.sources:
            for one in source.files:
                if one.purpose == "vision" and not vision:
                    continue
                if one.size is None:
                    return None
                total += one.size
        return total


@dataclass(frozen=True, slots=True)
class ModelCatalog:
    """Every row, in the file's order."""

    version: str
    models: tuple[CatalogModel, ...]
    gaps: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Memory sizes in GiB for which a role has no model."""
    source: str = ""

    def get(self, model_id: str) -> CatalogModel | None:
        """The row of that id."""
        return next((model for model in self.models if model.id == model_id), None)


def safe_path(path: str) -> bool:
    """Whether a file of that name may be fetched: inside of the repository, and no pickle."""
    parts = path.split("/")
    inside = all(part not in ("", ".", "..") for part in parts)
    clean = path.isprintable() and not set(path) & set('\\:"<>|')
    return inside and clean and not path.lower().endswith(PICKLES)
