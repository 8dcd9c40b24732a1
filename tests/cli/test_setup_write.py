"""setup write: what it writes on each kind of machine, and what it never replaces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_router.catalog.availability import availability_report
from model_router.router import ModelRouter
from tests.support.fake_home import FakeHome, put
from tests.support.gguf_files import chat_gguf
from tests.support.setups import MACHINE, SILENT, holds, lmstudio_home, running
from tests.support.texts import README

Written = dict[str, Any]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHome:
    """An empty home that the command takes for the user's."""
    fake = FakeHome(tmp_path / "machine")
    monkeypatch.setenv("HOME", str(fake.home))
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME", "OLLAMA_MODELS", "LLAMA_CACHE"):
        monkeypatch.delenv(name, raising=False)
    return fake


def written(run: Any, *words: str, servers: tuple[str, ...] = SILENT) -> Written:
    """What `setup write --json` prints."""
    result = run("setup", "write", "--json", *servers, *MACHINE, *words)
    assert result.exit_code == 0, result.output
    data: Written = json.loads(result.stdout)
    assert data["schema"] == "model-router/setup-write/1"
    return data


def test_nothing_installed(run: Any, home: FakeHome, tmp_path: Path) -> None:
    """Downloads that fit are named at once, and what is missing is said command by command."""
    data = written(run)
    router = holds(tmp_path / "router")
    wanted = README | {"generate an image of a router dashboard": "human_confirm"}
    assert {prompt: router.route_fast(prompt) for prompt in README} == wanted
    states = {row["route"]: row["state"] for row in data["routes"]}
    assert states.pop("image_generation") == "person"
    assert set(states.values()) == {"waiting"}
    assert any(row.startswith("model-router setup download --repo-id") for row in data["to_do"])


def test_a_download_beside_what_is_here(run: Any, home: FakeHome, tmp_path: Path) -> None:
    """It is off, and its route falls back, until its files are there."""
    home.ollama("qwen3:4b", chat_gguf("qwen3:4b"))
    written(run)
    catalog = holds(tmp_path / "router").catalog
    waiting = [one for one in catalog.engines.values() if one.availability.required_paths]
    assert [one.name for one in waiting] == ["multimodal_vision"]
    assert list(availability_report(catalog)) == ["multimodal_vision"]
    for path in waiting[0].availability.required_paths:
        put(Path(path.replace("~", str(home.home), 1)), b"GGUF")
    assert availability_report(catalog) == {}
    router = ModelRouter(catalog, availability_report=availability_report(catalog))
    assert router.route_fast("extract text from this screenshot") == "multimodal_vision"


def test_only_ollama_s_models(run: Any, home: FakeHome, tmp_path: Path) -> None:
    """They are served by Ollama, which is still to be started."""
    for name in ("qwen3:4b", "qwen3:14b", "qwen2.5-coder:7b"):
        home.ollama(name, chat_gguf(name))
    data = written(run)
    router = holds(tmp_path / "router")
    assert router.route_fast("fix the repo and run tests") == "code_agent"
    assert router.catalog.engines["code_agent"].model == "qwen2.5-coder:7b"
    assert {row["note"] for row in data["routes"][:4]} == {"start ollama"}
    assert data["to_do"][0] == "OLLAMA_CONTEXT_LENGTH=32768 ollama serve"
    assert {row["route"]: row["note"] for row in data["routes"]}["vision"] == "to be downloaded"


def test_only_lm_studio_s_models(run: Any, home: FakeHome, tmp_path: Path) -> None:
    """They are served by LM Studio under names that it is still to be asked for."""
    lmstudio_home(home.home)
    data = written(run)
    router = holds(tmp_path / "router")
    assert router.route_fast("summarize these notes") == "balanced_local"
    assert data["to_do"][0] == "lms server start"
    text = (tmp_path / "router" / "model_router.yaml").read_text()
    assert "The name is a guess" in text


def test_a_server_that_runs(run: Any, home: FakeHome, tmp_path: Path) -> None:
    """Nothing is left to do, and every prompt but the drawing finds its own engine."""
    with running() as (server, words):
        data = written(run, servers=words)
        router = holds(tmp_path / "router")
        assert run("doctor").exit_code == 0
        assert run("setup", "verify").exit_code == 0
    assert data["to_do"] == []
    wanted = README | {"generate an image of a router dashboard": "human_confirm"}
    assert {prompt: router.route_fast(prompt) for prompt in README} == wanted
    assert {seen.method for seen in server.seen} == {"GET"}


def test_two_runs_write_the_same(run: Any, home: FakeHome, tmp_path: Path) -> None:
    """And the second changes nothing, so it needs no --force."""
    home.ollama("qwen3:4b", chat_gguf("qwen3:4b"))
    assert len(written(run)["changed"]) == 2
    before = (tmp_path / "router" / "model_router.yaml").read_bytes()
    assert written(run)["changed"] == []
    assert (tmp_path / "router" / "model_router.yaml").read_bytes() == before


