"""`setup download`: plans, questions, refusals, and the real program cut off in the middle."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from model_router.cli.root import root
from model_router.setup.machine_file import to_json
from tests.support.hub import COMMIT, Hub, Repo, sha256
from tests.support.simulated import gpu, machine

ROOT = Path(__file__).parents[2]
NAME = "acme/fix-GGUF"
FILE = "fix-Q4_K_M.gguf"


@pytest.fixture
def hub(body: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that HF_ENDPOINT names."""
    pytest.importorskip("huggingface_hub")
    with Hub({NAME: Repo({FILE: body, "fix-Q8_0.gguf": body * 2})}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


@pytest.fixture
def hardware(tmp_path: Path) -> str:
    """A machine with a 24 GiB card, in a file."""
    path = tmp_path / "hw.json"
    path.write_text(json.dumps({"machine": to_json(machine(64, gpu(24)))}))
    return str(path)


@pytest.fixture
def mine(tmp_path: Path, body: bytes) -> str:
    """A list whose two models the hub has: one pinned, one not."""
    shared = {
        "family": "fix", "format": "gguf", "quantisation": "Q4_K_M", "parameters": 500_000,
        "context": 65_536, "kv_bytes_per_token": 2, "evidence": ["test"], "added": "2026-11-20",
    }  # fmt: skip
    pinned = {"path": FILE, "size": len(body), "sha256": sha256(body)}
    loose = {"match": "*Q8_0.gguf", "size": 2 * len(body)}
    data = {
        "schema": 1, "version": "test",
        "evidence": {"test": {"what": "a test", "date": "2026-11-20"}},
        "models": [
            {**shared, "id": "fix", "name": "Fix", "roles": {"coding": 50, "fast": 40},
             "sources": [{"repo": NAME, "revision": COMMIT, "files": [pinned]}]},
            {**shared, "id": "fix-large", "name": "Fix", "roles": {"reasoning": 50},
             "sources": [{"repo": NAME, "revision": "unknown", "files": [loose]}]},
        ],
    }  # fmt: skip
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps(data))
    return str(path)


def call(*words: str, **options: Any) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(root, ["setup", "download", *words], **options)


def cached(tmp_path: Path) -> list[Path]:
    """Every file under the home folder."""
    return [p for p in (tmp_path / "home").rglob("*") if p.is_file() or p.is_symlink()]


def test_a_plan_asks_nobody_and_writes_nothing(hardware: str, tmp_path: Path) -> None:
    """No hub is needed for it, and nothing appears at home."""
    result = call("--hardware", hardware, env={"HF_ENDPOINT": "http://127.0.0.1:9"})
    assert result.exit_code == 0
    for word in (
        "fetch",
        "license",
        "hf download",
        "--revision",
        "free there",
        "Nothing was fetched",
    ):
        assert word in result.stdout
    assert cached(tmp_path) == []


def test_a_plan_for_a_route(hardware: str) -> None:
    """Only what that route uses."""
    data = json.loads(call("--hardware", hardware, "--route", "simple", "--json").stdout)
    assert data["schema"] == "model-router/setup-download/1"
    assert [row["routes"] for row in data["items"]] == [["simple"]]
    again = call("--hardware", hardware, "--route", "simple", "--route", "simple", "--json")
    assert json.loads(again.stdout)["plan_hash"] == data["plan_hash"]
    assert json.loads(again.stdout)["items"][0]["routes"] == ["simple"]
    assert data["here"]["present"] is False


def test_a_route_that_the_set_leaves_out(hardware: str) -> None:
    """It gets its own best model."""
    words = ("--hardware", hardware, "--route", "image_generation", "--json")
    assert json.loads(call(*words).stdout)["items"][0]["model"] == "z-image-turbo"


def test_what_is_not_pinned_is_not_carried_out(mine: str, hub: Hub) -> None:
    """The list names no commit: --pin is asked for, and the hub was not."""
    result = call("--model-catalog", mine, "--repo-id", "fix-large", "--execute", "--yes")
    assert result.exit_code == 1
    assert "add --pin" in result.stderr
    assert hub.seen == []


