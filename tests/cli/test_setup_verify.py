"""setup verify: a config against servers that still have its models, lost one, or are gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import setups
from tests.support.setups import MACHINE, running
from tests.support.upstreams import Out, Seen, Upstream


@pytest.fixture
def server(run: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """A server, and a config that was written for it."""
    with running() as (found, words):
        assert run("setup", "write", *words, *MACHINE).exit_code == 0
        yield found


def verified(run: Any, *words: str) -> tuple[int, dict[str, str]]:
    """The exit code, and how each engine stands."""
    result = run("setup", "verify", "--json", *words)
    data = json.loads(result.stdout)
    assert data["schema"] == "model-router/setup-verify/1"
    assert data["ok"] == (result.exit_code == 0)
    return result.exit_code, {row["engine"]: row["state"] for row in data["engines"]}


def test_all_is_as_it_was(run: Any, server: Upstream) -> None:
    """Every engine's model is listed."""
    code, found = verified(run)
    assert code == 0
    assert set(found.values()) == {"ok"}
    assert "code_agent" in found


def test_a_model_is_gone(run: Any, server: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, with what the server has instead, and the exit code says so."""
    left = tuple(name for name in setups.NAMES if name != "qwen2.5-coder:7b")
    monkeypatch.setattr(setups, "NAMES", left)
    code, found = verified(run)
    assert code == 1
    assert found["code_agent"] == "lost"
    assert found["fast_local"] == "ok"
    shown = run("setup", "verify").stdout
    assert "LOST  code_agent: qwen2.5-coder:7b is not listed any more" in shown
    assert "qwen3:14b" in shown


def test_a_server_is_gone(run: Any, server: Upstream) -> None:
    """Another exit code: the config may still be right."""
    server.stop()
    code, found = verified(run)
    assert code == 4
    assert set(found.values()) == {"silent"}


def test_a_lost_model_counts_for_more_than_a_silent_server() -> None:
    """1 says that something must be changed."""
    from model_router.cli.setup_verify import exit_code

    assert exit_code(["ok", "silent", "lost"]) == 1
    assert exit_code(["ok", "silent", "unknown"]) == 4
    assert exit_code(["ok", "off", "unknown"]) == exit_code([]) == 0


@pytest.mark.parametrize(("status", "state", "code"), [(401, "refused", 1), (500, "unknown", 0)])
def test_other_answers(run: Any, tmp_path: Path, status: int, state: str, code: int) -> None:
    """A key that is refused is wrong; a server without a list leaves it open."""

    async def reply(seen: Seen, out: Out) -> None:
        await out.json({"error": "no"}, status)

    with Upstream(reply) as found:
        words = ("--use", "simple=vllm:m", "--base-url", f"vllm={found.url}", "--offline")
        assert run("setup", "write", *words, *MACHINE).exit_code == 0
        result, states = verified(run)
    assert (result, states["fast_local"]) == (code, state)


def test_llama_cpp_answers_with_what_it_has(run: Any) -> None:
    """Its one model is what it serves under every name."""

    async def reply(seen: Seen, out: Out) -> None:
        await out.json({"data": [{"id": "other.gguf", "owned_by": "llamacpp"}]})

    with Upstream(reply) as found:
        words = ("--use", "simple=llamacpp:m", "--base-url", f"llamacpp={found.url}", "--offline")
        assert run("setup", "write", *words, *MACHINE).exit_code == 0
        _, states = verified(run)
    assert states["fast_local"] == "ok"


def test_what_is_not_downloaded_is_off(run: Any) -> None:
    """Its server is not asked, and nothing is wrong."""
    words = ("--use", "reasoning=ollama:other", *setups.SILENT)
    assert run("setup", "write", *words, *MACHINE).exit_code == 0
    _, found = verified(run)
    assert found.pop("reasoning_local") == "silent"
    assert set(found.values()) == {"off"}
    assert "waits for Qwen" in run("setup", "verify").stdout


def test_a_config_that_cannot_be_used(run: Any, tmp_path: Path) -> None:
    """Every problem is told, in the usual form."""
    path = tmp_path / "bad.yaml"
    path.write_text("backends: {a: {kind: olama}}\n")
    result = run("setup", "verify", "--config", str(path))
    assert result.exit_code == 1
    assert "olama" in result.stderr


def test_no_model_is_loaded(run: Any, server: Upstream) -> None:
    """Lists are asked for, and nothing else."""
    del server.seen[:]
    verified(run)
    assert {seen.target for seen in server.seen} == {"/v1/models"}
