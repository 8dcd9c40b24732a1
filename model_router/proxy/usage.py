"""The tokens that an answer says it used, read without parsing the rest of it.

`_body.c` reads most usages, where a compiler was there when the package was installed.
"""

from __future__ import annotations

import json
import re
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


def tokens(usage: dict[str, Any]) -> dict[str, int]:
    """How many tokens of each of KINDS, where that is a plain number."""
    found = {}
    for kind, key in KINDS.items():
        count = usage.get(key)
        if count.__class__ is int and 0 < count < 10**12:
            found[kind] = count
    return found
