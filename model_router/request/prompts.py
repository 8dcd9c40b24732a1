"""Whatever a caller passes, as a Request: a prompt, an OpenAI-style body, or a Request itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from model_router.errors import RequestError
from model_router.request.chat import parse_chat
from model_router.request.hints import NO_HINTS, parse_hints
from model_router.types import Hints, Request

HintsLike = Mapping[str, Any] | Hints | None
Asked = Request | Mapping[str, Any] | str | None


def from_prompt(prompt: str | None, hints: HintsLike) -> Request:
    """A bare prompt as a request; None is an empty one. Raises RequestError for anything else."""
    if prompt is not None and not isinstance(prompt, str):
        hint = "decode bytes; pass chat bodies to route_request"
        raise RequestError(f"the prompt must be text, not {type(prompt).__name__}", hint)
    parsed = parse_hints(hints)
    return Request(prompt or "", tools=parsed.tools, hints=parsed)


def as_request(asked: Asked, hints: HintsLike) -> Request:
    """A prompt, a body or a Request as a Request with checked hints. Raises RequestError."""
    if not isinstance(asked, Request):
        if isinstance(asked, Mapping):
            return parse_chat(asked, parse_hints(hints))
        return from_prompt(asked, hints)
    if hints is not None:
        raise RequestError("hints: a Request brings its own", "set Request.hints")
    if not isinstance(asked.text, str):
        raise RequestError(f"text: must be text, not {type(asked.text).__name__}")
    if asked.hints is NO_HINTS or asked.hints == NO_HINTS:
        return asked
    return replace(asked, hints=parse_hints(asked.hints))
