"""setup scan: what people read, what programs read, and what it never does."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from model_router.cli.inventory_screen import described, inventory_screen, size, uses
from model_router.cli.layout import width_of
from model_router.cli.terminal import Terminal
from model_router.setup import running
from model_router.setup.found import FoundModel, ModelFacts
from model_router.setup.inventory import take_inventory
from model_router.setup.machine import Probe
from tests.setup.test_scan_json import furnished
from tests.support.alone import run_alone
from tests.support.fake_home import FakeHome
from tests.support.gguf_files import chat_gguf
from tests.support.machines import machine
from tests.support.upstreams import Out, Seen, Upstream


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHome:
    """A home of this test's, and nothing of the developer's own."""
    fake = FakeHome(tmp_path)
    monkeypatch.setenv("HOME", str(fake.home))
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "HF_HOME", "HF_HUB_CACHE", "OLLAMA_MODELS",
                 "LLAMA_CACHE"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    return fake


def test_json(run: Any, home: FakeHome) -> None:
    """One object with the machine, the stores and the models."""
    home.gpt4all("m-4B.gguf", chat_gguf("m"))
    result = run("setup", "scan", "--json", "--offline")
    assert (result.exit_code, result.stderr) == (0, "")
    data = json.loads(result.stdout)
    assert set(data) == {"schema", "machine", "models", "reclaimable_bytes", "servers", "stores"}
    assert data["schema"] == "model-router/setup-scan/1"
    assert "m-4B" in [model["name"] for model in data["models"]]
    assert data["servers"] == []


def test_folders_that_are_named(run: Any, home: FakeHome, tmp_path: Path) -> None:
    """--models-dir may be given again; one that is not there is a problem, not an end."""
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.gguf").write_bytes(chat_gguf(name))
    words = [f"--models-dir={tmp_path / name}" for name in ("one", "two", "three")]
    result = run("setup", "scan", "--offline", *words)
    assert result.exit_code == 0
    assert "  one\n" in result.stdout
    assert "  two\n" in result.stdout
    assert "not_there" in result.stdout


def test_running_servers_are_asked(
    run: Any, home: FakeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those on the usual ports; with --offline nobody is."""

    async def reply(seen: Seen, out: Out) -> None:
        await out.json({"data": [{"id": "served-7b", "owned_by": "vllm"}]})

    with Upstream(reply) as server:
        monkeypatch.setattr(running, "PLACES", (running.Place(server.url, ("vllm",)),))
        data = json.loads(run("setup", "scan", "--json").stdout)
        seen = len(server.seen)
        run("setup", "scan", "--json", "--offline")
        assert len(server.seen) == seen
    assert data["servers"] == [
        {"kind": "vllm", "base_url": server.url, "models": ["served-7b"], "problem": None}
    ]
    assert [m["name"] for m in data["models"] if m["server"]] == ["served-7b"]


def test_tools_run_only_when_asked(
    run: Any, home: FakeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither lms nor llama-server is started by default."""
    folder = tmp_path / "bin"
    folder.mkdir()
    log = tmp_path / "log"
    for name in ("lms", "llama-server"):
        tool = folder / name
        tool.write_text(f"#!/bin/sh\necho {name} $@ >> {log}\necho '[]'\n")
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    assert run("setup", "scan", "--offline").exit_code == 0
    assert not log.exists()
    assert run("setup", "scan", "--offline", "--ask-tools").exit_code == 0
    assert sorted(log.read_text().splitlines()) == [
        "llama-server --list-devices", "lms ls --json",
    ]  # fmt: skip


def test_names_in_files_cannot_steer_the_terminal(run: Any, home: FakeHome) -> None:
    """Control characters of a model's name are shown escaped."""
    home.gpt4all("evil\x1b[31m.gguf", chat_gguf("m"))
    out = run("setup", "scan", "--offline").stdout
    assert "\x1b" not in out
    assert "evil\\x1b[31m" in out


def screen(fake: FakeHome, columns: int, color: str = "never") -> list[str]:
    inventory = take_inventory(
        str(fake.home), fake.environ, system="linux", root=str(fake.root), ask=None
    )
    found = replace(machine("amd-strix-halo"), disk_free=Probe(10**12, "x"))
    terminal = Terminal(StringIO(), color, {"COLUMNS": str(columns)})
    return inventory_screen(found, inventory, str(fake.home), terminal)


@pytest.mark.parametrize("columns", [40, 80, 100])
def test_the_screen_fits(tmp_path: Path, columns: int) -> None:
    """No line is longer than the terminal, in any of its widths."""
    fake = FakeHome(tmp_path)
    furnished(fake)
    lines = screen(fake, columns)
    assert max(map(width_of, lines)) <= columns
    assert {"machine", "servers", "to clean up", "problems"} <= set(lines)


def test_colour_only_repeats(tmp_path: Path) -> None:
    """Without it the same words stand there."""
    import re

    fake = FakeHome(tmp_path)
    furnished(fake)
    coloured = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in screen(fake, 80, "always")]
    assert coloured == screen(fake, 80)


