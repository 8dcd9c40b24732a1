"""setup wizard in a real terminal: its modes, its keys, its widths, and no terminal at all."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_home import FakeHome
from tests.support.gguf_files import chat_gguf
from tests.support.setups import MACHINE, NAMES, SILENT, holds, lmstudio_home, running, silent
from tests.support.terminals import PROMPT, WORDS, Terminal, environ
from tests.support.texts import README
from tests.support.upstreams import Upstream

pytest.importorskip("pexpect")

ENTER = ""
NO_IMAGES = README | {"generate an image of a router dashboard": "human_confirm"}
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def home(tmp_path: Path) -> FakeHome:
    """An empty home."""
    return FakeHome(tmp_path)


@pytest.fixture
def server() -> Iterator[tuple[Upstream, tuple[str, ...]]]:
    """A running server with models for every route but the drawing."""
    with running() as found:
        yield found


def folder(home: FakeHome) -> Path:
    """Where both files go."""
    return home.home / ".model-router"


# ------------------------------------------------------------------ four machines, three modes


def test_nothing_installed(home: FakeHome) -> None:
    """Downloads that fit are offered, and what is to be done is said exactly."""
    code, said = Terminal(home, "--no-download", *SILENT).answers(*[ENTER] * 9).end()
    assert code == 0
    assert "To download" in said
    assert "model-router setup download --repo-id" in said
    assert "llama-server -m ~/.cache/huggingface/hub/" in said
    assert said.rstrip().endswith("model-router setup verify")
    holds(folder(home))


def test_only_ollama_s_models(home: FakeHome) -> None:
    """They are offered as what Ollama would serve."""
    for name in NAMES[:4]:
        home.ollama(name, chat_gguf(name))
    code, said = Terminal(home, *SILENT).answers(ENTER, *[ENTER] * 5, "s", "s", ENTER).end()
    assert code == 0
    assert "On this machine" in said
    assert "ollama serve" in said
    router = holds(folder(home))
    assert router.route_fast("fix the repo and run tests") == "code_agent"


def test_only_lm_studio_s_models_and_a_hosted_one(home: FakeHome) -> None:
    """In a mix both stand in one list; each route may take either."""
    lmstudio_home(home.home)
    terminal = Terminal(home, *SILENT, ANTHROPIC_API_KEY="k")
    terminal.answers("mix", ENTER, ENTER, "claude-sonnet-4-5", ENTER, "s", "s", "s", ENTER, ENTER)
    code, said = terminal.end()
    assert code == 0
    assert "Hosted" in said
    router = holds(folder(home))
    assert router.catalog.engines["reasoning_hosted"].location == "hosted"
    assert router.catalog.engines["fast_local"].location == "local"


def test_hosted_only(home: FakeHome) -> None:
    """Nothing local is offered, and no key stands in a file."""
    home.ollama("qwen3:4b", chat_gguf("qwen3:4b"))
    terminal = Terminal(home, *SILENT, OPENAI_API_KEY="sk-secret")
    code, said = terminal.answers("2", *[ENTER] * 8, "q").end()
    assert code == 0
    assert "qwen3:4b" not in said
    assert "Hosted services charge" in said
    assert holds(folder(home)).route_fast("rewrite this text") in ("fast_hosted", "human_confirm")
    assert not any("sk-secret" in path.read_text() for path in folder(home).iterdir())


def test_a_server_that_runs(home: FakeHome, server: tuple[Upstream, tuple[str, ...]]) -> None:
    """It ends with the doctor's checks and an answer for each route."""
    upstream, words = server
    code, said = Terminal(home, *words).answers(*[ENTER] * 9, "2").end()
    assert code == 0
    assert "backend ollama" in said
    assert (
        len(re.findall(r"^  (?:\x1b\[32m)?ok(?:\x1b\[0m)? +\w+, \w+: \S+ answers", said, re.M)) == 6
    )
    router = holds(folder(home))
    assert {prompt: router.route_fast(prompt) for prompt in README} == NO_IMAGES
    sent = [seen.json for seen in upstream.seen if seen.method == "POST"]
    assert [body["model"] for body in sent] == [
        router.catalog.engines[router.route_fast(body["messages"][0]["content"])].model
        for body in sent
    ]
    assert {body["max_tokens"] for body in sent} == {8}


