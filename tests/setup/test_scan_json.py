"""A scan as JSON: its form held in a file, and nobody's name in it.

Write the file again with `python -m tests.setup.test_scan_json` from the root of the repository.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from model_router.setup.inventory import take_inventory
from model_router.setup.machine import Probe
from model_router.setup.machine_file import from_json
from model_router.setup.running import Running
from model_router.setup.scan_json import hider, scan_json
from tests.support.fake_home import FakeHome, put
from tests.support.gguf_files import chat_gguf, projector_gguf, safetensors, split_gguf
from tests.support.machines import machine

GOLDEN = Path(__file__).parents[1] / "data" / "setup_scan.json"


def furnished(fake: FakeHome) -> None:
    """One of everything that a scan can meet."""
    model = chat_gguf("Fix 8B", data=b"\x05")
    fake.huggingface("acme/Fix-8B-GGUF", {"Fix-8B-Q4_K_M.gguf": model, "README.md": b"hi"})
    fake.unfinished("acme/Large", 1000)
    fake.ollama("fix:8b", model)
    fake.ollama("far:cloud", None, config={"remote_host": "https://far.example"})
    files = {"See-4B-Q8_0.gguf": chat_gguf("See 4B", arch="gemma3", layers=6, sliding_window=64),
             "mmproj-F16.gguf": projector_gguf()}  # fmt: skip
    fake.lmstudio("acme/See-4B", files)
    fake.llamacpp("acme", "code", "Code-7B-Q8_0.gguf", chat_gguf("Code 7B"))
    fake.jan("acme/Jan-4B", chat_gguf("Jan"))
    fake.gpt4all("nomic-embed-text.gguf", chat_gguf("nomic", arch="nomic-bert"))
    fake.ramalama("huggingface/acme/Rama-3B", "latest", "rama.gguf", chat_gguf("Rama"))
    config = {"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"],
              "num_hidden_layers": 2, "num_attention_heads": 4, "head_dim": 8,
              "quantization": {"bits": 4, "group_size": 64}}  # fmt: skip
    put(fake.home / "models" / "Qwen3-4B-4bit" / "config.json", json.dumps(config))
    put(fake.home / "models" / "Qwen3-4B-4bit" / "model.safetensors", safetensors({"a": [8]}))
    put(fake.home / "models" / "half-00001-of-00002.gguf", split_gguf(2)[0])
    put(fake.home / "models" / "junk.gguf", b"junk")


def scanned(fake: FakeHome) -> Mapping[str, Any]:
    server = Running("ollama", "http://127.0.0.1:11434/v1", True, ("fix:8b", "new:1b"))
    inventory = take_inventory(
        str(fake.home), fake.environ, system="linux", root=str(fake.root),
        ask=lambda: lambda: (server,),
    )  # fmt: skip
    found = replace(machine("amd-strix-halo"), disk_free=Probe(10**12, "file system of the models"))
    return scan_json(found, inventory, str(fake.home), fake.environ)


def text_of(fake: FakeHome) -> str:
    furnished(fake)
    text = json.dumps(scanned(fake), indent=1, sort_keys=True) + "\n"
    return text.replace(str(fake.root), "")


def test_the_form_is_held(fake: FakeHome) -> None:
    """Every value of a scan of one of everything, but for the place of the test itself."""
    assert text_of(fake) == GOLDEN.read_text(encoding="utf-8")


def test_the_second_scan_prints_the_same(fake: FakeHome) -> None:
    """Whether headers are read or remembered."""
    furnished(fake)
    assert scanned(fake) == scanned(fake)


def test_nobody_is_named(fake: FakeHome) -> None:
    """Neither the home nor the user's name is in it, also where models lie elsewhere."""
    disk = fake.root / "media" / "someone" / "disk"
    put(disk / "m.gguf", chat_gguf("m"))
    found = take_inventory(
        str(fake.home), fake.environ, [str(disk), str(fake.home / "gone")], system="linux",
        root=str(fake.root), ask=None,
    )  # fmt: skip
    data = scan_json(machine("wsl"), found, str(fake.home), fake.environ)
    text = json.dumps(data)
    assert "/media/USER/disk/m.gguf" in text
    assert "not_there: ~/gone" in text
    assert "someone" not in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/ann", "~"),
        ("/home/ann/x", "~/x"),
        ("failed: /home/ann/x, and (/home/ann)", "failed: ~/x, and (~)"),
        ("/home/annabel/x", "/home/annabel/x"),
        ("/media/ann/x", "/media/USER/x"),
        ("ann", "ann"),
        ("planner/ann-7b", "planner/ann-7b"),
    ],
)
def test_what_is_hidden(text: str, shown: str) -> None:
    """The home is ~, a folder named after the user is USER, a model's name stays."""
    assert hider("/home/ann", {"USER": "ann"})(text) == shown


def test_nothing_is_hidden_without_a_home() -> None:
    """And root is nobody's name."""
    assert hider("", {})("/x/y") == "/x/y"
    assert hider("/root", {"USER": "root"})("/sys/root/x /root/m") == "/sys/root/x ~/m"


def test_a_scan_is_a_hardware_file(fake: FakeHome) -> None:
    """What it prints is read back as the machine."""
    data = json.loads(json.dumps(scanned(fake)))
    assert from_json(data).accelerators == machine("amd-strix-halo").accelerators


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        GOLDEN.write_text(text_of(FakeHome(Path(folder))), encoding="utf-8")
