"""Backends at run time: the client, the breaker, the gate, and what was heard of each."""

from __future__ import annotations

import time
from collections.abc import Mapping

from model_router.addresses import parse_base_url
from model_router.backend_kinds import KINDS
from model_router.proxy.breaker import Breaker
from model_router.proxy.config import Backend
from model_router.proxy.gate import Gate
from model_router.proxy.upstream import Upstream, open_upstream


class BackendRuntime:
    """A backend in use. `advertised` are the models that it said it has, `loaded` those that it
    said are in memory; None: it never said."""

    def __init__(self, settings: Backend, upstream: Upstream) -> None:
        self.settings = settings
        self.name = settings.name
        self.local = settings.local
        self.upstream = upstream
        self.breaker = Breaker(settings.breaker_failures, settings.breaker_seconds)
        self.gate = Gate(settings.max_concurrent, settings.queue_size, settings.queue_seconds)
        self.path = parse_base_url(settings.base_url).path
        self.loads_by_name = KINDS[settings.kind].loads_by_name
        self.advertised: tuple[str, ...] | None = None
        self.loaded: frozenset[str] | None = None
        self.last_error: str | None = None
        self.calls = 0
        self._targets: dict[str, bytes] = {}  # by endpoint; there are few

    @property
    def configured(self) -> frozenset[str]:
        """The models that the file names for it."""
        return frozenset({*self.settings.models.values(), *([self.settings.model or ""])} - {""})

    def knows(self, model: str) -> bool:
        """Whether it can be asked for `model` without fetching something nobody configured."""
        if model in self.configured:
            return True
        if self.advertised is None:
            return not self.loads_by_name
        return model in self.advertised or not self.loads_by_name

    def state(self) -> str:
        """closed, open or half_open."""
        return self.breaker.state(time.monotonic())

    def target(self, path: str, query: bytes = b"") -> bytes:
        """The request target for an endpoint such as /chat/completions."""
        target = self._targets.get(path)
        if target is None:
            target = self._targets[path] = (self.path + path).encode()
        return target + b"?" + query if query else target


def open_backends(
    backends: Mapping[str, Backend],
    environ: Mapping[str, str],
    kept: Mapping[str, BackendRuntime] | None = None,
) -> dict[str, BackendRuntime]:
    """Runtimes for the backends; those whose settings did not change are taken over from `kept`."""
    found = {}
    for name, settings in backends.items():
        old = (kept or {}).get(name)
        if old is not None and old.settings == settings:
            found[name] = old
        else:
            found[name] = BackendRuntime(settings, open_upstream(settings, environ))
    return found
