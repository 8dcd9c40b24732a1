"""What to download, as a plan that can be read, hashed, kept and then executed as it is.

Making a plan asks nobody. A row of the catalog that names no commit, or whose files are not known
by path, gives a plan that is not pinned: `hub.pinned` asks the hub and returns one that is.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model_router.setup.hub_cache import snapshot_path, there, verified
from model_router.setup.model_catalog import CatalogFile, CatalogModel, Source, safe_path

SCHEMA = "model-router/setup-download/1"
SPARE = (102, 100)
"""Room asked for, of what is missing: the file system itself takes some."""

COMMIT = re.compile(r"[0-9a-f]{40}")
SHA256 = re.compile(r"[0-9a-f]{64}")
_REPO = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


class PlanError(ValueError):
    """A plan cannot be used; says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file. `pattern`: `path` is what the hub's listing is searched for."""

    path: str
    size: int | None
    sha256: str | None
    pattern: bool = False
    exact: bool = True
    """False for a size that is only about right."""


@dataclass(frozen=True, slots=True)
class Item:
    """Files of one repository at one commit; `revision` None until the hub was asked."""

    repo: str
    revision: str | None
    files: tuple[Wanted, ...]
    model_id: str | None = None
    routes: tuple[str, ...] = ()
    format: str = "gguf"
    quantisation: str | None = None
    license: str | None = None
    remarks: tuple[str, ...] = ()
    kind: str = "chat"
    """chat | image: what sort of server takes it."""

    @property
    def pinned(self) -> bool:
        """Whether what will be fetched is known to the byte count."""
        whole = all(not one.pattern and one.exact and one.size is not None for one in self.files)
        return self.revision is not None and bool(self.files) and whole

    @property
    def bytes(self) -> int | None:
        """Bytes of all files; None when one is not known."""
        sizes = [one.size for one in self.files]
        return None if None in sizes else sum(size for size in sizes if size is not None)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that would be fetched, in order."""

    items: tuple[Item, ...]
    catalog_version: str | None = None

    @property
    def pinned(self) -> bool:
        """Whether it can be executed as it is."""
        return all(item.pinned for item in self.items)


def planned(model: CatalogModel, routes: Sequence[str]) -> tuple[Item, ...]:
    """What one model of the catalog takes, for the routes that it is to serve."""
    wants_eyes = "vision" in routes
    gaps = () if model.complete else ("needs files that the catalog does not list",)
    remarks = (*gaps, *((model.note,) if model.note else ()))
    return tuple(_item(model, source, tuple(routes), wants_eyes, remarks)
                 for source in model.sources)  # fmt: skip


def _item(
    model: CatalogModel,
    source: Source,
    routes: tuple[str, ...],
    eyes: bool,
    remarks: tuple[str, ...],
) -> Item:
    files = tuple(_wanted(one) for one in source.files if eyes or one.purpose != "vision")
    return Item(source.repo, source.revision, files, model.id, routes, model.format,
                model.quantisation, model.license, remarks,
                "image" if "image_generation" in model.roles else "chat")  # fmt: skip


def _wanted(one: CatalogFile) -> Wanted:
    return Wanted(one.path, one.size, one.sha256, one.pattern, one.exact)


def plan_hash(plan: Plan) -> str:
    """64 characters that stand for what is fetched: repositories, commits, files, sizes, sums.

    What this machine has, where its cache is and what is said beside a plan is not part of it.
    """
    body = [
        [item.repo, item.revision, [[one.path, one.size, one.sha256] for one in item.files]]
        for item in plan.items
    ]
    return hashlib.sha256(json.dumps(body, separators=(",", ":")).encode()).hexdigest()


def equivalent(item: Item) -> str:
    """The command of Hugging Face's own tool that fetches the same."""
    words = ["hf", "download", item.repo]
    words += [one.path for one in item.files if not one.pattern]
    for one in item.files:
        words += ["--include", one.path] if one.pattern else []
    words += ["--revision", item.revision] if item.revision else []
    return shlex.join(words)


def missing(item: Item, cache: str) -> tuple[Wanted, ...]:
    """The files of a pinned item that the cache does not hold in their size; all of one that is
    not pinned."""
    if item.revision is None:
        return item.files
    revision = item.revision
    return tuple(
        one for one in item.files
        if one.pattern or not there(snapshot_path(cache, item.repo, revision, one.path), one.size)
    )  # fmt: skip


def missing_bytes(plan: Plan, cache: str) -> int | None:
    """Bytes still to be fetched; None when a size is not known. Files in two items count once."""
    sizes: dict[tuple[str, str | None, str], int | None] = {}
    for item in plan.items:
        for one in missing(item, cache):
            sizes[item.repo, item.revision, one.path] = one.size
    return None if None in sizes.values() else sum(size or 0 for size in sizes.values())


