"""Reads `data/model_catalog.yaml`, or a list of the same form. Everything wrong is told at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from model_router.catalog import strict_yaml
from model_router.catalog.load import read_text
from model_router.catalog.report import Path, Report, show_value, suggest
from model_router.setup.model_catalog import (
    PICKLES,
    CatalogFile,
    CatalogModel,
    Evidence,
    ModelCatalog,
    Source,
    safe_path,
)
from model_router.setup.routes import ROLES

SCHEMA = 1
FORMATS = ("gguf", "safetensors", "mlx", "diffusers")

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]*")


def packaged_path() -> str:
    """The path of the packaged list."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.path.join(package, "data", "model_catalog.yaml")


def load_model_catalog(path: str | None = None) -> ModelCatalog:
    """The packaged list, or the one at `path`. RouterConfigError lists everything wrong in it."""
    where = path or packaged_path()
    return parse_model_catalog(read_text(where), where)


def parse_model_catalog(text: str, source: str) -> ModelCatalog:
    """The list in a YAML text. RouterConfigError lists everything wrong in it."""
    report = Report(source, "setup recommend")
    data = strict_yaml.parse(text, report)
    top = _Reader(report, (), data, _TOP)
    top.take("schema", lambda path, value: _one_of(report, path, value, (SCHEMA,)), True)
    version = top.take("version", _text(report), True) or ""
    gaps = top.take("gaps", _gaps(report)) or {}
    proofs = top.take("evidence", _proofs(report), True) or {}
    rows = top.take("models", _list(report, lambda p, v: _model(report, p, v, proofs)), True)
    models = tuple(row for row in rows or () if row is not None)
    _unique(report, [model.id for model in models])
    report.raise_problems()
    return ModelCatalog(version, models, gaps, source)


_TOP = ("schema", "version", "evidence", "gaps", "models")
_MODEL = (
    "id", "name", "family", "format", "quantisation", "sources", "parameters", "active", "context",
    "kv_bytes_per_token", "complete", "memory", "tools", "vision", "license", "mlx_repo", "roles",
    "note", "evidence", "added", "superseded_by",
)  # fmt: skip
_SOURCE = ("repo", "revision", "files")
_FILE = ("path", "match", "size", "about", "sha256", "purpose")
_EVIDENCE = ("what", "date")

Take = Callable[[Path, Any], Any]


class _Reader:
    """A mapping of the file, read key by key; keys that nobody knows are problems."""

    def __init__(self, report: Report, path: Path, value: Any, keys: tuple[str, ...]) -> None:
        self.report, self.path = report, path
        self.value: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        if not isinstance(value, Mapping):
            report.problem(path, f"is {show_value(value)}", "write a mapping of keys and values")
        for key in self.value:
            if key not in keys:
                report.problem((*path, key), "is not a known key", suggest(key, keys))

    def take(self, key: str, read: Take, required: bool = False) -> Any:
        """The value as `read` gives it; None for unknown, and for one that is missing."""
        if key not in self.value:
            if required:
                self.report.problem(self.path, f"has no {key}", f"add {key}")
            return None
        if self.value[key] == "unknown" and not required:
            return None
        return read((*self.path, key), self.value[key])


def _model(
    report: Report, path: Path, value: Any, proofs: Mapping[str, Evidence]
) -> CatalogModel | None:
    row = _Reader(report, path, value, _MODEL)
    text, number, flag = _text(report), _number(report), _flag(report)
    before = len(report.problems)
    made = CatalogModel(
        id=row.take("id", _matching(report, _ID, "an id: small letters, digits, . _ -"), True),
        name=row.take("name", text, True),
        family=row.take("family", text, True),
        format=row.take("format", lambda p, v: _one_of(report, p, v, FORMATS), True),
        sources=tuple(
            row.take("sources", _list(report, lambda p, v: _source(report, p, v)), True) or ()
        ),
        roles=row.take("roles", _roles(report), True) or {},
        evidence=tuple(
            proofs.get(one, Evidence(one, ""))
            for one in row.take(
                "evidence", _list(report, lambda p, v: _one_of(report, p, v, tuple(proofs))), True
            )
            or ()
        ),
        added=row.take("added", _matching(report, _DATE, "a date like 2026-11-20"), True),
        quantisation=row.take("quantisation", text),
        parameters=row.take("parameters", number),
        active=row.take("active", number),
        context=row.take("context", number),
        kv_bytes_per_token=row.take("kv_bytes_per_token", number),
        complete=row.take("complete", flag) is not False,
        memory=row.take("memory", number),
        tools=row.take("tools", flag),
        vision=row.take("vision", flag),
        license=row.take("license", text),
        mlx_repo=row.take("mlx_repo", _matching(report, _REPO, "a repository: owner/name")),
        note=row.take("note", text),
        superseded_by=row.take("superseded_by", text),
    )
    return made if len(report.problems) == before and not report.full else None


