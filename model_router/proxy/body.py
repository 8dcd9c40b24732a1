"""A request's body: parsed once, and sent on with only the keys that have to change spliced in.

The scanner notes where each top-level value begins and ends, at the price of a plain parse; so
numbers, key order, escapes and unknown fields reach the backend as the client wrote them. `_body.c`
reads the short bodies that most clients send, and checks them, where a compiler was there when the
package was installed. A change here is a change there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

from model_router.native import native
from model_router.request.plain import Words
from model_router.request.recurring import RecurringMessage
from model_router.request.turns import ROLES

if TYPE_CHECKING:
    from model_router.proxy import _body as compiled
else:
    compiled = native("model_router.proxy._body")

PURE = compiled is None
"""Whether this machine does without our C."""

KEYS = (
    *("messages", "model", "role", "content", "instructions", "system"),
    *("temperature", "stream", "max_tokens", "max_completion_tokens", "top_p", "user", "n"),
)
"""For our C: keys that mean something to it, in its order, and more that come often."""

Scan = Callable[[str, int], tuple[Any, int]]
"""What reads the JSON value at a place of a text, and says where it ends."""


# Servers differ in which of two equal keys they take, and some take a key in any case. So that what
# is judged is what is answered, both are refused where words and models stand.
_JUDGED = frozenset({
    "model", "messages", "tools", "functions", "tool_choice", "stream", "input", "prompt",
    "instructions", "system",
})  # fmt: skip
_JUDGED_INSIDE = frozenset({
    "role", "content", "text", "type", "tool_calls", "function_call", "image_url", "input_audio",
    "file", "name",
})  # fmt: skip
_TWICE = "servers differ in which one they take"

_space = re.compile(r"[ \t\n\r]*").match
# A member's key and colon, and what stands behind its value, each in one step. Where they are not
# as usual, what is wrong is found out step by step.
_plain_key = re.compile(r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*').match
_next_key = re.compile(r'[ \t\n\r]*,[ \t\n\r]*(?=")').match


class BodyError(ValueError):
    """A body that cannot be used. The message never quotes it."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BodyError(f"a message has a key twice; {_TWICE}")
    return found


SHORT = 8 * 1024
"""Bytes of a body that is read in one call of the scanner, and where its members stand later."""

_scan: Scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
scan_messages: Scan = json.JSONDecoder(object_pairs_hook=_unique).scan_once  # type: ignore[attr-defined]
"""What reads messages: as any JSON value, but with a BodyError for a key that stands twice."""


Span = tuple[int, int, int]
"""Where a top-level member stands in the text: its key, its value, the value's end."""


class Body:
    """A parsed body. `data` is what it says, `members` where.

    Our C also gives `model_at`, where the model's value stands in the bytes, and `words`, those of
    a talk that is plain. Its bodies are `checked`: no key needs `check_spelling`.
    """

    __slots__ = ("_members", "_text", "checked", "data", "model_at", "raw", "words")

    def __init__(
        self,
        raw: bytes,
        text: str | None,
        data: dict[str, Any],
        members: dict[str, Span] | None,
        model_at: tuple[int, int] | None = None,
        words: Words | None = None,
    ) -> None:
        self.raw, self._text, self.data = raw, text, data
        self._members = members
        self.model_at, self.words = model_at, words
        self.checked = model_at is not None

    @property
    def text(self) -> str:
        """The bytes as text; decoded when somebody asks."""
        if self._text is None:
            self._text = self.raw.decode()
        return self._text

    @property
    def members(self) -> dict[str, Span]:
        """Where each top-level member stands; looked for when somebody asks."""
        if self._members is None:
            self._members = _read(self.raw, self.text, _PLAIN).members
        return self._members

    def has(self, key: str) -> bool:
        """Whether it has a top-level member. `data` may be without those that nobody reads."""
        return key in (self.data if self._members is None else self._members)

    def place_of_model(self) -> tuple[int, int]:
        """Where in the bytes the value of `model` stands, if a glance shows that; else -1, -1.

        A key that is spelled without \\u and stands but once can only be the one that was read.
        """
        raw, model = self.raw, self.data["model"]
        if self._members is not None or model.__class__ is not str:
            return -1, -1
        at = raw.find(_MODEL)
        if at != raw.rfind(_MODEL) or (b"\\" in raw and b"\\u" in raw):  # one is found sooner
            return -1, -1
        found = _models_value(model)(raw, max(at, 0))
        return (-1, -1) if found is None else found.span(1)


