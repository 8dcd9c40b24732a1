"""How facts about a machine are got: files, commands, and what becomes of failures."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from model_router.setup.machine import Probe

T = TypeVar("T")
MOST_FILE = 1_000_000
SECONDS = 5.0


class CommandFailed(Exception):
    """A command is not there, ended badly or took too long. The message is one line."""


Run = Callable[[Sequence[str]], str]
"""Runs a command and returns what it prints. Raises CommandFailed."""


class Host(NamedTuple):
    """What probes may look at."""

    root: str
    environ: Mapping[str, str]
    run: Run
    system: str
    """linux | darwin | windows"""
    architecture: str

    def path(self, *parts: str) -> str:
        """A path below the root."""
        return os.path.join(self.root, *parts)

    def read(self, *parts: str) -> str:
        """The text of a file below the root. Raises OSError."""
        with open(self.path(*parts), "rb") as file:
            return file.read(MOST_FILE).decode("utf-8", "replace")

    def number(self, *parts: str) -> int:
        """The whole number that a file holds. Raises OSError and ValueError."""
        return int(self.read(*parts).strip())


def run_command(words: Sequence[str], environ: Mapping[str, str], seconds: float = SECONDS) -> str:
    """What a command prints. It is looked for in PATH only. Raises CommandFailed."""
    name = words[0]
    program = name if os.path.isabs(name) else shutil.which(name, path=environ.get("PATH", ""))
    if program is None or not os.path.exists(program):
        raise CommandFailed(f"{name} is not installed")
    try:
        done = subprocess.run(
            [program, *words[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
            env={**environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        raise CommandFailed(f"{name} took longer than {seconds:g} s") from None
    except OSError as error:
        raise CommandFailed(f"{name}: {error.strerror or error}") from None
    if done.returncode:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
        raise CommandFailed(f"{name} ended with {done.returncode}: {(said or [''])[0][:120]}")
    return done.stdout.decode("utf-8", "replace")


FAILURES = (OSError, ValueError, CommandFailed, KeyError, IndexError)


def system_name(platform: str = sys.platform) -> str:
    """linux, darwin or windows; anything else counts as linux."""
    return {"darwin": "darwin", "win32": "windows"}.get(platform, "linux")


def probed(source: str, read: Callable[[], T | None]) -> Probe[T]:
    """What `read` returns with its source, or why it failed."""
    try:
        return Probe(read(), source)
    except FAILURES as error:
        return Probe(None, source, reason(error))


def first(*probes: Callable[[], Probe[T]]) -> Probe[T]:
    """The first probe that has a value; else the first of all, with every error."""
    failed: list[Probe[T]] = []
    for take in probes:
        found = take()
        if found.value is not None:
            return found
        failed.append(found)
    errors = "; ".join(dict.fromkeys(f"{row.source}: {row.error}" for row in failed if row.error))
    return Probe(None, failed[0].source, errors or None)


def reason(error: BaseException) -> str:
    """One line about a failure."""
    if isinstance(error, OSError):
        return str(error.strerror or error)
    if isinstance(error, KeyError | IndexError):
        return f"no {error}" if isinstance(error, KeyError) else "not as expected"
    return str(error) or type(error).__name__


def psutil_figure(key: str) -> Probe[int]:
    """A figure of psutil, which is loaded only when nothing else tells."""

    def read() -> int:
        from importlib import import_module

        try:
            return int(getattr(import_module("psutil").virtual_memory(), key))
        except ImportError:
            raise CommandFailed('not installed; pip install "model-router[download]"') from None

    return probed(f"psutil {key}", read)


def disk_free(path: str) -> Probe[int]:
    """Free bytes on the file system of `path`, or of the nearest folder above that is there."""
    place = os.path.abspath(path)
    while not os.path.exists(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    return probed("file system of the models", lambda: shutil.disk_usage(place).free)