def test_files_are_not_replaced(run: Any, home: FakeHome, tmp_path: Path) -> None:
    """The change is shown, and nothing is written; --force keeps what stood there."""
    home.ollama("qwen3:4b", chat_gguf("qwen3:4b"))
    written(run)
    path = tmp_path / "router" / "model_router.yaml"
    path.write_text(path.read_text().replace("qwen3:4b", "mine"))
    kept = path.read_text()
    result = run("setup", "write", *SILENT, *MACHINE)
    assert result.exit_code == 2
    assert '-    model: "mine"' in result.stdout
    assert '+    model: "qwen3:4b"' in result.stdout
    assert "--force" in result.stderr
    assert path.read_text() == kept
    assert not path.with_name("model_router.yaml.bak").exists()
    assert run("setup", "write", *SILENT, *MACHINE, "--force").exit_code == 0
    assert path.with_name("model_router.yaml.bak").read_text() == kept
    assert not path.with_name("routing_proxy.yaml.bak").exists()


def test_nothing_is_half_written(run: Any, home: FakeHome, tmp_path: Path) -> None:
    """A folder in one file's place stops both, also with --force."""
    (tmp_path / "router" / "routing_proxy.yaml").mkdir(parents=True)
    result = run("setup", "write", *SILENT, *MACHINE, "--force")
    assert result.exit_code == 2
    assert not (tmp_path / "router" / "model_router.yaml").exists()


def test_a_dry_run_shows_and_leaves_everything(run: Any, home: FakeHome, tmp_path: Path) -> None:
    """Both files in full."""
    result = run("setup", "write", "--dry-run", *SILENT, *MACHINE)
    assert result.exit_code == 0
    assert "+engines:" in result.stdout
    assert "+backends:" in result.stdout
    assert "nothing was written" in result.stderr
    assert not (tmp_path / "router").exists()


def test_every_route_has_a_flag(run: Any, home: FakeHome, tmp_path: Path) -> None:
    """--use says which model, --base-url where; skip leaves a route to its neighbours."""
    data = written(
        run, "--mode", "mix", "--use", "simple=vllm:tiny", "--base-url",
        "vllm=http://10.0.0.4:8000/v1", "--use", "coding=anthropic:claude-sonnet-4-5",
        *(word for r in ("balanced", "reasoning", "research", "vision", "image_generation")
          for word in ("--use", f"{r}=skip")),
    )  # fmt: skip
    rows = {row["route"]: row for row in data["routes"]}
    assert (rows["simple"]["engine"], rows["simple"]["model"]) == ("fast_local", "tiny")
    assert rows["balanced"]["engine"] == "fast_local"
    assert rows["coding"]["note"] == "ANTHROPIC_API_KEY is not set"
    assert "10.0.0.4" in (tmp_path / "router" / "routing_proxy.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--use", "simple=olama:x"), "did you mean ollama?"),
        (("--use", "simpel=ollama:x"), "did you mean simple?"),
        (("--use", "simple"), "is not ROUTE=KIND:MODEL"),
        (("--use", "simple=openai-compatible:x"), "--base-url openai-compatible=URL"),
        (("--mode", "local", "--use", "simple=anthropic:x"), "the mode is local"),
        (("--base-url", "ollama=ftp://x"), "is not an http or https URL"),
        (("--base-url", "olama=http://x/v1"), "did you mean ollama?"),
        (("--mode", "loca"), "did you mean local?"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_wrong_flag_says_what_would_be_right(
    run: Any, home: FakeHome, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    """Exit code 2, and nothing is written."""
    result = run("setup", "write", "--offline", *MACHINE, *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "router").exists()


def test_hosted_only(run: Any, home: FakeHome, tmp_path: Path, monkeypatch: Any) -> None:
    """The service whose key is set, no key in a file, and nothing local."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    data = written(run, "--mode", "hosted")
    router = holds(tmp_path / "router")
    assert router.route_fast("rewrite this text") == "fast_hosted"
    assert {row["state"] for row in data["routes"][:6]} == {"ready"}
    texts = [path.read_text() for path in (tmp_path / "router").iterdir()]
    assert not any("sk-secret" in text for text in texts)
    assert any("kind: anthropic" in text for text in texts)


def test_offline_asks_nobody(run: Any, home: FakeHome) -> None:
    """Not even a server that runs."""
    with running() as (server, words):
        written(run, "--offline", servers=words)
    assert server.seen == []


@pytest.mark.parametrize("columns", ["40", "80", "100"])
def test_the_summary_fits(
    run: Any, home: FakeHome, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    """No line of it is wider than the terminal, whatever stands in it."""
    monkeypatch.setenv("COLUMNS", columns)
    with running() as (_, words):
        text = run("setup", "write", *words, *MACHINE).stdout
    assert max(map(len, text.splitlines())) <= int(columns)
