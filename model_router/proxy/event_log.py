"""The file of events: one JSON line each, written by a thread of its own, rotated by size.

A request never waits for it. When the disk is full or too slow, events are dropped and counted.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from io import FileIO
from typing import Any

from model_router.proxy.config import Observability

try:
    import fcntl
except ImportError:  # no such locks, and no shared files, on Windows
    fcntl = None  # type: ignore[assignment]


MOST_WAITING = 20_000
GATHER_SECONDS = 0.02
"""How long events gather. A thread that wakes for each one takes time from the requests."""
MOST_AT_ONCE = 1000


class _Mark:
    """What stands between events: an order to the thread."""


_STOP, _REOPEN = _Mark(), _Mark()


class EventLog:
    """Writes events to `settings.log_path`: lines, as `line` makes them in the thread of the log.
    `say` hears of the first failure in a row."""

    def __init__(
        self, settings: Observability, say: Callable[[str], None], line: Callable[[Any], bytes]
    ) -> None:
        self.settings = settings
        self._line = line
        self.written = 0
        self.dropped = 0
        self._say = say
        self._failing = False
        self._waiting: deque[Any] = deque()
        self._idle = False  # whether the thread waits for the bell
        self._bell = threading.Event()
        self._file: FileIO | None = None
        self._size = 0
        self._thread = threading.Thread(target=self._run, name="event-log", daemon=True)
        self._thread.start()

    def put(self, event: Any) -> None:
        """Hand over an event."""
        waiting = self._waiting
        if len(waiting) >= MOST_WAITING:
            self.dropped += 1
            return
        waiting.append(event)
        if self._idle:
            self._bell.set()

    def _mark(self, mark: _Mark) -> None:
        self._waiting.append(mark)
        self._bell.set()

    def reopen(self) -> None:
        """Open the file anew, for tools that move it away."""
        self._mark(_REOPEN)

    def close(self) -> None:
        """Write what waits and end."""
        self._mark(_STOP)
        self._thread.join(10)

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            if not self._waiting:
                self._sleep()
                continue
            if self._waiting[0] is not _STOP:
                time.sleep(GATHER_SECONDS)
            take = self._waiting.popleft
            goes_on = self._written([take() for _ in range(min(len(self._waiting), MOST_AT_ONCE))])

    def _sleep(self) -> None:
        """Sleep until something waits; now and then it is nothing."""
        self._idle = True  # before the last look: who comes after that rings
        if not self._waiting:
            self._bell.wait()
        self._idle = False
        self._bell.clear()

    def _written(self, batch: list[Any]) -> bool:
        """Write a batch; false when it says that this is the end."""
        line, lines = self._line, list[bytes]()
        for event in batch:
            if event.__class__ is not _Mark:
                try:
                    lines.append(line(event))
                except Exception as error:  # it must not end the thread
                    self._lost(error)
                continue
            self._write(lines)
            lines = []
            self._shut()
            if event is _STOP:
                return False
        self._write(lines)
        return True

    def _lost(self, error: Exception) -> None:
        self.dropped += 1
        if not self._failing:
            self._failing = True
            self._say(f"an event is lost: {type(error).__name__}; please report it")

    def _write(self, rows: list[bytes]) -> None:
        if not rows:
            return
        data = b"".join(rows)
        sent = 0
        try:
            file = self._opened()
            while sent < len(data):  # as a rule once: processes that share the file must not
                sent += file.write(data[sent:])  # tear each other's lines
        except OSError as error:
            whole = data.count(b"\n", 0, sent)
            self.written += whole
            self.dropped += len(rows) - whole
            self._shut()
            if not self._failing:
                self._failing = True
                path = self.settings.log_path
                self._say(f"events are lost: {path} cannot be written: {error.strerror}")
            return
        self.written += len(rows)
        self._failing = False

    def _opened(self) -> FileIO:
        if self._file is not None and not self._is_current(self._file):
            self._shut()
        if self._file is not None and self._is_full():
            self._rotate(self._file)
        if self._file is None:
            path = self.settings.log_path
            os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._file = FileIO(descriptor, "ab")
            self._size = os.fstat(descriptor).st_size
            self._end_torn_line(path)
        return self._file

    def _is_full(self) -> bool:
        return 0 < self.settings.max_bytes <= self._size and self.settings.backups > 0

    def _is_current(self, file: FileIO) -> bool:
        """Whether the path still means this file: another process may have rotated it."""
        mine = os.fstat(file.fileno())
        self._size = mine.st_size  # with what others wrote
        try:
            return os.path.samestat(os.stat(self.settings.log_path), mine)
        except FileNotFoundError:
            return False

    def _rotate(self, file: FileIO) -> None:
        """Move the files on; of several processes that find this one full, the first does it."""
        if fcntl is not None:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX)  # until it is closed
        if self._is_current(file):
            rotate(self.settings.log_path, self.settings.backups)
        self._shut()

    def _end_torn_line(self, path: str) -> None:
        """A line that an older process left half written must not swallow the next one."""
        if not self._size or self._file is None:
            return
        with open(path, "rb") as file:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                self._file.write(b"\n")

    def _shut(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                file.close()


def rotate(path: str, backups: int) -> None:
    """Move path to path.1, path.1 to path.2 and so on; the last one goes."""
    for number in range(backups - 1, 0, -1):
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}.{number}", f"{path}.{number + 1}")
    with contextlib.suppress(FileNotFoundError):
        os.replace(path, f"{path}.1")


def line_of(event: Mapping[str, Any]) -> bytes:
    """An event as a line of JSON; nulls are left out."""
    kept = {key: value for key, value in event.items() if value is not None}
    return encoded(kept).encode() + b"\n"


encoded = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
