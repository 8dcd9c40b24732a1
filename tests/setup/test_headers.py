"""The cache of headers: quick the second time, and never wrong because of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_router.setup import headers
from model_router.setup.gguf import GgufError
from model_router.setup.headers import FILE, Headers, cache_path, facts_from
from model_router.setup.inventory import Inventory
from tests.support.fake_home import FakeHome, put
from tests.support.gguf_files import chat_gguf, safetensors

Take = Callable[..., Inventory]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths whose headers are really read."""
    found: list[str] = []
    real = headers._read

    def read(path: str, size: int) -> Any:
        found.append(os.path.basename(path))
        return real(path, size)

    monkeypatch.setattr(headers, "_read", read)
    return found


def filled(fake: FakeHome) -> None:
    fake.gpt4all("a.gguf", chat_gguf("a", arch="gemma3", sliding_window=512))
    fake.gpt4all("junk.gguf", b"junk")
    config = {"num_hidden_layers": 2, "num_attention_heads": 4, "head_dim": 8}
    files = {"config.json": json.dumps(config).encode(), "model.safetensors": safetensors({})}
    fake.lmstudio("acme/s", files)


def test_the_second_scan_reads_no_header(fake: FakeHome, inventory: Take, reads: list[str]) -> None:
    """And finds the same, errors included."""
    filled(fake)
    first = inventory()
    assert sorted(reads) == ["a.gguf", "junk.gguf", "model.safetensors"]
    reads.clear()
    assert inventory() == first
    assert reads == []


def test_a_changed_file_is_read_again(fake: FakeHome, inventory: Take, reads: list[str]) -> None:
    """Size or time of change: either will do."""
    path = fake.gpt4all("a.gguf", chat_gguf("old"))
    inventory()
    put(path, chat_gguf("new"))
    os.utime(path, ns=(1, 12345))
    reads.clear()
    assert inventory().models[0].facts.name == "new"
    assert reads == ["a.gguf"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", '{"version": 1}', '{"version": 1, "files": []}', '{"version": 99}',
     "[" * 100_000],
)  # fmt: skip
def test_a_broken_cache_is_as_good_as_none(fake: FakeHome, inventory: Take, text: str) -> None:
    """It is read over and written anew."""
    filled(fake)
    first = inventory()
    [path] = fake.home.rglob(FILE)
    path.write_text(text)
    assert inventory() == first
    assert set(json.loads(path.read_text())) == {"version", "files"}


def test_broken_rows_are_read_again(fake: FakeHome, inventory: Take) -> None:
    """Any row that is not as we write it counts for nothing."""
    filled(fake)
    first = inventory()
    [path] = fake.home.rglob(FILE)
    cache = json.loads(path.read_text())
    broken: list[Any] = [None, [], {}, {"stamp": 1}]
    for number, key in enumerate(cache["files"]):
        cache["files"][key] = broken[number % 4] if number else {
            **cache["files"][key], "file": {"facts": {"attention": {"kv_heads": "no"}}}
        }  # fmt: skip
    path.write_text(json.dumps(cache))
    assert inventory() == first


def test_the_cache_is_the_users_alone(fake: FakeHome, inventory: Take) -> None:
    """It names files, so nobody else may read it; nothing half-written is left."""
    filled(fake)
    inventory()
    [path] = fake.home.rglob(FILE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [FILE]


def test_a_cache_that_cannot_be_written(fake: FakeHome, inventory: Take) -> None:
    """The scan goes on without it."""
    filled(fake)
    fake.environ["XDG_CACHE_HOME"] = str(put(fake.home / "file", b"") / "below")
    assert inventory().models


@pytest.mark.parametrize(
    ("system", "environ", "path"),
    [
        ("linux", {}, "/h/.cache/model-router"),
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/model-router"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "/h/.cache/model-router"),
        ("darwin", {}, "/h/Library/Caches/model-router"),
        ("windows", {"LOCALAPPDATA": "/l"}, "/l/model-router/Cache"),
    ],
)
def test_where_the_cache_lies(system: str, environ: dict[str, str], path: str) -> None:
    """Each system's own place; a relative path counts for nothing, as the standard says."""
    assert cache_path("/h", environ, system) == f"{path}/{FILE}"


def test_errors_are_remembered(tmp_path: Path) -> None:
    """A file that cannot be read raises the same each time."""
    path = put(tmp_path / "junk.gguf", b"junk")
    rows = Headers(None)
    for _ in range(2):
        with pytest.raises(GgufError, match="does not begin"):
            rows.of(str(path))


def test_facts_survive_json() -> None:
    """All fields, the layers of attention among them."""
    from dataclasses import asdict

    from model_router.setup.found import Attention, ModelFacts

    facts = ModelFacts(name="x", attention=Attention((1, 0), 2, 3, 4, (True, False), 5, 6, 7))
    assert facts_from(json.loads(json.dumps(asdict(facts)))) == facts
