"""Hints: what the caller knows and the prompt does not say, checked strictly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from model_router.errors import RequestError
from model_router.names import close_match
from model_router.types import COST_RANK, LATENCY_RANK, PROFILES, ROUTES, Hints

ATTACHMENTS: tuple[str, ...] = ("image", "pdf", "audio", "code", "file")
"""What `attachments` may name."""

_ALIASES = {"allowed_providers": "provider_allowlist", "denied_providers": "provider_denylist"}
NO_HINTS = Hints()
"""Shared by whoever has none. Do not change it."""


def parse_hints(hints: Mapping[str, Any] | Hints | None) -> Hints:
    """Return the hints as one checked object; None and {} give a shared one, do not change it.

    Raises RequestError for an unknown key, a wrong type or a value that is not allowed.
    """
    if hints is None or hints is NO_HINTS:
        return NO_HINTS
    if isinstance(hints, Hints):
        hints = {name: getattr(hints, name) for name in _READERS}
    if not isinstance(hints, Mapping):
        raise RequestError(f"hints: must be a mapping or Hints, not {json_type(hints)}")
    if not hints:
        return NO_HINTS
    return Hints(**dict(_read(key, value, hints) for key, value in hints.items()))


def _read(key: Any, value: Any, hints: Mapping[str, Any]) -> tuple[str, Any]:
    name = _ALIASES.get(key, key) if isinstance(key, str) else key
    reader = _READERS.get(name) if isinstance(name, str) else None
    if reader is None:
        raise RequestError(f"hints: unknown key {_shown(key)}", hint=suggest(key, _KEYS))
    if name != key and name in hints:
        raise RequestError(f"hints.{key}: {name} is given too; they are one hint, give one")
    return name, reader(f"hints.{key}", value)


def suggest(found: Any, allowed: Iterable[str]) -> str:
    """Return "did you mean X?" when something allowed is close, and the allowed names anyway."""
    names = list(allowed)
    listed = f"allowed: {', '.join(names)}"
    if not isinstance(found, str) or len(found) > 100:
        return listed
    close = close_match(found, names)
    return f"did you mean {close}? {listed}" if close else listed


def json_type(value: Any) -> str:
    """Return what to call a value's type in a message: null for None."""
    return "null" if value is None else type(value).__name__


def _shown(value: Any) -> str:
    """A short, safe form of a wrong value; long text is not repeated, it may be private."""
    if isinstance(value, str) and len(value) <= 40:
        return ascii(value)
    return f"of type {json_type(value)}" if not isinstance(value, str) else "(long text)"


def _flag(path: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise RequestError(f"{path}: must be true or false, not {_shown(value)}")
    return value


def _optional_flag(path: str, value: Any) -> bool | None:
    return None if value is None else _flag(path, value)


def _name(path: str, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise RequestError(f"{path}: must be a name or null, not {_shown(value)}")
    return value.strip()


def _names(path: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, list | tuple | set | frozenset):
        raise RequestError(
            f"{path}: must be a list of names, not {_shown(value)}", hint="write [name, name]"
        )
    for index, item in enumerate(value):
        if not isinstance(item, str) or not item.strip():
            raise RequestError(f"{path}[{index}]: must be a name, not {_shown(item)}")
    unordered = isinstance(value, set | frozenset)
    return tuple(sorted(value) if unordered else value)


def _optional_names(path: str, value: Any) -> tuple[str, ...] | None:
    return None if value is None else _names(path, value)


def _many_names(path: str, value: Any) -> tuple[str, ...]:
    return () if value is None else _names(path, value)


def _attachments(path: str, value: Any) -> tuple[str, ...]:
    for index, item in enumerate(names := _many_names(path, value)):
        _one(f"{path}[{index}]", item, ATTACHMENTS)
    return names


def _one(path: str, value: Any, allowed: Iterable[str]) -> str:
    for name in allowed:
        if isinstance(value, str) and value == name:
            return name  # a plain str, also when an enum member was given
    raise RequestError(f"{path}: {_shown(value)} is not allowed", hint=suggest(value, allowed))


def _one_of(allowed: Iterable[str]) -> Callable[[str, Any], str | None]:
    def read(path: str, value: Any) -> str | None:
        return None if value is None else _one(path, value, allowed)

    return read


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "force_engine": _name,
    "attachments": _attachments,
    "max_cost_tier": _one_of(COST_RANK),
    "max_latency_tier": _one_of(LATENCY_RANK),
    "latency_sensitive": _flag,
    "profile": _one_of(PROFILES),
    "provider_allowlist": _optional_names,
    "provider_denylist": _many_names,
    "local_only": _flag,
    "hosted_allowed": _optional_flag,
    "role": _one_of(ROUTES),
    "tools": _optional_names,
}
_KEYS = (*_READERS, *_ALIASES)
