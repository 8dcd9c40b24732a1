"""`model-router setup wizard`: the questions in a terminal, then files, checks and a first try."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import click

from model_router.cli.help import Command
from model_router.cli.layout import home_as_tilde, labelled
from model_router.cli.options import common_options, pass_session, with_options
from model_router.cli.output import CommandError, Output
from model_router.cli.session import Session
from model_router.cli.setup_options import choosing_options, given_answers, writing_options
from model_router.cli.terminal import is_tty

if TYPE_CHECKING:
    from model_router.cli.doctor import Check
    from model_router.cli.setup_files import Draft
    from model_router.setup.questions import Asked, Known
    from model_router.setup.smoke import Tried
    from model_router.setup.wizard import Ended, Step

SCHEMA = "model-router/setup-wizard/1"

EPILOG = """\b
Examples:
  model-router setup wizard
  model-router setup wizard --yes                    the usual answer to each question
  model-router setup wizard --mode mix --use reasoning=anthropic:claude-sonnet-4-5
  model-router setup wizard --yes --smoke --force

\b
Exit codes:
  0  both files are written
  1  nothing was written, or a request of --smoke failed
  2  wrong usage, nobody to ask, or a file exists and --force was not given
"""


@click.command("wizard", cls=Command, epilog=EPILOG)
@with_options(
    choosing_options,
    writing_options,
    click.option("--yes", is_flag=True, help="Ask nothing: take the usual answers and write."),
    click.option(
        "--install-extra/--no-install-extra",
        default=None,
        help="Whether what downloads need is installed, if it is not.",
    ),
    click.option(
        "--smoke/--no-smoke",
        default=None,
        help="Whether one short request is sent for each route at the end.",
    ),
    click.option(
        "--smoke-timeout",
        type=click.FloatRange(0.1, 3600),
        default=120.0,
        show_default=True,
        help="Seconds for each of them; a model may have to be loaded.",
    ),
    common_options,
)
@pass_session
def wizard(session: Session, /, **options: Any) -> int:
    """Ask what each route shall use, write a catalog and a proxy file, and try them.

    Every question has a flag. Answers can be piped in, one a line.
    """
    return Sitting(session, options).run()


class Typist:
    """Questions on stderr, answers from standard input, a line each."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.installed: int | None = None

    def ask(self, asked: Asked, step: Step, *, everything: bool) -> str | None:
        """Show a question and read a line; None at the end of the input."""
        from model_router.cli.setup_screen import question

        terminal = self.output.err
        terminal.write("".join(f"{row}\n" for row in question(asked, step, terminal, everything=everything)))
        terminal.write(terminal.paint("> ", "bold"))
        terminal.flush()
        line = sys.stdin.readline() if sys.stdin is not None and not sys.stdin.closed else ""
        if not line.endswith("\n") or not is_tty(sys.stdin):
            terminal.line()
        return line.rstrip("\r\n") if line else None

    def tell(self, text: str) -> None:
        """Say something between two questions."""
        from model_router.cli.layout import wrapped

        for row in wrapped(self.output.err.safe(text), self.output.err.width - 2):
            self.output.note(f"  {row}")

    def act(self, name: str, value: str) -> None:
        """Install the extra, when that was the answer."""
        if name == "extra" and value == "yes":
            install(self.output)


def extra_command() -> list[str]:
    """The command that installs what downloads need, into this environment."""
    return [sys.executable, "-m", "pip", "install", "model-router[download]"]


def extra_missing() -> bool:
    """Whether downloads cannot be made for want of huggingface-hub."""
    from importlib.util import find_spec

    return find_spec("huggingface_hub") is None


def install(output: Output) -> bool:
    """Run the command, its output on stderr; whether it worked."""
    done = subprocess.run(extra_command(), stdout=2, check=False)
    if done.returncode:
        output.warn("that did not work; everything but downloads goes on without it")
    return not done.returncode
