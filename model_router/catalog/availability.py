"""Whether an engine can be used here and now: variables, commands and files that must exist.

Checked when a router is built or refreshed, never per prompt. Everything that is looked at comes
in as an argument, so a test needs no real commands or files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from model_router.types import Catalog, Engine

Environ = Mapping[str, str]
Which = Callable[[str], str | None]
Exists = Callable[[str], bool]


def check_availability(
    engine: Engine, *, environ: Environ, which: Which, exists: Exists
) -> tuple[str, ...]:
    """Why `engine` can't be used, as short sentences; () when it can.

    `status: unavailable` decides alone. Otherwise everything required must be there: variables
    set and not blank, commands found by `which`, paths for which `exists` is true.
    """
    needs = engine.availability
    if needs.status == "unavailable":
        return ("marked unavailable in the catalog",)
    return (
        *(
            f"environment variable {name} is not set"
            for name in needs.required_env
            if not environ.get(name, "").strip()
        ),
        *(
            f"command {name} is not on PATH"
            for name in needs.required_commands
            if not _safely(which, name)
        ),
        *(
            f"path {path} does not exist"
            for path in needs.required_paths
            if not _safely(exists, _expanded(path, environ))
        ),
    )


def availability_report(
    catalog: Catalog,
    *,
    environ: Environ | None = None,
    which: Which | None = None,
    exists: Exists = os.path.exists,
) -> dict[str, tuple[str, ...]]:
    """The enabled engines that can't be used, by name, each with its reasons."""
    environ = os.environ if environ is None else environ
    which = which or _which
    found = {
        name: check_availability(engine, environ=environ, which=which, exists=exists)
        for name, engine in catalog.engines.items()
        if engine.enabled
    }
    return {name: reasons for name, reasons in found.items() if reasons}


def _which(command: str) -> str | None:
    import shutil  # takes 10 ms, and most catalogs require no command

    return shutil.which(command)


def _expanded(path: str, environ: Environ) -> str:
    """`path` with a leading ~ replaced by the home that `environ` names."""
    home = environ.get("HOME") or environ.get("USERPROFILE")
    if home and (path == "~" or path.startswith(("~/", "~\\"))):
        return home + path[1:]
    return os.path.expanduser(path)


def _safely(ask: Callable[[str], object], name: str) -> bool:
    """False for a name that the system can't even ask about, such as one with a NUL."""
    try:
        return bool(ask(name))
    except (ValueError, OSError):
        return False
