"""A fast OpenAI-shaped server for benchmark_proxy.py: canned answers, no parsing of bodies.

    python scripts/benchmark_upstream.py PORT

A body that asks for a stream says in `seed` how many chunks it wants and how many milliseconds
between them, as `chunks * 1000 + milliseconds`.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import cast

import httptools

_SEED = re.compile(rb'"seed": ?(\d+)')
_ANSWER = json.dumps({
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "hello world"}}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
}).encode()  # fmt: skip
PLAIN = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    % len(_ANSWER)
    + _ANSWER
)
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def _event(delta: dict[str, str]) -> bytes:
    row = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
           "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}  # fmt: skip
    return _chunk(b"data: " + json.dumps(row).encode() + b"\n\n")


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


TOKEN = _event({"content": "token "})
LAST = _chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"


class Upstream(asyncio.Protocol):
    """One connection: every request is answered once its body is there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpRequestParser(self)
        self._body: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, data: bytes) -> None:
        """Keep a piece of the body."""
        self._body.append(data)

    def on_message_complete(self) -> None:
        """Answer."""
        body = b"".join(self._body)
        self._body.clear()
        found = _SEED.search(body) if b'"stream": true' in body else None
        if found is None:
            self._transport.write(PLAIN)
            return
        chunks, milliseconds = divmod(int(found[1]), 1000)
        self._transport.write(STREAM)
        self._next(chunks, milliseconds / 1000)

    def _next(self, left: int, pause: float) -> None:
        if self._transport.is_closing():
            return
        if not left:
            self._transport.write(LAST)
            return
        self._transport.write(TOKEN)
        asyncio.get_running_loop().call_later(pause, self._next, left - 1, pause)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(
        Upstream, "127.0.0.1", port, backlog=4096
    )
    await server.serve_forever()


def run(work: object) -> None:
    """Run a coroutine on uvloop where it is installed."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)  # type: ignore[arg-type]
    else:
        uvloop.run(work)  # type: ignore[arg-type]


if __name__ == "__main__":
    run(_serve(int(sys.argv[1])))