def test_no_request_is_sent_unasked(
    home: FakeHome, server: tuple[Upstream, tuple[str, ...]]
) -> None:
    """Enter does not send one."""
    upstream, words = server
    assert Terminal(home, *words).answers(*[ENTER] * 10).end()[0] == 0
    assert {seen.method for seen in upstream.seen} == {"GET"}


# ------------------------------------------------------------------ keys


def test_back_and_another_answer(home: FakeHome, server: tuple[Upstream, tuple[str, ...]]) -> None:
    """The last answer counts."""
    terminal = Terminal(home, *server[1]).answers(ENTER, ENTER, "b", "qwen3:14b", *[ENTER] * 8)
    assert terminal.end()[0] == 0
    assert holds(folder(home)).catalog.engines["fast_local"].model == "qwen3:14b"


@pytest.mark.parametrize("after", [0, 3, 8])
def test_quit_writes_nothing(
    home: FakeHome, server: tuple[Upstream, tuple[str, ...]], after: int
) -> None:
    """At the first question, in the middle, and at the last."""
    code, said = Terminal(home, *server[1]).answers(*[ENTER] * after, "q").end()
    assert code == 1
    assert "nothing was written" in said
    assert not folder(home).exists()


def test_control_c_and_control_d(home: FakeHome, server: tuple[Upstream, tuple[str, ...]]) -> None:
    """An interrupted wizard ends as every command; an input that ends names the flag."""
    terminal = Terminal(home, *server[1]).answers(ENTER)
    terminal.child.expect(PROMPT)
    terminal.child.sendintr()
    assert terminal.end()[0] == 130
    terminal = Terminal(home, *server[1]).answers(ENTER)
    terminal.child.expect(PROMPT)
    terminal.child.sendeof()
    code, said = terminal.end()
    assert code == 2
    assert "--use simple=KIND:MODEL" in said
    assert not folder(home).exists()


def test_help_and_wrong_answers(home: FakeHome, server: tuple[Upstream, tuple[str, ...]]) -> None:
    """Both say what may be typed, and the question comes again."""
    code, said = Terminal(home, *server[1]).answers(ENTER, "?", "qwen3:4c", "q").end()
    assert code == 1
    assert "Type a number from 1 to" in said
    assert "Did you mean qwen3:4b?" in said


def test_standing_files_need_a_plain_yes(
    home: FakeHome, server: tuple[Upstream, tuple[str, ...]]
) -> None:
    """The change is shown; Enter writes nothing, 2 replaces and keeps a copy."""
    path = folder(home) / "model_router.yaml"
    path.parent.mkdir()
    path.write_text("mine: true\n")
    code, said = Terminal(home, *server[1]).answers(*[ENTER] * 9).end()
    assert (code, path.read_text()) == (1, "mine: true\n")
    assert "-mine: true" in said
    assert Terminal(home, *server[1]).answers(*[ENTER] * 8, "2", ENTER).end()[0] == 0
    assert path.with_name("model_router.yaml.bak").read_text() == "mine: true\n"
    holds(folder(home))


def test_what_is_the_same_needs_no_yes(
    home: FakeHome, server: tuple[Upstream, tuple[str, ...]]
) -> None:
    """Enter all along a second time: nothing would be replaced, so nothing is asked about."""
    assert Terminal(home, "--no-smoke", *server[1]).answers(*[ENTER] * 9).end()[0] == 0
    code, said = Terminal(home, "--no-smoke", *server[1]).answers(*[ENTER] * 9).end()
    assert code == 0
    assert said.count("stays as it is") == 2
    assert "both files stay as they are" in said


# ------------------------------------------------------------------ looks


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("color", [True, False])
def test_it_fits_the_terminal(
    home: FakeHome, server: tuple[Upstream, tuple[str, ...]], columns: int, color: bool
) -> None:
    """No line is wider than the terminal, in colour or without."""
    plain = {} if color else {"NO_COLOR": "1"}
    terminal = Terminal(home, *server[1], columns=columns, **plain)
    code, said = terminal.answers("mix", "?", ENTER, "m", *[ENTER] * 7, "2").end()
    assert code == 0
    assert bool(_ANSI.search(said)) is color
    assert max(map(len, _ANSI.sub("", said).splitlines())) <= columns


