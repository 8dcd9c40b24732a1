"""Calls that a program makes for itself beside the user's: titles, tags, summaries."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

_HEAD = 600  # characters read: a side call says what it wants first
_LONG_SYSTEM = 8000  # a longer system prompt belongs to an agent at work

_START = r"\s*(?:#{1,4}[ \t]{0,4}(?:task|instructions?)\b:?\s{0,8})?(?:please |your task is to )?"
_MAKE = r"(?:generate|write|create|provide|produce|suggest|make|return|give)\b"
_CHAT = r"\b(?:conversation|chat|thread|session|dialogue|discussion|transcript)\b"
_THE = r"\b(?:the|this|that|our|following|above)\b"

_MAKES = ("gene", "writ", "crea", "prov", "prod", "sugg", "make", "retu", "give")

# Name, four letters that it may begin with, and what the text begins with, tried in this order.
# Every gap is bounded.
_SHAPES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "topic",
        ("anal",),
        r"analy[sz]e (?:if|whether)[^\n]{0,60}message[^\n]{0,40}"
        r"\bnew (?:conversation |chat )?topic\b",
    ),
    ("search_queries", ("anal",), r"analy[sz]e the chat history[^\n]{0,80}\bsearch quer"),
    ("autocomplete", ("you ",), r"you are an autocompletion system\b"),
    ("image_prompt", _MAKES, _MAKE + r" a detailed prompt for an?m? image generation task\b"),
    ("emoji", ("refl",), r"reflect the speaker's[^\n]{0,60}\bemoji\b"),
    ("suggestions", ("[sug",), r"\[suggestion mode:"),
    (
        "follow_ups",
        _MAKES,
        _MAKE + r"[^\n]{0,40}\bfollow-?ups?\b[^\n]{0,160}(?:\buser might\b|" + _CHAT + ")",
    ),
    ("tags", _MAKES, _MAKE + r"[^\n]{0,40}\btags\b[^\n]{0,80}(?:main themes|" + _CHAT + ")"),
    ("title", ("you ",), r"you are an? (?:\w+ ){0,2}title generator\b"),
    (
        "title",
        ("you ",),
        r"you (?:will )?generate (?:an? )?(?:\w+ ){0,3}(?:conversation |chat )?titles?\b",
    ),
    (
        "title",
        ("give",),
        r"given the following[^\n]{0,40}reply with a title for the chat\b",
    ),
    (
        "title",
        _MAKES,
        rf"{_MAKE}[^\n]{{0,60}}\btitle\b[^\n]{{0,100}}{_THE}(?: \w+){{0,3}} ?{_CHAT}",
    ),
    (
        "title",
        _MAKES,
        rf"{_MAKE}[^\n]{{0,30}}\b\d{{1,2}}[- ](?:to |\d{{1,2}} )?words?\b[^\n]{{0,20}}\btitle\b"
        r"[^\n]{0,80}\bchat history\b",
    ),
    ("summary", _MAKES, rf"{_MAKE}[^\n]{{0,60}}\bsummary of {_THE}[^\n]{{0,30}}{_CHAT}"),
    ("summary", ("summ",), rf"summari[sz]e {_THE}(?: \w+){{0,2}} {_CHAT}"),
    ("summary", _MAKES, rf"{_MAKE} a detailed prompt for continuing (?:our|the) {_CHAT}"),
    ("summary", ("you ",), r"you are performing a context checkpoint compaction\b"),
)
SIDE_CALLS: tuple[str, ...] = tuple(dict.fromkeys(name for name, _, _ in _SHAPES))
"""Every name that `Request.helper` can have."""

_OPENINGS = frozenset(word for _, words, _ in _SHAPES for word in words)
# What _START begins with. After anything else the text begins with a shape, or is none.
_LED = frozenset({*" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f#", "plea", "your"})


def side_call(text: str) -> str | None:
    """Return which side call `text` is by how it begins, or None. Reads 600 characters."""
    opening = text[:4].lower()
    if opening in _OPENINGS:
        shapes = _beginning(opening)
    elif _LED.isdisjoint((opening, opening[:1])) and opening.isascii():
        return None
    else:
        shapes = _beginning(None)
    head = text[:_HEAD]
    if shapes(head) is None:
        return None
    for name, pattern in _table():
        if pattern.match(head):
            return name
    return None


@cache
def _beginning(opening: str | None) -> Callable[[str], re.Match[str] | None]:
    # All shapes that may begin so at once, which spares ordinary prompts each of them.
    if opening is None:
        shapes = "|".join(shape for _, _, shape in _SHAPES)
        return re.compile(f"{_START}(?:{shapes})", re.IGNORECASE).match
    shapes = "|".join(shape for _, words, shape in _SHAPES if opening in words)
    return re.compile(shapes, re.IGNORECASE).match


@cache
def _table() -> tuple[tuple[str, re.Pattern[str]], ...]:
    # Compiling takes some 10 ms, which an import should not cost.
    return tuple((name, re.compile(_START + shape, re.IGNORECASE)) for name, _, shape in _SHAPES)


def system_side_call(text: str) -> str | None:
    """Return which side call a system prompt is for; its second paragraph may say so too."""
    if len(text) > _LONG_SYSTEM:
        return None
    return _of_system(text[:_HEAD])


@lru_cache(maxsize=64)
def _of_system(head: str) -> str | None:
    # Remembered because programs say the same each time.
    paragraphs = head.lstrip().split("\n", 3)
    if len(paragraphs) == 1:
        return side_call(head)
    return next((name for name in map(side_call, (head, *paragraphs)) if name), None)
