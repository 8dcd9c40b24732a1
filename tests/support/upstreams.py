"""A model server that does what a test's script says, on a real socket of this machine.

async def reply(seen, out):
    await out.json({"choices": []})

with Upstream(reply) as server:
    server.url, server.seen, server.aborted
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int
    raw_head: bytes = field(default=b"", repr=False)

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)


class Out:
    """What a script writes to. `raw` writes bytes as they are."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.keep = True

    async def raw(self, data: bytes) -> None:
        """Bytes on the wire."""
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status: int = 200, *headers: tuple[str, str]) -> None:
        """A status line and headers."""
        rows = "".join(f"{name}: {value}\r\n" for name, value in headers)
        await self.raw(f"HTTP/1.1 {status} X\r\n{rows}\r\n".encode())

    async def whole(
        self,
        body: bytes,
        status: int = 200,
        kind: str = "application/json",
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """A whole answer with its length, in one write."""
        rows = [("content-type", kind), ("content-length", str(len(body))), *headers]
        text = "".join(f"{name}: {value}\r\n" for name, value in rows)
        await self.raw(f"HTTP/1.1 {status} X\r\n{text}\r\n".encode() + body)

    async def json(self, value: Any, status: int = 200, **headers: str) -> None:
        """A whole JSON answer."""
        rows = [(name.replace("_", "-"), text) for name, text in headers.items()]
        await self.whole(json.dumps(value).encode(), status, headers=rows)

    async def stream_head(self, *headers: tuple[str, str]) -> None:
        """The head of a chunked event stream."""
        await self.head(
            200, ("content-type", "text/event-stream"), ("transfer-encoding", "chunked"), *headers
        )

    async def chunk(self, data: bytes) -> None:
        """One HTTP chunk."""
        await self.raw(b"%x\r\n%b\r\n" % (len(data), data))

    async def end(self) -> None:
        """The end of a chunked answer."""
        await self.raw(b"0\r\n\r\n")

    async def events(self, *events: Any, pause: float = 0.0, done: bool = True) -> None:
        """A whole event stream: each value as JSON, bytes as they are."""
        await self.stream_head()
        for event in events:
            data = event if isinstance(event, bytes) else b"data: %b\n\n" % _dumped(event)
            await self.chunk(data)
            await asyncio.sleep(pause)
        if done:
            await self.chunk(b"data: [DONE]\n\n")
        await self.end()

    def hang_up(self) -> None:
        """Close the connection at once."""
        self.keep = False
        self.writer.transport.abort()


def _dumped(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


Reply = Callable[[Seen, Out], Awaitable[None]]


class Upstream:
    """The server. `aborted` counts callers that left before their answer was whole."""

    def __init__(self, reply: Reply, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.reply = reply
        self.seen: list[Seen] = []
        self.aborted = 0
        self.connections = 0
        self.open = 0
        self.port = port
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Upstream:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the port and every connection."""
        if self._loop.is_running():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        starting = asyncio.start_server(
            self._serve, "127.0.0.1", self.port, ssl=self._tls, backlog=1024, limit=1 << 20
        )
        self._server = self._loop.run_until_complete(starting)
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        self._server.close()
        for _ in range(5):  # a connection that was just taken has no task yet
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_until_complete(asyncio.sleep(0.005))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        number = self.connections
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while (seen := await _read(reader, number)) is not None:
                    self.seen.append(seen)
                    out = Out(writer)
                    if not await self._answer(seen, out, reader) or not out.keep:
                        break
        except asyncio.CancelledError:
            pass
        finally:
            self.open -= 1
            writer.transport.abort()

    async def _answer(self, seen: Seen, out: Out, reader: asyncio.StreamReader) -> bool:
        """Whether the script ended before the caller left."""
        work = asyncio.ensure_future(self.reply(seen, out))
        left = asyncio.ensure_future(_left(reader, 0.002 * max(1.0, self.open / 20)))
        done, _ = await asyncio.wait({work, left}, return_when=asyncio.FIRST_COMPLETED)
        for task in (work, left):
            task.cancel()
        if work in done:
            with contextlib.suppress(ConnectionError):
                await work
            return True
        self.aborted += 1
        return False


async def _left(reader: asyncio.StreamReader, pause: float) -> None:
    """Return when the caller closed the connection; what it sent meanwhile stays unread."""
    while not reader.at_eof() and reader.exception() is None:
        await asyncio.sleep(pause)


async def _read(reader: asyncio.StreamReader, connection: int) -> Seen | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *rows = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ", 2)
    headers = {}
    for row in rows:
        name, _, value = row.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(method, target, headers, body, connection, head)


# ------------------------------------------------------------------ usual answers


def completion(text: str = "hello", model: str = "m", **more: Any) -> dict[str, Any]:
    """A chat completion as servers give it."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": model,
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
        **more,
    }


def delta(finish: str | None = None, model: str = "m", **delta: Any) -> dict[str, Any]:
    """A chunk of a streamed chat completion."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


ROLE = delta(role="assistant", content="")


def deltas(*texts: str) -> list[dict[str, Any]]:
    """The chunks of an answer: role, texts, end."""
    return [ROLE, *(delta(content=text) for text in texts), delta(finish="stop")]


async def friendly(seen: Seen, out: Out) -> None:
    """A server that answers everything, streamed or whole."""
    if seen.target.endswith("/models"):
        await out.json({"object": "list", "data": [{"id": "m", "object": "model"}]})
    elif seen.json.get("stream"):
        await out.events(*deltas("hel", "lo"))
    else:
        await out.json(completion(model=seen.json.get("model", "m")))