def test_names_cannot_steer_the_terminal(home: FakeHome) -> None:
    """A model that is called so is not offered, as no file could hold its name."""

    async def reply(seen: Any, out: Any) -> None:
        await out.json({"data": [{"id": "evil\x1b[2Jname-4b"}, {"id": "good-4b"}]})

    with Upstream(reply) as upstream:
        words = ("--base-url", f"ollama={upstream.url}", *silent("ollama"))
        _, said = Terminal(home, *words).answers(ENTER, "q").end()
    assert "\x1b[2J" not in said
    assert "good-4b" in said
    assert "evil" not in said


# ------------------------------------------------------------------ nobody at a terminal


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def piped(home: FakeHome) -> Run:
    """Run the wizard without a terminal, `typed` on its standard input."""

    def run(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *WORDS, *words], input=typed, env=environ(home), text=True,
            capture_output=True, timeout=60, check=False,
        )  # fmt: skip

    return run


def test_no_terminal_and_no_answers(home: FakeHome, piped: Run) -> None:
    """Nothing is written, and the flag is named."""
    done = piped(*SILENT)
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert not folder(home).exists()


def test_answers_may_be_piped(
    home: FakeHome, piped: Run, server: tuple[Upstream, tuple[str, ...]]
) -> None:
    """A line each; the files are those of the same answers typed."""
    done = piped(*server[1], typed="local\nqwen3:4b\n" + "\n" * 7)
    assert done.returncode == 0, done.stderr
    assert holds(folder(home)).catalog.engines["fast_local"].model == "qwen3:4b"


def test_yes_is_enter_all_along(
    home: FakeHome, piped: Run, server: tuple[Upstream, tuple[str, ...]]
) -> None:
    """--yes, nine times Enter and `setup write` give the same bytes."""
    assert piped("--yes", *server[1]).returncode == 0
    first = {path.name: path.read_bytes() for path in folder(home).iterdir()}
    assert piped(*server[1], "--force", typed="\n" * 9).returncode == 0
    assert {path.name: path.read_bytes() for path in folder(home).iterdir()} == first
    words = [sys.executable, "-m", "model_router", "setup", "write", *MACHINE, *server[1]]
    done = subprocess.run(words, env=environ(home), capture_output=True, check=False)
    assert done.returncode == 0
    assert {path.name: path.read_bytes() for path in folder(home).iterdir()} == first


def test_yes_does_not_replace(
    home: FakeHome, piped: Run, server: tuple[Upstream, tuple[str, ...]]
) -> None:
    """That takes --force."""
    path = folder(home) / "model_router.yaml"
    path.parent.mkdir()
    path.write_text("mine: true\n")
    assert piped("--yes", *server[1]).returncode == 2
    assert path.read_text() == "mine: true\n"
    assert piped("--yes", "--force", *server[1]).returncode == 0


def test_json_and_smoke(
    home: FakeHome, piped: Run, server: tuple[Upstream, tuple[str, ...]]
) -> None:
    """One object with files, routes, checks and what became of the requests."""
    done = piped("--yes", "--json", "--smoke", *server[1])
    data = json.loads(done.stdout)
    assert data["schema"] == "model-router/setup-wizard/1"
    assert [row["ok"] for row in data["smoke"]] == [True] * 6
    assert {row["status"] for row in data["checks"]} == {"ok"}
    assert done.returncode == 0


def test_a_failed_request_fails(home: FakeHome, piped: Run) -> None:
    """The files are written, the exit code says that a model does not answer."""

    async def broken(seen: Any, out: Any) -> None:
        if seen.method == "GET":
            await out.json({"data": [{"id": "m-4b", "owned_by": "library"}]})
        else:
            await out.json({"error": {"message": "out of memory"}}, 500)

    with Upstream(broken) as upstream:
        done = piped("--yes", "--smoke", "--base-url", f"ollama={upstream.url}", *silent("ollama"))
    assert done.returncode == 1
    assert "out of memory" in done.stdout
    assert (folder(home) / "model_router.yaml").exists()
