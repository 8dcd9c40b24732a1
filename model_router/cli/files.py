"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets

from model_router.cli.output import CommandError

PUBLIC, PRIVATE = 0o666, 0o600
"""Who may read a new file: whom the umask lets, or its owner alone."""


def replace_file(
    path: str, text: str, force: bool, *, keep: bool = True, mode: int = PUBLIC
) -> None:
    """Write `text` to `path`. What stood there is kept as `path`.bak, and only given up to `force`.

    `keep` False keeps no copy: for what a program wrote and can write again. `mode` is that of a
    new file; one that is replaced keeps its own.

    The text goes to a new file in the same folder first, which then takes the other's place: a
    reader sees the old file or the new one, never half of one. Raises CommandError.
    """
    path = os.path.realpath(os.path.expanduser(path))
    if os.path.isdir(path):
        raise CommandError(f"{path} is a folder", "name a file", code="file")
    if os.path.lexists(path) and not force:
        raise CommandError(
            f"{path} exists", "give --force to replace it; a copy is kept as .bak", code="file"
        )
    try:
        _replace(path, text.encode("utf-8"), keep, mode)
    except OSError as error:
        raise CommandError(
            f"{path} cannot be written: {error.strerror or error}",
            "check the folder and its rights",
            code="file",
        ) from None


def _replace(path: str, content: bytes, keep: bool, mode: int) -> None:
    fresh = f"{path}.{secrets.token_hex(4)}.tmp"
    try:
        _write_new(fresh, content, mode)
        if os.path.exists(path):
            os.chmod(fresh, os.stat(path).st_mode & 0o777)
            if keep:
                with open(path, "rb") as old:
                    _write_over(f"{path}.bak", old.read())
        os.replace(fresh, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(fresh)
        raise


def _write_over(path: str, content: bytes) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    _write_new(path, content)


def _write_new(path: str, content: bytes, mode: int = PUBLIC) -> None:
    """Create the file and write it through to the disk."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
