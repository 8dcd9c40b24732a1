"""Where a prompt comes from: words, standard input, a file. UTF-8, and only so much of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any

from model_router.cli.output import CommandError
from model_router.cli.terminal import is_tty

MAX_BYTES = 64 * 1024 * 1024
STDIN = "-"


def read_prompt(words: Sequence[str], file: str | None) -> str | None:
    """The prompt, or None when there is nothing to read but a terminal.

    Raises CommandError for two sources at once, an empty prompt and a file that can't be read.
    """
    if words and file is not None:
        raise CommandError("give the prompt as words or with --file, not both")
    if words and tuple(words) != (STDIN,):
        return _not_empty(" ".join(map(_mended, words)))
    if file is None and not words and _nobody_pipes():
        return None
    return _not_empty(decoded(read_bytes(STDIN if file is None else file)))


def read_messages(path: str) -> Mapping[str, Any]:
    """The request body in a JSON file, or on standard input for `-`."""
    try:
        body = json.loads(decoded(read_bytes(path)))
    except (ValueError, RecursionError) as error:
        raise CommandError(
            f"--messages: {named(path)} is not JSON: {_json_error(error)}",
            'give one object such as {"messages": [{"role": "user", "content": "..."}]}',
            code="request_invalid",
        ) from None
    if not isinstance(body, dict):
        raise CommandError(
            f"--messages: {named(path)} holds a {type(body).__name__}, not an object",
            'give one object such as {"messages": [...]}',
            code="request_invalid",
        )
    return body


def read_bytes(path: str) -> bytes:
    """Everything in a file, or on standard input for `-`; at most MAX_BYTES."""
    with opened(path) as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise CommandError(
            f"{named(path)} is larger than {MAX_BYTES // 1024**2} MB", "give a part of it"
        )
    return content


@contextmanager
def opened(path: str) -> Iterator[IO[bytes]]:
    """The file, or standard input for `-`, to read bytes from."""
    if path == STDIN:
        yield _stdin()
        return
    try:
        stream = open(path, "rb")  # noqa: SIM115 -- closed below; only opening is guarded here
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CommandError(
            f"{named(path)} cannot be read: {reason}", "check the path and its rights", code="file"
        ) from None
    with stream:
        yield stream


def _stdin() -> IO[bytes]:
    if sys.stdin is None or sys.stdin.closed:
        raise CommandError("standard input is closed", "give the prompt as words or with --file")
    return sys.stdin.buffer


def decoded(content: bytes) -> str:
    """The text in UTF-8 bytes, without a byte order mark and the last line's end."""
    text = content.decode("utf-8", "replace").removeprefix("\ufeff")
    return text.removesuffix("\n").removesuffix("\r")


def named(path: str) -> str:
    """What to call a source in a message."""
    return "standard input" if path == STDIN else path


def _mended(word: str) -> str:
    """A word with the bytes that the locale could not decode read as UTF-8."""
    if word.isascii():
        return word
    for errors in ("surrogateescape", "replace"):
        try:
            return word.encode("utf-8", errors).decode("utf-8", "replace")
        except UnicodeEncodeError:
            continue
    return word


def _nobody_pipes() -> bool:
    return sys.stdin is None or sys.stdin.closed or is_tty(sys.stdin)


def _not_empty(text: str) -> str:
    if not text.strip():
        raise CommandError("the prompt is empty", 'run `model-router decide "what you want done"`')
    return text


def _json_error(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
