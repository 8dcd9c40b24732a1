"""Looking through folders within bounds: a count of entries, a depth, no circles.

What cannot be looked at becomes one line in `problems`; nothing here raises for a folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice

MOST_ENTRIES = 100_000
MOST_PROBLEMS = 20


class Walk:
    """How much one store may still look at, and what went wrong so far."""

    def __init__(self, most: int = MOST_ENTRIES) -> None:
        self.left = most
        self.stopped = False
        self.problems: list[str] = []

    def renew(self, most: int) -> None:
        """Allow so many entries more: for the next of several places."""
        self.left, self.stopped = most, False

    def problem(self, what: str, path: str) -> None:
        """Note that something about `path` is wrong, once."""
        line = f"{what}: {path}"
        if len(self.problems) < MOST_PROBLEMS and line not in self.problems:
            self.problems.append(line)

    def entries(self, folder: str) -> list[os.DirEntry[str]]:
        """What is in a folder, by name; [] for one that is not there or cannot be read.

        Where the allowance ends one line says so, and from there on every folder is empty.
        """
        if self.stopped:
            return []
        try:
            with os.scandir(folder) as rows:
                found = list(islice(rows, self.left + 1))
        except FileNotFoundError:
            return []
        except NotADirectoryError:
            self.problem("not_a_folder", folder)
            return []
        except PermissionError:
            self.problem("permission_denied", folder)
            return []
        except OSError as error:
            self.problem(_short(error), folder)
            return []
        except ValueError:  # a name out of somebody's settings that no folder can have
            self.problem("not_a_path", ascii(folder))
            return []
        if len(found) > self.left:
            self.problem("stopped_at_limit", folder)
            self.stopped = True
            found = found[: self.left]
        self.left -= len(found)
        return sorted(found, key=lambda entry: entry.name)

    def folders(self, folder: str) -> list[os.DirEntry[str]]:
        """The folders in a folder, links to folders among them, hidden ones not."""
        return [row for row in self.entries(folder) if row.name[0] != "." and is_folder(row)]

    def files(self, root: str, depth: int, *, links: bool = False) -> Iterator[str]:
        """Every file under `root` down to `depth` folders, by name; hidden ones are left out.

        Links to files count as files. Links to folders are only followed with `links`, and then
        each folder once.
        """
        seen: set[tuple[int, int]] = set()
        waiting = [(root, depth)]
        while waiting:
            folder, more = waiting.pop()
            inner: list[tuple[str, int]] = []
            for row in self.entries(folder):
                if row.name[0] == ".":
                    continue
                if not is_folder(row):
                    yield row.path
                elif more > 0 and (links or not row.is_symlink()) and _fresh(row.path, seen):
                    inner.append((row.path, more - 1))
            waiting += reversed(inner)


def is_folder(row: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder or leads to one; False for a link that leads nowhere."""
    try:
        return row.is_dir()
    except OSError:
        return False


def _fresh(path: str, seen: set[tuple[int, int]]) -> bool:
    try:
        found = os.stat(path)
    except OSError:
        return False
    key = (found.st_dev, found.st_ino)
    if key in seen:
        return False
    seen.add(key)
    return True


def _short(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower().replace(" ", "_")


def size_of(path: str) -> int | None:
    """Bytes of the file that a path leads to; None when there is none."""
    try:
        return os.stat(path).st_size
    except (OSError, ValueError):
        return None
