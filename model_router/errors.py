"""Every error the package raises on purpose.

ModelRouterError
├── RouterConfigError (also a ValueError)   a catalog cannot be used; carries every problem found
├── RequestError (also a ValueError)        a request or a hint has the wrong form
└── MissingExtraError (also an ImportError) an optional part is not installed
"""

from __future__ import annotations

from collections.abc import Sequence

from model_router.records import record


@record
class Problem:
    """One thing wrong in a file: where (YAML path, line), what, and what to do."""

    path: str
    message: str
    line: int | None = None
    hint: str | None = None

    def __str__(self) -> str:
        where = f"{self.path} (line {self.line})" if self.line else self.path
        return f"{where}: {self.message}" + (f"; {self.hint}" if self.hint else "")


class ModelRouterError(Exception):
    """The root. `hint` says what the user can do about it."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class RouterConfigError(ModelRouterError, ValueError):
    """A catalog cannot be used. `problems` lists everything found, not only the first."""

    def __init__(
        self,
        message: str,
        problems: Sequence[Problem] = (),
        source: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.problems = tuple(problems)
        self.source = source


class RequestError(ModelRouterError, ValueError):
    """A request, a hint or an argument has the wrong form."""


class MissingExtraError(ModelRouterError, ImportError):
    """An optional part is not installed; the hint names the command that adds it."""
