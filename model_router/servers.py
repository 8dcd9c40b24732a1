"""What a running model server says of itself: whether it answers, and which models it has.

And, when somebody asked for it, whether a model of it answers one short request.

For commands that ask once. No proxy of the environment is used: what is asked is on this machine,
or was named by its address.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
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
    owners: tuple[str, ...] = ()
    """Who the list says made its models: llama.cpp and vLLM name themselves here."""

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
    except (OSError, ValueError, HTTPException) as error:
        return Said(None, None, _reason(error))
    if status != 200:
        return Said(status, None)
    return Said(status, advertised(body), owners=_texts(body, "owned_by"))


def advertised(body: bytes) -> tuple[str, ...] | None:
    """The model names in a list as servers give it; None for an empty body or anything else."""
    return None if _rows(body) is None else _texts(body, "id")


def ask_json(url: str, seconds: float, fetch: Fetch | None = None) -> Any:
    """What a server answers at `url` when it is JSON, else None. Never raises."""
    try:
        status, body = (fetch or _fetch)(url, {"Accept": "application/json"}, seconds)
        return json.loads(body) if status == 200 else None
    except (OSError, ValueError, HTTPException, RecursionError):
        return None


def _rows(body: bytes) -> list[Any] | None:
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    rows = value.get("data") if isinstance(value, dict) else None
    return rows[:MOST_MODELS] if isinstance(rows, list) else None


def _texts(body: bytes, key: str) -> tuple[str, ...]:
    """What the rows say under `key`, each text once."""
    found = [row.get(key) for row in _rows(body) or () if isinstance(row, Mapping)]
    return tuple(dict.fromkeys(text for text in found if isinstance(text, str) and text))


class Answered(NamedTuple):
    """What became of one chat request. `wrong` says why there is no answer."""

    status: int | None
    ok: bool
    wrong: str | None = None


MOST_WORDS = 8
"""Tokens that `chat` asks for: enough to see that a model answers."""


def chat(base_url: str, key: str | None, model: str, text: str, seconds: float) -> Answered:
    """Ask `model` for a few tokens. Never raises."""
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    messages = [{"role": "user", "content": text}]
    body = {"model": model, "messages": messages, "max_tokens": MOST_WORDS}
    url = base_url.rstrip("/") + "/chat/completions"
    try:
        status, answer = _fetch(url, headers, seconds, json.dumps(body).encode())
    except (OSError, ValueError, HTTPException) as error:
        return Answered(None, False, _reason(error))
    said = _message(answer)
    if status == 200 and said is None:
        return Answered(status, True)
    return Answered(status, False, said or f"answers {status}")


def _message(body: bytes) -> str | None:
    """What is wrong with an answer, in its own words; None for one with choices in it."""
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return "answers something that is not JSON"
    if isinstance(value, dict) and isinstance(value.get("choices"), list) and value["choices"]:
        return None
    found = value.get("error") if isinstance(value, dict) else None
    text = found.get("message") if isinstance(found, dict) else found
    return text[:200] if isinstance(text, str) and text else "answers without a choice"


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(getattr(reason, "strerror", None) or reason)


def _fetch(
    url: str, headers: Mapping[str, str], seconds: float, body: bytes | None = None
) -> tuple[int, bytes]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, data=body, headers=dict(headers))
    try:
        with opener.open(request, timeout=seconds) as answer:
            return answer.status, answer.read(MOST_BODY)
    except urllib.error.HTTPError as error:
        return error.code, error.read(MOST_BODY)
