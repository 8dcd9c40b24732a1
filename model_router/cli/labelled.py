"""Labelled rows out of JSON Lines files, and every problem of those files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence

from model_router.cli.batch import numbered_lines
from model_router.cli.inputs import MAX_BYTES, STDIN, named, opened
from model_router.cli.output import CommandError
from model_router.errors import RequestError
from model_router.hindsight.labels import FORM, Row, parse_row

MOST_PROBLEMS = 20


class Labelled:
    """Reads files line by line. After the first bad line the others are only checked."""

    def __init__(
        self, paths: Sequence[str], check: Callable[[Row], None], *, by_file: bool = False
    ) -> None:
        self.paths = paths
        self.by_file = by_file
        self.problems: list[str] = []
        self.bad = 0
        self._check = check

    def rows(self) -> Iterator[Row]:
        """The rows in order. Raises CommandError at the end, when any line was bad."""
        count = 0
        for path in self.paths:
            for row in self._rows(path):
                count += 1
                if not self.bad:
                    yield row
        if self.bad:
            hint = "correct these lines; nothing was measured"
            raise CommandError(self._told(), hint, code="file")
        if not count:
            raise CommandError(
                f"{', '.join(map(named, self.paths))}: there are no rows", FORM, code="file"
            )

    def size(self) -> int:
        """How many bytes there are to read, or 0 when that is not known."""
        if STDIN in self.paths:
            return 0
        try:
            return sum(os.path.getsize(path) for path in self.paths)
        except OSError:
            return 0

    def _rows(self, path: str) -> Iterator[Row]:
        fallback = os.path.splitext(os.path.basename(named(path)))[0]
        with opened(path) as stream:
            for number, line in numbered_lines(stream):
                if line is not None and not line.strip():
                    continue
                try:
                    row = self._row(line, f"{named(path)}:{number}", fallback)
                except RequestError as error:
                    self._note(f"{named(path)}, line {number}: {error}; {error.hint or FORM}")
                else:
                    yield row

    def _row(self, line: bytes | None, place: str, fallback: str) -> Row:
        data = parsed(line)
        row = parse_row(data, place, fallback, by_file=self.by_file, size=len(line or b""))
        self._check(row)
        return row

    def _note(self, problem: str) -> None:
        self.bad += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)

    def _told(self) -> str:
        lines = "1 line" if self.bad == 1 else f"{self.bad:,} lines"
        rest = self.bad - len(self.problems)
        more = [f"  and {rest:,} more"] if rest else []
        told = [f"  {problem}" for problem in self.problems]
        return "\n".join([f"{lines} cannot be used", *told, *more])


def parsed(line: bytes | None) -> object:
    """What a line's JSON holds. Raises RequestError when it is not JSON in UTF-8."""
    if line is None:
        raise RequestError(f"is longer than {MAX_BYTES // 1024**2} MB", "shorten the prompt")
    try:
        text = line.decode("utf-8")
        return json.loads(text if text[:1] == "{" else text.removeprefix("\ufeff"))
    except UnicodeDecodeError:
        raise RequestError("is not UTF-8", "save the file as UTF-8") from None
    except RecursionError:
        raise RequestError("is nested too deeply", FORM) from None
    except ValueError as error:
        raise RequestError(f"is not JSON: {error}", FORM) from None
