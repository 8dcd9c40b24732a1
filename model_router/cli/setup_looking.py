"""What there is to choose from, looked at for `setup wizard` and `setup write`."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from model_router.backend_kinds import KINDS
from model_router.servers import ask
from model_router.setup.choices import Running, Surroundings
from model_router.setup.presets import HOSTED

ASKED = ("ollama", "lmstudio", "llamacpp", "vllm")
"""Asked at their usual address. Kinds that share a port with one of these must be named."""


def look(options: Mapping[str, Any], environ: Mapping[str, str], home: str) -> Surroundings:
    """Servers that answer, models on disk, downloads that fit, keys that are set."""
    urls = dict(options["base_url"])
    servers = () if options["offline"] else running(urls, options["timeout"])
    return Surroundings(
        servers=servers,
        keys=frozenset(name for name in _key_names() if environ.get(name, "").strip()),
        kinds=startable(platform.system()),
    )


def _key_names() -> Iterable[str]:
    return (KINDS[kind].api_key_env or "" for kind in HOSTED)


def startable(system: str) -> frozenset[str]:
    """The kinds of servers that could be started on a system."""
    usual = {"ollama", "lmstudio", "llamacpp", "localai"}
    return frozenset(usual | ({"mlx"} if system == "Darwin" else {"vllm"}))


def running(urls: Mapping[str, str], seconds: float) -> tuple[Running, ...]:
    """The servers that list models, each kind at its address in `urls` or its usual one."""
    kinds = [kind for kind in dict.fromkeys((*ASKED, *urls)) if kind not in HOSTED]
    places = {kind: urls.get(kind) or KINDS[kind].base_url or "" for kind in kinds}
    with ThreadPoolExecutor(max(1, len(kinds))) as pool:
        said = list(pool.map(lambda url: ask(url, None, seconds), places.values()))
    return tuple(
        Running(kind, url, answer.models)
        for (kind, url), answer in zip(places.items(), said, strict=True)
        if answer.models
    )


def ports(around: Surroundings, proxy_port: int) -> set[int]:
    """The ports that are taken: those of running servers and of the proxy."""
    found = (urlsplit(server.base_url).port for server in around.servers)
    return {proxy_port, *(port for port in found if port is not None)}
