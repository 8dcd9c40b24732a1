from typing import Any

def read(
    raw: bytes, keys: tuple[str, ...], roles: tuple[str, ...], /
) -> tuple[dict[str, Any], int, int, tuple[str, tuple[str, ...], list[str]] | None] | None: ...
