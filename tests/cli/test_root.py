"""The root: lazy commands, help, version, and how every run ends."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from typing import Any

import click
import pytest
from click.testing import CliRunner

from model_router import __version__
from model_router.cli import COMMANDS, main
from model_router.cli.help import NARROW
from model_router.cli.root import ended, root
from model_router.cli.session import Session


def every_command() -> Iterator[tuple[str, ...]]:
    """The words of each command and each command of a group."""
    ctx = click.Context(root)
    for name in COMMANDS:
        yield (name,)
        command = root.get_command(ctx, name)
        if isinstance(command, click.Group):
            yield from ((name, child) for child in command.list_commands(ctx))


@pytest.mark.parametrize("words", [(), *every_command()], ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_help(run: Any, words: tuple[str, ...], flag: str) -> None:
    """Each command's help renders, shows how it is written, and ends with 0."""
    result = run(*words, flag)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: {' '.join(('model-router', *words))} ")
    assert result.stderr == ""


@pytest.mark.parametrize("words", [(), *every_command()], ids=" ".join)
def test_every_command_takes_the_common_options(run: Any, words: tuple[str, ...]) -> None:
    """--json, --color and --debug are everywhere."""
    text = run(*words, "--help").stdout
    assert all(f"  {option}" in text for option in ("--json", "--color", "--debug"))


@pytest.mark.parametrize("name", COMMANDS)
def test_table_says_what_the_command_says(name: str) -> None:
    """The table's names are those of the commands, and its sentences are short."""
    command = root.get_command(click.Context(root), name)
    assert command is not None
    assert command.name == name
    assert len(COMMANDS[name][2]) <= 50
    assert COMMANDS[name][2].endswith(".")


def test_narrow_help_stacks_options(run: Any) -> None:
    """On a narrow terminal what an option does stands below it, whole words and all."""
    for width in (40, NARROW - 1):
        text = run("decide", "--help", env={"COLUMNS": str(width)}).stdout
        assert "  --local-only\n        Only engines on this" in text


def test_version(run: Any) -> None:
    """--version is one short line."""
    assert run("--version").stdout == f"model-router {__version__}\n"


def test_nothing_given_prints_help(run: Any) -> None:
    """Without a command the help goes to stderr and the code is 2."""
    result = run()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: model-router ")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("decid", "did you mean decide?"),
        ("validate", "did you mean validate-config?"),
        ("zzz", "allowed: decide, "),
        ("fix the repo", 'did you mean model-router decide "fix the repo"?'),
    ],
)
def test_unknown_command_gets_the_nearest(run: Any, typed: str, meant: str) -> None:
    """A mistyped command, and a prompt without one, are told what to write."""
    result = run(typed)
    assert result.exit_code == 2
    assert meant in result.stderr


def test_unknown_option_gets_the_nearest(run: Any) -> None:
    """A mistyped option is told the nearest and where the help is."""
    result = run("decide", "--jsn", "hi")
    assert result.exit_code == 2
    assert "--json" in result.stderr
    assert "run `model-router decide --help`" in result.stderr


class Broken:
    """Makes routers that raise."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __call__(self, path: str | None) -> Any:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code"), [(KeyError("x"), 1), (KeyboardInterrupt(), 130), (OSError(5, "I/O"), 2)]
)
def test_errors_of_any_kind_end_in_words(error: BaseException, code: int) -> None:
    """Whatever a command raises, a message and an exit code come out, no traceback."""
    result = CliRunner().invoke(root, ["decide", "hi"], obj=Session(open_router=Broken(error)))
    assert result.exit_code == code
    assert "Traceback" not in result.output


def test_debug_shows_the_traceback() -> None:
    """--debug prints the traceback above the message, before or after the command's name."""
    for words in (["--debug", "decide", "hi"], ["decide", "hi", "--debug"]):
        result = CliRunner().invoke(root, words, obj=Session(open_router=Broken(KeyError("x"))))
        assert result.stderr.startswith("Traceback")
        assert "error: unexpected KeyError" in result.stderr


@pytest.mark.parametrize(
    ("words", "painted"),
    [
        (["--color", "always", "nope"], True),
        (["decide", "--color=always", "--nope"], True),
        (["--color", "never", "nope"], False),
        (["nope", "--color"], False),
    ],
)
def test_colour_of_errors(words: list[str], painted: bool) -> None:
    """--color counts for errors as well, however it is written."""
    result = CliRunner().invoke(root, words, color=True)
    assert ("\x1b[31merror:\x1b[0m" in result.stderr) is painted


def test_json_flag_inside_a_prompt_is_no_flag() -> None:
    """Words after -- do not switch the form of an error."""
    session = Session(open_router=Broken(KeyError("x")))
    result = CliRunner().invoke(root, ["decide", "--", "--json"], obj=session)
    assert result.stdout == ""
    result = CliRunner().invoke(root, ["decide", "--json", "--", "x"], obj=session)
    assert json.loads(result.stdout)["error"]["code"] == "internal"


def test_reader_that_went_away_is_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    """A broken pipe ends quietly with 1."""

    def call() -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model_router.cli.root.muffle", lambda: None)
        assert ended(call, []) == 1
    assert capfd.readouterr().err == ""


def test_main_returns_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    """`main` is what console scripts call: it takes words and returns a number."""
    assert main(["--version"]) == 0
    assert main(["nope"]) == 2
    assert capsys.readouterr().out == f"model-router {__version__}\n"
