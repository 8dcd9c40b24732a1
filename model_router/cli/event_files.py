"""The files of an event log, rotated ones included, and the events in them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from model_router.cli.batch import numbered_lines
from model_router.cli.inputs import STDIN, named, opened
from model_router.cli.labelled import parsed
from model_router.cli.output import CommandError
from model_router.errors import RequestError
from model_router.hindsight.events import FEEDBACK, Event, Label, label_of, request_id

if TYPE_CHECKING:
    from model_router.proxy.config import ProxyConfig

MOST_TORN = 20
_MARK = FEEDBACK.encode()


class Line(NamedTuple):
    """A line of a log: its size in bytes, and its event unless it is torn or empty."""

    size: int
    event: Event | None


class EventFiles:
    """Opens every file of the logs at once, so that a rotation meanwhile counts nothing twice."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.torn = 0
        self.torn_places: list[str] = []
        self._stack = ExitStack()
        self._files: list[tuple[str, IO[bytes]]] = []
        seen: set[tuple[int, int]] = set()
        for path in family(paths):
            file = self._stack.enter_context(opened(path))
            facts = os.fstat(file.fileno()) if path != STDIN else None
            key = (facts.st_dev, facts.st_ino) if facts else (-1, -1)
            if key not in seen:
                seen.add(key)
                self._files.append((named(path), file))

    def __enter__(self) -> EventFiles:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def names(self) -> list[str]:
        """The files that are read, the oldest first."""
        return [name for name, _ in self._files]

    def size(self) -> int:
        """How many bytes there are to read; 0 when standard input is among them."""
        if named(STDIN) in self.names:
            return 0
        return sum(os.fstat(file.fileno()).st_size for _, file in self._files)

    def labels(self) -> dict[str, Label]:
        """What people said of requests, by request id; the last word counts. Files only."""
        found: dict[str, Label] = {}
        same: dict[Label, Label] = {}  # one object for all that say the same
        for event in self._marked(_MARK):
            about, label = request_id(event), label_of(event)
            if event.get("event_type") == FEEDBACK and about is not None and label is not None:
                found[about] = same.setdefault(label, label)
        return found

    def about(self, wanted: str) -> Iterator[Event]:
        """The rows of one request, in order. Files only."""
        for event in self._marked(json.dumps(wanted)[1:-1].encode()):
            if request_id(event) == wanted:
                yield event

    def lines(self) -> Iterator[Line]:
        """Every line in order. Torn ones are counted, and the first few kept with their places."""
        for name, file in self._files:
            if file.seekable():
                file.seek(0)
            for number, line in numbered_lines(file):
                if line is not None and not line.strip():
                    yield Line(len(line), None)
                    continue
                try:
                    event = _event(line)
                except RequestError as error:
                    self._tear(f"{name}, line {number}: {error}")
                    event = None
                yield Line(len(line or b""), event)

    def _marked(self, mark: bytes) -> Iterator[Event]:
        """The events whose lines hold `mark`: the others need no parsing."""
        for _, file in self._files:
            file.seek(0)
            for _, line in numbered_lines(file):
                if line is None or mark not in line:
                    continue
                try:
                    yield _event(line)
                except RequestError:
                    continue  # `lines` tells of it

    def _tear(self, place: str) -> None:
        self.torn += 1
        if len(self.torn_places) < MOST_TORN:
            self.torn_places.append(place)


def _event(line: bytes | None) -> Mapping[str, Any]:
    data = parsed(line)
    if not isinstance(data, dict):
        raise RequestError(f"holds a {type(data).__name__}, not an event")
    return data


def family(paths: Iterable[str]) -> list[str]:
    """Each log with its rotated files, `log.2` before `log.1` before `log`; each file once."""
    found: dict[str, None] = {}
    for path in paths:
        path = os.path.expanduser(path)
        found |= dict.fromkeys([*([] if path == STDIN else _rotated(path)), path])
    return list(found)


def _rotated(path: str) -> list[str]:
    folder, name = os.path.split(path)
    pattern = re.compile(re.escape(name) + r"\.([1-9][0-9]{0,5})")
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return []
    numbers = [int(match[1]) for match in map(pattern.fullmatch, names) if match]
    return [f"{path}.{number}" for number in sorted(numbers, reverse=True)]


def check_logs(paths: Sequence[str], environ: Mapping[str, str], home: str) -> Sequence[str]:
    """The logs that were named, else the one that the proxy file names. Raises CommandError."""
    if paths:
        return paths
    path = log_of_the_proxy(environ, home)
    if not os.path.exists(path):
        raise CommandError(
            f"{path} is not there",
            "set observability.enabled in the proxy file, or name a log",
            code="file",
        )
    return [path]


def log_of_the_proxy(environ: Mapping[str, str], home: str) -> str:
    """Where the user's proxy file puts events. Raises RouterConfigError when it has no say."""
    return _proxy(environ, home).observability.log_path


def catalog_of_the_proxy(environ: Mapping[str, str], home: str) -> str | None:
    """The catalog that the user's proxy decides by; None: the one that everything else uses."""
    return _proxy(environ, home).router_config


def _proxy(environ: Mapping[str, str], home: str) -> ProxyConfig:
    from model_router.proxy.load import find_proxy_config, load_proxy_config

    found = find_proxy_config(None, environ, home)
    return load_proxy_config(found, environ=environ, home=home)
