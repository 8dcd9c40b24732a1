"""Where the catalog comes from: named by the environment, the user's own file, or the package.

The working directory is never looked at: a cloned repository must not be able to relax the rules
of the person who works in it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

PATH_VARIABLE = "MODEL_ROUTER_CONFIG"
HOME_VARIABLE = "MODEL_ROUTER_HOME"
FILE_NAME = "model_router.yaml"

Source = tuple[str, str, bool, bool]


def packaged_catalog_path() -> str:
    """The catalog that ships with the package."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.path.join(package, "data", "catalog.yaml")


def router_home(environ: Mapping[str, str], home: str | os.PathLike[str]) -> str:
    """The folder of the user's files: $MODEL_ROUTER_HOME, or .model-router in `home`."""
    named = environ.get(HOME_VARIABLE, "")
    return absolute(named, home) if named else os.path.join(os.fspath(home), ".model-router")


def absolute(path: str, home: str | os.PathLike[str]) -> str:
    """`path` made absolute, with a leading ~ read as `home`."""
    if path == "~" or path.startswith(("~/", "~\\")):
        path = os.fspath(home) + path[1:]
    return os.path.abspath(path)


def catalog_sources(
    environ: Mapping[str, str],
    home: str | os.PathLike[str],
    flag: str | os.PathLike[str] | None = None,
) -> list[Source]:
    """Every place a catalog can come from, first wins: (origin, path, exists, chosen).

    Origins are flag (`--config`), MODEL_ROUTER_CONFIG, user and packaged; path is "" where
    nothing was named. A named file is chosen even when it is not there: falling through to
    another catalog would hide the mistake.
    """
    named = environ.get(PATH_VARIABLE, "")
    places = [
        ("flag", absolute(os.fspath(flag), home) if flag is not None else ""),
        (PATH_VARIABLE, absolute(named, home) if named else ""),
        ("user", os.path.join(router_home(environ, home), FILE_NAME)),
        ("packaged", packaged_catalog_path()),
    ]
    rows: list[Source] = []
    taken = False
    for origin, path in places:
        exists = bool(path) and os.path.lexists(path)
        chosen = not taken and bool(path) and (exists or origin != "user")
        taken = taken or chosen
        rows.append((origin, path, exists, chosen))
    return rows


def find_catalog(environ: Mapping[str, str], home: str | os.PathLike[str]) -> tuple[str, str]:
    """(path, origin) of the catalog that is used when no path is given."""
    chosen = next(row for row in catalog_sources(environ, home) if row[3])
    return chosen[1], chosen[0]
