"""init: what is found, what is written, what is never replaced; and the three-minute path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.proxies import Proxy
from tests.support.upstreams import Out, Seen, Upstream, friendly

NAMES = ("qwen3:0.6b", "qwen3:4b", "qwen3:14b", "qwen2.5-coder:7b")


async def ollama(seen: Seen, out: Out) -> None:
    """A server in Ollama's shape."""
    if seen.target.endswith("/models"):
        rows = [{"id": name, "object": "model", "owned_by": "library"} for name in NAMES]
        await out.json({"object": "list", "data": rows})
    elif seen.json["model"] not in NAMES:
        await out.json({"error": {"message": "model not found", "code": None}}, 404)
    else:
        await friendly(seen, out)


@pytest.fixture
def server() -> Any:
    """That server, running."""
    with Upstream(ollama) as found:
        yield found


def test_the_three_minute_path(run: Any, tmp_path: Path, server: Upstream) -> None:
    """As the README says it: init, doctor, then the proxy answers with each role's model."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    said = next(row for row in readme.splitlines() if row.startswith("$ model-router init"))
    result = run(*said.split()[2:], "--base-url", server.url)
    assert result.exit_code == 0, result.output
    assert "model-router-proxy" in result.stderr
    folder = tmp_path / "router"
    assert run("validate-proxy-config").exit_code == 0
    assert run("validate-config").exit_code == 0
    checked = run("doctor")
    assert checked.exit_code == 0, checked.output
    text = (folder / "routing_proxy.yaml").read_text()
    with Proxy(folder, text) as proxy:
        first = proxy.chat("rewrite this text")
        second = proxy.chat("fix the repo and run tests")
    assert first.json["model"] == "qwen3:0.6b"
    assert second.json["model"] == "qwen2.5-coder:7b"


def test_files_are_not_replaced(run: Any, tmp_path: Path, server: Upstream) -> None:
    """A second run writes nothing; --force replaces and keeps a copy."""
    words = ("init", "--preset", "ollama", "--base-url", server.url, "--yes")
    assert run(*words).exit_code == 0
    path = tmp_path / "router" / "routing_proxy.yaml"
    path.write_text("mine: true\n")
    result = run(*words)
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert path.read_text() == "mine: true\n"
    assert run(*words, "--force").exit_code == 0
    assert (tmp_path / "router" / "routing_proxy.yaml.bak").read_text() == "mine: true\n"


def test_nothing_is_half_written(run: Any, tmp_path: Path, server: Upstream) -> None:
    """One file in the way stops both."""
    folder = tmp_path / "router"
    folder.mkdir()
    (folder / "routing_proxy.yaml").write_text("mine: true\n")
    words = ("init", "--preset", "ollama", "--base-url", server.url, "--yes")
    assert run(*words).exit_code == 2
    assert not (folder / "model_router.yaml").exists()


def test_a_server_that_does_not_run(run: Any, tmp_path: Path) -> None:
    """Where usual names are known they are written; else the model has to be said."""
    url = ("--base-url", "http://127.0.0.1:1/v1", "--yes")
    assert run("init", "--preset", "ollama", *url).exit_code == 0
    refused = run("init", "--preset", "lmstudio", *url, "--force")
    assert refused.exit_code == 1
    assert "--model NAME" in refused.stderr
    assert run("init", "--preset", "lmstudio", *url, "--force", "--model", "x").exit_code == 0
    assert '"x"' in (tmp_path / "router" / "routing_proxy.yaml").read_text()


def test_what_runs_is_found(run: Any, server: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --preset the first that answers is taken; without any the presets are told."""
    from model_router import backend_kinds

    usual = dict(backend_kinds.KINDS)
    for kind in ("ollama", "lmstudio", "llamacpp", "vllm"):
        row = usual[kind]._replace(base_url="http://127.0.0.1:1/v1")
        monkeypatch.setitem(backend_kinds.KINDS, kind, row)
    nothing = run("init", "--yes")
    assert nothing.exit_code == 1
    assert "--preset" in nothing.stderr
    row = usual["lmstudio"]._replace(base_url=server.url)
    monkeypatch.setitem(backend_kinds.KINDS, "lmstudio", row)
    data = json.loads(run("init", "--yes", "--json").stdout)
    assert data["schema"] == "model-router/init/1"
    assert data["preset"] == "lmstudio"
    assert data["models"]["reasoning_local"] == "qwen3:14b"


def test_from_the_environment(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service whose key is set, and the key itself is never written."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert run("init", "--from-env", "--yes").exit_code == 1
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    assert run("init", "--from-env", "--yes").exit_code == 0
    text = (tmp_path / "router" / "routing_proxy.yaml").read_text()
    assert "kind: anthropic" in text
    assert "sk-secret" not in text


def test_nobody_to_ask(run: Any, server: Upstream) -> None:
    """Without a terminal and without --yes nothing is written, and no traceback."""
    result = run("init", "--preset", "ollama", "--base-url", server.url)
    assert result.exit_code == 2
    assert "--yes" in result.stderr


def test_a_mistyped_preset(run: Any) -> None:
    """The nearest is told."""
    result = run("init", "--preset", "olama", "--yes")
    assert result.exit_code == 2
    assert "did you mean ollama?" in result.stderr
