"""Check the proxy against real model servers and coding agents, and print what was seen.

    python scripts/check_real_backends.py \\
        --server "llama.cpp=llama-server -m tiny.gguf --port {port}" \\
        --server "mlx_lm.server=python -m mlx_lm server --model DIR --port {port}" \\
        --opencode node_modules/opencode-linux-x64/bin/opencode

A server is a name and the command that starts it; {port} stands for its port. Any model will do, a
random one too: what it says does not matter, how it says it does. Whatever is not given is skipped.
Exit code 1 when a check fails.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SECONDS = 60
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)


class Missed(Exception):
    """A check that failed."""


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int, **more: Any) -> Iterator[None]:
    """A server, from the time its port is open."""
    process = subprocess.Popen(command, **more)
    try:
        deadline = time.monotonic() + SECONDS
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Missed(f"{command[0]} did not open port {port}")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class Proxy:
    """The proxy in a process of its own, before one backend."""

    def __init__(self, folder: Path, base_url: str, model: str) -> None:
        self.port = free_port()
        path = folder / "proxy.yaml"
        backend = {"base_url": base_url, "model": model, "location": "local"}
        health = {"interval_seconds": 0.5, "backend_timeout_seconds": 5}
        path.write_text(json.dumps({"backends": {"real": backend}, "health": health}))
        code = "import sys; from model_router.proxy import main; sys.exit(main())"
        self.command = [sys.executable, "-c", code, "--config", str(path), "--port", str(self.port)]

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return f"http://127.0.0.1:{self.port}/v1"

    def ask(self, path: str, body: Any = None) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of one exchange."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        with contextlib.closing(connection):
            raw = None if body is None else json.dumps(body).encode()
            connection.request("GET" if raw is None else "POST", path, raw)
            found = connection.getresponse()
            names = {name.lower(): value for name, value in found.getheaders()}
            return found.status, names, found.read()

    def chat(self, text: Any = "hello", **more: Any) -> tuple[int, dict[str, str], bytes]:
        """A chat request with a short answer."""
        body = {"model": "auto", "messages": [{"role": "user", "content": text}], "max_tokens": 8}
        return self.ask("/v1/chat/completions", {**body, **more})

    def breaker(self) -> str:
        """The backend's state, by the proxy's own word."""
        return str(json.loads(self.ask("/v1/status")[2])["backends"]["real"]["breaker"])


# ------------------------------------------------------------------ what is checked


def expect(value: object, message: object) -> None:
    """Raises Missed unless `value` is true."""
    if not value:
        raise Missed(str(message))


def lists_models(proxy: Proxy) -> str:
    """What the server says it has, if it says so."""
    status, _, body = proxy.ask("/v1/status")
    expect(status == 200, status)
    models = json.loads(body)["backends"]["real"]["models"]
    return f"says it has {', '.join(models)}" if models else "does not say which models it has"


def answers(proxy: Proxy) -> str:
    """A plain answer, whole and with the decision's headers."""
    status, headers, body = proxy.chat()
    expect(status == 200, body[:300])
    data = json.loads(body)
    expect(data["choices"][0]["message"]["role"] == "assistant", body[:300])
    expect(headers.get("x-modelrouter-backend") == "real", headers)
    return f"usage {data.get('usage', {}).get('total_tokens', 'not told')}"


def streams(proxy: Proxy) -> str:
    """A stream that ends."""
    more = {"stream": True, "stream_options": {"include_usage": True}}
    status, headers, body = proxy.chat(**more)
    expect(status == 200, body[:300])
    expect(headers["content-type"].startswith("text/event-stream"), headers)
    rows = [row for row in body.split(b"\n") if row.startswith(b"data: {")]
    expect(len(rows) > 1, body[:300])
    usage = any(b'"usage"' in row and b'"prompt_tokens"' in row for row in rows)
    done = body.rstrip().endswith(b"data: [DONE]")
    return f"{len(rows)} events, usage {'told' if usage else 'not told'}, [DONE] {done}"


def unknown_names(proxy: Proxy) -> str:
    """A model that nobody has is not asked for."""
    status, headers, body = proxy.chat(model="nobody/has-this-model")
    expect(status == 200, body[:300])
    return f"answered by {headers.get('x-modelrouter-model')}"


