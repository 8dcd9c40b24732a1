"""An OpenAI-style body reduced to what deciding needs: what is asked now, and everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from model_router.errors import RequestError
from model_router.request.hints import ATTACHMENTS, NO_HINTS, json_type, parse_hints
from model_router.request.parts import MAPPINGS, media_kind, media_tokens, spell
from model_router.request.plain import NO_MEDIA, PROGRAMS, TURN_TOKENS, Talk, Words, read_talk
from model_router.request.recurring import RecurringList
from model_router.request.sidecalls import side_call, system_side_call
from model_router.request.turns import Turn, read_turns
from model_router.request.wrappers import Unwrapped, answers, unwrap
from model_router.text.lazy import deferred
from model_router.text.tokens import estimate_tokens
from model_router.types import Hints, Request

__all__ = ["parse_chat", "parse_hints"]

# Agents without tool calling put a tool's result into a user message under this heading.
_RESULT_HEADING = deferred(r"\[([a-z][a-z0-9_]{1,60})\b[^\]\n]{0,300}\] Result:")


def parse_chat(
    body: Mapping[str, Any],
    hints: Mapping[str, Any] | Hints | None = None,
    words: Words | None = None,
) -> Request:
    """Return what a request body asks for, and what it carries.

    Takes chat bodies (`messages`), Responses bodies (`input`, `instructions`) and the short forms
    `{"prompt": "..."}` and `{"task": "..."}`. The last user turn is `text`; all the rest is
    `context` and orders nothing. A body without a user's words gives an empty `text`.
    `words` are those of a plain body, from whoever read them with it (`plain.words_of`).
    Raises RequestError, with the path inside the body, where a form is wrong.
    """
    if not isinstance(body, MAPPINGS):
        raise RequestError(f"body: must be a mapping, not {json_type(body)}")
    known = NO_HINTS if hints is None else parse_hints(hints)
    text, names, context, cost, programs, seen = read_talk(body, words) or _talk_of_turns(body)
    if known is NO_HINTS and _SAYING_MORE.isdisjoint(body):
        helper = _side_call(text, programs, None)
        return Request(text, context, seen, None, cost, None, helper, names, known)
    tools = _tools(body)
    tools = known.tools if tools is None else tools
    media, media_cost = NO_MEDIA, 0
    if "attachments" in body or known.attachments:
        media, media_cost = _attachments(body, known)
    return Request(
        text=text,
        context=context,
        modalities=media | seen if seen else media,
        tools=tools,
        context_tokens=cost + media_cost + _definition_tokens(body),
        max_output_tokens=_max_output(body),
        helper=_side_call(text, programs, tools),
        wrappers=names,
        hints=known,
    )


# ------------------------------------------------------------------ whose words count


def _talk_of_turns(body: Mapping[str, Any]) -> Talk:
    """What `read_talk` gives, for any body. Raises RequestError."""
    turns = read_turns(body)
    chosen, said = _last_words(turns)
    programs = (word for turn in turns if turn.role in PROGRAMS for word in turn.content.spoken)
    media = [turn.content.media for turn in turns if turn.content.media]
    context, cost = _context(turns, chosen, said)
    return said.own, said.names, context, cost, programs, NO_MEDIA.union(*media)


def _last_words(turns: Sequence[Turn]) -> tuple[int, Unwrapped]:
    """Return which turn decides (-1: none) and what the user says in it.

    Messages that hold only wrappers are passed over, and so are tools' results. An answer of the
    assistant is passed over only when a tool's result follows it: then the agent is still at
    work on an older order. Otherwise the wrappers' text counts as the user's, so that an order
    cannot be lost by putting it into one.
    """
    last = -1
    raw: list[str] = []  # of the messages passed over, latest first
    looping = False
    for index in range(len(turns) - 1, -1, -1):
        turn = turns[index]
        if turn.role == "user":
            said = _said(turn, turns[index - 1] if index else None)
            if said.own.strip():
                return index, said
            looping = looping or turn.content.from_tool or "tool_result" in said.names
            if not turn.content.from_tool:
                last = max(last, index)
                raw += reversed(turn.content.spoken)
        elif turn.role == "assistant":
            if last >= 0 and not looping:
                break
            looping = False
        looping = looping or turn.role in ("tool", "function")
    return last, Unwrapped("\n".join(reversed(raw)))


def _said(turn: Turn, before: Turn | None) -> Unwrapped:
    """Return the user's own words in a message, its parts unwrapped one by one."""
    spoken = turn.content.spoken
    if spoken and before is not None and _is_result(spoken[0], before):
        typed = "\n".join(word for text in spoken for word in answers(text))
        return Unwrapped(typed, tuple(spoken), ("tool_result",))
    if len(spoken) == 1:
        return unwrap(spoken[0])
    parts = [unwrap(text) for text in spoken]
    return Unwrapped(
        "\n".join(part.own for part in parts if part.own.strip()),
        tuple(text for part in parts for text in part.wrapped),
        tuple(dict.fromkeys(name for part in parts for name in part.names)),
    )


