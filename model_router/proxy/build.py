"""Validated rows of a proxy file to a ProxyConfig: defaults of kinds, keys, paths."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from model_router.addresses import is_local, parse_base_url
from model_router.backend_kinds import KINDS
from model_router.catalog.raw import Data
from model_router.catalog.report import Report
from model_router.catalog.sources import absolute
from model_router.proxy.config import (
    Access,
    Backend,
    NamedKey,
    Observability,
    ProxyConfig,
    Target,
    Timeouts,
)
from model_router.proxy.secrets import read_secret

TOOL_PARAMETERS = ("tools", "tool_choice", "parallel_tool_calls", "functions", "function_call")
"""What `strip_tools` takes out."""

_MOST_SECRET = 10_000


class Places(NamedTuple):
    """What a file's paths and variables are relative to."""

    folder: str
    home: str
    environ: Mapping[str, str]

    def path(self, path: str) -> str:
        """`path` made absolute: ~ is the home, anything else relative to the file."""
        return absolute(os.path.join(self.folder, path) if path[:1] != "~" else path, self.home)

    def read_file(self, path: str) -> str:
        """The text of a small file."""
        with open(self.path(path), encoding="utf-8") as file:
            return file.read(_MOST_SECRET)


def proxy_config(rows: Data, places: Places, report: Report) -> ProxyConfig:
    """The settings for rows that were validated."""
    proxy = rows["proxy"]
    backends = {name: _backend(name, row, places) for name, row in rows["backends"].items()}
    mode = proxy["routing_mode"]
    respect = proxy["respect_client_model"]
    catalog = rows["router_config"]
    return ProxyConfig(
        backends={name: backends[name] for name in _allowed(rows)},
        engine_backends=_homes(rows),
        fallback_backends=_fallbacks(rows),
        model_ids=tuple(proxy["model_ids"]),
        model_map={
            name: Target(row["backend"], row["model"]) for name, row in proxy["model_map"].items()
        },
        respect_client_model=mode == "manual" if respect is None else respect,
        health_timeout=rows["health"]["backend_timeout_seconds"],
        health_interval=rows["health"]["interval_seconds"],
        access=_access(rows, places),
        observability=_observability(rows, places),
        router_config=None if catalog is None else places.path(catalog),
        source=report.source,
        warnings=tuple(report.remarks),
        uds=None if proxy["uds"] is None else places.path(proxy["uds"]),
        **{key: proxy[key] for key in _AS_THEY_ARE},
    )


_AS_THEY_ARE = (
    "host", "port", "workers", "routing_mode", "routing_profile", "default_backend",
    "default_model", "unknown_model_behavior", "response_model", "confirm_status",
    "approval_seconds", "max_body_bytes", "max_attempts", "prefer_loaded", "heartbeat_seconds",
    "drain_seconds", "watch_seconds",
)  # fmt: skip


def _allowed(rows: Data) -> list[str]:
    """The backends that backend_policy leaves."""
    policy = rows["backend_policy"]
    allow, deny = policy["backend_allowlist"], policy["backend_denylist"]
    return [name for name in rows["backends"] if (not allow or name in allow) and name not in deny]


def _homes(rows: Data) -> dict[str, str]:
    """The backend of each engine: as engine_backends says, else whoever has a model for it.

    "*" stands for every engine, when there is only one backend and it has a model for all.
    """
    homes: dict[str, str] = {}
    for name, row in rows["backends"].items():
        homes.update(dict.fromkeys(row["models"], name))
    homes.update(rows["engine_backends"])
    if len(rows["backends"]) == 1 and not rows["engine_backends"]:
        name, row = next(iter(rows["backends"].items()))
        if row["model"] or not row["models"]:
            homes["*"] = name
    usable = _allowed(rows)
    return {engine: name for engine, name in homes.items() if name in usable}


def _fallbacks(rows: Data) -> dict[str, tuple[str, ...]]:
    usable = _allowed(rows)
    return {
        name: tuple(dict.fromkeys(one for one in others if one in usable))
        for name, others in rows["fallback_backends"].items()
    }


def _backend(name: str, row: Data, places: Places) -> Backend:
    kind = KINDS[row["kind"] or "openai-compatible"]
    url = str(row["base_url"] or kind.base_url)
    host = parse_base_url(url).host
    location = row["location"]
    stripped = [*row["strip_parameters"], *(TOOL_PARAMETERS if row["strip_tools"] else ())]
    key_env = row["api_key_env"] or (kind.api_key_env if row["api_key"] is None else None)
    key = row["api_key"] or places.environ.get(key_env or "", "").strip() or None
    return Backend(
        name=name,
        base_url=url.rstrip("/"),
        kind=row["kind"] or "openai-compatible",
        api_key=key,
        api_key_env=key_env,
        local=is_local(host) if location is None else location == "local",
        timeouts=_timeouts(row),
        strip_parameters=tuple(dict.fromkeys(stripped)),
        ca_file=None if row["ca_file"] is None else places.path(row["ca_file"]),
        **{key: row[key] for key in _BACKEND_AS_THEY_ARE},
    )


_BACKEND_AS_THEY_ARE = (
    "model", "models", "headers", "set_parameters", "max_concurrent", "queue_size",
    "queue_seconds", "retries", "breaker_failures", "breaker_seconds", "transport", "http2",
    "proxy_url",
)  # fmt: skip


def _timeouts(row: Data) -> Timeouts:
    base = Timeouts()
    one = row["timeout_seconds"]
    if one is not None:
        base = Timeouts(min(base.connect, one), one, one, one)
    given = {key: value for key, value in row["timeouts"].items() if value is not None}
    return Timeouts(
        given.get("connect", base.connect),
        given.get("first_byte", base.first_byte),
        given.get("idle", base.idle),
        given.get("total", base.total),
    )


def _access(rows: Data, places: Places) -> Access:
    access, proxy = rows["access"], rows["proxy"]
    keys = [NamedKey(row["name"], _secret(row, places)) for row in access["keys"]]
    single = proxy["api_key"] or places.environ.get(proxy["api_key_env"] or "", "").strip()
    if single:
        keys.append(NamedKey("api_key", single))
    admin = {"env": access["admin_key_env"], "file": access["admin_key_file"]}
    return Access(
        keys=tuple(keys),
        admin_key=_secret(admin, places) if any(admin.values()) else None,
        allowed_hosts=tuple(host.lower() for host in access["allowed_hosts"]),
        allowed_origins=tuple(origin.lower().rstrip("/") for origin in access["allowed_origins"]),
    )


def _secret(row: Mapping[str, Any], places: Places) -> str:
    return read_secret(row["env"], row["file"], places.environ, places.read_file)


def _observability(rows: Data, places: Places) -> Observability:
    row = dict(rows["observability"])
    row["log_path"] = places.path(row["log_path"])
    return Observability(**row)
