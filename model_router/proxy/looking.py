"""Looking at a body: what it says, and the ways to answer it."""

from __future__ import annotations

from collections.abc import Mapping

from model_router.proxy.body import Body, BodyError, Scan, check_spelling, read_body
from model_router.proxy.choosing import Asked, Choice, NeedsPerson, choose, read_hints
from model_router.proxy.problems import invalid
from model_router.proxy.service import Service

Looked = tuple[Body, Choice]
"""A body and the ways to answer it."""


def look(
    service: Service,
    headers: Mapping[bytes, bytes],
    raw: bytes,
    approved: bool,
    scanners: Mapping[str, Scan] | None = None,
) -> Looked:
    """The ways to answer a chat body. Raises NeedsPerson, with the hints that came, or Refused.

    For `scanners` see `read_body`.
    """
    body, asked = read_asked(headers, raw, scanners)
    if not isinstance(body.data.get("messages"), list):
        raise invalid("messages: must be a list", param="messages")
    try:
        return body, choose(service, asked, approved=approved)
    except NeedsPerson as needed:
        needed.hints = asked.hints
        raise


def read_asked(
    headers: Mapping[bytes, bytes], raw: bytes, scanners: Mapping[str, Scan] | None = None
) -> tuple[Body, Asked]:
    """A body and what it asks for. Raises Refused."""
    try:
        body = read_body(raw, scanners)
        if not body.checked:
            check_spelling(body)
    except BodyError as error:
        raise invalid(str(error)) from None
    model = body.data.get("model")
    if model is not None and not isinstance(model, str):
        raise invalid("model: must be text", param="model")
    return body, Asked(body.data, read_hints(headers, body.data), model, body.words)
