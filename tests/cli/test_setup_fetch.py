"""The wizard's downloads: chosen, fetched from a hub on loopback, and then in use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_router.catalog import load_catalog
from model_router.catalog.availability import availability_report
from model_router.router import ModelRouter
from tests.support.fake_home import FakeHome
from tests.support.gguf_files import chat_gguf
from tests.support.hub import COMMIT, Hub, Repo, sha256
from tests.support.setups import SILENT
from tests.support.terminals import Terminal

pytest.importorskip("pexpect")
pytest.importorskip("huggingface_hub")

BESIDE = ("--use", "reasoning=ollama:other")
"""Something else that can take the work, so that a download waits for its files."""
NAME, FILE = "acme/fix-GGUF", "fix-Q4_K_M.gguf"
BODY = chat_gguf("Fix 4B", data=b"\1" * 50_000)


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub with one model."""
    with Hub({NAME: Repo({FILE: BODY})}) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> FakeHome:
    """An empty home."""
    return FakeHome(tmp_path)


@pytest.fixture
def listed(tmp_path: Path) -> tuple[str, ...]:
    """A list of models that has that one, for two routes."""
    row = {
        "id": "fix", "name": "Fix", "family": "fix", "format": "gguf", "quantisation": "Q4_K_M",
        "parameters": 500_000, "context": 65_536, "kv_bytes_per_token": 2, "evidence": ["test"],
        "added": "2026-11-20", "roles": {"fast": 40, "coding": 50},
        "sources": [{"repo": NAME, "revision": COMMIT, "files": [
            {"path": FILE, "size": len(BODY), "sha256": sha256(BODY)}]}],
    }  # fmt: skip
    evidence = {"test": {"what": "a test", "date": "2026-11-20"}}
    path = tmp_path / "mine.yaml"
    path.write_text(
        json.dumps({"schema": 1, "version": "test", "evidence": evidence, "models": [row]})
    )
    return ("--model-catalog", str(path), *SILENT)


def routed(home: FakeHome, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where a simple prompt goes with the written catalog."""
    monkeypatch.setenv("HOME", str(home.home))
    catalog = load_catalog(str(home.home / ".model-router" / "model_router.yaml"))
    router = ModelRouter(catalog, availability_report=availability_report(catalog))
    return router.route_fast("rewrite this text")


def test_fetched_and_then_in_use(
    home: FakeHome, hub: Hub, listed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row comes on once the file is there, and only the server is left to start."""
    terminal = Terminal(home, *listed, HF_ENDPOINT=hub.url)
    code, said = terminal.answers(*[""] * 9, "2").end()
    assert code == 0, said
    assert "1 files are here and verified" in said or "1 file is here and verified" in said
    assert routed(home, monkeypatch) == "fast_local"
    last = said[said.rindex("next:") :]
    assert "llama-server -m ~/.cache/huggingface/hub/models--acme--fix-GGUF" in last
    assert "setup download" not in last


def test_nothing_is_fetched_unasked(
    home: FakeHome, hub: Hub, listed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enter leaves it for later: the hub was not asked, and the row is off."""
    code, said = Terminal(home, *listed, *BESIDE, HF_ENDPOINT=hub.url).answers(*[""] * 10).end()
    assert code == 0
    assert hub.seen == []
    assert routed(home, monkeypatch) == "reasoning_local"
    assert "setup download --repo-id fix --execute" in said[said.rindex("next:") :]


def test_another_file_than_promised(
    home: FakeHome, hub: Hub, listed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is kept, so the row stays off, and the exit code says so."""
    hub.corrupt = True
    words = (*listed, *BESIDE, "--download", "--yes")
    code, said = Terminal(home, *words, HF_ENDPOINT=hub.url).end()
    assert code == 1
    assert "is not the file it should be" in said
    assert routed(home, monkeypatch) == "reasoning_local"
