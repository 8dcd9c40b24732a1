"""Mistyped names: the nearest one that exists."""

from __future__ import annotations

from collections.abc import Iterable


def close_match(name: str, allowed: Iterable[str]) -> str | None:
    """The name in `allowed` most like `name`, or None when none is near."""
    from difflib import get_close_matches  # only an error pays for the import

    found = get_close_matches(str(name), list(allowed), n=1)
    return found[0] if found else None
