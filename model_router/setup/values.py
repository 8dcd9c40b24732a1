"""Numbers out of headers and configs, whose values may be anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST = 2**48


def whole(value: Any, most: int = MOST) -> int | None:
    """`value` when it is a whole number from 0 to `most`, else None."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= most else None


def positive(value: Any, most: int = MOST) -> int | None:
    """As `whole`, but 0 is None, too."""
    return whole(value, most) or None


def text(value: Any, most: int = 200) -> str | None:
    """`value` when it is a text, without its ends' spaces and cut to `most`; else None."""
    return value.strip()[:most] or None if isinstance(value, str) else None


def each(value: Any, layers: int, most: int = MOST) -> tuple[int, ...] | None:
    """One number for every layer, from one number or from a list of them; None when it is not."""
    if isinstance(value, list | tuple):
        found = [whole(item, most) for item in value[:layers]]
        if len(found) < layers or any(item is None for item in found):
            return None
        return tuple(item or 0 for item in found)
    number = whole(value, most)
    return None if number is None else (number,) * layers


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` when it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}