def _is_result(text: str, before: Turn) -> bool:
    """Return whether `text` answers a tool that the assistant called in words just before."""
    match = _RESULT_HEADING.match(text)
    if match is None or before.role != "assistant":
        return False
    return any(f"<{match[1]}>" in said for said in before.content.spoken)


def _context(turns: Sequence[Turn], chosen: int, said: Unwrapped) -> tuple[tuple[str, ...], int]:
    """Return everything but the words that decide, and what all of it costs."""
    texts: list[str] = []
    cost = 0
    for index, turn in enumerate(turns):
        cost += turn.content.tokens + turn.call_tokens + TURN_TOKENS
        if index != chosen:
            said_there, tokens = turn.texts
            texts += said_there
            cost += tokens
            continue
        if not (said.wrapped or turn.calls or turn.content.results):
            continue
        others = [text for text in (*said.wrapped, *turn.content.results, *turn.calls) if text]
        texts += others
        cost += sum([estimate_tokens(text) for text in others])
    return tuple(texts), cost


def _side_call(text: str, programs: Iterable[str], tools: tuple[str, ...] | None) -> str | None:
    # With tools at hand it is not a side call, whatever it says: it could act.
    if tools:
        return None
    found = side_call(text)
    if found is None:
        for said in programs:
            found = system_side_call(said)
            if found is not None:
                break
    return found


# ------------------------------------------------------------------ what else the body says


def _tools(body: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the tools that may run: None when the body does not say, () when none may."""
    if _ABOUT_TOOLS.isdisjoint(body):
        return None
    listed = [key for key in ("tools", "functions") if body.get(key) is not None]
    names = tuple([name for key in listed for name in _tool_names(body[key], key)])
    for key in ("tool_choice", "function_call"):
        if body.get(key) in ("none", {"type": "none"}):
            return ()
    return names if listed else None


_ABOUT_TOOLS = frozenset({"tools", "functions", "tool_choice", "function_call"})


def _tool_names(tools: Any, key: str) -> list[str]:
    if not isinstance(tools, list | tuple):
        raise RequestError(f"{key}: must be a list, not {json_type(tools)}")
    if tools.__class__ is not RecurringList:
        return [_tool_name(tool, f"{key}[{i}]") for i, tool in enumerate(tools)]
    names: list[str] | None = tools.read.get("names")
    if names is None:
        names = [_tool_name(tool, f"{key}[{i}]") for i, tool in enumerate(tools)]
        tools.read["names"] = names
    return names


def _tool_name(tool: Any, path: str) -> str:
    if not isinstance(tool, MAPPINGS):
        raise RequestError(f"{path}: must be a mapping, not {json_type(tool)}")
    inner = tool.get("function", tool)
    name = inner.get("name") if isinstance(inner, MAPPINGS) else None
    # Tools that the server runs, such as web_search, have a type and no name.
    name = tool.get("type") if name is None and "function" not in tool else name
    if not isinstance(name, str):
        raise RequestError(f"{path}: needs a name")
    return name


def _definition_tokens(body: Mapping[str, Any]) -> int:
    return sum([spell(body[key], key)[1] for key in _DEFINING if body.get(key)])


_DEFINING = ("tools", "functions", "response_format", "text")
_LENGTHS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_SAYING_MORE = _ABOUT_TOOLS.union(_DEFINING, _LENGTHS, ("attachments",))
"""Keys that most bodies have none of; without them the talk is all of the request."""


def _max_output(body: Mapping[str, Any]) -> int | None:
    for key in _LENGTHS:
        value = body.get(key)
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise RequestError(f"{key}: must be a whole number of tokens, 0 or more")
        return value
    return None


def _attachments(body: Mapping[str, Any], hints: Hints) -> tuple[frozenset[str], int]:
    """Return the media that the body or the hints name beside the messages, and their cost."""
    listed = body.get("attachments")
    if listed is not None and not isinstance(listed, list | tuple):
        raise RequestError(f"attachments: must be a list, not {json_type(listed)}")
    kinds = [_attachment(item, f"attachments[{i}]") for i, item in enumerate(listed or ())]
    media = frozenset((*kinds, *hints.attachments)) - {"code"}
    return media, sum(media_tokens(kind, 0) for kind in media)


def _attachment(item: Any, path: str) -> str:
    """Return the kind of an attachment: one of the known words, a file name, or a mapping."""
    if isinstance(item, str):
        return item if item in ATTACHMENTS else media_kind("", item)
    if not isinstance(item, Mapping):
        raise RequestError(
            f"{path}: must be a kind, a file name or a mapping, not {json_type(item)}"
        )
    kind = item.get("type")
    if isinstance(kind, str) and kind in ATTACHMENTS:
        return kind
    mime, name = item.get("mime_type", kind), item.get("name", item.get("filename"))
    return media_kind(mime if isinstance(mime, str) else "", name if isinstance(name, str) else "")
