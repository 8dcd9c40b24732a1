"""How a run ends: messages, hints, codes, JSON."""

from __future__ import annotations

import io
import json

import click
import pytest

from model_router.cli.output import (
    FAILURES,
    CommandError,
    Output,
    as_json,
    error_object,
    failure_of,
    message_of,
)
from model_router.errors import MissingExtraError, RequestError, RouterConfigError


def output(**environ: str) -> tuple[Output, io.StringIO, io.StringIO]:
    streams = io.StringIO(), io.StringIO()
    return Output(*streams, environ=environ), *streams


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (CommandError("x"), "usage", 2),
        (CommandError("x", code="file"), "file", 2),
        (CommandError("x", exit_code=1), "usage", 1),
        (RouterConfigError("x"), "config_invalid", 1),
        (RequestError("x"), "request_invalid", 2),
        (MissingExtraError("x"), "extra_missing", 1),
        (click.BadParameter("x"), "usage", 2),
        (click.NoSuchOption("--x"), "usage", 2),
        (click.FileError("x"), "file", 2),
        (click.Abort(), "interrupted", 130),
        (KeyboardInterrupt(), "interrupted", 130),
        (PermissionError(13, "Permission denied", "/x"), "file", 2),
        (MemoryError(), "memory", 1),
        (RecursionError("deep"), "internal", 1),
        (KeyError("x"), "internal", 1),
    ],
)
def test_each_error_has_its_code(error: BaseException, code: str, exit_code: int) -> None:
    """One table gives every exception its code and its exit code, by the nearest class."""
    failure = failure_of(error)
    assert (failure.code, failure.exit_code) == (code, exit_code)


def test_own_hint_comes_before_the_tables() -> None:
    """What an error knows itself is better than what is true of its kind."""
    assert failure_of(RequestError("x", "write a list")).hint == "write a list"
    assert failure_of(RequestError("x")).hint == FAILURES["RequestError"].hint


def test_messages_are_sentences() -> None:
    """Neither a class name nor an errno stands where a reason is known."""
    assert message_of(PermissionError(13, "Permission denied", "/x")) == "Permission denied (/x)"
    assert message_of(click.BadParameter("no")) == "Invalid value: no"
    assert message_of(ValueError("odd")) == "unexpected ValueError: odd"


def test_error_for_people() -> None:
    """Two lines on stderr, nothing on stdout."""
    out, stdout, stderr = output()
    assert out.fail(CommandError("it is wrong", "do it right")) == 2
    assert stdout.getvalue() == ""
    assert stderr.getvalue() == "error: it is wrong\nhint: do it right\n"


def test_error_as_json() -> None:
    """One object on stdout, nothing on stderr."""
    out, stdout, stderr = output()
    out.json = True
    error = CommandError("it is wrong", "do it right")
    out.fail(error)
    expected = {"error": error_object(error), "schema": "model-router/error/1"}
    assert json.loads(stdout.getvalue()) == expected
    assert stderr.getvalue() == ""


def test_interrupt_is_one_word() -> None:
    """An interrupted run says so, in no form of ours."""
    out, stdout, stderr = output()
    out.json = True
    assert out.fail(KeyboardInterrupt()) == 130
    assert (stdout.getvalue(), stderr.getvalue()) == ("", "interrupted\n")


def test_traceback_only_with_debug() -> None:
    """Without --debug an unexpected error is two lines that say how to see more."""
    quiet, _, stderr = output()
    quiet.fail(KeyError("x"))
    assert "Traceback" not in stderr.getvalue()
    assert "--debug" in stderr.getvalue()
    loud, _, stderr = output(MODEL_ROUTER_DEBUG="1")
    loud.fail(KeyError("x"))
    assert stderr.getvalue().startswith("KeyError")


def test_debug_variable_can_say_no() -> None:
    """MODEL_ROUTER_DEBUG=0 is off."""
    assert output(MODEL_ROUTER_DEBUG="0")[0].debug is False


def test_control_characters_in_messages_are_escaped() -> None:
    """An error that repeats a file's name cannot steer the terminal."""
    out, _, stderr = output()
    out.fail(CommandError("\x1b[2Jgone", "a\x07b"))
    assert stderr.getvalue() == "error: \\x1b[2Jgone\nhint: a\\x07b\n"


def test_colours_on_words_only() -> None:
    """With colour the words error, hint and warning are painted, the text is not."""
    out, _, stderr = output(FORCE_COLOR="1")
    out.warn("careful")
    out.fail(CommandError("wrong", "right"))
    assert stderr.getvalue() == (
        "\x1b[33mwarning:\x1b[0m careful\n\x1b[31merror:\x1b[0m wrong\n\x1b[36mhint:\x1b[0m right\n"
    )


def test_json_is_sorted_and_ascii() -> None:
    """The same data gives the same bytes in every locale."""
    assert as_json({"b": "ö", "a": 1}) == '{\n  "a": 1,\n  "b": "\\u00f6"\n}'


def test_full_disk_is_an_error_in_words() -> None:
    """A stream that cannot be written to ends with a reason, not a traceback."""

    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    stderr = io.StringIO()
    out = Output(Full(), stderr, environ={})
    with pytest.raises(OSError, match="No space") as caught:
        out.print_json({})
    assert out.fail(caught.value) == 2
    assert stderr.getvalue().startswith("error: No space left on device\n")
