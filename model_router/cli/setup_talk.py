"""The wizard's questions on stderr, its answers from standard input."""

from __future__ import annotations

import importlib
import subprocess
import sys

from model_router.cli.layout import wrapped
from model_router.cli.output import CommandError, Output
from model_router.cli.setup_screen import question
from model_router.cli.terminal import is_tty
from model_router.setup.hub import EXTRA, installed
from model_router.setup.questions import YES, Asked
from model_router.setup.wizard import Step

INSTALL = ("-m", "pip", "install", "model-router[download]")
"""What python is run with to add what downloads need."""


class Typist:
    """Somebody at a terminal, or lines from a pipe."""

    def __init__(self, output: Output) -> None:
        self.output = output

    def ask(self, asked: Asked, step: Step, *, everything: bool) -> str | None:
        """Show a question and read a line; None at the end of the input."""
        terminal = self.output.err
        self.output.note("\n".join(question(asked, step, terminal, everything=everything)))
        terminal.write(terminal.paint("> ", "bold"))
        terminal.flush()
        line = sys.stdin.readline()
        if not line or not is_tty(sys.stdin):
            terminal.line()
        return line.rstrip("\r\n") if line else None

    def tell(self, text: str) -> None:
        """Say something between two questions."""
        terminal = self.output.err
        for row in wrapped(terminal.safe(text), terminal.width - 2):
            self.output.note(f"  {terminal.paint(row, 'yellow')}")

    def act(self, name: str, value: str) -> None:
        """Install what downloads need, when that was the answer."""
        if name == "extra" and value == YES:
            install(self.output)


def typist(output: Output) -> Typist:
    """Who is asked. Raises CommandError when nobody can be."""
    stdin = sys.stdin
    if stdin is None or stdin.closed or (is_tty(stdin) and not output.err.is_tty):
        raise CommandError("there is nobody to ask", "give --yes to take the usual answers")
    return Typist(output)


def install_command() -> str:
    """The command that adds what downloads need, as it is shown; "" when nothing is missing."""
    return "" if installed() else EXTRA


def install(output: Output) -> None:
    """Run that command with this Python; what it says goes to stderr."""
    output.err.flush()
    done = subprocess.run([sys.executable, *INSTALL], stdout=2, check=False)
    importlib.invalidate_caches()
    if done.returncode:
        output.warn("that did not work; everything but downloads goes on without it")
