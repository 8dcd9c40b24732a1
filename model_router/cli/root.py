"""The root command: finds commands without loading them, and ends every run in one way."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import click

from model_router._version import __version__
from model_router.cli import COMMANDS, PROGRAM
from model_router.cli.help import Group
from model_router.cli.options import common_options
from model_router.cli.output import Output
from model_router.cli.session import Session, suggest
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
  5    eval, replay, tune: a figure does not meet its bound
  130  interrupted
"""


class Root(Group):
    """A group whose commands stand in COMMANDS and load when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        row = COMMANDS.get(cmd_name)
        if row is None:
            return None
        command = getattr(import_module(row[0]), row[1])
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            raise _no_such_command(name, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, row[2]) for name, row in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        options = click.Command.shell_complete(self, ctx, incomplete)
        rows = COMMANDS.items()
        return [CompletionItem(n, help=r[2]) for n, r in rows if n.startswith(incomplete)] + options

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


def _no_such_command(name: str, ctx: click.Context) -> click.UsageError:
    hint = suggest(name, COMMANDS)
    if " " in name:
        hint = f'did you mean {PROGRAM} decide "{name[:40]}"?'
    error = click.UsageError(f"there is no command {name[:80]!r}", ctx=ctx)
    error.hint = hint  # type: ignore[attr-defined]
    return error


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