def test_pinning_shows_what_the_hub_said(mine: str, hub: Hub, body: bytes) -> None:
    """Commit, path, size and sum stand in the plan; nothing was fetched."""
    result = call("--model-catalog", mine, "--repo-id", "fix-large", "--pin", "--json")
    data = json.loads(result.stdout)
    assert data["pinned"] is True
    assert data["items"][0]["revision"] == COMMIT
    assert data["items"][0]["files"][0]["sha256"] == sha256(body * 2)
    assert hub.bodies() == []


def test_pinned_and_carried_out_in_one_go(mine: str, hub: Hub, tmp_path: Path) -> None:
    """The plan is shown first, with the hash of what is done."""
    result = call("--model-catalog", mine, "--repo-id", "fix-large", "--pin", "--execute", "--yes")
    assert result.exit_code == 0, result.stderr
    assert "fix-Q8_0.gguf" in result.stdout
    assert "1 file is here and verified; fetched now: 1" in result.stderr
    assert any(path.name == "fix-Q8_0.gguf" for path in cached(tmp_path))


def test_a_plan_from_a_file(mine: str, hub: Hub, tmp_path: Path) -> None:
    """What --json printed is carried out as it is; a second run fetches nothing."""
    plan = tmp_path / "plan.json"
    plan.write_text(call("--model-catalog", mine, "--route", "coding", "--json").stdout)
    first = call("--plan", str(plan), "--execute", "--yes", "--json")
    data = json.loads(first.stdout)
    assert data["here"]["verified"] is True
    assert data["plan_hash"] == json.loads(plan.read_text())["plan_hash"]
    hub.seen.clear()
    again = call("--plan", str(plan), "--execute", "--yes")
    assert "fetched now: 0" in again.stderr
    assert hub.seen == []


def test_a_plan_that_was_changed(mine: str, tmp_path: Path) -> None:
    """Refused, with what is wrong."""
    plan = tmp_path / "plan.json"
    text = call("--model-catalog", mine, "--route", "coding", "--json").stdout
    plan.write_text(text.replace(FILE, "other.gguf"))
    result = call("--plan", str(plan), "--execute", "--yes")
    assert result.exit_code == 2
    assert "plan_hash" in result.stderr


@pytest.mark.parametrize("text", ["", "[]", "{}", "\x00", "[" * 100_000])
def test_a_file_that_is_no_plan(tmp_path: Path, text: str) -> None:
    """One clear error, whatever it holds."""
    plan = tmp_path / "plan.json"
    plan.write_text(text)
    result = call("--plan", str(plan))
    assert result.exit_code == 2
    assert "cannot be used" in result.stderr


