"""Which engines of a catalog the proxy can reach, and where their text goes.

An engine without a backend is unavailable to the router, so no plan ever holds it. An engine
whose backend is hosted counts as hosted, whatever the catalog says of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from model_router.catalog.availability import availability_report
from model_router.catalog.guesses import is_person
from model_router.catalog.report import suggest
from model_router.proxy.config import ProxyConfig
from model_router.types import Catalog, Remark

EVERY_ENGINE = "*"


class Served(NamedTuple):
    """A catalog as the proxy serves it. `homes` is engine to backend."""

    catalog: Catalog
    homes: Mapping[str, str]
    unavailable: Mapping[str, tuple[str, ...]]
    remarks: tuple[Remark, ...]


def served(config: ProxyConfig, catalog: Catalog, environ: Mapping[str, str]) -> Served:
    """What of `catalog` the backends of `config` serve, and remarks on what does not fit."""
    homes = _homes(config, catalog)
    engines, remarks = dict(catalog.engines), _strangers(config, catalog)
    for name, home in homes.items():
        if engines[name].location == "local" and not config.backends[home].local:
            engines[name] = replace(engines[name], location="hosted")
            message = f"counts as hosted: its backend {home} is not on this network"
            remarks.append(Remark(f"engine_backends.{name}", message))
    # The server answers for commands and files; here only what the catalog itself says counts.
    unavailable = availability_report(
        catalog, environ=environ, which=lambda name: name, exists=lambda path: True
    )
    for name, engine in engines.items():
        if name not in homes and engine.enabled and not is_person(name, engine.provider):
            unavailable[name] = ("no backend of the proxy serves it",)
    return Served(replace(catalog, engines=engines), homes, unavailable, tuple(remarks))


def _homes(config: ProxyConfig, catalog: Catalog) -> dict[str, str]:
    rest = config.engine_backends.get(EVERY_ENGINE)
    homes = {}
    for name, engine in catalog.engines.items():
        home = config.engine_backends.get(name, rest)
        if home is not None and not is_person(name, engine.provider):
            homes[name] = home
    return homes


def _strangers(config: ProxyConfig, catalog: Catalog) -> list[Remark]:
    return [
        Remark(
            f"engine_backends.{name}",
            f"is no engine of {catalog.source}; {suggest(name, sorted(catalog.engines))}",
        )
        for name in config.engine_backends
        if name != EVERY_ENGINE and name not in catalog.engines
    ]
