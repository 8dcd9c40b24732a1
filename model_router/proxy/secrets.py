"""Keys from the environment or a file. A message about one never holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping


class SecretError(ValueError):
    """A key that cannot be had; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def read_secret(
    env: str | None,
    file: str | None,
    environ: Mapping[str, str],
    read_file: Callable[[str], str],
) -> str:
    """The key that the variable or else the file holds, without white space around it."""
    if env is not None:
        found = environ.get(env, "").strip()
        if not found:
            raise SecretError(f"the variable {env[:80]} is not set", f"export {env[:80]}=...")
        return _usable(found, f"the variable {env[:80]}")
    try:
        found = read_file(file or "").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise SecretError(f"cannot be read: {reason}", "check the path and its rights") from None
    if not found:
        raise SecretError("is empty", "write the key into the file")
    return _usable(found, "the file")


def _usable(secret: str, where: str) -> str:
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        message = f"{where} holds more than one line or characters a header can't"
        raise SecretError(message, "use one line of printable ASCII")
    return secret
