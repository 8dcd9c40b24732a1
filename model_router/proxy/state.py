"""What requests share: a few small values with an end to their life.

`MemoryState` serves one process, `FolderState` several on one machine. Times are seconds of
`uptime`, a clock that the machine's processes share and that nobody can set.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from typing import Protocol

MOST_KEPT = 10_000
LONGEST_LIFE = 3 * 86_400.0
"""What is to end later than this was written before the machine started: it is over."""


def uptime() -> float:
    """Seconds since the machine started, asleep or not. Setting the wall clock moves it not."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class State(Protocol):
    """Values under a space and a key. Both are short and of [A-Za-z0-9_-]."""

    def put(self, space: str, key: str, value: str, expires: float) -> None:
        """Keep a value until `expires`; it replaces an older one."""
        ...

    def get(self, space: str, key: str, now: float) -> str | None:
        """The value, or None when there is none or its time is over."""
        ...

    def take(self, space: str, key: str, now: float) -> str | None:
        """The value, which is gone then: of several callers only one gets it."""
        ...

    def add(self, space: str, key: str, expires: float, now: float) -> bool:
        """Claim a key: True for the first, False for everybody after."""
        ...

    def sweep(self, now: float) -> None:
        """Forget what is over."""
        ...


class MemoryState:
    """Values in this process. The oldest go when there are too many."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], tuple[str, float]] = {}

    def put(self, space: str, key: str, value: str, expires: float) -> None:
        """See State."""
        self._rows.pop((space, key), None)
        while len(self._rows) >= MOST_KEPT:
            self._rows.pop(next(iter(self._rows)))
        self._rows[space, key] = (value, expires)

    def get(self, space: str, key: str, now: float) -> str | None:
        """See State."""
        row = self._rows.get((space, key))
        return row[0] if row is not None and row[1] > now else None

    def take(self, space: str, key: str, now: float) -> str | None:
        """See State."""
        row = self._rows.pop((space, key), None)
        return row[0] if row is not None and row[1] > now else None

    def add(self, space: str, key: str, expires: float, now: float) -> bool:
        """See State."""
        if self.get(space, key, now) is not None:
            return False
        self.put(space, key, "1", expires)
        return True

    def sweep(self, now: float) -> None:
        """See State."""
        for key in [key for key, row in self._rows.items() if row[1] <= now]:
            del self._rows[key]


_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}").fullmatch


class FolderState:
    """Values as files that only their owner can read: each is made, taken and claimed whole."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.chmod(folder, 0o700)

    def put(self, space: str, key: str, value: str, expires: float) -> None:
        """See State."""
        path = self._path(space, key)
        fresh = f"{path}.{secrets.token_hex(4)}"
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{expires}\n{value}")
        os.replace(fresh, path)

    def get(self, space: str, key: str, now: float) -> str | None:
        """See State."""
        return _value(self._path(space, key), now)

    def take(self, space: str, key: str, now: float) -> str | None:
        """See State."""
        path = self._path(space, key)
        mine = f"{path}.{secrets.token_hex(4)}"
        try:
            os.rename(path, mine)  # of several only one succeeds
        except FileNotFoundError:
            return None
        try:
            return _value(mine, now)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(mine)

    def add(self, space: str, key: str, expires: float, now: float) -> bool:
        """See State. A claim is never given up before `sweep` takes it away."""
        try:
            descriptor = os.open(
                self._path(space, key), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600
            )
        except FileExistsError:
            return False
        with open(descriptor, "w") as file:
            file.write(f"{expires}\n1")
        return True

    def sweep(self, now: float) -> None:
        """See State."""
        for entry in os.scandir(self._folder):
            if _value(entry.path, now) is None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(entry.path)

    def _path(self, space: str, key: str) -> str:
        if not _NAME(key):
            key = "-"  # a name that nothing was ever kept under
        return os.path.join(self._folder, f"{space}-{key}")


def _value(path: str, now: float) -> str | None:
    try:
        with open(path) as file:
            expires, _, value = file.read(65536).partition("\n")
        return value if now < float(expires) < now + LONGEST_LIFE else None
    except (OSError, ValueError):
        return None