def test_nobody_to_ask(mine: str, hub: Hub) -> None:
    """Without a terminal --yes is needed; nothing is fetched."""
    result = call("--model-catalog", mine, "--route", "coding", "--execute")
    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert hub.bodies() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--route", "coding", "--repo-id", "x/y"), "do not go together"),
        (("--include", "*.gguf"), "--include belongs to --repo-id"),
        (("--repo-id", "qwen3.5-4"), "did you mean qwen3.5-4b"),
        (("--route", "codding"), "did you mean coding"),
        (("--repo-id", "x/y", "--include", "*.bin"), "names no file that is fetched"),
    ],
)
def test_mistakes(words: tuple[str, ...], said: str) -> None:
    """Wrong usage, with what to do."""
    result = call(*words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_ollama_fetches_by_itself(mine: str) -> None:
    """The plan shows its command; we do not pretend."""
    words = ("--model-catalog", mine, "--route", "coding", "--server", "ollama")
    assert f"ollama pull hf.co/{NAME}:Q4_K_M" in call(*words).stdout
    result = call(*words, "--execute", "--yes")
    assert result.exit_code == 2
    assert "fetches by itself" in result.stderr


def test_gated(mine: str, hub: Hub) -> None:
    """Exit code 1, and where to accept the licence, also as JSON."""
    hub.repos[NAME].gated = True
    result = call("--model-catalog", mine, "--route", "coding", "--execute", "--yes", "--json")
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert error["code"] == "download"
    assert "hf auth login" in error["hint"]


def test_without_the_library(mine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one command that adds it is named; plans still work."""
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    words = ("--model-catalog", mine, "--route", "coding")
    assert call(*words).exit_code == 0
    for more in (("--execute", "--yes"), ("--pin",)):
        given = (*words, *more) if "--pin" not in more else (
            "--model-catalog", mine, "--repo-id", "fix-large", "--pin")  # fmt: skip
        result = call(*given)
        assert result.exit_code == 1
        assert 'pip install "model-router[download]"' in result.stderr


def process(mine: str, hub: Hub, home: Path, **options: Any) -> subprocess.Popen[str]:
    """The real program, carrying out a plan."""
    words = [sys.executable, "-m", "model_router", "setup", "download", "--model-catalog", mine,
             "--route", "coding", "--execute", "--yes"]  # fmt: skip
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home), "HF_ENDPOINT": hub.url}
    return subprocess.Popen(
        words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1), ("", 1)])
def test_a_person_is_asked(mine: str, hub: Hub, tmp_path: Path, answer: str, code: int) -> None:
    """At a terminal, with the size; only a yes fetches."""
    home = tmp_path / "home"
    ours, theirs = os.openpty()
    words = [sys.executable, "-m", "model_router", "setup", "download", "--model-catalog", mine,
             "--route", "coding", "--execute"]  # fmt: skip
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home), "HF_ENDPOINT": hub.url}
    os.write(ours, f"{answer}\n".encode())
    done = subprocess.run(words, stdin=theirs, capture_output=True, text=True, env=env,
                          check=False, timeout=60)  # fmt: skip
    os.close(ours)
    os.close(theirs)
    assert done.returncode == code, done.stderr
    assert "Fetch 0.3 MiB now?" in done.stderr
    assert (FILE in models(home)) is (code == 0)


def test_nothing_fits(hardware: str) -> None:
    """There is no plan, and that is an answer of its own."""
    result = call("--hardware", hardware, "--ram", "4", "--vram", "0")
    assert result.exit_code == 1
    assert "no model of the list fits" in result.stderr


def test_a_repository_of_safetensors(hub: Hub, body: bytes) -> None:
    """Several files are one model there; pickles beside them are left out."""
    hub.repos["acme/st"] = Repo({"model-1.safetensors": body, "model-2.safetensors": body,
                                 "config.json": b"{}", "pytorch_model.bin": body})  # fmt: skip
    result = call("--repo-id", "acme/st", "--include", "*", "--pin", "--json")
    (item,) = json.loads(result.stdout)["items"]
    assert [one["path"] for one in item["files"]] == [
        "config.json", "model-1.safetensors", "model-2.safetensors",
    ]  # fmt: skip


def models(home: Path) -> list[str]:
    """What lies in the blobs and snapshots of a cache and is not named as unfinished."""
    found = [p for p in home.rglob("*") if p.is_file() or p.is_symlink()]
    found = [path for path in found if path.suffix != ".incomplete"]
    return [p.name for p in found if {"blobs", "snapshots"} & set(p.parts)]


def test_an_interrupt_leaves_nothing(mine: str, hub: Hub, tmp_path: Path, body: bytes) -> None:
    """Ctrl-C in the middle of a file: exit code 130, no half file, and the next run succeeds."""
    home = tmp_path / "home"
    hub.hold_at = len(body) // 2
    with process(mine, hub, home) as running:
        assert hub.holding.wait(60)
        running.send_signal(signal.SIGINT)
        _, stderr = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "interrupted" in stderr
    assert "Traceback" not in stderr
    assert models(home) == []
    hub.hold_at = None
    hub.release.set()
    with process(mine, hub, home) as running:
        _, stderr = running.communicate(timeout=60)
    assert running.returncode == 0, stderr
    assert FILE in models(home)


def test_a_disk_that_fills_up(mine: str, hub: Hub, tmp_path: Path, body: bytes) -> None:
    """A real limit on the size of files: one error that names it, and nothing left."""
    home, most = tmp_path / "home", len(body) // 3

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    with process(mine, hub, home, preexec_fn=limited) as running:
        _, stderr = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "the disk is full" in stderr
    assert models(home) == []


def test_help_loads_no_hub() -> None:
    """A plan needs neither the hub's client nor the proxy."""
    code = (
        "import sys\nfrom model_router.cli import main\n"
        "main(['setup', 'download', '--repo-id', 'qwen3.5-4b', '--json'])\n"
        "bad = {'huggingface_hub', 'pydantic_core', 'httpx'} & set(sys.modules)\n"
        "assert not bad, bad\n"
        "assert not [name for name in sys.modules if name.startswith('model_router.proxy')]"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True,
                          check=False, timeout=60)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
