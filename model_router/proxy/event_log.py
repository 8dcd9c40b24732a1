"""The file of events: one JSON line each, written by a thread of its own, rotated by size.

A request never waits for it. When the disk is full or too slow, events are dropped and counted.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from io import FileIO
from typing import Any, Protocol

from model_router.proxy.config import Observability

try:
    import fcntl
except ImportError:  # no such locks, and no shared files, on Windows
    fcntl = None  # type: ignore[assignment]


class Late(Protocol):
    """What makes an event, and its line at less cost."""

    def __call__(self) -> Mapping[str, Any]: ...

    def line(self) -> bytes:
        """What `line_of` makes of the event."""
        ...


Told = Mapping[str, Any] | Callable[[], Mapping[str, Any]] | Late
"""An event, or what makes it."""

MOST_WAITING = 20_000
GATHER_SECONDS = 0.02
"""How long events gather. A thread that wakes for each one takes time from the requests."""
_STOP, _REOPEN = object(), object()


class EventLog:
    """Writes events to `settings.log_path`. `say` hears of the first failure in a row."""

    def __init__(self, settings: Observability, say: Callable[[str], None]) -> None:
        self.settings = settings
        self.written = 0
        self.dropped = 0
        self._say = say
        self._failing = False
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._file: FileIO | None = None
        self._size = 0
        self._thread = threading.Thread(target=self._run, name="event-log", daemon=True)
        self._thread.start()

    def put(self, event: Told) -> None:
        """Hand over an event, or what makes it; nulls are left out."""
        if self._queue.qsize() >= MOST_WAITING:
            self.dropped += 1
        else:
            self._queue.put(event)

    def reopen(self) -> None:
        """Open the file anew, for tools that move it away."""
        self._queue.put(_REOPEN)

    def close(self) -> None:
        """Write what waits and end."""
        self._queue.put(_STOP)
        self._thread.join(10)

    def _run(self) -> None:
        while True:
            batch = [self._queue.get()]
            if batch[0] is not _STOP:
                time.sleep(GATHER_SECONDS)
            with contextlib.suppress(queue.Empty):
                while len(batch) < 1000:
                    batch.append(self._queue.get_nowait())
            rows: list[bytes] = []
            for row in batch:
                if row is not _STOP and row is not _REOPEN:
                    rows += self._lines(row)
                    continue
                self._write(rows)
                rows = []
                self._shut()
                if row is _STOP:
                    return
            self._write(rows)

    def _lines(self, event: Told) -> tuple[bytes, ...]:
        """The line of an event; none when it cannot be made, which must not end the thread."""
        try:
            line = getattr(event, "line", None)
            if line is not None:
                return (line(),)
            return (line_of(event() if callable(event) else event),)
        except Exception as error:
            self.dropped += 1
            if not self._failing:
                self._failing = True
                self._say(f"an event is lost: {type(error).__name__}; please report it")
            return ()

    def _write(self, rows: list[bytes]) -> None:
        if not rows:
            return
        before = self.written
        try:
            self._put(self._opened(), b"".join(rows))
        except OSError as error:
            self.dropped += len(rows) - (self.written - before)
            self._shut()
            if not self._failing:
                self._failing = True
                path = self.settings.log_path
                self._say(f"events are lost: {path} cannot be written: {error.strerror}")
            return
        self._failing = False

    def _put(self, file: FileIO, data: bytes) -> None:
        """Write all of it, as a rule in one call, so that processes that share the file do not
        tear each other's lines. Whole lines count as written also when the rest fails."""
        sent = 0
        try:
            while sent < len(data):
                sent += file.write(data[sent:])
        finally:
            self.written += data.count(b"\n", 0, sent)

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
