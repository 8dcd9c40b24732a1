"""Machines to set up: nothing on them, models of one program, or a server that runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from model_router.catalog import load_catalog
from model_router.catalog.availability import availability_report
from model_router.proxy.load import load_proxy_config
from model_router.router import ModelRouter
from tests.support.fake_home import put
from tests.support.gguf_files import chat_gguf
from tests.support.texts import README
from tests.support.upstreams import Out, Seen, Upstream, friendly

NAMES = ("qwen3:0.6b", "qwen3:4b", "qwen3:14b", "qwen2.5-coder:7b", "qwen2.5vl:7b")

NOWHERE = "http://127.0.0.1:1/v1"
"""Nobody listens there."""

ASKED = ("ollama", "lmstudio", "llamacpp", "vllm")


def silent(*running: str) -> tuple[str, ...]:
    """Flags with which no server is asked but those of the kinds `running`."""
    kinds = [kind for kind in ASKED if kind not in running]
    return tuple(word for kind in kinds for word in ("--base-url", f"{kind}={NOWHERE}"))


SILENT = silent()
"""No server of the machine that runs the tests is asked."""

MACHINE = ("--ram", "24", "--vram", "0")
"""What is advised does not depend on the machine that runs the tests."""


async def ollama(seen: Seen, out: Out) -> None:
    """A server in Ollama's shape with five models."""
    if seen.target.endswith("/models"):
        rows = [{"id": name, "object": "model", "owned_by": "library"} for name in NAMES]
        await out.json({"object": "list", "data": rows})
    elif seen.method != "POST":
        await out.json({"error": "not found"}, 404)
    elif seen.json["model"] not in NAMES:
        await out.json({"error": {"message": "model not found", "code": None}}, 404)
    else:
        await friendly(seen, out)


@contextmanager
def running() -> Iterator[tuple[Upstream, tuple[str, ...]]]:
    """That server, and the flags with which a setup finds it and no other."""
    with Upstream(ollama) as server:
        yield server, ("--base-url", f"ollama={server.url}", *silent("ollama"))


def lmstudio_home(home: Path) -> None:
    """Three models as LM Studio keeps them."""
    models = home / ".lmstudio" / "models"
    for repo, size in (("lab/Small-1B-GGUF", 1), ("lab/Big-14B-GGUF", 2), ("lab/Coder-7B-GGUF", 3)):
        name = repo.split("/")[1].removesuffix("-GGUF")
        put(models / repo / f"{name}-Q4_K_M.gguf", chat_gguf(name, data=bytes([size])))


def holds(folder: Path) -> ModelRouter:
    """Both files load, and every prompt goes to an engine that exists and is on; the router."""
    config = load_proxy_config(str(folder / "routing_proxy.yaml"), environ={})
    catalog = load_catalog(str(folder / "model_router.yaml"))
    assert config.router_config == str(folder / "model_router.yaml")
    assert set(config.engine_backends) == set(catalog.engines) - {"human_confirm"}
    off = availability_report(catalog)
    router = ModelRouter(catalog, availability_report=off)
    for prompt in README:
        assert router.route_fast(prompt) in catalog.engines.keys() - off.keys()
    assert router.route_fast("drop the production database") == "human_confirm"
    return router
