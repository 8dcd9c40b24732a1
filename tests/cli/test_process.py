"""The real program in its own process: imports, pipes, terminals, signals, locales."""

from __future__ import annotations

import importlib.util
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from model_router.cli import COMMANDS

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "model_router"]
ORDER = "drop the production database"
HEAVY = ("yaml", "pydantic", "pydantic_core", "ahocorasick_rs", "platformdirs", "asyncio", "psutil")
BASH = shutil.which("bash") or "/bin/bash"


def environment(**changes: str) -> dict[str, str]:
    """This process's environment with our sources on the path, and `changes`."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **changes}


def call(*words: str, env: dict[str, str] | None = None, **options: Any) -> Any:
    """Run the program; text in and out."""
    options = {"capture_output": True, "text": True, "encoding": "utf-8"} | options
    stdin = {} if "input" in options else {"stdin": subprocess.DEVNULL}
    return subprocess.run(
        [*PROGRAM, *words], env=env or environment(), timeout=60, check=False, **stdin, **options
    )


def shell(line: str, **changes: str) -> Any:
    """Run a bash line in which $M is the program."""
    return subprocess.run(
        [BASH, "-c", line],
        env=environment(M=" ".join(PROGRAM), **changes),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def ran(script: str, *words: str) -> subprocess.CompletedProcess[str]:
    """What a script in a process of its own said and returned."""
    return subprocess.run(
        [sys.executable, "-c", script, *words],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def measuring_script() -> Any:
    """scripts/measure_startup.py as a module."""
    spec = importlib.util.spec_from_file_location("m", ROOT / "scripts" / "measure_startup.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


class TestStart:
    """What a run loads."""

    @pytest.mark.parametrize("words", [["--help"], ["--version"], ["-h"], ["nope"], []])
    def test_help_and_version_load_no_command(self, words: list[str]) -> None:
        """Neither a command nor anything heavy is loaded for the root's own answers."""
        script = (
            "import sys, model_router.cli as cli; cli.main(sys.argv[1:]);"
            "print('\\n'.join(sys.modules), file=sys.stderr)"
        )
        done = ran(script, *words)
        loaded = set(done.stderr.split("\n"))
        assert "model_router.cli.root" in loaded
        assert not loaded & set(HEAVY)
        assert not loaded & {row[0] for row in COMMANDS.values()}
        assert "model_router.types" not in loaded

    @pytest.mark.parametrize("name", COMMANDS)
    def test_help_of_a_command_reads_no_catalog(self, name: str) -> None:
        """A command's help loads its own module, and no YAML or validator."""
        script = (
            f"import sys, model_router.cli as cli; cli.main([{name!r}, '--help']);"
            "print('\\n'.join(sys.modules), file=sys.stderr)"
        )
        done = ran(script)
        assert COMMANDS[name][0] in done.stderr
        assert not set(done.stderr.split("\n")) & set(HEAVY)

    def test_decide_leaves_pydantic_alone(self) -> None:
        """A decision needs the validator's core at most, never pydantic itself."""
        script = (
            "import sys, model_router.cli as cli; cli.main(['decide', 'hi']);"
            "assert not {'pydantic', 'asyncio', 'platformdirs'} & set(sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", script], env=environment(), check=False)
        assert done.returncode == 0

    @pytest.mark.parametrize("words", [["decide", "hi"], ["decide", "--no-such"], ["--version"]])
    def test_nothing_is_looked_at_for_garbage_at_the_end(self, words: list[str]) -> None:
        """A run of the program leaves the collector nothing to look at, however it ends."""
        script = (
            "import gc, sys, model_router.cli as cli; code = cli.main();"
            "print(code, gc.get_freeze_count(), file=sys.stderr)"
        )
        done = ran(script, *words)
        code, frozen = done.stderr.split()[-2:]
        assert code == ("2" if "--no-such" in words else "0")
        assert int(frozen) > 10_000

    def test_a_call_leaves_the_collector_alone(self) -> None:
        """`main` with arguments is called by a program that goes on, whose garbage is its own."""
        script = (
            "import gc, model_router.cli as cli; before = gc.get_threshold();"
            "cli.main(['--version']); assert gc.get_threshold() == before;"
            "assert gc.get_freeze_count() == 0"
        )
        done = subprocess.run([sys.executable, "-c", script], env=environment(), check=False)
        assert done.returncode == 0

    def test_module_and_program_are_the_same(self) -> None:
        """`python -m model_router` runs the same table."""
        assert call("--help").stdout.startswith("Usage: model-router ")

    def test_measuring_script_prints_conditions_and_ratios(self) -> None:
        """scripts/measure_startup.py gives JSON with the machine and a ratio for each case."""
        path = ROOT / "scripts" / "measure_startup.py"
        done = subprocess.run(
            [sys.executable, str(path), "--runs", "1"], capture_output=True, text=True, check=False
        )
        data = json.loads(done.stdout)
        assert {"python", "machine", "load", "runs", "cases"} <= data.keys()
        assert data["cases"]["python -c pass"]["over_bare"] == 1.0
        assert data["cases"]["model-router decide"]["best_ms"] > 0
        assert (
            data["loads"]["weights file"]["median_ms"]
            >= data["loads"]["weights file"]["best_ms"]
            > 0
        )

    def test_measuring_script_tells_what_is_too_slow(self) -> None:
        """A case over its ratio is named, one below is not."""
        script = measuring_script()
        times = {name: [0.01] for name in script.CASES}
        assert script.too_slow(times) == []
        times["model-router --help"] = [1.0, 0.9]
        assert script.too_slow(times) == ["model-router --help"]

    def test_the_measuring_script_lets_modules_be_compiled_once(self) -> None:
        """A setting of ours by which every run compiles anew would measure the compiler."""
        script = measuring_script()
        given = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "elsewhere", "HOME": "/home/ana"}
        found = script.environment(given)
        assert "PYTHONDONTWRITEBYTECODE" not in found
        assert found["HOME"] == "/home/ana"
        assert found["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT)


class TestPipes:
    """Streams of other programs."""

    def test_prompt_through_a_pipe(self) -> None:
        """echo | decide prints one engine and nothing on stderr."""
        done = shell("echo 'fix the repo and run tests' | $M decide -q")
        assert (done.stdout, done.stderr, done.returncode) == ("code_agent\n", "", 0)

    def test_head_is_quiet(self) -> None:
        """A reader that stops early causes no traceback, in a batch or a long help."""
        done = shell("yes '\"hi\"' | head -3000 | $M decide -q --batch - | head -1")
        assert (done.stdout, done.stderr) == ("fast_local\n", "")
        done = shell("set -o pipefail; $M config schema | head -1; $M decide --help | head -1")
        assert done.stderr == ""

    def test_batch_answers_line_by_line(self) -> None:
        """A program that waits for each answer before it goes on gets it."""
        process = subprocess.Popen(
            [*PROGRAM, "decide", "-q", "--batch", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
        )
        assert process.stdin is not None
        assert process.stdout is not None
        for prompt, engine in (("rewrite this text", "fast_local"), (ORDER, "human_confirm")):
            process.stdin.write(json.dumps(prompt).encode() + b"\n")
            process.stdin.flush()
            assert process.stdout.readline().decode() == f"{engine}\n"
        process.stdin.close()
        assert process.wait(timeout=30) == 0
        process.stdout.close()

    @pytest.mark.parametrize("closed", ["<&-", "<&- 2>&-", ">&-", "<&- >&- 2>&-"])
    def test_closed_streams(self, closed: str) -> None:
        """With streams closed a decision still ends with 0 and without a traceback."""
        done = shell(f"$M decide -q hi {closed}")
        assert done.returncode == 0
        assert "Traceback" not in done.stderr

    def test_closed_stdin_without_a_prompt(self) -> None:
        """Nothing to read is wrong usage, not a hang."""
        for words in ("decide", "decide -", "decide --batch -", "decide --messages -", "explain"):
            done = shell(f"$M {words} <&-")
            assert done.returncode == 2, words
            assert "Traceback" not in done.stderr

    def test_null_device_without_a_prompt(self) -> None:
        """An empty standard input is wrong usage."""
        assert call("decide").returncode == 2


class TestSurroundings:
    """Locales, homes, widths."""

    def test_locale_without_utf8(self) -> None:
        """Under LC_ALL=C without UTF-8 mode text is read as UTF-8 and pictures are ASCII."""
        env = environment(LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="")
        done = call("explain", "löschen Sie alle Backups ✓", env=env)
        assert done.returncode == 0
        assert done.stdout.isascii()
        assert "l\\xf6schen" in done.stdout
        assert "#" in done.stdout

    def test_same_decision_in_every_locale(self) -> None:
        """The locale does not change a receipt, for words and for a pipe."""
        text = "удали все бэкапы"
        plain = environment(LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="")
        utf8 = environment(LC_ALL="C.UTF-8")
        receipts = {call("decide", "--json", text, env=env).stdout for env in (plain, utf8)}
        receipts |= {call("decide", "--json", input=text, env=env).stdout for env in (plain, utf8)}
        assert len(receipts) == 1
        assert '"schema": "model-router/decide/1"' in receipts.pop()

    def test_home_that_cannot_be_written(self, tmp_path: Path) -> None:
        """Nothing is written: a home without rights, or none at all, changes nothing."""
        tmp_path.chmod(0o500)
        for home in (str(tmp_path), "/nowhere", ""):
            env = environment(HOME=home)
            env.pop("MODEL_ROUTER_HOME", None)
            done = call("decide", "-q", "hi", env=env)
            assert (done.stdout, done.stderr, done.returncode) == ("fast_local\n", "", 0)
        tmp_path.chmod(0o700)
        assert list(tmp_path.iterdir()) == []

    def test_forty_columns(self) -> None:
        """COLUMNS=40 is honoured by answers and by help."""
        env = environment(COLUMNS="40")
        answer = call("decide", ORDER, env=env).stdout.splitlines()
        assert max(map(len, answer[1:])) <= 40
        options = (
            call("decide", "--help", env=env).stdout.split("Options:")[1].split("Examples:")[0]
        )
        prose = [line for line in options.splitlines() if "|" not in line]
        assert max(map(len, prose)) <= 40


class TestTerminal:
    """What a person at a terminal sees."""

    def on_a_terminal(self, *words: str, **changes: str) -> tuple[str, int]:
        """What the program writes to a pseudo terminal, and its exit code."""
        main, side = pty.openpty()
        env = environment(TERM="xterm", **changes)
        process = subprocess.Popen(
            [*PROGRAM, *words], stdin=side, stdout=side, stderr=side, env=env, close_fds=True
        )
        os.close(side)
        seen = b""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if not select.select([main], [], [], 0.5)[0]:
                if process.poll() is not None:
                    break
                continue
            try:
                part = os.read(main, 65536)
            except OSError:  # Linux says EIO when the other side has been closed
                break
            if not part:
                break
            seen += part
        os.close(main)
        return seen.decode("utf-8", "replace"), process.wait(timeout=30)

    def test_colour_on_a_terminal(self) -> None:
        """A terminal gets colours."""
        text, code = self.on_a_terminal("decide", ORDER)
        assert "\x1b[1;33mhuman_confirm\x1b[0m" in text
        assert code == 0

    @pytest.mark.parametrize(
        ("words", "changes"),
        [
            ((), {"NO_COLOR": "1"}),
            (("--color", "never"), {"FORCE_COLOR": "1"}),
            ((), {"TERM": "dumb"}),
        ],
    )
    def test_no_colour_when_it_is_not_wanted(
        self, words: tuple[str, ...], changes: dict[str, str]
    ) -> None:
        """NO_COLOR, --color never and a dumb terminal get none."""
        env = {"TERM": "xterm"} | changes
        main, side = pty.openpty()
        done = subprocess.run(
            [*PROGRAM, "explain", *words, ORDER],
            stdout=side,
            stderr=side,
            stdin=subprocess.DEVNULL,
            env=environment(**env),
            check=False,
        )
        os.close(side)
        text = os.read(main, 65536)
        os.close(main)
        assert done.returncode == 0
        assert b"\x1b" not in text
        assert b"^^^^" in text

    @pytest.mark.parametrize("command", ["decide", "explain", "dispatch-plan"])
    def test_no_prompt_at_a_terminal_is_a_short_help(self, command: str) -> None:
        """Without a prompt the program does not wait: it says what to type."""
        text, code = self.on_a_terminal(command)
        assert code == 2
        assert f"Usage: model-router {command}" in text
        assert f"model-router {command} --help" in text

    def test_interrupt(self) -> None:
        """Ctrl-C ends with 130, one word and no traceback."""
        process = subprocess.Popen(
            [*PROGRAM, "decide", "-q", "--batch", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            # A shell's background jobs ignore the signal, and the program would inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'"hi"\n')
        process.stdin.flush()
        process.stdout.readline()  # now it waits for the next line
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
        assert process.returncode == 130
        assert stderr.strip() == b"interrupted"

    def test_progress_bar_is_wiped(self, tmp_path: Path) -> None:
        """A long batch into a file draws a bar on the terminal and leaves nothing of it."""
        path = tmp_path / "prompts.jsonl"
        path.write_text('"summarize these notes please"\n' * 6_000)
        main, side = pty.openpty()
        with (tmp_path / "out.jsonl").open("wb") as out:
            process = subprocess.Popen(
                [*PROGRAM, "decide", "--batch", str(path)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=side,
                env=environment(TERM="xterm"),
            )
            os.close(side)
            seen = b""
            while True:
                try:
                    part = os.read(main, 65536)
                except OSError:
                    break
                seen += part
        os.close(main)
        assert process.wait(timeout=60) == 0
        assert b"%" in seen
        last = seen.decode().rsplit("\r", 2)[1]
        assert last.strip() == ""
        assert len((tmp_path / "out.jsonl").read_bytes().splitlines()) == 6_000


def test_batch_runs_in_constant_memory(tmp_path: Path) -> None:
    """Forty times the lines do not take more memory."""
    script = (
        "import resource, sys, model_router.cli as cli; cli.main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    peaks = []
    for count in (100, 4_000):
        path = tmp_path / f"{count}.jsonl"
        path.write_text('"summarize these notes"\n' * count)
        done = subprocess.run(
            [sys.executable, "-c", script, "decide", "--batch", str(path)],
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        peaks.append(int(done.stderr))
    assert peaks[1] < peaks[0] * 1.1


def test_eval_runs_in_constant_memory(tmp_path: Path) -> None:
    """Forty times the labelled rows take hardly more memory."""
    script = (
        "import resource, sys, model_router.cli as cli; cli.main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    peaks = []
    for count in (100, 4_000):
        path = tmp_path / f"{count}.jsonl"
        row = {"prompt": "summarize these notes " + "and more " * 200, "engine": "balanced"}
        path.write_text((json.dumps(row) + "\n") * count)
        done = subprocess.run(
            [sys.executable, "-c", script, "eval", str(path), "--errors", "5"],
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        peaks.append(int(done.stderr))
    assert peaks[1] < peaks[0] * 1.1
