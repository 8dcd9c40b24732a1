"""The names of the routing profiles as an enumeration, for callers who prefer one to text."""

from __future__ import annotations

from enum import StrEnum


class RoutingProfile(StrEnum):
    """What a caller cares about most. Members are texts: `profile="fast"` means the same."""

    FAST = "fast"
    BALANCED = "balanced"
    QUALITY = "quality"
    PRIVATE = "private"
    SAFE = "safe"
