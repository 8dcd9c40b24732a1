"""doctor: what it finds, how it ends, and that it tells no key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.proxies import one_backend
from tests.support.upstreams import Out, Seen, Upstream, friendly


def findings(run: Any, folder: Path, text: str, *words: str) -> tuple[int, dict[str, str]]:
    """Exit code, and name: status and fact."""
    path = folder / "p.yaml"
    path.write_text(text)
    result = run("doctor", "--json", "--config", str(path), *words)
    data = json.loads(result.stdout)
    assert data["schema"] == "model-router/doctor/1"
    return result.exit_code, {
        row["name"]: f"{row['status']} {row['fact']}" for row in data["checks"]
    }


def test_all_is_well(run: Any, tmp_path: Path) -> None:
    """A server that answers and has the model."""
    with Upstream(friendly) as server:
        code, found = findings(run, tmp_path, one_backend(server.url, "proxy: {port: 18342}\n"))
    assert code == 0
    assert found["backend a"].startswith("ok")
    assert found["port 18342"].startswith("ok")


def test_a_server_that_is_down(run: Any, tmp_path: Path) -> None:
    """It fails, with the address; --offline does not ask."""
    text = one_backend("http://127.0.0.1:1/v1")
    code, found = findings(run, tmp_path, text)
    assert code == 1
    assert found["backend a"].startswith("fail http://127.0.0.1:1/v1 does not answer")
    code, found = findings(run, tmp_path, text, "--offline")
    assert code == 0
    assert "backend a" not in found


def test_a_model_that_is_not_there(run: Any, tmp_path: Path) -> None:
    """It fails and says which there are."""
    with Upstream(friendly) as server:
        code, found = findings(run, tmp_path, one_backend(server.url, model="absent"))
    assert code == 1
    assert found["backend a"] == "fail does not list absent"


def test_an_odd_server(run: Any, tmp_path: Path) -> None:
    """A list that cannot be read warns, and fails with --strict."""

    async def odd(seen: Seen, out: Out) -> None:
        await out.whole(b"")

    with Upstream(odd) as server:
        text = one_backend(server.url)
        assert findings(run, tmp_path, text)[0] == 0
        assert findings(run, tmp_path, text, "--strict")[0] == 1


def test_keys(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set or not set, and refused or not; never the key."""

    async def refusing(seen: Seen, out: Out) -> None:
        await out.json({}, 401)

    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    with Upstream(refusing) as server:
        text = one_backend(server.url, kind="openrouter")
        _, found = findings(run, tmp_path, text)
        assert found["key of a"] == "fail OPENROUTER_API_KEY is not set"
        monkeypatch.setenv("OPENROUTER_API_KEY", "sk-secret")
        _, found = findings(run, tmp_path, text)
    assert found["key of a"] == "ok OPENROUTER_API_KEY is set"
    assert found["backend a"] == "fail refuses the key (401)"
    assert "sk-secret" not in json.dumps(found)


def test_files_that_cannot_be_used(run: Any, tmp_path: Path) -> None:
    """Problems of the files are findings, not an error of the command."""
    code, found = findings(run, tmp_path, "backend: {}\n")
    assert code == 1
    assert any("did you mean backends?" in fact for fact in found.values())


def test_what_the_log_keeps(run: Any, tmp_path: Path) -> None:
    """A log that others can read, or that keeps prompts, is told."""
    log = tmp_path / "e.jsonl"
    log.write_text("")
    log.chmod(0o644)
    more = "observability: {enabled: true, log_path: e.jsonl, prompt_capture: full}\n"
    _, found = findings(run, tmp_path, one_backend("http://127.0.0.1:1/v1", more), "--offline")
    assert found["rights"].startswith("warn")
    assert found["log"] == "warn keeps prompts: full"


def test_for_people(run: Any, tmp_path: Path) -> None:
    """One line a check, in words."""
    path = tmp_path / "p.yaml"
    path.write_text(one_backend("http://127.0.0.1:1/v1"))
    result = run("doctor", "--config", str(path))
    assert result.exit_code == 1
    assert "FAIL  backend a: http://127.0.0.1:1/v1 does not answer" in result.stdout