def read_body(raw: bytes, scanners: Mapping[str, Scan] | None = None, *, pure: bool = PURE) -> Body:
    """The body as an object. Raises BodyError: not UTF-8, not JSON, not an object, a key twice.

    `scanners` read the values of some keys in the place of a plain one, with the same result.
    `pure` reads without our C.
    """
    if not pure and len(raw) <= SHORT:
        found = compiled.read(raw, KEYS, ROLES)
        if found is not None:
            data, start, end, words = found
            return Body(raw, None, data, None, (start, end), words)
    return _read_in_python(raw, scanners)


def _read_in_python(raw: bytes, scanners: Mapping[str, Scan] | None) -> Body:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BodyError("the body is not UTF-8") from None
    if scanners is None and len(raw) <= SHORT and (body := _read_at_once(raw, text)) is not None:
        return body
    try:
        return _read(raw, text, scanners or _PLAIN)
    except BodyError:
        raise
    except StopIteration as stop:
        raise BodyError(f"the body is not JSON: no value at character {stop.value}") from None
    except json.JSONDecodeError as error:
        raise BodyError(f"the body is not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise BodyError("the body nests too deep") from None
    except ValueError:
        raise BodyError("the body holds a number with too many digits") from None


_PLAIN: dict[str, Scan] = {"messages": scan_messages}


def _read_at_once(raw: bytes, text: str) -> Body | None:
    """The body in one call of the scanner; None when it is wrong, or when any object in it has a
    key twice: `_read` says which of that matters."""
    try:
        data, end = scan_messages(text, 0 if text[:1] == "{" else past_space(text, 0))
    except (StopIteration, ValueError, RecursionError):
        return None
    if data.__class__ is not dict or (end != len(text) and past_space(text, end) != len(text)):
        return None
    return Body(raw, text, data, None)


def _read(raw: bytes, text: str, scanners: Mapping[str, Scan]) -> Body:
    at = past_space(text, 0)
    if text[at : at + 1] != "{":
        if at == len(text):
            raise BodyError("the body is empty")
        raise BodyError("the body is not a JSON object")
    data: dict[str, Any] = {}
    members: dict[str, Span] = {}
    at = past_space(text, at + 1)
    if text[at : at + 1] == "}":
        at += 1
    else:
        at = _members(text, at, data, members, scanners)
    if past_space(text, at) != len(text):
        raise BodyError("something follows the body's JSON object")
    return Body(raw, text, data, members)


def _members(
    text: str,
    at: int,
    data: dict[str, Any],
    members: dict[str, Span],
    scanners: Mapping[str, Scan],
) -> int:
    while True:
        plain = _plain_key(text, at)
        key, value_at = (plain[1], plain.end()) if plain is not None else _odd_key(text, at)
        value, end = scanners.get(key, _scan)(text, value_at)
        if key in members:
            raise BodyError(f"the body has a key twice at its top level; {_TWICE}")
        data[key] = value
        members[key] = (at, value_at, end)
        further = _next_key(text, end)
        if further is None:
            return _end(text, end)
        at = further.end()


def _odd_key(text: str, at: int) -> tuple[str, int]:
    """A key with escapes, and where its value begins."""
    if text[at : at + 1] != '"':
        raise json.JSONDecodeError("a key in quotes is missing", "", at)
    key, at = scanstring(text, at + 1)
    at = past_space(text, at)
    if text[at : at + 1] != ":":
        raise json.JSONDecodeError("a colon is missing", "", at)
    return key, past_space(text, at + 1)


def _end(text: str, at: int) -> int:
    """Where the object ends, when no key follows the value that ended at `at`."""
    at = past_space(text, at)
    mark = text[at : at + 1]
    if mark == "}":
        return at + 1
    if mark != ",":
        raise json.JSONDecodeError("a comma or brace is missing", "", at)
    raise json.JSONDecodeError("a key in quotes is missing", "", past_space(text, at + 1))


def past_space(text: str, at: int) -> int:
    """Where the white space at `at` ends."""
    if text[at : at + 1] > " ":
        return at
    match = _space(text, at)
    assert match is not None
    return match.end()


def check_spelling(body: Body) -> None:
    """Raises BodyError for a key that another server could take for one that is judged here."""
    data = body.data
    keys = "".join(data)
    if not (keys.isascii() and keys.islower()):
        _check_keys(data, _JUDGED)
    messages = data.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if message.__class__ is RecurringMessage:
            if not message.checked:
                _check_message(message)
                message.checked = True
        elif isinstance(message, dict):
            _check_message(message)


def _check_message(message: dict[str, Any]) -> None:
    if not _JUDGED_INSIDE.issuperset(message):
        _check_keys(message, _JUDGED_INSIDE)
    content = message.get("content")
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and not _JUDGED_INSIDE.issuperset(part):
            _check_keys(part, _JUDGED_INSIDE)


def _check_keys(found: dict[str, Any], judged: frozenset[str]) -> None:
    folded: set[str] = set()
    for key in found:
        name = key.casefold()
        if name != key and name in judged:
            raise BodyError(f"a key is to be written as `{name}`: some servers take it in any case")
        if name in folded:
            raise BodyError(f"two keys differ in their case alone; {_TWICE}")
        folded.add(name)


def rewritten(
    body: Body, model: str | None, strip: Sequence[str] = (), put: Mapping[str, Any] | None = None
) -> bytes:
    """The bytes to send: `model` in its place, the keys of `strip` gone, those of `put` set.

    With model None its value stays. Every other byte stays as it came.
    """
    stripped = frozenset(filter(body.has, strip)) if strip else _NOTHING
    if not put and not stripped:
        if model is None or body.data.get("model") == model:
            return body.raw
        if "model" in body.data:
            return _renamed(body, model)
    changes = dict(put) if put else {}
    if model is not None:
        changes["model"] = model
    return _rebuilt(body, changes, stripped)


_NOTHING: frozenset[str] = frozenset()


def _renamed(body: Body, model: str) -> bytes:
    """The body with another value for `model`."""
    raw, quoted = body.raw, _quoted(model)
    start, end = body.model_at or body.place_of_model()
    if start < 0:
        text = body.text
        _, start, end = body.members["model"]
        if not text.isascii():  # places in the text are not those in the bytes
            return (text[:start] + quoted.decode() + text[end:]).encode()
    rest = raw[end:] if len(raw) <= SHORT else memoryview(raw)[end:]  # copied once
    return b"".join((raw[:start], quoted, rest))


@lru_cache(maxsize=64)
def _models_value(model: str) -> Callable[[bytes, int], re.Match[bytes] | None]:
    """What finds `model` as the value of the key at a place; there are few that are asked for."""
    value = re.escape(_quoted(model))
    return re.compile(_MODEL + rb"[ \t\n\r]*:[ \t\n\r]*(" + value + b")").match


_MODEL = b'"model"'


@lru_cache(maxsize=256)
def _quoted(model: str) -> bytes:
    """A model's name as JSON; there are few."""
    return json.dumps(model).encode()


def _rebuilt(body: Body, changes: dict[str, Any], strip: frozenset[str]) -> bytes:
    rows = []
    for key, (start, value, end) in body.members.items():
        if key in changes:
            rows.append(f"{body.text[start:value]}{json.dumps(changes.pop(key))}")
        elif key not in strip:
            rows.append(body.text[start:end])
    rows += [f"{json.dumps(key)}:{json.dumps(value)}" for key, value in changes.items()]
    return ("{" + ",".join(rows) + "}").encode()
