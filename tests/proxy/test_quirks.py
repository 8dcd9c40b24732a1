"""Servers say the same thing in many ways. Each form here was seen at the one that is named."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.proxies import Proxy, one_backend, several, until
from tests.support.upstreams import ROLE, Out, Seen, Upstream, delta, deltas, friendly

PIXEL = [
    {"type": "text", "text": "what is this?"},
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
]

OVERFLOWS: dict[str, tuple[int, Any]] = {
    "llama.cpp": (400, {"error": {
        "code": 400, "type": "exceed_context_size_error", "n_prompt_tokens": 900, "n_ctx": 512,
        "message": "the request exceeds the available context size, try increasing it"}}),
    "llama.cpp of old": (500, {"error": {
        "code": 500, "type": "server_error",
        "message": "the request exceeds the available context size. try increasing it"}}),
    "llama-cpp-python": (400, {"error": {
        "message": "This model's maximum context length is 512 tokens", "type": "a", "param": "b",
        "code": "context_length_exceeded"}}),
    "vllm": (400, {"object": "error", "code": 400, "type": "BadRequestError",
                   "message": "This model's maximum context length is 4096 tokens."}),
    "lmstudio": (400, {"error": "Trying to keep the first 5000 tokens when context the overflows. "
                                "However, the model is loaded with context length of only 4096"}),
}  # fmt: skip


@pytest.mark.parametrize("name", OVERFLOWS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_context_that_overflows(tmp_path: Path, name: str, stream: bool) -> None:
    """The plan's next engine is asked, and the server is not taken for sick."""
    status, body = OVERFLOWS[name]

    async def full(seen: Seen, out: Out) -> None:
        await out.json(body, status)

    with Upstream(full) as small, Upstream(friendly) as large:
        text = several(fast_local=small.url, balanced_local=large.url)
        with Proxy(tmp_path, text) as proxy:
            for _ in range(4):
                found = proxy.chat("rewrite this text", stream=stream)
                assert found.status == 200
                assert found.headers["x-modelrouter-fallback"] == "true"
            assert proxy.get("/health").json["backends"]["fast_local"] == "closed"
            assert len(small.seen) == 4


async def _error_event(seen: Seen, out: Out) -> None:
    await out.events({"error": {"message": "The number of tokens to keep from the initial prompt "
                                "is greater than the context length"}}, done=False)  # fmt: skip


async def _nothing(seen: Seen, out: Out) -> None:
    await out.events(done=False)


async def _only_roles(seen: Seen, out: Out) -> None:
    await out.events(ROLE, {**delta(), "choices": []})


async def _comments(seen: Seen, out: Out) -> None:
    await out.events(b": keepalive 1/2\n\n", b": keepalive 2/2\n\n", done=False)


@pytest.mark.parametrize("reply", [_error_event, _nothing, _only_roles, _comments])
def test_a_stream_that_never_begins(tmp_path: Path, reply: Any) -> None:
    """LM Studio and llama-cpp-python say 200 and then no word: the next engine answers."""
    with Upstream(reply) as mute, Upstream(friendly) as good:
        text = several(fast_local=mute.url, balanced_local=good.url)
        with Proxy(tmp_path, text) as proxy:
            for _ in range(4):
                found = proxy.chat("rewrite this text", stream=True)
                assert found.status == 200
                assert found.headers["x-modelrouter-engine"] == "balanced_local"
                assert found.body.endswith(b"data: [DONE]\n\n")
            assert proxy.get("/health").json["backends"]["fast_local"] == "closed"


BLIND: dict[str, tuple[int, Any]] = {
    "llama.cpp": (500, {"error": {"code": 500, "type": "server_error",
        "message": "image input is not supported - hint: you may need to provide the mmproj"}}),
    "mlx_lm": (404, {"error": "Only 'text' content type is supported."}),
    "ollama": (500, {"error": {"message": "this model is missing data required for image input"}}),
}  # fmt: skip


@pytest.mark.parametrize("name", BLIND)
def test_a_model_without_eyes(tmp_path: Path, name: str) -> None:
    """What a server says of an image that its model cannot see opens no breaker."""
    status, body = BLIND[name]

    async def blind(seen: Seen, out: Out) -> None:
        await out.json(body, status)

    with Upstream(blind) as server, Proxy(tmp_path, one_backend(server.url)) as proxy:
        for _ in range(4):
            found = proxy.chat(PIXEL)
            assert found.status == status
            assert found.json["error"]["message"]
        assert proxy.get("/health").json["backends"] == {"a": "closed"}
        assert len(server.seen) == 4