def _source(report: Report, path: Path, value: Any) -> Source:
    row = _Reader(report, path, value, _SOURCE)
    return Source(
        row.take("repo", _matching(report, _REPO, "a repository: owner/name"), True),
        row.take("revision", _matching(report, _COMMIT, "a commit of 40 characters, or unknown")),
        tuple(row.take("files", _list(report, lambda p, v: _file(report, p, v)), True) or ()),
    )


def _file(report: Report, path: Path, value: Any) -> CatalogFile:
    row = _Reader(report, path, value, _FILE)
    if ("path" in row.value) == ("match" in row.value):
        report.problem(path, "names no file, or names it twice", "give path, or match, not both")
    if "size" in row.value and "about" in row.value:
        report.problem(path, "has two sizes", "give size when it is exact, else about")
    name = row.take("path", _safe_path(report)) or row.take("match", _safe_path(report)) or ""
    size = row.take("size", _number(report))
    return CatalogFile(
        name,
        "match" in row.value,
        row.take("about", _number(report)) if size is None else size,
        size is not None,
        row.take("sha256", _matching(report, _SHA256, "64 characters of 0-9a-f, or unknown")),
        row.take("purpose", lambda p, v: _one_of(report, p, v, ("vision",))),
    )


def _evidence(report: Report, path: Path, value: Any) -> Evidence:
    row = _Reader(report, path, value, _EVIDENCE)
    date = _matching(report, _DATE, "a date like 2026-11-20")
    return Evidence(row.take("what", _text(report), True), row.take("date", date, True))


def _proofs(report: Report) -> Take:
    def take(path: Path, value: Any) -> dict[str, Evidence]:
        rows = _Reader(report, path, value, tuple(value) if isinstance(value, Mapping) else ())
        return {key: _evidence(report, (*path, key), one) for key, one in rows.value.items()}

    return take


def _list(report: Report, read: Take) -> Take:
    def take(path: Path, value: Any) -> list[Any]:
        if not isinstance(value, list) or not value:
            report.problem(path, f"is {show_value(value)}", "write a list with at least one entry")
            return []
        return [read((*path, place), one) for place, one in enumerate(value)]

    return take


def _roles(report: Report) -> Take:
    def take(path: Path, value: Any) -> dict[str, int]:
        ranks = _Reader(report, path, value, ROLES)
        number = _number(report, most=100)
        return {role: ranks.take(role, number, True) for role in ROLES if role in ranks.value}

    return take


def _gaps(report: Report) -> Take:
    def take(path: Path, value: Any) -> dict[str, tuple[int, ...]]:
        rows = _Reader(report, path, value, ROLES)
        sizes = _list(report, _number(report))
        return {role: tuple(rows.take(role, sizes)) for role in ROLES if role in rows.value}

    return take


def _text(report: Report) -> Take:
    def take(path: Path, value: Any) -> str | None:
        if isinstance(value, str) and value.strip() and value.isprintable():
            return value
        report.problem(path, f"is {show_value(value)}", "write text on one line, in quotes if odd")
        return None

    return take


def _number(report: Report, most: int = 10**15) -> Take:
    def take(path: Path, value: Any) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
            return value
        report.problem(path, f"is {show_value(value)}", f"write a whole number up to {most}")
        return None

    return take


def _flag(report: Report) -> Take:
    def take(path: Path, value: Any) -> bool | None:
        if isinstance(value, bool):
            return value
        report.problem(path, f"is {show_value(value)}", "write true, false or unknown")
        return None

    return take


def _matching(report: Report, form: re.Pattern[str], wanted: str) -> Take:
    def take(path: Path, value: Any) -> str | None:
        if isinstance(value, str) and form.fullmatch(value):
            return value
        report.problem(path, f"is {show_value(value)}", f"write {wanted}")
        return None

    return take


def _one_of(report: Report, path: Path, value: Any, allowed: tuple[Any, ...]) -> Any:
    if value in allowed and not isinstance(value, bool):
        return value
    report.problem(path, f"is {show_value(value)}", suggest(value, map(str, allowed)))
    return None


def _safe_path(report: Report) -> Take:
    def take(path: Path, value: Any) -> str | None:
        if isinstance(value, str) and safe_path(value):
            return value
        wanted = "a relative path with /, and never a pickle (" + ", ".join(PICKLES) + ")"
        report.problem(path, f"is {show_value(value)}", f"name {wanted}")
        return None

    return take


def _unique(report: Report, ids: list[str]) -> None:
    for place, name in enumerate(ids):
        if name in ids[:place]:
            report.problem(("models", place, "id"), f"{name} is taken", "rename one")
