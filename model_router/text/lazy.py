"""Patterns compiled when they are first used: all of them would cost 35 ms at every start."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast

_METHODS = ("match", "search", "fullmatch", "finditer", "findall", "sub", "split", "subn")


class _Pattern:
    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = re.compile(self._source, self._flags)
        for method in _METHODS:  # from here on every use is a plain attribute
            setattr(self, method, getattr(compiled, method))
        return getattr(self, name)


def deferred(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Like `re.compile`, which is called when the pattern is first used."""
    return cast("re.Pattern[AnyStr]", _Pattern(source, flags))
