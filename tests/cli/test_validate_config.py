"""validate-config: every problem, engines, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_router.cli.layout import width_of

EVERY_MISTAKE = Path(__file__).parents[1] / "catalog" / "every_mistake.yaml"
SMALL = """\
engines:
  small: {provider: ollama, model: qwen, max_context: 8192, location: local}
  big:
    provider: openai
    model: gpt
    max_context: 128000
    enabled: %s
    availability: {required_env: [MODEL_ROUTER_NO_SUCH_KEY]}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL % "true")
    return path


def test_packaged_catalog_is_valid(run: Any) -> None:
    """What we ship passes."""
    result = run("validate-config")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].endswith("catalog.yaml: valid")
    assert "  ok   fast_local\n" in result.stdout
    assert "  off  claude_code\n" in result.stdout


def test_every_problem_is_listed_with_its_place(run: Any) -> None:
    """All problems are shown at once: line, path, what is there, what may be."""
    result = run("validate-config", "--config", str(EVERY_MISTAKE), env={"COLUMNS": "100"})
    data = json.loads(run("validate-config", "--json", "--config", str(EVERY_MISTAKE)).stdout)
    assert result.exit_code == 1
    assert len(data["problems"]) >= 30
    assert f"{len(data['problems'])} problems" in result.stdout
    for problem in data["problems"]:
        assert f"line {problem['line']}, {problem['path']}\n" in result.stdout
    assert "did you mean engines?" in result.stdout
    assert 'found "8192"' in result.stdout


def test_unavailable_engine_fails(run: Any, small: Path) -> None:
    """A valid catalog with an enabled engine that cannot be used ends with 1 and says why."""
    result = run("validate-config", "--config", str(small))
    assert result.exit_code == 1
    assert "valid, but 1 enabled engine cannot be used" in result.stdout
    assert "FAIL  big: environment variable MODEL_ROUTER_NO_SUCH_KEY is not set" in result.stdout


def test_disabled_engine_need_not_be_available(run: Any, small: Path) -> None:
    """What is switched off is not looked for."""
    small.write_text(SMALL % "false")
    assert run("validate-config", "--config", str(small)).exit_code == 0


def test_available_engine_passes(run: Any, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable set all is well, and its value is not printed."""
    monkeypatch.setenv("MODEL_ROUTER_NO_SUCH_KEY", "sk-secret")
    result = run("validate-config", "--config", str(small))
    assert result.exit_code == 0
    assert "sk-secret" not in result.output


def test_remarks_do_not_fail(run: Any, small: Path) -> None:
    """Remarks are listed and change nothing."""
    small.write_text("name: mine\n" + SMALL % "false")
    result = run("validate-config", "--config", str(small))
    assert result.exit_code == 0
    assert "line 1, name\n    does nothing\n" in result.stdout


def test_json_says_the_same(run: Any, small: Path) -> None:
    """--json holds verdict, remarks and engines."""
    data = json.loads(run("validate-config", "--json", "--config", str(small)).stdout)
    assert data["schema"] == "model-router/validate-config/1"
    assert (data["ok"], data["valid"]) == (False, True)
    assert (data["source"], data["origin"]) == (str(small), "flag")
    rows = {row["name"]: row for row in data["engines"]}
    assert rows["small"]["usable"] is True
    assert rows["big"]["usable"] is False
    assert rows["big"]["reasons"]


def test_origin_is_told(run: Any, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --config the catalog in use is checked: the variable's, then the user's own."""
    monkeypatch.setenv("MODEL_ROUTER_CONFIG", str(small))
    assert json.loads(run("validate-config", "--json").stdout)["origin"] == "MODEL_ROUTER_CONFIG"
    monkeypatch.delenv("MODEL_ROUTER_CONFIG")
    home = small.parent / "router"
    home.mkdir()
    small.rename(home / "model_router.yaml")
    assert json.loads(run("validate-config", "--json").stdout)["origin"] == "user"


def test_working_directory_is_not_looked_at(
    run: Any, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A catalog lying in the working directory is never used."""
    (small.parent / "model_router.yaml").write_text("not: valid")
    monkeypatch.chdir(small.parent)
    assert json.loads(run("validate-config", "--json").stdout)["origin"] == "packaged"


@pytest.mark.parametrize(
    "content", [b"", b"\0\xff", b"- a\n- b\n", b"a: &a [*a]", b"\xff\xfe", b"x"]
)
def test_odd_files_are_problems(run: Any, small: Path, content: bytes) -> None:
    """Whatever the file holds, the answer is a list of problems and 1."""
    small.write_bytes(content)
    result = run("validate-config", "--config", str(small))
    assert result.exit_code == 1
    assert "problem" in result.stdout
    assert "Traceback" not in result.output


def test_folder_and_absent_file_are_problems(run: Any, tmp_path: Path) -> None:
    """A folder and a file that is not there are named."""
    for path in (tmp_path, tmp_path / "absent.yaml"):
        result = run("validate-config", "--config", str(path))
        assert result.exit_code == 1
        # The home folder is written as ~, and here everything is below it.
        assert result.stdout.startswith("~")


@pytest.mark.parametrize("width", [40, 80])
def test_lines_fit(run: Any, width: int) -> None:
    """All but the first line, which holds the path, fit the terminal."""
    result = run("validate-config", "--config", str(EVERY_MISTAKE), env={"COLUMNS": str(width)})
    assert max(map(width_of, result.stdout.splitlines()[1:])) <= width
