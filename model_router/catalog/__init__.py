"""The catalog: which engines exist and what goes where. YAML in, `types.Catalog` out.

Importing this package is light. YAML and the validator are imported on the first load.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from model_router.catalog.availability import availability_report, check_availability
from model_router.catalog.sources import (
    catalog_sources,
    find_catalog,
    packaged_catalog_path,
    router_home,
)
from model_router.types import Catalog

__all__ = [
    "availability_report",
    "catalog_from_mapping",
    "catalog_schema",
    "catalog_sources",
    "check_availability",
    "find_catalog",
    "load_catalog",
    "migrate",
    "packaged_catalog_path",
    "parse_catalog",
    "router_home",
]


def load_catalog(
    path: str | os.PathLike[str] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    home: str | os.PathLike[str] | None = None,
) -> Catalog:
    """The catalog at `path`; without one, the user's catalog or the packaged default.

    Raises RouterConfigError, whose `problems` hold everything that is wrong.
    """
    environ = os.environ if environ is None else environ
    home = os.path.expanduser("~") if home is None else home
    if path is None and find_catalog(environ, home)[1] == "packaged":
        from model_router.catalog.packaged import packaged_catalog

        packaged = packaged_catalog(packaged_catalog_path())
        if packaged is not None:
            return packaged
    from model_router.catalog import load

    return load.load_catalog(path, environ=environ, home=home)


def parse_catalog(text: str, source: str = "<string>") -> Catalog:
    """The catalog in a YAML text; `source` names it in messages. Raises RouterConfigError."""
    from model_router.catalog import load

    return load.parse_catalog(text, source)


def catalog_from_mapping(data: Mapping[str, Any], source: str = "<mapping>") -> Catalog:
    """The catalog in a plain mapping with the same keys as the YAML. Raises RouterConfigError."""
    from model_router.catalog import load

    return load.catalog_from_mapping(data, source)


def catalog_schema() -> dict[str, Any]:
    """The JSON schema of a catalog, as `config schema` prints it and editors use it."""
    from model_router.catalog import schema

    return schema.json_schema()


def migrate(text: str) -> tuple[str, tuple[str, ...]]:
    """A hermes-router catalog's text in our form, and a sentence for each thing that was done."""
    from model_router.catalog import migration

    return migration.migrate(text)
