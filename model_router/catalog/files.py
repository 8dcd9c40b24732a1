"""Files that a catalog names, relative to its own folder."""

from __future__ import annotations

import os
import stat

from model_router.catalog.report import Path, Report, show_value

MOST_BYTES = 20_000_000


def absolute(path: str, folder: str | None) -> str:
    """`path` seen from the catalog's folder; `~` is the user's home."""
    return os.path.normpath(os.path.join(folder or os.getcwd(), os.path.expanduser(path)))


def text_of(given: str, folder: str | None, path: Path, report: Report, hint: str) -> str | None:
    """The text of the file that the catalog names at `path`; None, with a problem noted, when it
    is not to be had."""
    found = absolute(given, folder)
    try:
        if not stat.S_ISREG(os.stat(found).st_mode):
            raise ValueError("it is not a file")
        if os.path.getsize(found) > MOST_BYTES:
            raise ValueError(f"it is larger than {MOST_BYTES} bytes")
        with open(found, encoding="utf-8-sig") as file:
            return file.read()
    except FileNotFoundError:
        report.problem(path, f"{show_value(given)} does not exist", f"looked at {found}; {hint}")
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or kind_of(error)
        report.problem(path, f"{show_value(given)} cannot be read: {said}", hint)
    return None


def no_constant(name: str) -> float:
    """For json.loads: NaN and Infinity are refused."""
    raise ValueError(f"{name} is not a number")


def kind_of(error: Exception) -> str:
    """What went wrong with a file's content, in words."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, RecursionError):
        return "it nests too deep"
    return str(error)[:200]
