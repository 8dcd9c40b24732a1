"""The body that most chats send, read in one pass: messages that are a role and a text each.

It gives what `turns` and `wrappers` make of such messages (a property test holds them together),
and leaves every other form to them. `proxy/_body.c` gives the same words while it reads the bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from model_router.request.turns import ROLES
from model_router.text.tokens import estimate_tokens

TURN_TOKENS = 4
"""What a chat template writes around each message."""

PROGRAMS = ("system", "developer")
"""Roles that a program speaks in."""

_BEFORE_MESSAGES = frozenset({"instructions", "system"})

NO_MEDIA: frozenset[str] = frozenset()

Talk = tuple[str, tuple[str, ...], tuple[str, ...], int, Iterable[str], frozenset[str]]
"""The user's last words, the names of wrappers around them, everything else that was said, what
that costs, the programs' words, and the media in messages."""


Words = tuple[str, tuple[str, ...], list[str]]
"""The user's last words, those before them, and of these the programs'. No text is empty."""


def read_talk(body: Mapping[str, Any], words: Words | None = None) -> Talk | None:
    """The words of a plain body whose last message is the user's; None for any other body.

    `words` are what `words_of` would give, from whoever has them already.
    """
    found = words_of(body) if words is None else words
    if found is None:
        return None
    text, said, programs = found
    cost = TURN_TOKENS * len(body["messages"])
    for other in said:
        cost += estimate_tokens(other)
    return text, (), said, cost, programs, NO_MEDIA


def words_of(body: Mapping[str, Any]) -> Words | None:
    """What is said in a plain body whose last message is the user's; None for any other body.

    Last words that begin with a mark may be quoted or a tool's result, and those that hold a
    closing tag may be wrapped, so they are not for here either.
    """
    messages = body.get("messages")
    if messages.__class__ is not list or not messages or not _BEFORE_MESSAGES.isdisjoint(body):
        return None
    said: list[str] = []
    programs: list[str] = []
    role: Any = None
    text: Any = ""
    for message in messages:
        if message.__class__ is not dict or len(message) != 2:
            return None
        role, text = message.get("role"), message.get("content")
        if role not in ROLES or text.__class__ is not str or ";base64," in text:
            return None
        if text:
            said.append(text)
            if role in PROGRAMS:
                programs.append(text)
    if role != "user" or not text[:1].isalnum() or "</" in text:
        return None
    said.pop()
    return text, tuple(said), programs
