"""What a run prints: answers on stdout, everything else on stderr, and errors in one form."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import IO, Any, NamedTuple

from model_router.cli.terminal import Terminal

ERROR_SCHEMA = "model-router/error/1"
DEBUG_VARIABLE = "MODEL_ROUTER_DEBUG"


class Failure(NamedTuple):
    """How a kind of error ends a run: its code in JSON, the exit code, and what to do."""

    code: str
    exit_code: int
    hint: str | None = None


FAILURES: dict[str, Failure] = {
    "CommandError": Failure("usage", 2),
    "RouterConfigError": Failure("config_invalid", 1, "run `model-router validate-config`"),
    "RequestError": Failure("request_invalid", 2, "run the command with --help"),
    "MissingExtraError": Failure("extra_missing", 1),
    "HubError": Failure("download", 1),
    "UsageError": Failure("usage", 2),
    "FileError": Failure("file", 2, "check the path and its rights"),
    "ClickException": Failure("usage", 2),
    "Abort": Failure("interrupted", 130),
    "KeyboardInterrupt": Failure("interrupted", 130),
    "OSError": Failure("file", 2, "check the path and its rights"),
    "MemoryError": Failure("memory", 1, "give less text at a time"),
    "BaseException": Failure("internal", 1, "run it again with --debug for the traceback"),
}
"""By the name of the exception's class, or of the nearest class above it: nothing is imported."""


class CommandError(Exception):
    """A command cannot do what was asked. `code` and `exit_code` differ from usage if given."""

    def __init__(
        self, message: str, hint: str | None = None, *, code: str = "usage", exit_code: int = 2
    ) -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code
        self.exit_code = exit_code


def failure_of(error: BaseException) -> Failure:
    """The row of FAILURES for an error, with the error's own code and hint where it has them."""
    row = next(FAILURES[c.__name__] for c in type(error).__mro__ if c.__name__ in FAILURES)
    hint = getattr(error, "hint", None) or _where_to_look(error) or row.hint
    if isinstance(error, CommandError):
        return Failure(error.code, error.exit_code, hint)
    return row._replace(hint=hint)


def _where_to_look(error: BaseException) -> str | None:
    """For click's usage errors: the command whose help says how it is written."""
    ctx = getattr(error, "ctx", None)
    return f"run `{ctx.command_path} --help`" if ctx is not None else None


def message_of(error: BaseException) -> str:
    """What happened, in one line or a few. An unexpected error is named by its class."""
    if (spoken := getattr(error, "format_message", None)) is not None:
        return str(spoken())
    if isinstance(error, OSError):
        named = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror or error}{named}"
    if failure_of(error).code == "internal":
        return f"unexpected {type(error).__name__}: {error}"
    return str(error)


def error_object(error: BaseException) -> dict[str, Any]:
    """An error as JSON-ready data: code, message, hint."""
    failure = failure_of(error)
    return {"code": failure.code, "hint": failure.hint, "message": message_of(error)}


def as_json(data: Mapping[str, Any]) -> str:
    """`data` as the JSON that every command prints: sorted keys, two spaces, ASCII."""
    import json  # takes 3 ms, which --help need not pay

    return json.dumps(data, indent=2, sort_keys=True)


class Output:
    """Where a run writes to, and how: for people, as JSON, or as little as possible."""

    def __init__(
        self,
        stdout: IO[str] | None = None,
        stderr: IO[str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._streams = (stdout or sys.stdout, stderr or sys.stderr)
        self.environ = os.environ if environ is None else environ
        self.json = False
        self.debug = self.environ.get(DEBUG_VARIABLE, "") not in ("", "0")
        self.set_color(None)

    def set_color(self, flag: str | None) -> None:
        """Take --color: auto, always or never."""
        stdout, stderr = self._streams
        self.out = Terminal(stdout, flag, self.environ)
        self.err = Terminal(stderr, flag, self.environ)

    def print_json(self, data: Mapping[str, Any]) -> None:
        """Print the run's one JSON object."""
        self.out.line(as_json(data))

    def lines(self, rows: list[str]) -> None:
        """Print lines for people."""
        self.out.write("".join(f"{row}\n" for row in rows))

    def note(self, text: str) -> None:
        """Say something on stderr that is not the answer."""
        self._say(text)

    def warn(self, text: str) -> None:
        """Say on stderr that something is wrong, while the run goes on."""
        self._say(self.err.paint("warning:", "yellow") + " " + self._safe(text))

    def fail(self, error: BaseException) -> int:
        """Report an error and return its exit code."""
        failure = failure_of(error)
        if failure.code == "interrupted":
            self._say("interrupted")
            return failure.exit_code
        if self.debug:
            self._traceback(error)
        if self.json:
            self.print_json({"error": error_object(error), "schema": ERROR_SCHEMA})
            return failure.exit_code
        self._say(self.err.paint("error:", "red") + " " + self._safe(message_of(error)))
        if failure.hint:
            self._say(self.err.paint("hint:", "cyan") + " " + self._safe(failure.hint))
        return failure.exit_code

    def _safe(self, text: str) -> str:
        return "\n".join(map(self.err.safe, text.split("\n")))

    def _say(self, text: str) -> None:
        self.err.line(text)

    def _traceback(self, error: BaseException) -> None:
        import traceback

        self.err.write("".join(traceback.format_exception(error)))
