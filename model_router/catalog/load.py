"""A catalog's text to a Catalog: read strictly, everything judged, every problem at once."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from model_router.catalog import build, checks, complaints, schema, sources, strict_yaml
from model_router.catalog.report import Path, Report, refuse
from model_router.catalog.strategy import read_strategy
from model_router.catalog.weights_file import check_weights
from model_router.types import Catalog

MAX_BYTES = 1_000_000

# Keys that old catalogs hold and hermes-router passed over in silence.
DID_NOTHING = ("name", "description", "notes", "metadata")
_TOP_HINT = "write at least `engines:` with one engine; see docs/catalog.md"


def load_catalog(
    path: str | os.PathLike[str] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    home: str | os.PathLike[str] | None = None,
) -> Catalog:
    """The catalog at `path`, or the one that `find_catalog` finds.

    Raises RouterConfigError with every problem. Nothing is written, run or looked up.
    """
    environ = os.environ if environ is None else environ
    home = os.path.expanduser("~") if home is None else home
    if path is None:
        found, _ = sources.find_catalog(environ, home)
    else:
        found = sources.absolute(os.fsdecode(path), home)
    return _catalog(read_text(found), found, os.path.dirname(found))


def parse_catalog(text: str, source: str = "<string>") -> Catalog:
    """The catalog in a YAML text. Raises RouterConfigError with every problem."""
    if len(text) > MAX_BYTES:
        raise refuse(source, f"is larger than {MAX_BYTES} characters", "a catalog is a few KB")
    return _catalog(text, source, None)


def catalog_from_mapping(data: Mapping[str, Any], source: str = "<mapping>") -> Catalog:
    """The catalog in a plain mapping, as YAML would give it; tuples may stand for lists."""
    report = Report(source)
    return _judge(_copied(data, (), report, [0]), report, None)


def read_text(path: str) -> str:
    """The text of the file at `path`; RouterConfigError when it is not a readable text file."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise refuse(path, "is not a file", "name a YAML file")
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        hint = "check the path, or run `model-router config show --sources`"
        raise refuse(path, "does not exist", hint) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refuse(path, f"cannot be read: {reason}", "check the path and its rights") from None
    if len(content) > MAX_BYTES:
        raise refuse(path, f"is larger than {MAX_BYTES} bytes", "a catalog is a few KB")
    return _decoded(content, path)


def _decoded(content: bytes, path: str) -> str:
    if b"\0" in content:
        raise refuse(path, "is a binary file or UTF-16", "save it as UTF-8 text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refuse(path, "is not UTF-8", "save it as UTF-8 text", line) from None


def _catalog(text: str, source: str, folder: str | None) -> Catalog:
    report = Report(source)
    return _judge(strict_yaml.parse(text, report), report, folder)


def _judge(data: Any, report: Report, folder: str | None) -> Catalog:
    if not isinstance(data, dict):
        kinds: dict[type, str] = {type(None): "is empty", list: "is a list"}
        message = f"{kinds.get(type(data), 'is a single value')}, not a mapping of sections"
        report.problem((), message, _TOP_HINT)
        raise report.error()
    _drop_idle_keys(data, report)
    rows, errors = schema.validate(data)
    complaints.complain(errors, report)
    checks.check(data, report)
    strategy = read_strategy(data, folder, report)
    check_weights(data, folder, report)
    report.raise_problems()
    if rows["version"] > schema.VERSION:
        report.remark(("version",), f"is newer than {schema.VERSION}, the form this release knows")
    return replace(build.catalog(rows, data, folder, report), strategy=strategy)


def _drop_idle_keys(data: dict[str, Any], report: Report) -> None:
    places: list[tuple[Path, dict[str, Any]]] = [((), data)]
    engines = data.get("engines")
    if isinstance(engines, dict):
        places += [
            (("engines", name), row) for name, row in engines.items() if isinstance(row, dict)
        ]
    for path, row in places:
        for key in DID_NOTHING:
            if key in row:
                report.remark((*path, key), "does nothing")
                del row[key]


def _copied(value: Any, path: Path, report: Report, count: list[int]) -> Any:
    """A plain copy of a caller's mapping, refused when it is too deep, too large or circular."""
    count[0] += 1
    if count[0] > strict_yaml.MAX_VALUES or len(path) > strict_yaml.MAX_DEPTH:
        raise refuse(report.source, "is too large, too deep or contains itself", "make it smaller")
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                report.problem(path, f"has a key that is not text: a {type(key).__name__}")
        return {
            key: _copied(item, (*path, key), report, count)
            for key, item in value.items()
            if isinstance(key, str)
        }
    if isinstance(value, list | tuple):
        return [_copied(item, (*path, i), report, count) for i, item in enumerate(value)]
    return value
