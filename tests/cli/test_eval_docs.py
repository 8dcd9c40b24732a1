"""docs/eval.md says what the command does."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from model_router.catalog import packaged_catalog_path
from model_router.cli.eval import EPILOG, GATE_CODE
from model_router.hindsight.baselines import FEW_CHARACTERS, MANY_CHARACTERS
from model_router.hindsight.comparison import CLEAR
from model_router.hindsight.gate import HIGHER, LOWER
from model_router.hindsight.labels import KEYS, parse_row
from model_router.types import ROUTES

PAGE = (Path(__file__).parents[2] / "docs" / "eval.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)


def blocks(language: str) -> list[str]:
    return [body for name, body in BLOCKS if name == language]


def test_rows_are_rows() -> None:
    """Each JSON example can be read as rows."""
    short, long = blocks("json")
    for text in (*short.splitlines(), long):
        assert parse_row(json.loads(text), "p", "s").label


def test_example_is_real(run: Any) -> None:
    """The figures of the first example are those of the rows below it."""
    real = run("eval", "-", input=blocks("json")[0]).stdout
    shown = blocks("console")[0].splitlines()[4:-1]
    assert shown
    for line in shown:
        assert f"{line}\n" in real


def test_every_figure_is_described() -> None:
    """The table of figures has each metric of the gate, and which way is better."""
    section = PAGE.split("## Figures")[1].split("On screen")[0]
    for line in section.splitlines():
        for name in re.findall(r"`([a-z0-9_]+)`", line.split("|")[1] if "|" in line else ""):
            assert line.endswith("higher |" if name in HIGHER else "lower |"), name
    for name in (*HIGHER, *LOWER, "f1.ENGINE"):
        assert f"`{name}`" in section, name


def test_every_key_and_route_is_described() -> None:
    """The keys of a row, and the routes that a label may name."""
    for name in (*KEYS, *ROUTES):
        assert f"`{name}`" in PAGE or f"`meta.{name}`" in PAGE, name


def test_numbers_are_those_of_the_code() -> None:
    """Exit codes, thresholds of the length baseline, the bound of a clear difference."""
    assert f"fewer than {FEW_CHARACTERS} characters" in PAGE
    assert f"fewer than {MANY_CHARACTERS} to" in PAGE
    assert f"Under {float(CLEAR)} the verdict" in PAGE
    codes = re.findall(r"^\| (\d) \| (.+) \|$", PAGE, re.MULTILINE)
    assert [int(code) for code, _ in codes] == [0, 1, 2, GATE_CODE]
    assert re.findall(r"^  (\d)  ", EPILOG, re.MULTILINE) == [code for code, _ in codes]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the workflow expects it."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "routing"
    folder.mkdir()
    (folder / "rows.jsonl").write_text(blocks("json")[0], encoding="utf-8")
    catalog = Path(packaged_catalog_path()).read_bytes()
    (folder / "catalog.yaml").write_bytes(catalog)
    (tmp_path / "before.yaml").write_bytes(catalog)
    (tmp_path / "rows.jsonl").write_text(blocks("json")[0], encoding="utf-8")
    return tmp_path


def test_workflow_is_one_and_its_commands_run(run: Any, project: Path) -> None:
    """The workflow is YAML with the usual keys, and its commands do what the page says."""
    workflow, step = (yaml.safe_load(body) for body in blocks("yaml"))
    assert {"name", "jobs", "permissions"} <= workflow.keys()
    steps = workflow["jobs"]["eval"]["steps"]
    runs = [row["run"] for row in (*steps, *step) if "run" in row]
    commands = [
        shlex.split(line)
        for text in runs
        for line in text.splitlines()
        if line.startswith("model-router ")
    ]
    assert len(commands) == 2
    for words in commands:
        result = run(*words[1:])
        assert result.exit_code in (0, GATE_CODE), result.output
    assert (project / "report.html").exists()


def test_shell_examples_run(run: Any, project: Path) -> None:
    """The examples of the page use options that there are."""
    for body in blocks("sh"):
        words = shlex.split(body.replace("\\\n", " "))
        assert run(*words[1:]).exit_code in (0, GATE_CODE)
