"""Every model on this machine, each once, with who serves it and what it could be used for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from model_router.setup.describe import describe
from model_router.setup.found import FoundModel, StoreReport
from model_router.setup.headers import Headers, cache_path
from model_router.setup.probe import system_name
from model_router.setup.roles import roles_of
from model_router.setup.running import Running, running_servers
from model_router.setup.serving import with_servers
from model_router.setup.stores import STORES, scan_stores
from model_router.setup.stores.look import Look

Servers = Callable[[], Callable[[], tuple[Running, ...]]]
"""Begins to ask servers; what it returns waits for their answers."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is here."""

    models: tuple[FoundModel, ...]
    """Each content once, its copies in `copies`; by name."""
    stores: tuple[StoreReport, ...]
    """As each store reported, with models described."""
    servers: tuple[Running, ...] = ()
    """Those that answer."""
    reclaimable_bytes: int = 0
    """What deleting spare copies and unfinished downloads would free."""


def take_inventory(
    home: str,
    environ: Mapping[str, str],
    models_dirs: Sequence[str] = (),
    *,
    system: str | None = None,
    root: str = "/",
    ask: Servers | None = running_servers,
    cache: bool = True,
    told: Mapping[str, str] | None = None,
) -> Inventory:
    """Look into every store and ask the servers that run here. Never raises for what it finds.

    `ask` None asks no server. `root` is what system-wide folders begin with. `told` are names that
    LM Studio's own tool gives, by path below its models. Nothing is written but the header cache,
    and that not with `cache` False.
    """
    system = system or system_name()
    collect = ask() if ask else tuple
    headers = Headers(cache_path(home, environ, system) if cache else None)
    look = Look(home, environ, system, tuple(models_dirs), root)
    reports = tuple(_described(report, headers) for report in scan_stores(look))
    headers.save()
    servers: tuple[Running, ...] = collect()
    models = with_servers([m for report in reports for m in report.models], servers, told or {})
    models = [replace(model, roles=roles_of(model)) for model in models]
    unique = merged(models)
    spare = sum(model.reclaimable_bytes for model in unique)
    return Inventory(unique, reports, servers, spare + _unfinished(reports))


def _described(report: StoreReport, headers: Headers) -> StoreReport:
    found = describe(report.models, headers)
    return replace(report, models=found.models, problems=report.problems + found.problems)


def _unfinished(reports: Iterable[StoreReport]) -> int:
    """Bytes of unfinished downloads; a folder that two stores share counts once."""
    return sum({path: size for report in reports for path, size in report.unfinished}.values())


def merged(models: Sequence[FoundModel]) -> tuple[FoundModel, ...]:
    """Models with the same content as one, the first of them by preference; by name."""
    groups = _same_content(models)
    return tuple(sorted(map(_one, groups), key=lambda model: (model.name.lower(), model.store)))


def _same_content(models: Sequence[FoundModel]) -> list[list[FoundModel]]:
    """Groups of models that share any identity: digest, print, or the very files."""
    place_of: dict[str, int] = {}
    groups: dict[int, list[FoundModel]] = {}
    for number, model in enumerate(models):
        keys = _identities(model)
        places = sorted({place_of[key] for key in keys if key in place_of})
        target = places[0] if places else number
        members = [m for place in places for m in groups.pop(place)]
        groups[target] = [*members, model]
        for key in {key for member in groups[target] for key in _identities(member)}:
            place_of[key] = target
    return list(groups.values())


def _identities(model: FoundModel) -> list[str]:
    keys = [key for key in (model.content, model.print) if key]
    keys += [f"file:{'+'.join(files)}"] if (files := _physical(model.files)) else []
    return keys or [f"{model.store}:{model.name}"]


def _physical(files: Iterable[str]) -> tuple[str, ...]:
    """Device and inode of each file that is there."""
    found = []
    for path in files:
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            continue
        number = status.st_ino  # 0 on file systems that have none
        found.append(f"{status.st_dev}.{number}" if number else os.path.realpath(path))
    return tuple(found)


_ORDER = {store: place for place, store in enumerate(STORES)}


def _preference(model: FoundModel) -> tuple[bool, bool, bool, int, str]:
    """Whole before cut off, served before not, seeing before blind, then by store and name."""
    return (
        bool(model.incomplete),
        model.server is None,
        not model.facts.vision,
        _ORDER.get(model.store, len(_ORDER)),
        model.name,
    )


def _one(group: list[FoundModel]) -> FoundModel:
    first, *rest = sorted(group, key=_preference)
    if not rest:
        return first
    sizes = {_physical(model.files): model.size_bytes for model in group if model.files}
    spare = sum(sizes.values()) - max(sizes.values(), default=0)
    content = next((model.content for model in (first, *rest) if model.content), None)
    return replace(first, content=content, copies=tuple(rest), reclaimable_bytes=spare)
