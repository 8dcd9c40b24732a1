"""Errors as clients of the OpenAI API expect them: an object with message, type, param, code."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from model_router.proxy.upstream import Header

INVALID, AUTH, PERMISSION = "invalid_request_error", "authentication_error", "permission_error"
NOT_FOUND, RATE, UPSTREAM, INTERNAL = (
    "not_found_error",
    "rate_limit_error",
    "upstream_error",
    "internal_error",
)
CONFIRM = "human_confirmation_required"


class Problem(NamedTuple):
    """An answer that says what is wrong. `more` stands beside `error` in the body."""

    status: int
    message: str
    type: str
    code: str | None = None
    param: str | None = None
    headers: tuple[Header, ...] = ()
    more: dict[str, Any] = {}  # noqa: RUF012 -- never changed

    @property
    def error(self) -> dict[str, Any]:
        """The error object."""
        return {
            "message": self.message,
            "type": self.type,
            "param": self.param,
            "code": self.code,
        }

    def body(self) -> bytes:
        """The JSON body."""
        return json.dumps({"error": self.error, **self.more}).encode()


class Refused(Exception):
    """A request that ends here, with the problem that says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def invalid(message: str, code: str | None = None, param: str | None = None) -> Refused:
    """The refusal of a request that has the wrong form."""
    return Refused(Problem(400, message, INVALID, code, param))


def retry_after(seconds: float) -> Header:
    """A Retry-After header, at least one second."""
    return (b"retry-after", str(max(1, int(-(-seconds // 1)))).encode())


def shaped(body: bytes, status: int) -> bytes:
    """An upstream's error body in the usual form; one that has it stays as it is, byte by byte."""
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    found = value.get("error") if isinstance(value, dict) else None
    if isinstance(found, dict) and isinstance(found.get("message"), str):
        return body
    message = _message(value, found) or body[:2000].decode("utf-8", "replace").strip()
    kind = INVALID if status < 500 else UPSTREAM
    return Problem(status, message or f"the server answered {status}", kind).body()


def _message(value: Any, found: Any) -> str | None:
    """What a body of another form says: `error` as text, `message`, `detail`."""
    rows: Iterable[Any] = (found,)
    if isinstance(value, dict):
        rows = (found, value.get("message"), value.get("detail"))
    return next((row for row in rows if isinstance(row, str) and row), None)
