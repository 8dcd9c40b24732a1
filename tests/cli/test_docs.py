"""The pages about the command line say what it does."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from model_router.cli import COMMANDS
from model_router.cli.output import ERROR_SCHEMA, FAILURES

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "cli"
JSON_PAGE = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs", ROOT / "scripts" / "build_cli_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_hold_the_real_help() -> None:
    """build_cli_docs.py --check finds nothing to change."""
    words = [sys.executable, str(ROOT / "scripts" / "build_cli_docs.py"), "--check"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_check_notices_a_changed_page(script: Any) -> None:
    """A block that says something else is put right, and the text around it stays."""
    page = "a\n<!-- help: decide -->\nold\n<!-- /help -->\nb\n"
    fixed = script.filled(page, {"decide": "new  \ntext"})
    assert fixed == "a\n<!-- help: decide -->\n```text\nnew\ntext\n```\n<!-- /help -->\nb\n"
    assert script.filled(fixed, {"decide": "new\ntext"}) == fixed


def test_check_notices_a_missing_command(script: Any) -> None:
    """A command that no page shows is named."""
    assert script.missing(["<!-- help: a -->\n<!-- /help -->"], {"a": "", "b c": ""}) == ["b c"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page(name: str) -> None:
    """One page a command, linked from the overview."""
    assert (PAGES / f"{name}.md").is_file()
    assert f"]({name}.md)" in (PAGES / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page names a file that is there."""
    for target in re.findall(r"\]\(([^)#:]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("name", ["decide", "explain", "dispatch-plan"])
def test_example_begins_and_looks_like_the_real_answer(run: Any, name: str) -> None:
    """The page's first example shows the engine and the labels that the command prints."""
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    block = rf'\$ model-router {name} "([^"]+)"\n(.+?)(\n\.\.\.)?\n```'
    found = re.search(block, page, re.DOTALL)
    assert found is not None
    shown, real = found[2].splitlines(), run(name, found[1]).stdout.splitlines()
    assert shown[0] == real[0]
    labels = [line[:8] for line in shown if line[2:3].strip()]
    assert [line[:8] for line in real if line[2:3].strip()][: len(labels)] == labels


def schemas() -> set[str]:
    """Every schema that the sources of the command line and of setup name."""
    folders = (ROOT / "model_router" / name for name in ("cli", "setup"))
    texts = (p.read_text(encoding="utf-8") for folder in folders for p in folder.glob("*.py"))
    found = {name for text in texts for name in re.findall(r'"(model-router/[a-z-]+/\d+)"', text)}
    return found | {ERROR_SCHEMA, "model-router/decide/1"}


def test_every_schema_is_described() -> None:
    """docs/json.md has a section for each schema, and for no other."""
    assert set(re.findall(r"^## (model-router/\S+)$", JSON_PAGE, re.MULTILINE)) == schemas()


def test_every_error_code_is_described() -> None:
    """docs/json.md lists the codes and exit codes of the table in the sources."""
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (\d+) \|", JSON_PAGE, re.MULTILINE))
    table = {row.code: str(row.exit_code) for row in FAILURES.values()}
    assert rows == {code: exit_code for code, exit_code in table.items() if code != "interrupted"}
