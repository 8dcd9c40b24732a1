"""The messages of a request body, whichever API's form it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_router.errors import RequestError
from model_router.records import record
from model_router.request.hints import json_type, suggest
from model_router.request.parts import MAPPINGS, Content, read_content, spell
from model_router.request.recurring import RecurringMessage
from model_router.text.tokens import estimate_tokens

ROLES: tuple[str, ...] = ("system", "developer", "user", "assistant", "tool", "function")
_SIMPLE_FORMS = ("prompt", "task")
_FORMS = ("messages", "input", *_SIMPLE_FORMS)


@record(frozen=False)
class Turn:
    """One message: who said it, what it holds, and the arguments of the tools it calls."""

    role: str
    content: Content
    calls: tuple[str, ...] = ()
    call_tokens: int = 0
    _texts: tuple[list[str], int] | None = None

    @property
    def texts(self) -> tuple[list[str], int]:
        """Everything in it that is text, in order, and what that costs. Reckoned once."""
        if self._texts is None:
            content = self.content
            texts = [text for text in (*content.spoken, *content.results, *self.calls) if text]
            self._texts = texts, sum([estimate_tokens(text) for text in texts])
        return self._texts


def read_turns(body: Mapping[str, Any]) -> list[Turn]:
    """Return the body's messages in order; RequestError names the path of a wrong form."""
    if "messages" in body:
        turns = _message_turns(body["messages"])
    elif "input" in body:
        turns = _input_turns(body["input"])
    else:
        turns = [_short_turn(body)]
    before = [key for key in ("instructions", "system") if body.get(key) is not None]
    return [Turn("system", read_content(body[key], key)) for key in before] + turns


def _short_turn(body: Mapping[str, Any]) -> Turn:
    for key in _SIMPLE_FORMS:
        if key in body:
            return Turn("user", read_content(body[key], key))
    odd = next((key for key in body if isinstance(key, str)), None)
    raise RequestError(
        f"body: needs one of {', '.join(_FORMS)}", hint=suggest(odd, _FORMS) if odd else None
    )


def _message_turns(messages: Any) -> list[Turn]:
    if not isinstance(messages, list | tuple):
        raise RequestError(f"messages: must be a list, not {json_type(messages)}")
    return [_plain_message(row) or _known_message(row, i) for i, row in enumerate(messages)]


def _plain_message(message: Any) -> Turn | None:
    """A message of a role and a text alone, which most are; None for any other."""
    if message.__class__ is not dict or len(message) != 2:
        return None
    role, content = message.get("role"), message.get("content")
    if role not in ROLES or content.__class__ is not str or ";base64," in content:
        return None
    return Turn(role, Content([content] if content else []))


def _known_message(message: Any, place: int) -> Turn:
    if message.__class__ is not RecurringMessage:
        return _message(message, f"messages[{place}]")
    if message.turn is None:
        message.turn = _message(message, f"messages[{place}]")
    turn: Turn = message.turn
    return turn


def _message(message: Any, path: str) -> Turn:
    if not isinstance(message, MAPPINGS):
        raise RequestError(
            f"{path}: must be a mapping with role and content, not {json_type(message)}"
        )
    role = message.get("role")
    if not isinstance(role, str) or role not in ROLES:
        shown = ascii(role) if isinstance(role, str) and len(role) < 40 else json_type(role)
        raise RequestError(f"{path}.role: {shown} is not a role", hint=suggest(role, ROLES))
    calls, cost = _calls(message, path)
    return Turn(role, read_content(message.get("content"), f"{path}.content"), calls, cost)


def _calls(message: Mapping[str, Any], path: str) -> tuple[tuple[str, ...], int]:
    """Return the words of the tool calls a message makes, and their cost."""
    if "tool_calls" not in message and "function_call" not in message:
        return (), 0
    words: list[str] = []
    cost = 0
    for key, form in (("tool_calls", (list, tuple)), ("function_call", Mapping)):
        value = message.get(key)
        if value is None:
            continue
        if not isinstance(value, form):
            wanted = "a mapping" if form is Mapping else "a list"
            raise RequestError(f"{path}.{key}: must be {wanted}, not {json_type(value)}")
        text, tokens = spell(value, f"{path}.{key}")
        words.append(text)
        cost += tokens - estimate_tokens(text)
    return tuple(words), cost


def _input_turns(items: Any) -> list[Turn]:
    """Read the `input` of the Responses API: a text, or messages and calls in one list."""
    if isinstance(items, str):
        return [Turn("user", read_content(items, "input"))]
    if not isinstance(items, list | tuple):
        raise RequestError(f"input: must be text or a list of items, not {json_type(items)}")
    turns: list[Turn] = []
    for index, item in enumerate(items):
        turn = _item(item, f"input[{index}]")
        if _is_part(item) and index and _is_part(items[index - 1]):
            _merge(turns[-1].content, turn.content)  # bare parts in a row are one message
        else:
            turns.append(turn)
    return turns


def _is_part(item: Any) -> bool:
    kind = item.get("type") if isinstance(item, Mapping) and "role" not in item else None
    return isinstance(kind, str) and kind.startswith(("input_", "text"))


def _merge(into: Content, other: Content) -> None:
    into.spoken += other.spoken
    into.results += other.results
    into.media |= other.media
    into.tokens += other.tokens


def _item(item: Any, path: str) -> Turn:
    if isinstance(item, str):
        return Turn("user", read_content(item, path))
    if not isinstance(item, Mapping):
        raise RequestError(f"{path}: must be text or a mapping, not {json_type(item)}")
    kind = item.get("type")
    if "role" in item or kind in (None, "message"):
        return _message(item, path)
    if isinstance(kind, str) and kind.endswith("call_output"):
        return Turn("tool", read_content(item.get("output"), f"{path}.output"))
    if _is_part(item):
        return Turn("user", read_content([item], path))
    # Calls, reasoning and whatever the API adds next: their words are context.
    text, tokens = spell(item, path)
    return Turn("assistant", Content(), (text,), tokens - estimate_tokens(text))
