"""Names that a shell can complete, read from the catalog. Whatever goes wrong, there are none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click


def complete_engine(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The engines of the catalog that begin with `incomplete`."""
    return _starting(incomplete, _engines(ctx.params.get("config")))


def complete_provider(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The providers of the catalog that begin with `incomplete`."""
    rows = _engines(ctx.params.get("config")).values()
    named = {row.get("provider") for row in rows if isinstance(row, Mapping)}
    return _starting(incomplete, named | {"local", "hosted"})


def _starting(incomplete: str, names: Any) -> list[str]:
    texts = sorted({name for name in names if isinstance(name, str) and name.isprintable()})
    return [name for name in texts if name.startswith(incomplete)]


def _engines(config: str | None) -> Mapping[str, Any]:
    """The catalog's engines as the file has them: not validated, which would take too long."""
    try:
        from model_router.catalog import load, sources, strict_yaml
        from model_router.catalog.report import Report

        home = os.path.expanduser("~")
        path = (
            sources.absolute(config, home) if config else sources.find_catalog(os.environ, home)[0]
        )
        data = strict_yaml.parse(load.read_text(path), Report(path))
        engines = data["engines"]
    except Exception:
        return {}
    return engines if isinstance(engines, Mapping) else {}
