"""Keys of a JSON schema and of a file, as paths that can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def schema_paths(form: Any, path: str = "") -> Iterator[str]:
    """Every key of the schema as a path; `*` stands for names and `[]` for list entries."""
    for key, inner in form.get("properties", {}).items():
        yield f"{path}.{key}"
        yield from schema_paths(inner, f"{path}.{key}")
    if isinstance(form.get("additionalProperties"), dict):
        yield from schema_paths(form["additionalProperties"], f"{path}.*")
    if "items" in form:
        yield from schema_paths(form["items"], f"{path}[]")
