"""Text files of stores that hold anything at all: no store fails for what they say."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_router.setup.inventory import Inventory, take_inventory
from tests.support.fake_home import FakeHome, put
from tests.support.gguf_files import chat_gguf, safetensors

DIGEST = "sha256:" + "0" * 64
TEXTS = st.sampled_from(
    ["", "x", "model", "a\0b", "../../../etc/passwd", "~/x", "\ud800", "x" * 5000, DIGEST,
     "application/vnd.ollama.image.model", "m.gguf", "/", "mmproj", "m-00001-of-00002.gguf"]
)  # fmt: skip
KEYS = st.sampled_from(
    ["layers", "config", "digest", "mediaType", "size", "hash", "files", "name", "type",
     "weight_map", "downloadsFolder", "data_folder", "remote_host", "model_type", "capabilities"]
)  # fmt: skip
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
PLACES = (
    ".ollama/models/manifests/registry.ollama.ai/library/m/latest",
    f".ollama/models/blobs/{DIGEST.replace(':', '-')}",
    ".lmstudio/settings.json",
    ".local/share/Jan/settings.json",
    ".local/share/ramalama/store/huggingface/a/m/refs/latest.json",
    "models/s/config.json",
    "models/s/tokenizer_config.json",
    "models/t/model.safetensors.index.json",
)


def failures(inventory: Inventory) -> list[str]:
    return [line for report in inventory.stores for line in report.problems
            if line.startswith("failed")]  # fmt: skip


@given(st.dictionaries(st.sampled_from(PLACES), ANY, min_size=1), TEXTS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_json_in_any_file(
    tmp_path_factory: pytest.TempPathFactory, bodies: dict[str, Any], pointer: str
) -> None:
    """A problem here and there perhaps, but no store that fails, and no exception."""
    fake = FakeHome(tmp_path_factory.mktemp("any"))
    put(fake.home / "models" / "s" / "model.safetensors", safetensors({"a": [2]}))
    put(fake.home / "models" / "t" / "config.json", "{}")
    put(fake.home / ".lmstudio-home-pointer", pointer.encode("utf-8", "replace"))
    rows = f"model_path: {pointer}\nmmproj_path: {pointer}\n".encode("utf-8", "replace")
    put(fake.home / ".local/share/Jan/data/llamacpp/models/m/model.yml", rows)
    for place, body in bodies.items():
        put(fake.home / place, json.dumps(body))
    found = take_inventory(
        str(fake.home), {}, system="linux", root=str(fake.root), ask=None, cache=False
    )
    assert failures(found) == []


@given(st.sampled_from(PLACES), st.binary(max_size=60))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_in_any_file(
    tmp_path_factory: pytest.TempPathFactory, place: str, body: bytes
) -> None:
    """Nor for what is no JSON."""
    fake = FakeHome(tmp_path_factory.mktemp("any"))
    put(fake.home / place, body)
    found = take_inventory(
        str(fake.home), {}, system="linux", root=str(fake.root), ask=None, cache=False
    )
    assert failures(found) == []


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "x" * 5000, "~nobody/x"])
def test_variables_that_are_no_paths(fake: FakeHome, value: str) -> None:
    """A variable that names no folder is a problem of its store alone."""
    for name in ("HF_HUB_CACHE", "OLLAMA_MODELS", "LLAMA_CACHE", "XDG_CACHE_HOME"):
        fake.environ[name] = value
    fake.gpt4all("m.gguf", chat_gguf("m"))
    found = take_inventory(
        str(fake.home), fake.environ, system="linux", root=str(fake.root), ask=None
    )
    assert failures(found) == []
    assert [model.name for model in found.models] == ["m"]


def test_names_that_are_no_text(fake: FakeHome, inventory: Callable[..., Inventory]) -> None:
    """File names of any bytes are models like others, and the cache remembers them."""
    name = os.fsencode(str(fake.home / "models")) + b"/\xff\xfe.gguf"
    (fake.home / "models").mkdir()
    Path(os.fsdecode(name)).write_bytes(chat_gguf("odd"))
    first = inventory()
    assert [model.facts.name for model in first.models] == ["odd"]
    assert inventory() == first