def refuses(proxy: Proxy) -> str:
    """A wrong value gives an error in the usual form, and nobody is thought sick for it."""
    status, _, body = proxy.chat(temperature="warm", response_format=5)
    if status == 200:
        return "takes a wrong temperature"
    _is_error(status, body)
    expect(proxy.breaker() == "closed", "the breaker opened")
    return f"{status}: {_message(body)}"


def overflows(proxy: Proxy) -> str:
    """A prompt beyond the context gives an error, and nobody is thought sick for it."""
    found = [proxy.chat("word " * 2_500, stream=stream) for stream in (False, True)]
    for status, _, body in found:
        if status != 200:
            _is_error(status, body)
    expect(proxy.breaker() == "closed", "the breaker opened")
    return "; ".join(f"{status}: {_message(body)}" for status, _, body in found)


def cannot_see(proxy: Proxy) -> str:
    """An image for a model without eyes gives an error, and nobody is thought sick for it."""
    parts = [{"type": "text", "text": "what is this?"},
             {"type": "image_url", "image_url": {"url": PIXEL}}]  # fmt: skip
    for _ in range(4):
        status, _, body = proxy.chat(parts)
        if status != 200:
            _is_error(status, body)
    expect(proxy.breaker() == "closed", "the breaker opened")
    return f"{status}: {_message(body)}"


def lets_go(proxy: Proxy) -> str:
    """Clients that leave in the midst of a stream keep nobody from being served."""
    body = json.dumps({"model": "auto", "stream": True, "max_tokens": 400,
                       "messages": [{"role": "user", "content": "hello"}]})  # fmt: skip
    for _ in range(6):
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=SECONDS)
        connection.request("POST", "/v1/chat/completions", body)
        connection.getresponse().read(20)
        connection.close()
    began = time.monotonic()
    expect(proxy.chat()[0] == 200, "no answer afterwards")
    return f"next answer after {time.monotonic() - began:.2f} s"


def many(proxy: Proxy) -> str:
    """Sixteen at once are all answered."""
    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: proxy.chat()[0], range(16)))
    expect(set(found) == {200}, found)
    return f"16 answers in {time.monotonic() - began:.1f} s"


def _is_error(status: int, body: bytes) -> None:
    error = json.loads(body).get("error")
    expect(isinstance(error, dict) and isinstance(error.get("message"), str), body[:300])
    expect(400 <= status < 600, status)


def _message(body: bytes) -> str:
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return str(json.loads(body)["error"]["message"])[:90]
    return "answered" if body else "empty"


CHECKS: tuple[Callable[[Proxy], str], ...] = (
    answers, streams, lists_models, unknown_names, refuses, overflows, cannot_see, lets_go, many,
)  # fmt: skip


def check_server(name: str, command: str, model: str) -> int:
    """Run every check against one server; how many failed."""
    port = free_port()
    failed = 0
    words = [word.replace("{port}", str(port)) for word in shlex.split(command)]
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "wb") as nowhere:
        proxy = Proxy(Path(folder), f"http://127.0.0.1:{port}/v1", model)
        with (
            running(words, port, stdout=nowhere, stderr=nowhere),
            running(proxy.command, proxy.port, stdout=nowhere, stderr=nowhere),
        ):
            _warm(proxy)
            for check in CHECKS:
                failed += _told(name, check.__name__, lambda check=check: check(proxy))
    return failed


def _warm(proxy: Proxy) -> None:
    """Wait until the model is loaded."""
    deadline = time.monotonic() + SECONDS
    while proxy.chat()[0] != 200 and time.monotonic() < deadline:
        time.sleep(0.3)


def _told(name: str, what: str, check: Callable[[], str]) -> int:
    try:
        print(f"ok    {name:16} {what:14} {check()}", flush=True)
        return 0
    except (Missed, OSError, ValueError, KeyError, http.client.HTTPException) as error:
        print(f"FAIL  {name:16} {what:14} {type(error).__name__}: {error}", flush=True)
        return 1


# ------------------------------------------------------------------ a coding agent

