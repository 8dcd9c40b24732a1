"""completion: scripts, and names from the catalog."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest

from model_router.cli.completion import PLACES
from model_router.cli.suggestions import complete_engine, complete_provider

ROOT = Path(__file__).parents[2]
BASH = shutil.which("bash")


def names(words: str, run: Any) -> list[str]:
    """What a shell is told for a line that ends with `words`."""
    typed = ["model-router", *words.split(" ")]
    environ = {
        "_MODEL_ROUTER_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(typed),
        "COMP_CWORD": str(len(typed) - 1),
    }
    result = run(env=environ)
    assert result.exit_code == 0
    return [line.split(",", 1)[1] for line in result.stdout.splitlines() if line]


@pytest.mark.parametrize("shell", sorted(PLACES))
def test_script_is_printed_and_its_place_told(run: Any, shell: str) -> None:
    """The script is the only thing on stdout; stderr says where it goes."""
    result = run("completion", shell)
    assert result.exit_code == 0
    assert "_MODEL_ROUTER_COMPLETE" in result.stdout
    assert result.stderr == PLACES[shell] + "\n"


def test_json(run: Any) -> None:
    """--json holds script and place."""
    data = json.loads(run("completion", "--json", "bash").stdout)
    assert data["schema"] == "model-router/completion/1"
    assert data["script"].strip() == run("completion", "bash").stdout.strip()


@pytest.mark.parametrize("words", [(), ("bsh",), ("bash", "zsh")])
def test_wrong_shell_is_wrong_usage(run: Any, words: tuple[str, ...]) -> None:
    """A shell must be named, and be one of the four."""
    assert run("completion", *words).exit_code == 2


def test_bash_takes_the_script(run: Any) -> None:
    """Bash reads the script without complaint."""
    assert BASH is not None
    script = run("completion", "bash").stdout
    done = subprocess.run([BASH, "-n"], input=script, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("de", ["decide"]),
        ("decide --force-engine code", ["code_agent", "codex"]),
        ("decide --role re", ["reasoning", "research"]),
        ("decide --profile s", ["safe"]),
        ("explain --provider-deny o", ["openai"]),
        ("config mi", ["migrate"]),
        ("completion po", ["powershell"]),
        ("nonsense --x", []),
    ],
)
def test_names_are_completed(run: Any, words: str, expected: list[str]) -> None:
    """Commands, routes, profiles, and engines and providers of the catalog."""
    assert names(words, run) == expected


def test_engines_of_the_catalog_typed_before(run: Any, tmp_path: Path) -> None:
    """With --config on the line its engines are offered."""
    path = tmp_path / "c.yaml"
    path.write_text("engines:\n  mine_alone: {provider: ollama}\n")
    assert names(f"decide --config {path} --force-engine m", run) == ["mine_alone"]


@pytest.mark.parametrize(
    "content", [None, "engines: [", "engines: 3", "- x", "\0", "engines: {1: {}, 'a\x07': 2}"]
)
def test_broken_catalog_offers_nothing(tmp_path: Path, content: str | None) -> None:
    """A catalog that cannot be read gives no names and no error."""
    path = tmp_path / "c.yaml"
    if content is not None:
        path.write_bytes(content.encode())
    command = click.Command("x")
    ctx = click.Context(command)
    ctx.params["config"] = str(path)
    assert complete_engine(ctx, click.Option(["--e"]), "") == []
    assert complete_provider(ctx, click.Option(["--p"]), "") == ["hosted", "local"]
