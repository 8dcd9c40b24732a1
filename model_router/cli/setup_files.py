"""Both files of a setup: made, read back, compared with what stands there, and written."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from model_router.catalog import parse_catalog
from model_router.catalog.availability import availability_report
from model_router.catalog.sources import absolute, router_home
from model_router.cli.files import replace_file
from model_router.cli.layout import home_as_tilde
from model_router.cli.output import CommandError
from model_router.setup import summary
from model_router.setup.choices import Choice, Surroundings
from model_router.setup.naming import chosen
from model_router.setup.placement import placed, selection, selections
from model_router.setup.questions import Answers, Line
from model_router.setup.selections import Selection
from model_router.setup.writer import CATALOG, PROXY, Texts, texts
from model_router.types import Catalog


class Draft(NamedTuple):
    """What would be written, read back: it loads."""

    chosen: dict[str, Choice | None]
    texts: Texts
    catalog: Catalog
    off: dict[str, tuple[str, ...]]
    """Engines that something is missing for, and what."""

    @property
    def selections(self) -> list[Selection]:
        """The engines of the routes that have a choice."""
        return selections(self.chosen)


class Places(NamedTuple):
    """The two files' paths."""

    catalog: str
    proxy: str


def places(named: str | None, environ: Mapping[str, str], home: str) -> Places:
    """Where the files go: the folder named, or the user's own."""
    folder = absolute(named, home) if named else router_home(environ, home)
    return Places(os.path.join(folder, CATALOG), os.path.join(folder, PROXY))


def draft(
    answers: Answers,
    around: Surroundings,
    port: int,
    taken: set[int],
    environ: Mapping[str, str],
) -> Draft:
    """Both texts for `answers`, read back as the router and the proxy would read them."""
    from model_router.proxy.load import parse_proxy_config

    found = placed(chosen(answers, around), taken)
    named = selections(found)
    made = texts(named, port)
    catalog = parse_catalog(made.catalog, CATALOG)
    parse_proxy_config(made.proxy, PROXY, environ=environ)
    # What is missing is told also of engines that are named without waiting for it.
    strict = [selection(route, one) for route, one in found.items() if one is not None]
    same = strict == named
    waiting = catalog if same else parse_catalog(texts(strict, port).catalog, CATALOG)
    return Draft(found, made, catalog, availability_report(waiting, environ=environ))


def difference(path: str, text: str, home: str) -> list[Line]:
    """A file's change, as lines; a new file is told in one."""
    shown = home_as_tilde(path, home)
    if not os.path.lexists(path):
        return [Line(f"{shown}: new, {text.count(chr(10))} lines", "head")]
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            old = file.read()
    except OSError as error:
        return [Line(f"{shown}: cannot be read: {error.strerror}", "warn")]
    if old == text:
        return [Line(f"{shown}: stays as it is", "head")]
    rows = difflib.unified_diff(old.splitlines(), text.splitlines(), lineterm="", n=2)
    return [Line(f"{shown}: changes", "head"), *map(_change, list(rows)[2:])]


_MARKS = {"+": "added", "-": "removed", "@": "dim"}


def _change(row: str) -> Line:
    return Line(row, _MARKS.get(row[:1], "plain"))


def in_the_way(where: Places, made: Texts) -> list[str]:
    """The files that stand there and say something else."""
    return [path for path, _ in _changes(where, made) if os.path.lexists(path)]


def write(where: Places, made: Texts, force: bool) -> list[str]:
    """Write both files, or neither where one stands in the way; the paths that changed.

    What is replaced is kept as .bak. A file that says the same already is left alone.
    """
    old = in_the_way(where, made)
    if (old and not force) or any(map(os.path.isdir, old)):
        raise CommandError(
            f"{' and '.join(old)} {'exist' if len(old) > 1 else 'exists'}",
            "give --force to replace files; copies are kept as .bak",
            code="file",
        )
    os.makedirs(os.path.dirname(where.catalog), mode=0o700, exist_ok=True)
    changes = _changes(where, made)
    for path, text in changes:
        replace_file(path, text, force)
    return [path for path, _ in changes]


def _changes(where: Places, made: Texts) -> list[tuple[str, str]]:
    return [(path, text) for path, text in zip(where, made, strict=True) if _differs(path, text)]


def _differs(path: str, text: str) -> bool:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read() != text
    except (OSError, ValueError):
        return True


def written(made: Draft, where: Places) -> dict[str, Any]:
    """A draft as JSON-ready data."""
    rows = summary.rows(made.chosen, made.catalog, made.off)
    return {
        "files": list(where),
        "routes": [row._asdict() for row in rows],
        "to_do": summary.to_do(made.chosen, made.off),
    }


def told(changed: list[str], dry: bool, home: str) -> list[str]:
    """What to say once the files are written, and what to do next."""
    if dry:
        return ["nothing was written"]
    said = [f"wrote {home_as_tilde(path, home)}" for path in changed]
    return [*(said or ["both files stay as they are"]), "next: model-router setup verify"]
