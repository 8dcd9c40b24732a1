"""The tokens that an answer says it used, read without parsing the rest of it.

`_body.c` reads most usages, where a compiler was there when the package was installed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from model_router.native import native

if TYPE_CHECKING:
    from model_router.proxy import _body as compiled
else:
    compiled = native("model_router.proxy._body")

PURE = compiled is None
"""Whether this machine does without our C."""

_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_MARK = b'"usage"'
_start = re.compile(r"\s*:\s*").match
_MOST = 4096

MOST_TOKENS = 10**12
"""A number of that size is a mistake."""
KINDS = {"prompt": "prompt_tokens", "completion": "completion_tokens"}
"""Kinds of tokens, and the key of each in an answer."""


def usage_in(data: bytes, *, pure: bool = PURE) -> dict[str, Any] | None:
    """The last `usage` object in a body or in a piece of a stream; None when there is none.

    `pure` reads without our C.
    """
    at = data.rfind(_MARK)
    if at < 0:
        return None
    if not pure and (found := compiled.member(data, at + len(_MARK), at + _MOST)) is not None:
        return found
    text = data[at + len(_MARK) : at + _MOST].decode("utf-8", "replace")
    start = _start(text)
    if start is None:
        return None
    try:
        value, _ = _scan(text, start.end())
    except (StopIteration, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def tokens(usages: Collection[Any], key: str) -> int:
    """How many tokens usages, or None in their places, tell of under a key; what is no plain number
    counts as none."""
    try:
        said = list(map(itemgetter(key), usages))
    except (KeyError, TypeError):  # not all of them tell of it
        said = [usage.get(key) for usage in usages if usage is not None]
    if set(map(type, said)) == _INTEGERS and min(said) >= 0 and max(said) < MOST_TOKENS:
        return sum(said)
    return sum([count for count in said if count.__class__ is int and 0 < count < MOST_TOKENS])


_INTEGERS = {int}