def test_an_empty_home(tmp_path: Path) -> None:
    """It says that nothing was found, and has no empty sections."""
    lines = screen(FakeHome(tmp_path), 80)
    assert lines[-1] == "  none found"
    assert "problems" not in lines


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 KiB"), (1, "1 KiB"), (2**20, "1.0 MiB"), (5 * 2**30, "5.0 GiB"), (2**41, "2.0 TiB")],
)
def test_sizes(count: int, shown: str) -> None:
    """Binary units; nothing that is there is shown as nothing."""
    assert size(count) == shown


def test_a_model_in_two_lines() -> None:
    """What it is, and what it is for or why for nothing."""
    facts = ModelFacts(parameters=30_500_000_000, active_parameters=3_300_000_000,
                       quantisation="Q4_K_M", context=262144, tools=True)  # fmt: skip
    model = FoundModel("lmstudio", "m", "gguf", ("/x",), 18 * 2**30, served_as="acme/m",
                       facts=facts, roles=("fast_local",))  # fmt: skip
    assert described(model) == (
        "18.0 GiB, lmstudio, 30.5B (A3.3B), Q4_K_M, 256k context, tools"
    )  # fmt: skip
    assert uses(model) == "for fast_local"
    served = replace(model, server="lmstudio")
    assert uses(served) == "for fast_local; lmstudio serves it as acme/m"
    assert uses(replace(model, incomplete=("1 of 2 shards missing",))) == (
        "not whole: 1 of 2 shards missing"
    )
    assert uses(replace(model, local=False)) == "runs elsewhere: only listed here"
    assert uses(replace(model, roles=(), facts=ModelFacts(kind="embedding"))) == "for embeddings"


def test_the_group_helps_without_loading_its_commands() -> None:
    """`setup --help` reads its table; no command's module is loaded."""
    code = (
        "import io, json, sys\nfrom contextlib import redirect_stdout\n"
        "from model_router.cli import main\n"
        "with redirect_stdout(io.StringIO()):\n    main(['setup', '--help'])\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    loaded = set(run_alone(code))
    assert "model_router.cli.setup" in loaded
    assert not {"model_router.cli.setup_scan", "model_router.setup.inventory"} & loaded


def test_a_scan_loads_nothing_heavy() -> None:
    """As a process: no hub, no HTTP client of others, no validator, no YAML, no psutil."""
    code = (
        "import io, json, sys\nfrom contextlib import redirect_stdout\n"
        "from model_router.cli import main\n"
        "with redirect_stdout(io.StringIO()):\n    main(['setup', 'scan', '--json'])\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    loaded = set(run_alone(code))
    heavy = {"huggingface_hub", "httpx", "pydantic", "psutil", "yaml", "asyncio", "numpy"}
    assert not heavy & loaded


def test_a_wrong_command_is_told_the_right_one(run: Any) -> None:
    """The group knows its commands."""
    result = run("setup", "scann")
    assert result.exit_code == 2
    assert "did you mean scan?" in result.stderr


def test_no_home(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a home folder there is nowhere to look."""
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    result = run("setup", "scan")
    assert (result.exit_code, "no home folder" in result.stderr) == (2, True)
