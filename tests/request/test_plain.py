"""read_talk: plain bodies read in one pass give what the general way gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.request.chat import parse_chat
from model_router.request.plain import read_talk
from model_router.request.recurring import RecurringMessage

PNG = "data:image/png;base64," + "iVBOR" + "A" * 80


def said(role: str, content: Any) -> dict[str, Any]:
    return {"role": role, "content": content}


def by_turns(body: dict[str, Any]) -> Any:
    """What the general way makes of a body: only that reads messages which recur."""
    return parse_chat({**body, "messages": [RecurringMessage(row) for row in body["messages"]]})


PLAIN = [said("system", "be brief"), said("user", "tell me a joke")]

WORDS = st.sampled_from([
    "", " ", "hi", "fix the parser", " fix it", '"fix it"', "«fix»", "'quoted'",
    "[bash] Result: ok", "a <file>\nx\n</file>", "</b> so", "<task>fix it</task>", PNG,
    "look " + PNG, "\ud800x", "мир",
    "you are a title generator", "Generate a title for this conversation", "1. and 2.", "½ cup",
    "summarize the conversation so far",
])  # fmt: skip
ROLE = st.sampled_from(["system", "developer", "user", "assistant", "tool", "function"])
MESSAGE = st.builds(said, ROLE, WORDS | st.text(max_size=20))
MORE = st.fixed_dictionaries(
    {},
    optional={
        "instructions": WORDS,
        "system": WORDS,
        "max_tokens": st.integers(0, 9),
        "attachments": st.just(["image"]),
        "tools": st.just([{"type": "function", "function": {"name": "f"}}]),
        "temperature": st.just(0.5),
    },
)


@settings(max_examples=600)
@given(st.lists(MESSAGE, min_size=1, max_size=5), MORE)
def test_both_ways_give_the_same_request(messages: list[dict[str, Any]], more: Any) -> None:
    """A body reads the same whether its messages are read in one pass or turn by turn."""
    body = {"messages": messages, **more}
    assert parse_chat(body) == by_turns(body)


def test_a_plain_body_is_read_in_one_pass() -> None:
    """The last user message is the text, the rest is context, and a program's words are named."""
    text, names, context, _, programs, media = read_talk({"messages": PLAIN}) or ()
    assert (text, names, media) == ("tell me a joke", (), frozenset())
    assert context == ("be brief",)
    assert programs == ["be brief"]


@pytest.mark.parametrize(
    "messages",
    [
        [],
        {"role": "user"},
        [*PLAIN, said("assistant", "no")],
        [*PLAIN, said("user", '"a quote"')],
        [*PLAIN, said("user", "[bash] Result: ok")],
        [*PLAIN, said("user", " led by a blank")],
        [*PLAIN, said("user", "so <file>a</file>")],
        [*PLAIN, said("user", [{"type": "text", "text": "parts"}])],
        [*PLAIN, said("user", "see " + PNG)],
        [said("robot", "hello"), *PLAIN],
        [{"role": "user", "content": "x", "name": "y"}, *PLAIN],
        [RecurringMessage(row) for row in PLAIN],
    ],
)  # fmt: skip
def test_any_other_form_is_left_to_the_general_way(messages: Any) -> None:
    """Whatever is not plain, or may be quoted, wrapped or a tool's result, is not read here."""
    assert read_talk({"messages": messages}) is None


@pytest.mark.parametrize("key", ["instructions", "system"])
def test_words_before_the_messages_are_left_too(key: str) -> None:
    """Instructions beside the messages are a turn of their own, which the general way reads."""
    assert read_talk({"messages": PLAIN, key: "be brief"}) is None
