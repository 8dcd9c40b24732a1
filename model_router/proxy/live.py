"""What lives as long as the process: the service in use, counters, approvals, reloads."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from model_router.catalog import find_catalog
from model_router.errors import ModelRouterError
from model_router.proxy.approvals import Approvals
from model_router.proxy.arrays import Arrays
from model_router.proxy.backends import BackendRuntime
from model_router.proxy.config import ProxyConfig
from model_router.proxy.door import check_bind
from model_router.proxy.event_lines import line
from model_router.proxy.event_log import EventLog
from model_router.proxy.load import load_proxy_config
from model_router.proxy.looking_aside import Aside
from model_router.proxy.metrics import Metrics
from model_router.proxy.service import Service, build_service
from model_router.proxy.state import State, uptime

_FIXED = ("host", "port", "uds", "workers")
"""Settings that only a start can change."""

Say = Callable[[str], None]


class Settings(NamedTuple):
    """What the command line said, and what a process needs beside the file."""

    path: str
    environ: Mapping[str, str]
    home: str
    overrides: Mapping[str, Any] = {}
    admin_key: str | None = None

    def load(self) -> ProxyConfig:
        """The file's settings with those of the command line. Raises RouterConfigError."""
        found = load_proxy_config(self.path, environ=self.environ, home=self.home)
        return replace(found, **self.overrides) if self.overrides else found


class Live:
    """The running proxy. `service` is replaced whole; what holds the old one goes on with it."""

    def __init__(
        self, settings: Settings, secret: bytes, state: State, say: Say = lambda text: None
    ) -> None:
        self.settings = settings
        self.say = say
        self.metrics = Metrics()
        self.arrays = Arrays()
        self.started = uptime()
        self.draining = False
        self.log_decisions = False
        self.log: EventLog | None = None
        self.last_reload: dict[str, Any] | None = None
        self._retiring: dict[int, BackendRuntime] = {}
        self._aside: tuple[Service, Aside] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        config = self._bound = settings.load()  # what it listens on stays until the end
        self.service: Service = build_service(config, settings.environ, settings.admin_key)
        self.approvals = Approvals(secret, state, config.approval_seconds)
        self._stamps = self._stamp()
        self._open_log()

    @property
    def telling(self) -> bool:
        """Whether anybody wants to know of each request."""
        return self.log is not None or self.log_decisions

    def tell(self, event: Mapping[str, Any]) -> None:
        """Pass an event on to the log, and to stderr without the prompt."""
        if self.log is not None:
            self.log.put(event)
        if self.log_decisions:
            kept = {key: value for key, value in event.items()
                    if value is not None and key not in ("prompt", "prompt_preview")}  # fmt: skip
            self.say(json.dumps(kept, separators=(",", ":")))

    def aside(self, service: Service) -> Aside:
        """The process for huge bodies; that of an older service ends when its work is done."""
        if self._aside is None or self._aside[0] is not service:
            if self._aside is not None:
                self._aside[1].close()
            self._aside = (service, Aside(service))
        return self._aside[1]

    def _open_log(self) -> None:
        settings = self.service.config.observability
        if self.log is not None and self.log.settings == settings and settings.enabled:
            self.log.reopen()
            return
        if self.log is not None:
            self.log.close()
        self.log = EventLog(settings, self.say, line) if settings.enabled else None

    def reload(self) -> dict[str, Any]:
        """Read the files again and swap, or keep what is, and say which. Never raises for a file
        that cannot be used."""
        self._stamps = self._stamp()
        old = self.service
        try:
            config = self.settings.load()
            check_bind(replace(config, host=self._bound.host, uds=self._bound.uds))
            new = build_service(config, self.settings.environ, self.settings.admin_key, old)
        except ModelRouterError as error:
            return self._told_reload(False, str(error), ())
        self.service = new
        self.approvals.seconds = config.approval_seconds
        self._retire(old.backends.values(), new.backends.values())
        self._open_log()
        fixed = [key for key in _FIXED if getattr(config, key) != getattr(old.config, key)]
        return self._told_reload(True, "reloaded", fixed)

    def _told_reload(self, ok: bool, message: str, fixed: Iterable[str]) -> dict[str, Any]:
        self.metrics.reloads.add("ok" if ok else "refused")
        self.say(message if ok else f"the old settings stay: {message}")
        needs = list(fixed)
        self.last_reload = {"ok": ok, "message": message, "needs_restart": needs}
        return self.last_reload

    def _retire(self, old: Iterable[BackendRuntime], new: Iterable[BackendRuntime]) -> None:
        kept = {id(backend) for backend in new}
        for backend in old:
            if id(backend) not in kept:
                self._retiring[id(backend)] = backend
                task = asyncio.get_running_loop().create_task(self._closed_later(backend))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _closed_later(self, backend: BackendRuntime) -> None:
        """Close a backend that is no longer used, when its last answer is over."""
        while backend.gate.inside or backend.gate.waiting:
            await asyncio.sleep(0.5)
        await backend.upstream.close()
        self._retiring.pop(id(backend), None)

    # ------------------------------------------------------------------ in the background

    async def watch(self) -> None:
        """Reload whenever a file changes. Runs until it is cancelled."""
        while True:
            await asyncio.sleep(self.service.config.watch_seconds or 1.0)
            if self.service.config.watch_seconds and self._stamp() != self._stamps:
                self.reload()

    def _stamp(self) -> list[tuple[int, int, int] | None]:
        paths = [self.settings.path]
        service = getattr(self, "service", None)
        if service is not None and service.config.router_config is not None:
            paths.append(service.config.router_config)
        else:
            paths.append(find_catalog(self.settings.environ, self.settings.home)[0])
        return [_stamp_of(path) for path in paths]

    async def close(self) -> None:
        """Close the connections of every backend, and the log when all is written."""
        if self.log is not None:
            await asyncio.to_thread(self.log.close)
        if self._aside is not None:
            self._aside[1].close()
        for task in self._tasks:
            task.cancel()
        for backend in (*self.service.backends.values(), *self._retiring.values()):
            await backend.upstream.close()
        await asyncio.sleep(0)  # sockets close in the loop's next turn


def _stamp_of(path: str) -> tuple[int, int, int] | None:
    with contextlib.suppress(OSError):
        found = os.stat(path)
        return found.st_mtime_ns, found.st_size, found.st_ino
    return None
