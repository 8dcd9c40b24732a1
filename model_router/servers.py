"""What a running model server says of itself: whether it answers, and which models it has.

For commands that ask once. No proxy of the environment is used: what is asked is on this machine,
or was named by its address.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

MOST_BODY = 2_000_000
MOST_MODELS = 2000

Fetch = Callable[[str, Mapping[str, str], float], tuple[int, bytes]]
"""GET an address with headers and a limit in seconds: status and body. Raises OSError."""


class Said(NamedTuple):
    """What a server answered. `models` is None when it did not list any; `wrong` why it failed."""

    status: int | None
    models: tuple[str, ...] | None
    wrong: str | None = None

    @property
    def reachable(self) -> bool:
        """Whether anything answered."""
        return self.status is not None


def ask(base_url: str, key: str | None, seconds: float, fetch: Fetch | None = None) -> Said:
    """What the server at `base_url` says when asked for its models. Never raises."""
    headers = {"Accept": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    try:
        status, body = (fetch or _fetch)(base_url.rstrip("/") + "/models", headers, seconds)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        return Said(None, None, str(getattr(reason, "strerror", None) or reason))
    return Said(status, advertised(body) if status == 200 else None)


def advertised(body: bytes) -> tuple[str, ...] | None:
    """The model names in a list as servers give it; None for an empty body or anything else."""
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    rows = value.get("data") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        return None
    names = [row.get("id") for row in rows[:MOST_MODELS] if isinstance(row, Mapping)]
    return tuple(name for name in names if isinstance(name, str) and name)


def _fetch(url: str, headers: Mapping[str, str], seconds: float) -> tuple[int, bytes]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, headers=dict(headers))
    try:
        with opener.open(request, timeout=seconds) as answer:
            return answer.status, answer.read(MOST_BODY)
    except urllib.error.HTTPError as error:
        return error.code, error.read(MOST_BODY)
