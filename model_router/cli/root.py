"""The root command: finds commands without loading them, and ends every run in one way."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import click

from model_router._version import __version__
from model_router.cli import COMMANDS, PROGRAM
from model_router.cli.lazy import LazyGroup, Rows
from model_router.cli.options import common_options
from model_router.cli.output import Output
from model_router.cli.session import Session
from model_router.cli.terminal import columns, muffle

COMPLETE_VARIABLE = "_MODEL_ROUTER_COMPLETE"
HELP_WIDTH = 80

EPILOG = """\b
Examples:
  model-router decide "fix the repo and run tests"
  git diff | model-router decide -q
  model-router explain "drop the production database"

\b
Exit codes:
  0    done; for decide, a decision was made, whatever it is
  1    the answer is no: an invalid catalog, a refused plan
  2    wrong usage, an unknown name, an unreadable file
  3    decide --exit-code: the decision is human_confirm
  4    setup verify: a server does not answer
  5    eval, replay, tune: a figure does not meet its bound
  130  interrupted
"""


class Root(LazyGroup):
    """The group of all commands."""

    rows: ClassVar[Rows] = COMMANDS

    def no_such_command(self, name: str, ctx: click.Context) -> click.UsageError:
        """The error for a name that no command has; a prompt in its place is told apart."""
        error = super().no_such_command(name, ctx)
        if " " in name:
            error.hint = f'did you mean {PROGRAM} decide "{name[:40]}"?'  # type: ignore[attr-defined]
        return error

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = False,
        **extra: Any,
    ) -> Any:
        """Run with `args` and return the exit code, or leave with it in standalone mode."""
        # Passed on as a list: left to itself click expands * and ? of a prompt on Windows.
        words = sys.argv[1:] if args is None else list(args)
        extra.setdefault("terminal_width", min(columns(os.environ, sys.stdout), HELP_WIDTH))
        run = super().main

        def call() -> Any:
            return run(words, PROGRAM, COMPLETE_VARIABLE, standalone_mode=False, **extra)

        code = ended(call, words)
        if standalone_mode:
            sys.exit(code)
        return code


def ended(call: Callable[[], Any], words: Sequence[str]) -> int:
    """Make the call and return its exit code; an error is reported on the way."""
    try:
        code = call()
        _flush()
    except Exception as error:
        return _failed(error, words)
    except KeyboardInterrupt as error:
        return _failed(error, words)
    return code if isinstance(code, int) else 0


def _failed(error: BaseException, words: Sequence[str]) -> int:
    if isinstance(error, OSError) and error.errno == errno.EPIPE:
        muffle()
        return 1
    try:
        code = _report(error, words)
        _flush()
    except OSError:
        muffle()
        return 1
    return code


def _report(error: BaseException, words: Sequence[str]) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    flags = list(words)[: list(words).index("--")] if "--" in words else list(words)
    # Read from the words themselves: an error in an option comes before --json is looked at.
    output = Output()
    output.json = "--json" in flags
    output.debug = output.debug or "--debug" in flags
    output.set_color(_color(flags))
    return output.fail(error)


def _color(flags: Sequence[str]) -> str | None:
    for word, following in zip(flags, [*flags[1:], ""], strict=True):
        if word == "--color":
            return following
        if word.startswith("--color="):
            return word.removeprefix("--color=")
    return None


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()


@click.command(
    cls=Root,
    name=PROGRAM,
    epilog=EPILOG,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
@common_options
@click.pass_context
def root(ctx: click.Context) -> None:
    """Decide which engine takes a request. Nothing is executed, fetched or learned.

    Answers go to stdout, everything else to stderr.
    """
    ctx.ensure_object(Session)