FILE, TEXT = "answer.txt", "forty-two"


class Script(BaseHTTPRequestHandler):
    """A model that has a file written: a call of the agent's own tool first, words after it."""

    protocol_version = "HTTP/1.1"
    folder = ""

    def do_POST(self) -> None:
        """Stream the next step of the task."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        tools = [row["function"]["name"] for row in body.get("tools", ())]
        answered = any(row["role"] == "tool" for row in body["messages"])
        if "write" in tools and not answered:
            path = os.path.join(self.folder, FILE)
            arguments = json.dumps({"filePath": path, "content": TEXT})
            call = {"index": 0, "id": "call_1", "type": "function",
                    "function": {"name": "write", "arguments": arguments}}  # fmt: skip
            rows: list[dict[str, Any]] = [{"tool_calls": [call]}]
            end = "tool_calls"
        else:
            rows, end = [{"content": "It is "}, {"content": "done."}], "stop"
        self._stream([{"role": "assistant", "content": ""}, *rows, {}], end)

    def _stream(self, deltas: list[dict[str, Any]], end: str) -> None:
        pieces = []
        for place, delta in enumerate(deltas):
            finish = end if place == len(deltas) - 1 else None
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            event = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
            pieces.append(f"data: {json.dumps({**event, 'choices': [choice]})}\n\n")
        raw = "".join([*pieces, "data: [DONE]\n\n"]).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def check_opencode(binary: str) -> int:
    """opencode, headless, has a file to write; 1 when it is not there afterwards."""
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "wb") as nowhere:
        home = Path(folder)
        script = type("Task", (Script,), {"folder": folder})
        server = ThreadingHTTPServer(("127.0.0.1", 0), script)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        proxy = Proxy(home, f"http://127.0.0.1:{server.server_port}/v1", "m")
        with running(proxy.command, proxy.port, stdout=nowhere, stderr=nowhere):
            failed = _told("opencode", "task", lambda: _opencode(binary, home, proxy))
        server.shutdown()
        server.server_close()
    return failed


def _opencode(binary: str, home: Path, proxy: Proxy) -> str:
    options = {"baseURL": proxy.url, "apiKey": "local"}
    models = {"auto": {"name": "auto", "limit": {"context": 65536, "output": 256}}}
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "mr", "options": options,
                "models": models}  # fmt: skip
    config = {"autoupdate": False, "share": "disabled", "provider": {"mr": provider},
              "permission": {"edit": "allow", "bash": "deny"}}  # fmt: skip
    (home / "opencode.json").write_text(json.dumps(config))
    environ = {**os.environ, "HOME": str(home), "PWD": str(home),
               "XDG_CONFIG_HOME": str(home / ".config"),
               "XDG_DATA_HOME": str(home / ".data")}  # fmt: skip
    began = time.monotonic()
    words = [binary, "run", "-m", "mr/auto", f"write {TEXT} into the file {FILE}"]
    done = subprocess.run(words, cwd=home, env=environ, capture_output=True, timeout=SECONDS,
                          check=False, stdin=subprocess.DEVNULL)  # fmt: skip
    expect(done.returncode == 0, done.stderr[-300:])
    path = home / FILE
    expect(path.exists() and path.read_text().strip() == TEXT, done.stdout[-300:])
    calls = json.loads(proxy.ask("/v1/status")[2])["backends"]["real"]["calls"]
    return f"wrote the file in {time.monotonic() - began:.0f} s, {calls} requests"


def main(argv: list[str] | None = None) -> int:
    """Run what the options name; 1 when something failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--model", default="default", help="the model's name at the servers")
    parser.add_argument("--opencode", metavar="PATH", help="the binary of opencode")
    options = parser.parse_args(argv)
    failed = 0
    for row in options.server:
        name, _, command = row.partition("=")
        try:
            failed += check_server(name, command, options.model)
        except (Missed, OSError) as error:
            print(f"FAIL  {name:16} start          {error}")
            failed += 1
    if not options.server:
        print("skip  servers: give --server NAME=COMMAND")
    if options.opencode:
        failed += check_opencode(options.opencode)
    else:
        print("skip  opencode: give --opencode PATH")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