def room_needed(plan: Plan, cache: str) -> int | None:
    """Bytes that must be free to fetch what is missing."""
    size = missing_bytes(plan, cache)
    return None if size is None else size * SPARE[0] // SPARE[1]


def present(plan: Plan, cache: str, *, check_sums: bool = True) -> bool:
    """Whether every file is in the cache and is the right one: only then may a config use it.

    Without `check_sums` sizes alone are compared, which is for showing, not for switching on.
    """
    if not plan.items or not plan.pinned:
        return False
    return all(
        verified(snapshot_path(cache, item.repo, item.revision or "", one.path), one.size,
                 one.sha256 if check_sums else None)
        for item in plan.items for one in item.files
    )  # fmt: skip


def merged(items: Iterable[Item]) -> tuple[Item, ...]:
    """Items with the same repository and commit made one: its routes and files added up."""
    kept: dict[tuple[str, str | None], Item] = {}
    for item in items:
        key = (item.repo, item.revision)
        old = kept.get(key)
        if old is None:
            kept[key] = item
            continue
        files = tuple(dict.fromkeys([*old.files, *item.files]))
        routes = tuple(dict.fromkeys([*old.routes, *item.routes]))
        kept[key] = Item(
            old.repo, old.revision, files, old.model_id, routes, old.format, old.quantisation,
            old.license, tuple(dict.fromkeys([*old.remarks, *item.remarks])), old.kind,
        )  # fmt: skip
    return tuple(kept.values())


def plan_data(plan: Plan) -> dict[str, Any]:
    """The plan as JSON-ready data; `plan_from` reads it back."""
    return {
        "schema": SCHEMA,
        "catalog_version": plan.catalog_version,
        "pinned": plan.pinned,
        "plan_hash": plan_hash(plan),
        "items": [
            {
                "model": item.model_id, "kind": item.kind, "repo": item.repo,
                "revision": item.revision,
                "routes": list(item.routes), "format": item.format,
                "quantisation": item.quantisation, "license": item.license,
                "remarks": list(item.remarks), "pinned": item.pinned, "bytes": item.bytes,
                "command": equivalent(item),
                "files": [
                    {"path": one.path, "pattern": one.pattern, "size": one.size,
                     "exact": one.exact, "sha256": one.sha256}
                    for one in item.files
                ],
            }
            for item in plan.items
        ],
    }  # fmt: skip


def plan_from(data: Any) -> Plan:
    """The plan that `plan_data` wrote. PlanError when it is none, or was changed since."""
    if not isinstance(data, Mapping) or data.get("schema") != SCHEMA:
        raise PlanError(f"it is no plan: its schema is not {SCHEMA}")
    rows = data.get("items")
    if not isinstance(rows, list):
        raise PlanError("it has no list of items")
    version = data.get("catalog_version")
    plan = Plan(tuple(map(_item_from, rows)), version if isinstance(version, str) else None)
    if data.get("plan_hash") != plan_hash(plan):
        raise PlanError("its plan_hash does not stand for its items: it was changed or cut off")
    return plan


def _item_from(row: Any) -> Item:
    if not isinstance(row, Mapping) or not isinstance(row.get("files"), list):
        raise PlanError("an item has no list of files")
    repo, revision = row.get("repo"), row.get("revision")
    if not isinstance(repo, str) or not _REPO.fullmatch(repo):
        raise PlanError("an item's repo is no owner/name")
    if revision is not None and not (isinstance(revision, str) and COMMIT.fullmatch(revision)):
        raise PlanError(f"the revision of {repo} is no commit")
    files = tuple(_wanted_from(one, repo) for one in row["files"])
    text = {key: row[key] for key in ("quantisation", "license") if isinstance(row.get(key), str)}
    named = row.get("model")
    return Item(
        repo, revision, files, named if isinstance(named, str) else None,
        _texts(row.get("routes")), str(row.get("format", "gguf")), text.get("quantisation"),
        text.get("license"), _texts(row.get("remarks")),
        "image" if row.get("kind") == "image" else "chat",
    )  # fmt: skip


def _wanted_from(row: Any, repo: str) -> Wanted:
    if not isinstance(row, Mapping) or not isinstance(row.get("path"), str):
        raise PlanError(f"a file of {repo} has no path")
    path, size, sha256 = row["path"], row.get("size"), row.get("sha256")
    if not safe_path(path):
        raise PlanError(f"{path!r} of {repo} is not fetched: a pickle, or no plain path")
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 0):
        raise PlanError(f"the size of {path} is no number")
    if sha256 is not None and not (isinstance(sha256, str) and SHA256.fullmatch(sha256)):
        raise PlanError(f"the sha256 of {path} is none")
    return Wanted(path, size, sha256, row.get("pattern") is True, row.get("exact") is not False)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
