"""Servers that run here: told apart, asked at once, never waited for long."""

from __future__ import annotations

import asyncio
import json
from time import monotonic
from typing import Any

import pytest

from model_router.setup.running import PLACES, Place, running_servers
from tests.support.upstreams import Out, Seen, Upstream

ANSWERS: dict[str, dict[str, Any]] = {
    "ollama": {
        "/v1/models": {"data": [{"id": "qwen3:8b", "owned_by": "library"}, {"id": "big:cloud"}]},
        "/api/tags": {"models": [
            {"name": "qwen3:8b", "size": 5_000_000_000,
             "details": {"family": "qwen3", "parameter_size": "8.2B",
                         "quantization_level": "Q4_K_M"}},
            {"name": "big:cloud", "size": 300, "remote_host": "https://elsewhere"},
            {"name": 7}, "junk",
        ]},
    },
    "lmstudio": {
        "/v1/models": {"data": [{"id": "loaded-4b"}]},
        "/api/v0/models": {"data": [
            {"id": "loaded-4b", "type": "vlm", "arch": "gemma3", "quantization": "4bit",
             "max_context_length": 131072, "capabilities": ["tool_use"]},
            {"id": "text-embed", "type": "embeddings"},
        ]},
    },
    "llamacpp": {"/v1/models": {"data": [{"id": "/m/a.gguf", "owned_by": "llamacpp"}]}},
    "localai": {"/v1/models": {"data": [{"id": "gpt-4"}]}, "/version": {"version": "v3.7"}},
    "other": {"/v1/models": {"data": [{"id": "x"}]}},
    "vllm": {"/v1/models": {"data": [{"id": "acme/m", "owned_by": "vllm"}]}},
}  # fmt: skip


def serving(name: str) -> Any:
    """A server in the shape of the one that is named."""

    async def reply(seen: Seen, out: Out) -> None:
        answer = ANSWERS[name].get(seen.target)
        await out.json({} if answer is None else answer, 404 if answer is None else 200)

    return reply


def asked(url: str, *kinds: str, seconds: float = 2.0) -> Any:
    found = running_servers([Place(url, kinds)], seconds)()
    return found[0] if found else None


@pytest.mark.parametrize(
    ("name", "kinds", "kind"),
    [
        ("ollama", ("ollama",), "ollama"),
        ("lmstudio", ("lmstudio",), "lmstudio"),
        ("llamacpp", ("llamacpp", "localai"), "llamacpp"),
        ("localai", ("llamacpp", "localai"), "localai"),
        ("other", ("llamacpp", "localai"), "openai-compatible"),
        ("vllm", ("vllm",), "vllm"),
    ],
)
def test_servers_are_told_apart(name: str, kinds: tuple[str, ...], kind: str) -> None:
    """By port, and where two share one by what they say."""
    with Upstream(serving(name)) as server:
        found = asked(server.url, *kinds)
    first = ANSWERS[name]["/v1/models"]["data"][0]["id"]
    assert (found.kind, found.base_url, found.models[0]) == (kind, server.url, first)
    assert found.problem is None


def test_ollama_tells_more() -> None:
    """Sizes and quantisation of each model, and which run elsewhere."""
    with Upstream(serving("ollama")) as server:
        found = asked(server.url, "ollama")
    local, cloud = found.offers
    assert (local.name, local.size_bytes, local.local) == ("qwen3:8b", 5_000_000_000, True)
    assert (local.facts.parameters, local.facts.quantisation) == (8_200_000_000, "Q4_K_M")
    assert (cloud.name, cloud.size_bytes, cloud.local) == ("big:cloud", 0, False)


def test_lm_studio_tells_more() -> None:
    """Models that are not loaded, what they can, and their context."""
    with Upstream(serving("lmstudio")) as server:
        found = asked(server.url, "lmstudio")
    seeing, embedding = found.offers
    assert found.models == ("loaded-4b", "text-embed")
    assert (seeing.facts.vision, seeing.facts.tools, seeing.facts.context) == (True, True, 131072)
    assert embedding.facts.kind == "embedding"


def test_nobody_there() -> None:
    """A closed port is no server, and no error."""
    with Upstream(serving("vllm")) as server:
        url = server.url
    assert asked(url, "vllm") is None


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b"{}", "needs a token (401)"),
        (500, b"oops", "answers 500 without a list of models"),
        (200, b"<html>", "answers 200 without a list of models"),
    ],
)
def test_servers_that_do_not_tell(status: int, body: bytes, said: str) -> None:
    """It is there, and why it tells nothing is said. No token is looked for."""

    async def reply(seen: Seen, out: Out) -> None:
        assert "authorization" not in seen.headers
        await out.whole(body, status)

    with Upstream(reply) as server:
        found = asked(server.url, "lmstudio")
    assert (found.models, found.problem) == ((), said)


def test_a_server_that_never_ends() -> None:
    """Byte by byte without end: it is given up after a bounded time."""

    async def reply(seen: Seen, out: Out) -> None:
        await out.head(200, ("Content-Length", "1000000"))
        for _ in range(300):
            await out.raw(b" ")
            await asyncio.sleep(0.05)

    with Upstream(reply) as server:
        start = monotonic()
        found = asked(server.url, "vllm", seconds=0.3)
        assert monotonic() - start < 5
    assert found.problem == "does not finish its answer"


def test_all_are_asked_at_once() -> None:
    """Four slow servers take as long as one."""

    async def reply(seen: Seen, out: Out) -> None:
        await asyncio.sleep(0.5)
        await out.json({"data": []})

    with Upstream(reply) as server:
        start = monotonic()
        found = running_servers([Place(server.url, ("vllm",))] * 4, 5.0)()
        assert monotonic() - start < 1.9
    assert len(found) == 4


def test_only_loopback_is_asked() -> None:
    """Every usual place is on this machine."""
    assert {place.base_url.split(":")[1] for place in PLACES} == {"//127.0.0.1"}
    kinds = {kind for place in PLACES for kind in place.kinds}
    assert kinds == {"lmstudio", "ollama", "llamacpp", "localai", "vllm"}


def test_places_are_those_of_the_proxy() -> None:
    """The proxy's table of backends has the same addresses."""
    from model_router.backend_kinds import KINDS

    for place in PLACES:
        for kind in place.kinds:
            assert KINDS[kind].base_url == place.base_url


def test_answers_of_any_form() -> None:
    """Lists where objects are expected, and the other way round."""

    async def reply(seen: Seen, out: Out) -> None:
        body: Any = {"data": [{"id": "m"}]} if seen.target == "/v1/models" else [[{"name": []}]]
        await out.whole(json.dumps(body).encode())

    with Upstream(reply) as server:
        assert asked(server.url, "ollama").models == ("m",)
        assert asked(server.url, "lmstudio").models == ("m",)
        assert asked(server.url, "llamacpp", "localai").kind == "openai-compatible"
