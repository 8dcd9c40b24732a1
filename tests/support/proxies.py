"""A real proxy on a real port: uvicorn in a thread of this process."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model_router.proxy.live import Live, Settings
from model_router.proxy.server import Server
from model_router.proxy.state import MemoryState

ADMIN = "admin-key-of-tests"
QUIET = "health: {interval_seconds: 0}\n"


@dataclass
class Reply:
    """A whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error object of an answer that is shaped as it should be."""
        error = self.json["error"]
        assert isinstance(error["message"], str)
        assert error["message"]
        assert {"type", "param", "code"} <= set(error)
        assert isinstance(error, dict)
        return error


class Proxy:
    """A running proxy for the text of a proxy file."""

    def __init__(
        self, folder: Path, text: str, *, admin: str | None = ADMIN, **environ: str
    ) -> None:
        self.path = folder / "proxy.yaml"
        self.path.write_text(text, encoding="utf-8")
        settings = Settings(str(self.path), environ, str(folder), {"port": 0}, admin)
        self.said: list[str] = []
        self.live = Live(settings, b"s" * 32, MemoryState(), self.said.append)
        self.server = Server(self.live)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.failed: list[BaseException] = []

    def _run(self) -> None:
        try:
            self.server.run()
        except BaseException as error:
            self.failed.append(error)

    def __enter__(self) -> Proxy:
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self.server.address:
            assert time.monotonic() < deadline, self.failed
            assert self._thread.is_alive(), self.failed
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Drain and end."""
        self.server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive()

    @property
    def url(self) -> str:
        """The address, without /v1."""
        return self.server.address

    @property
    def port(self) -> int:
        """The port."""
        return int(self.url.rpartition(":")[2])

    def connect(self, timeout: float = 20.0) -> http.client.HTTPConnection:
        """A plain connection."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One exchange."""
        with contextlib.closing(self.connect()) as connection:
            connection.request(method, path, body, dict(headers or {}))
            found = connection.getresponse()
            names = {name.lower(): value for name, value in found.getheaders()}
            return Reply(found.status, names, found.read())

    def get(self, path: str, **headers: str) -> Reply:
        """A GET; `_` in a header's name stands for `-`."""
        return self.ask("GET", path, None, _dashed(headers))

    def post(self, path: str, body: Any, **headers: str) -> Reply:
        """A POST of bytes as they are or of anything else as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", path, raw, _dashed({"content_type": "application/json", **headers}))

    def chat(self, text: str = "hello there", **more: Any) -> Reply:
        """A chat request; keyword `headers` goes with it, everything else into the body."""
        headers = more.pop("headers", {})
        return self.post("/v1/chat/completions", chat(text, **more), **headers)

    def stream(self, text: str = "hello there", **more: Any) -> Iterator[bytes]:
        """The pieces of a streamed answer, as they arrive."""
        with contextlib.closing(self.connect()) as connection:
            body = json.dumps(chat(text, stream=True, **more))
            connection.request("POST", "/v1/chat/completions", body)
            found = connection.getresponse()
            assert found.status == 200, found.read()
            while piece := found.read1(65536):
                yield piece

    def soon(self, work: Any) -> Any:
        """Run a coroutine in the proxy's own loop."""
        loop = self.server.servers[0].get_loop()
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)


def _dashed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def chat(text: str = "hello there", **more: Any) -> dict[str, Any]:
    """The body of a chat request."""
    return {"model": "auto", "messages": [{"role": "user", "content": text}], **more}


def one_backend(url: str, more: str = "", **keys: Any) -> str:
    """A proxy file with one backend; `keys` are the backend's, `more` is further text."""
    row = {"base_url": url, "model": "m", **keys}
    return f"backends: {{a: {json.dumps(row)}}}\n{QUIET}{more}"


def several(more: str = "", **urls: str) -> str:
    """A proxy file with a backend for each engine named: `fast_local="http://..."`."""
    backends = {engine: {"base_url": url, "model": f"{engine}-m"} for engine, url in urls.items()}
    homes = {engine: engine for engine in urls}
    return f"backends: {json.dumps(backends)}\nengine_backends: {json.dumps(homes)}\n{QUIET}{more}"


def until(condition: Any, seconds: float = 5.0) -> bool:
    """Wait for something to become true; whether it did."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.005)
    return bool(condition())
