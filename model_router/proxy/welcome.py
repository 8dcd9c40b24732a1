"""What the proxy says when it is ready: where it listens, what serves what, what to do next."""

from __future__ import annotations

from model_router._version import __version__
from model_router.proxy.service import Service


def welcome(service: Service, address: str) -> str:
    """The lines for a service that listens on `address`. No key is in them."""
    config = service.config
    rows = [
        f"model-router-proxy {__version__} is ready on {address}",
        f"  settings  {config.source}",
        f"  catalog   {service.served.catalog.source}",
        f"  mode      {config.routing_mode}, profile {config.routing_profile or 'balanced'}",
        f"  callers   {_callers(service)}",
    ]
    for backend, engines in _by_backend(service).items():
        row = service.backends[backend]
        where = "local" if row.local else "hosted"
        rows.append(f"  backend   {backend} ({where}, {row.settings.base_url}): {engines}")
    rows += [
        f"  remark    {row.path}: {row.message}"
        for row in (*config.warnings, *service.served.remarks)
    ]
    if not address.startswith("unix:"):
        rows += [
            f"  next      point a client at {address}/v1 with the model `auto`",
            f"            see a decision:  curl -s {address}/v1/route -d '"
            '{"prompt": "fix the repo"}' + "'",
            "            see what is up:  model-router doctor",
        ]
    return "\n".join(rows)


def _callers(service: Service) -> str:
    keys = service.config.access.keys
    return ", ".join(key.name for key in keys) if keys else "anybody on this machine, no key"


def _by_backend(service: Service) -> dict[str, str]:
    found: dict[str, list[str]] = {name: [] for name in service.backends}
    for engine, backend in service.served.homes.items():
        if engine not in service.served.unavailable:
            found[backend].append(engine)
    return {name: ", ".join(engines) or "no engine" for name, engines in found.items()}
