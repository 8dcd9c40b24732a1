"""What a model server needs once the files are in the Hugging Face cache. Nothing is run."""

from __future__ import annotations

import shlex

from model_router.setup.downloads import Item
from model_router.setup.hub_cache import snapshot_path

SERVERS = ("llamacpp", "lmstudio", "ollama", "vllm", "mlx")


def via(item: Item, server: str) -> str:
    """Who fetches: `hf` for us, `ollama` for a server that takes nothing from the cache."""
    return "ollama" if server == "ollama" and item.format == "gguf" else "hf"


def next_step(item: Item, server: str, cache: str) -> str:
    """One line: the command that makes `server` use the item, or what stands in its way."""
    place = _place(item, cache)
    if item.kind == "image":
        return f"give it to your image server: {place or 'its place is known once it is pinned'}"
    if server == "ollama":
        return _ollama(item)
    if server in ("vllm", "mlx") and item.format == "gguf":
        return f"{server} does not serve GGUF files well; take safetensors or MLX for it"
    if server == "vllm":
        return _with_revision(f"vllm serve {item.repo}", item)
    if server == "mlx":
        return f"mlx_lm.server --model {item.repo}"
    if place is None:
        return "the command is known once the plan is pinned: add --pin"
    if server == "lmstudio":
        # Without one of its flags `lms import` moves the file out of the cache.
        return f"lms import --symbolic-link {shlex.quote(place)}"
    return f"llama-server -m {shlex.quote(place)}{_eyes(item, cache)}"


def _ollama(item: Item) -> str:
    if item.format != "gguf":
        return "ollama takes GGUF files"
    quant = (item.quantisation or "").removeprefix("UD-")
    return f"ollama pull hf.co/{item.repo}{':' + quant if quant else ''}"


def _with_revision(command: str, item: Item) -> str:
    return f"{command} --revision {item.revision}" if item.revision else command


def _place(item: Item, cache: str) -> str | None:
    """Where the first file of the weights will stand."""
    if item.revision is None:
        return None
    names = [one.path for one in item.files if not one.pattern and "mmproj" not in one.path]
    return snapshot_path(cache, item.repo, item.revision, names[0]) if names else None


def _eyes(item: Item, cache: str) -> str:
    names = [one.path for one in item.files if not one.pattern and "mmproj" in one.path]
    if not names or item.revision is None:
        return ""
    place = snapshot_path(cache, item.repo, item.revision, names[0])
    return f" --mmproj {shlex.quote(place)}"