MODELS: dict[str, tuple[int, str, bytes]] = {
    "mlx_lm without a cache": (200, "application/json", b""),
    "transformers without a cache": (500, "text/plain", b"Internal Server Error"),
    "a web page": (200, "text/html", b"<html>sign in</html>"),
    "a list": (200, "application/json", b"[1]"),
    "numbers": (200, "application/json", b'{"data": [{"id": 5}, 7, {}]}'),
    "no such path": (404, "text/plain", b"404 page not found"),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_list_of_models_that_is_none(tmp_path: Path, name: str) -> None:
    """A server that cannot say what it has is used all the same."""
    status, kind, body = MODELS[name]

    async def odd(seen: Seen, out: Out) -> None:
        if seen.method == "GET":
            await out.whole(body, status, kind)
        else:
            await friendly(seen, out)

    with Upstream(odd) as server:
        text = one_backend(server.url, breaker_failures=1)
        text = text.replace("interval_seconds: 0", "interval_seconds: 0.02")
        with Proxy(tmp_path, text) as proxy:
            assert until(lambda: len(server.seen) > 3)
            assert proxy.chat().status == 200
            assert proxy.get("/health").json["backends"] == {"a": "closed"}
            assert not [row for row in proxy.said if "failed" in row]
            assert proxy.get("/v1/models").status == 200


def test_names_that_both_lists_have(tmp_path: Path) -> None:
    """llama.cpp says its models twice, in Ollama's form and in OpenAI's: each counts once."""

    async def twice(seen: Seen, out: Out) -> None:
        await out.json({"object": "list", "data": [{"id": "tiny", "meta": {"n_ctx": 512}}],
                        "models": [{"name": "tiny", "model": "tiny"}]})  # fmt: skip

    with Upstream(twice) as server:
        text = one_backend(server.url).replace("interval_seconds: 0", "interval_seconds: 0.02")
        with Proxy(tmp_path, text) as proxy:
            backend = proxy.live.service.backends["a"]
            assert until(lambda: backend.advertised is not None)
            assert backend.advertised == ("tiny",)


ERRORS: dict[str, tuple[int, str, bytes, str]] = {
    "mlx_lm": (400, "application/json", b'{"error": "temperature must be a number"}',
               "temperature must be a number"),
    "llama-cpp-python": (500, "text/plain", b"Internal Server Error", "Internal Server Error"),
    "fastapi": (422, "application/json", b'{"detail": "wrong"}', "wrong"),
    "nothing": (500, "application/json", b"", "the server answered 500"),
    "a page": (503, "text/html", b"<html>busy</html>", "<html>busy</html>"),
    "text in quotes": (400, "application/json", b'"no"', '"no"'),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors_get_the_usual_form(tmp_path: Path, name: str) -> None:
    """Status and words are the server's, the form is the one that clients read."""
    status, kind, body, said = ERRORS[name]

    async def failing(seen: Seen, out: Out) -> None:
        await out.whole(body, status, kind, [("access-control-allow-origin", "*")])

    with Upstream(failing) as server, Proxy(tmp_path, one_backend(server.url)) as proxy:
        found = proxy.chat()
    assert (found.status, found.error["message"]) == (status, said)
    assert found.headers["content-type"] == "application/json"
    assert "access-control-allow-origin" not in found.headers


def test_comments_while_a_prompt_is_read(tmp_path: Path) -> None:
    """mlx_lm counts aloud before it answers: the comments come with the answer."""

    async def counting(seen: Seen, out: Out) -> None:
        await out.events(b": keepalive 1/2\n\n", *deltas("a"), pause=0.01)

    with Upstream(counting) as server, Proxy(tmp_path, one_backend(server.url)) as proxy:
        raw = b"".join(proxy.stream())
    assert raw.startswith(b": keepalive 1/2\n\n")
    assert raw.endswith(b"data: [DONE]\n\n")


def test_usage_on_the_last_chunk(tmp_path: Path) -> None:
    """transformers puts usage beside the finish and says no [DONE]: it passes, and is counted."""
    last = {**delta(finish="stop"), "usage": {"prompt_tokens": 9, "completion_tokens": 3}}

    async def reply(seen: Seen, out: Out) -> None:
        await out.events(ROLE, delta(content="a"), last, done=False)

    with Upstream(reply) as server, Proxy(tmp_path, one_backend(server.url)) as proxy:
        raw = b"".join(proxy.stream())
        assert b"[DONE]" not in raw
        assert json.loads(raw.strip().rpartition(b"data: ")[2]) == last
        told = proxy.get("/metrics").body.decode()
    assert re.search(r'model_router_tokens_total\{backend="a",type="\w+"\} 9\n', told)


def test_a_server_that_is_loading(tmp_path: Path) -> None:
    """llama.cpp answers 503 while it loads: with nobody else to ask, the client is told so."""
    loading = True

    async def reply(seen: Seen, out: Out) -> None:
        if loading:
            error = {
                "error": {"message": "Loading model", "type": "unavailable_error", "code": 503}
            }
            await out.json(error, 503)
        else:
            await friendly(seen, out)

    with Upstream(reply) as server, Proxy(tmp_path, one_backend(server.url)) as proxy:
        found = proxy.chat()
        assert (found.status, found.json["error"]["message"]) == (503, "Loading model")
        loading = False
        assert proxy.chat().status == 200


def test_a_pause_between_requests(tmp_path: Path) -> None:
    """A server that closes idle connections at once costs no request."""

    async def once(seen: Seen, out: Out) -> None:
        await friendly(seen, out)
        await asyncio.sleep(0.02)
        out.hang_up()

    with Upstream(once) as server, Proxy(tmp_path, one_backend(server.url)) as proxy:
        assert [proxy.chat().status for _ in range(10)] == [200] * 10
    assert len(server.seen) == 10
