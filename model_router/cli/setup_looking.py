"""What there is to choose from, looked at for `setup wizard` and `setup write`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from model_router.backend_kinds import KINDS
from model_router.cli.layout import home_as_tilde
from model_router.cli.session import Session
from model_router.cli.setup_machine import cache_of, catalog_of, machine_of
from model_router.setup.advice import advise
from model_router.setup.choices import Surroundings
from model_router.setup.inventory import take_inventory
from model_router.setup.offers import downloads
from model_router.setup.presets import HOSTED
from model_router.setup.running import PLACES, Place, Running, running_servers


def look(options: Mapping[str, Any], environ: Mapping[str, str], session: Session) -> Surroundings:
    """Servers that answer, models on disk, downloads that fit, keys that are set."""
    urls = dict(options["base_url"])
    ask = None if options["offline"] else asking(urls, options["timeout"])
    found = take_inventory(session.home(), environ, options["models_dir"], ask=ask)
    machine = machine_of(session, options["hardware"], options["ram"], options["vram"])
    cache = home_as_tilde(cache_of(session), session.home())
    advice = advise(catalog_of(options["model_catalog"]), machine, options["profile"])
    return Surroundings(
        servers=found.servers,
        models=found.models,
        downloads=downloads(advice, cache, _there, urls),
        keys=frozenset(name for name in _key_names() if environ.get(name, "").strip()),
        kinds=startable(machine.system),
        urls=urls,
        budget=advice.budget,
    )


def _there(path: str) -> bool:
    return os.path.exists(os.path.expanduser(path))


def _key_names() -> Iterable[str]:
    return (KINDS[kind].api_key_env or "" for kind in HOSTED)


def startable(system: str) -> frozenset[str]:
    """The kinds of servers that could be started on a system."""
    usual = {"ollama", "lmstudio", "llamacpp", "localai"}
    return frozenset(usual | ({"mlx"} if system == "darwin" else {"vllm"}))


def asking(
    urls: Mapping[str, str], seconds: float
) -> Callable[[], Callable[[], tuple[Running, ...]]]:
    """Asks the servers at their usual addresses, or where `urls` says that a kind listens."""
    mine = {kind: url for kind, url in urls.items() if kind not in HOSTED}
    usual = [place for place in PLACES if not set(place.kinds) & set(mine)]
    places = (*usual, *(Place(url, (kind,)) for kind, url in mine.items()))
    return lambda: running_servers(places, seconds)


def ports(around: Surroundings, proxy_port: int) -> set[int]:
    """The ports that are taken: those of running servers and of the proxy."""
    found = (urlsplit(server.base_url).port for server in around.servers)
    return {proxy_port, *(port for port in found if port is not None)}
