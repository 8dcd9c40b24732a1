"""Running the proxy: uvicorn, signals, background work, and what is said at the start."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import uvicorn

from model_router._version import __version__
from model_router.catalog.sources import router_home
from model_router.proxy.accepting import Acceptor
from model_router.proxy.app import App
from model_router.proxy.config import ProxyConfig
from model_router.proxy.door import check_bind
from model_router.proxy.health import probe
from model_router.proxy.http1_server import ServerConnection
from model_router.proxy.live import Live, Settings
from model_router.proxy.loaded import ask_loaded
from model_router.proxy.state import FolderState, MemoryState, State, uptime
from model_router.proxy.welcome import welcome

WORKER_VARIABLE = "MODEL_ROUTER_PROXY_WORKER"
ADMIN_FILE = "admin.key"
STATE_FOLDER = "proxy-state"

Lifespan = Callable[[], AbstractAsyncContextManager[None]]


def say(text: str) -> None:
    """A line on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def own_admin_key(settings: Settings, config: ProxyConfig) -> str | None:
    """The admin key of ~/.model-router/admin.key, made at the first start; None when the proxy
    file names another one. Only the user can read it, so only the user can approve."""
    if config.access.admin_key is not None:
        return None
    folder = router_home(settings.environ, settings.home)
    path = os.path.join(folder, ADMIN_FILE)
    with suppress(OSError), open(path, encoding="ascii") as file:
        if found := file.read(200).strip():
            return found
    key = secrets.token_urlsafe(32)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(key + "\n")
    except OSError as error:
        say(f"warning: {path} cannot be written ({error.strerror}): nobody can approve requests")
        return None
    return key


def serve(settings: Settings, log_decisions: bool) -> int:
    """Run until a signal ends it; the exit code. Raises RouterConfigError before it listens."""
    config = settings.load()
    check_bind(config)
    settings = settings._replace(admin_key=own_admin_key(settings, config))
    if config.workers > 1:
        return _serve_workers(settings, config, log_decisions)
    live = open_live(settings, secrets.token_bytes(32), MemoryState(), log_decisions)
    server = Server(live)
    with suppress(KeyboardInterrupt):
        server.run()
    return 0 if server.started else 3


def open_live(settings: Settings, secret: bytes, state: State, log_decisions: bool) -> Live:
    """The proxy's state in this process."""
    live = Live(settings, secret, state, say)
    live.log_decisions = log_decisions
    return live


def _uvicorn_config(app: Any, config: ProxyConfig, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=config.host,
        port=config.port,
        uds=config.uds,
        **_uvicorn_settings(config),
        **more,
    )


def _uvicorn_settings(config: ProxyConfig) -> dict[str, Any]:
    return {
        "http": ServerConnection,
        "log_level": "warning",
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "backlog": 4096,
        "timeout_graceful_shutdown": max(1, int(config.drain_seconds)),
        "lifespan": "on",
        "ws": "none",
    }


class Server(uvicorn.Server):
    """uvicorn's server for a Live proxy, which says when it is ready and that it drains."""

    def __init__(self, live: Live) -> None:
        super().__init__(_uvicorn_config(App(live, _lifespan(live)), live.service.config))
        self.live = live
        self.address = ""
        self._acceptor: Acceptor | None = None

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._accept_many()
            self.address = self._address()
            self.live.say(welcome(self.live.service, self.address))

    def _accept_many(self) -> None:
        loop = asyncio.get_running_loop()
        self._acceptor = Acceptor(
            loop,
            lambda: ServerConnection(self.config, self.server_state, self.lifespan.state, loop),
        )
        self._acceptor.start(row for server in self.servers for row in server.sockets)

    def _address(self) -> str:
        if self.config.uds:
            return f"unix:{self.config.uds}"
        port = self.servers[0].sockets[0].getsockname()[1]
        host = self.config.host
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def shutdown(self, sockets: Any = None) -> None:
        self.live.draining = True
        if self._acceptor is not None:
            self._acceptor.stop()
        await super().shutdown(sockets)
        # uvicorn would end the process by the signal that it caught; this one ends as it means to.
        getattr(self, "_captured_signals", []).clear()


def _lifespan(live: Live, first: int | None = None) -> Lifespan:
    """What runs beside the requests. `first` is the process that started this one, if any did."""

    @asynccontextmanager
    async def background() -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError, AttributeError, ValueError, RuntimeError):
            loop.add_signal_handler(signal.SIGHUP, live.reload)
        work = [live.watch(), _probing(live), _sweeping(live)]
        if first is not None:
            work.append(_ending_with(first))
        tasks = [loop.create_task(one) for one in work]
        settle()
        yield
        for task in tasks:
            task.cancel()
        await live.close()

    return background


def settle() -> None:
    """Spare the collector what will stay anyway: the tables are large, and each look at them would
    hold up every request. What requests leave behind goes without it, all but a little."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


async def _probing(live: Live) -> None:
    while True:
        config = live.service.config
        if config.health_interval:
            seconds, backends = config.health_timeout, live.service.backends.values()
            work = [probe(row, seconds) for row in backends]
            if config.prefer_loaded:
                work += [ask_loaded(row, seconds) for row in backends]
            await asyncio.gather(*work)
        await asyncio.sleep(config.health_interval or 1.0)


async def _sweeping(live: Live) -> None:
    while True:
        live.approvals.sweep(uptime())
        await asyncio.sleep(60)


# ------------------------------------------------------------------ several processes


async def _ending_with(first: int) -> None:
    """End this process, after its answers, when the first one was killed: nobody could end or
    replace it any more, and it would keep the port."""
    while os.getppid() == first:
        await asyncio.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _serve_workers(settings: Settings, config: ProxyConfig, log_decisions: bool) -> int:
    given = {
        "path": settings.path,
        "home": settings.home,
        "overrides": dict(settings.overrides),
        "admin_key": settings.admin_key,
        "secret": secrets.token_hex(32),
        "log_decisions": log_decisions,
        "first": os.getpid(),
    }
    os.environ[WORKER_VARIABLE] = json.dumps(given)
    address = f"unix:{config.uds}" if config.uds else f"http://{config.host}:{config.port}"
    say(f"model-router-proxy {__version__} with {config.workers} processes on {address}")
    uvicorn.run(
        "model_router.proxy.server:worker",
        factory=True,
        host=config.host,
        port=config.port,
        uds=config.uds,
        workers=config.workers,
        **_uvicorn_settings(config),
    )
    return 0


def worker() -> App:
    """The application of one of several processes, from what the first one left for it."""
    given = json.loads(os.environ[WORKER_VARIABLE])
    settings = Settings(
        given["path"], os.environ, given["home"], given["overrides"], given["admin_key"]
    )
    folder = os.path.join(router_home(os.environ, given["home"]), STATE_FOLDER)
    live = open_live(settings, bytes.fromhex(given["secret"]), FolderState(folder),
                 given["log_decisions"])  # fmt: skip
    return App(live, _lifespan(live, given["first"]))
