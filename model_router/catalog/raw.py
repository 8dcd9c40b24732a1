"""A catalog's data as it was read, before anyone knows that its types are right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from model_router.types import DEFAULT_TARGETS

Data = Mapping[str, Any]

_OLD_ENGINES = frozenset({*DEFAULT_TARGETS.values(), "intent_router"})
_OLD_SECTIONS = frozenset(
    {"version", "routing_targets", "engines", "safety", "scoring", "provider_policy"}
)
_NEW_ENGINE_KEYS = frozenset(
    {"location", "tier", "price_input", "price_output", "price_cached", "api_model", "thinking"}
)


def part(data: Any, *keys: str) -> Data:
    """The mapping at `keys`, or {} where there is none or something else stands there."""
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def rows(data: Data, key: str) -> Iterator[tuple[int, Data]]:
    """The mappings of the list at `key`, each with its index."""
    listed = data.get(key)
    for index, row in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(row, Mapping):
            yield index, row


def engines(data: Data) -> Iterator[tuple[str, Data]]:
    for name, row in part(data, "engines").items():
        if isinstance(row, Mapping):
            yield name, row


def is_old_form(data: Data) -> bool:
    """Whether this is a catalog as hermes-router has it: all its engines, none of our keys."""
    return (
        set(data) <= _OLD_SECTIONS
        and set(part(data, "engines")) >= _OLD_ENGINES
        and not any(_NEW_ENGINE_KEYS & set(row) for _, row in engines(data))
        and set(part(data, "scoring")) <= {"weights", "saturation_k"}
        and "coding_actions" not in part(data, "safety")
    )
