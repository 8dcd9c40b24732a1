"""`decide --batch`: JSON Lines in, JSON Lines out, in order and in constant memory."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import IO, Any

from model_router.cli.inputs import MAX_BYTES, STDIN, opened
from model_router.cli.output import CommandError, Output, error_object
from model_router.cli.progress import Progress
from model_router.cli.session import Router, decided
from model_router.receipt.decision import SCHEMA
from model_router.types import HUMAN

FORM = 'write a string, {"prompt": "..."} or {"messages": [...]} on each line'


class Batch:
    """One run over many prompts: what it decides with, and what it has seen."""

    def __init__(
        self,
        router: Router,
        hints: dict[str, Any],
        output: Output,
        *,
        quiet: bool = False,
        progress: bool = True,
    ) -> None:
        self.router = router
        self.hints = hints
        self.output = output
        self.quiet = quiet
        self.progress = progress
        self.failed = 0
        self.confirmed = 0

    def run(self, path: str) -> None:
        """Decide every line of a file, or of standard input for `-`, and print each at once."""
        with opened(path) as stream, self._progress(path, stream) as progress:
            for number, line in numbered_lines(stream):
                if line is None or line.strip():
                    self._print(self._row(number, line))
                progress.add(len(line or b""))

    def exit_code(self, confirm: int = 0) -> int:
        """1 when a line could not be read; else `confirm` when a person must act on one; else 0."""
        if self.failed:
            return 1
        return confirm if self.confirmed else 0

    def _progress(self, path: str, stream: IO[bytes]) -> Progress:
        output = self.output
        # Beside answers that scroll by on the same terminal a bar would only be in the way.
        shown = self.progress and not (self.quiet or output.json or output.out.is_tty)
        size = os.fstat(stream.fileno()).st_size if path != STDIN else 0
        return Progress(output.err, shown and not output.environ.get(NO_PROGRESS), size)

    def _row(self, number: int, line: bytes | None) -> dict[str, Any]:
        row: dict[str, Any] = {"line": number}
        try:
            content = parsed(line)
            if isinstance(content, dict) and "id" in content:
                row["id"] = content.pop("id")
            decision = decided(self.router, content, self.hints)
        except CommandError as error:
            self.failed += 1
            return row | {"error": error_object(error), "schema": SCHEMA}
        self.confirmed += decision.selected_engine == HUMAN
        return row | decision.to_dict()

    def _print(self, row: dict[str, Any]) -> None:
        text = json.dumps(row, sort_keys=True, separators=(",", ":"))
        if self.quiet:
            text = row.get("selected_engine", "error")
        if self.quiet and "error" in row:
            self.output.warn(f"line {row['line']}: {row['error']['message']}")
        self.output.out.line(text)
        # A program that writes one prompt and waits for its answer must get it.
        self.output.out.flush()


NO_PROGRESS = "MODEL_ROUTER_NO_PROGRESS"


def numbered_lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Each line with its number from 1; None for one that is longer than MAX_BYTES."""
    number = 0
    while line := stream.readline(MAX_BYTES + 1):
        number += 1
        whole = len(line) <= MAX_BYTES
        while len(line) > MAX_BYTES and not line.endswith(b"\n"):
            line = stream.readline(MAX_BYTES + 1)
        yield number, line if whole else None


def parsed(line: bytes | None) -> str | dict[str, Any]:
    """A line's prompt or body. Raises CommandError when it is neither."""
    if line is None:
        raise CommandError(
            f"is longer than {MAX_BYTES // 1024**2} MB", FORM, code="request_invalid"
        )
    try:
        content = json.loads(line.decode("utf-8", "replace").removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise CommandError(f"is not JSON: {why}", FORM, code="request_invalid") from None
    if not isinstance(content, str | dict):
        kind = "null" if content is None else type(content).__name__
        raise CommandError(f"holds {kind}, not a string or an object", FORM, code="request_invalid")
    if not content or (isinstance(content, str) and not content.strip()):
        raise CommandError("the prompt is empty", FORM, code="request_invalid")
    return content
