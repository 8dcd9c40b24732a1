"""validate-proxy-config: problems with their places, who serves what, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

GOOD = """\
backends: {a: {kind: openrouter, model: m}}
engine_backends: {fast_local: a, nobody: a}
"""


def test_a_valid_file(run: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """Engines and their backends are listed, remarks too, and keys are not."""
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-secret")
    path = tmp_path / "p.yaml"
    path.write_text(GOOD)
    result = run("validate-proxy-config", "--config", str(path))
    assert result.exit_code == 0
    assert "p.yaml: valid" in result.stdout
    assert "a: m" in result.stdout
    assert "engine_backends.nobody" in result.stdout
    data = json.loads(run("validate-proxy-config", "--json", "--config", str(path)).stdout)
    assert data["schema"] == "model-router/validate-proxy-config/1"
    assert data["backends"][0]["key"] is True
    assert data["backends"][0]["location"] == "hosted"
    assert {"name": "fast_local", "backend": "a", "model": "m"} in data["engines"]
    assert "sk-secret" not in json.dumps(data)


def test_a_wrong_file(run: Any, tmp_path: Path) -> None:
    """Every problem has its line, and the exit code is 1."""
    path = tmp_path / "p.yaml"
    path.write_text("backend: {}\n")
    result = run("validate-proxy-config", "--config", str(path))
    assert result.exit_code == 1
    assert "line 1, backend\n" in result.stdout
    assert "did you mean backends?" in result.stdout
    data = json.loads(run("validate-proxy-config", "--json", "--config", str(path)).stdout)
    assert not data["valid"]
    assert data["engines"] == data["backends"] == []


def test_the_catalog_counts_too(run: Any, tmp_path: Path) -> None:
    """A catalog that cannot be used is a problem of the proxy file that names it."""
    (tmp_path / "c.yaml").write_text("engines: {}\n")
    path = tmp_path / "p.yaml"
    path.write_text(GOOD + "router_config: c.yaml\n")
    result = run("validate-proxy-config", "--config", str(path))
    assert result.exit_code == 1
    assert "c.yaml: 1 problem" in result.stdout


def test_an_absent_file(run: Any) -> None:
    """Without a file the command says how to get one."""
    result = run("validate-proxy-config")
    assert result.exit_code == 1
    assert "model-router init" in result.stdout
