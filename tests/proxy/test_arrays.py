"""Arrays that come again with many bodies: parsed once, and never other than what is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.proxy.arrays import LONGEST, MOST_ARRAYS, SHORTEST, Arrays
from model_router.proxy.body import Body, BodyError, check_spelling, read_body, rewritten
from model_router.request.chat import parse_chat
from model_router.request.parts import spell
from model_router.request.recurring import RecurringList, RecurringMessage

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@pytest.fixture
def arrays() -> Arrays:
    """A memory that knows nothing yet."""
    return Arrays()


def read(arrays: Arrays, raw: bytes, caller: str = "anna") -> Body:
    """A body as the proxy reads it where our C leaves it to Python."""
    return read_body(raw, arrays.scanners(caller), pure=True)


def tools(name: str, size: int = SHORTEST) -> list[Any]:
    """One tool whose JSON is a little longer than `size`."""
    return [{"type": "function", "function": {"name": name, "description": "d " * (size // 2)}}]


def talk(*said: str) -> list[dict[str, Any]]:
    """Messages by turns, behind a long system prompt."""
    rows = [{"role": "system", "content": "be brief " * (SHORTEST // 9)}]
    for place, words in enumerate(said):
        rows.append({"role": "assistant" if place % 2 else "user", "content": words})
    return rows


def body(messages: Any = None, listed: Any = None, **more: Any) -> bytes:
    """A chat body."""
    messages = [{"role": "user", "content": "hi"}] if messages is None else messages
    found = {"model": "auto", "messages": messages, **more}
    if listed is not None:
        found = {"tools": listed, **found}
    return json.dumps(found).encode()


class TestTools:
    def test_the_same_text_gives_the_same_object(self, arrays: Arrays) -> None:
        """The second body's tools are not parsed again."""
        first = read(arrays, body(listed=tools("a"), n=1))
        second = read(arrays, body(listed=tools("a"), n=2))
        assert first.data["tools"] is second.data["tools"]
        assert isinstance(first.data["tools"], RecurringList)
        assert second.data == json.loads(second.raw)

    def test_one_more_tool_is_seen(self, arrays: Arrays) -> None:
        """A list that begins as a known one does is another list."""
        read(arrays, body(listed=tools("a")))
        longer = [*tools("a"), *tools("b")]
        assert read(arrays, body(listed=longer)).data["tools"] == longer

    def test_spans_are_those_of_the_text(self, arrays: Arrays) -> None:
        """What is taken out or spliced stands where a full parse finds it."""
        for turn in range(2):
            found = read(arrays, body(listed=tools("a"), n=turn))
            sent = json.loads(rewritten(found, "m", ("tools",)))
            assert sent == {
                "model": "m",
                "messages": [{"role": "user", "content": "hi"}],
                "n": turn,
            }

    def test_what_follows_is_still_checked(self, arrays: Arrays) -> None:
        """A broken body is refused even when its tools are known."""
        good = body(listed=tools("a"))
        read(arrays, good)
        end = good.index(b', "model"')
        for broken in (good[:end] + b"x" + good[end:], good[:end]):
            with pytest.raises(BodyError):
                read(arrays, broken)

    def test_a_second_key_is_refused(self, arrays: Arrays) -> None:
        """Two lists of tools are ambiguous, known or not."""
        good = body(listed=tools("a"))
        read(arrays, good)
        with pytest.raises(BodyError):
            read(arrays, good[:-1] + b', "tools": ' + json.dumps(tools("a")).encode() + b"}")

    @pytest.mark.parametrize("size", [2, LONGEST])
    def test_short_and_huge_arrays_are_not_kept(self, arrays: Arrays, size: int) -> None:
        """Neither is worth its memory."""
        found = read(arrays, body(listed=tools("a", size))).data["tools"]
        assert not isinstance(found, RecurringList)

    def test_only_the_latest_are_kept(self, arrays: Arrays) -> None:
        """Memory does not grow with what clients send."""
        first = read(arrays, body(listed=tools("first"))).data["tools"]
        for turn in range(MOST_ARRAYS):
            read(arrays, body(listed=tools(f"other {turn}")))
        again = read(arrays, body(listed=tools("first"))).data["tools"]
        assert again == first
        assert again is not first

    def test_it_costs_the_same_and_is_spelled_once(self) -> None:
        """The words and the price are those of a plain list, the second time too."""
        rows = tools("a")
        kept = RecurringList(rows)
        assert spell(kept, "tools") == spell(rows, "tools")
        assert spell(kept, "tools") is spell(kept, "tools")


class TestMessages:
    def test_a_longer_talk_begins_with_the_known_messages(self, arrays: Arrays) -> None:
        """Of the next step of a talk only what is new is parsed."""
        first = read(arrays, body(talk("hello", "hi"))).data["messages"]
        second = read(arrays, body(talk("hello", "hi", "and now?"))).data["messages"]
        assert [a is b for a, b in zip(first, second, strict=False)] == [True] * 3
        assert second == talk("hello", "hi", "and now?")

    def test_another_last_message_keeps_the_others(self, arrays: Arrays) -> None:
        """A last message that was changed is another one; those before it are the same."""
        first = read(arrays, body(talk("hello", "hi", "first try"))).data["messages"]
        second = read(arrays, body(talk("hello", "hi", "second try"))).data["messages"]
        assert [a is b for a, b in zip(first, second, strict=True)] == [True] * 3 + [False]
        assert second[-1]["content"] == "second try"

    def test_a_changed_word_in_the_past_is_seen(self, arrays: Arrays) -> None:
        """Nothing is taken over behind the first byte that differs."""
        read(arrays, body(talk("delete it", "no", "why")))
        assert read(arrays, body(talk("keep it", "no", "why"))).data["messages"][1]["content"] == (
            "keep it"
        )

    def test_another_caller_has_nothing_of_it(self, arrays: Arrays) -> None:
        """What one key's holder sent is not looked up for another's, not even to save time."""
        first = read(arrays, body(talk("hello"), tools("a")), "anna").data
        second = read(arrays, body(talk("hello"), tools("a")), "bert").data
        assert first == second
        assert first["tools"] is not second["tools"]
        assert all(a is not b for a, b in zip(first["messages"], second["messages"], strict=True))

    def test_a_list_that_was_given_out_stays_as_it_is(self, arrays: Arrays) -> None:
        """A later step of the talk adds nothing to an earlier body."""
        first = read(arrays, body(talk("hello"))).data["messages"]
        read(arrays, body(talk("hello", "hi")))
        assert first == talk("hello")

    @pytest.mark.parametrize(
        "broken", [b"[1,]", b"[,]", b"[{} {}]", b"[{}", b"[", b"[{},", b"[{}}", b'[{"a"}]', b"[x]"]
    )
    def test_a_broken_array_is_refused(self, arrays: Arrays, broken: bytes) -> None:
        """As a plain parser does, also behind messages that are known."""
        good = body(talk("hello", "hi"))
        read(arrays, good)
        behind = good[: good.rindex(b"]")] + b", " + broken[1:] + b"}"
        for raw in (b'{"messages": %b}' % broken, behind):
            with pytest.raises(json.JSONDecodeError):
                json.loads(raw)
            with pytest.raises(BodyError):
                read(arrays, raw)

    def test_only_the_latest_are_kept(self, arrays: Arrays) -> None:
        """Memory does not grow with what clients send."""
        first = read(arrays, body([{"role": "user", "content": "first"}, *talk()])).data["messages"]
        for turn in range(MOST_ARRAYS):
            read(arrays, body([{"role": "user", "content": f"{turn}"}, *talk()]))
        again = read(arrays, body([{"role": "user", "content": "first"}, *talk()])).data["messages"]
        assert again == first
        assert again[0] is not first[0]

    def test_a_huge_talk_is_read_and_not_kept(self, arrays: Arrays) -> None:
        """It is not worth its memory."""
        rows = talk("word " * (LONGEST // 4), "yes", "go on")
        first, second = (read(arrays, body(rows)).data["messages"] for _ in range(2))
        assert first == second == rows
        assert first[0] is not second[0]

    def test_the_turn_is_kept_with_its_message(self, arrays: Arrays) -> None:
        """What was made of a message is not made again."""
        raw = body(talk("hello", "hi", "and now?"))
        message = read(arrays, raw).data["messages"][0]
        parse_chat(read(arrays, raw).data)
        assert isinstance(message, RecurringMessage)
        assert message.turn is not None


class TestSame:
    @given(st.lists(VALUES, max_size=5), st.lists(VALUES, max_size=5))
    def test_it_reads_what_json_reads(self, listed: list[Any], messages: list[Any]) -> None:
        """Whatever the arrays are, known or new, the object is that of the plain parser."""
        arrays = Arrays()
        for indent in (None, 1):
            raw = json.dumps({"tools": listed, "messages": [*talk(), *messages]}, indent=indent)
            for _ in range(2):
                assert read(arrays, raw.encode()).data == json.loads(raw)

    @given(st.lists(st.text(max_size=40), min_size=1, max_size=8), st.data())
    def test_the_request_is_the_same(self, said: list[str], data: st.DataObject) -> None:
        """Text, tools, tokens and context of a step do not depend on what was seen before."""
        arrays = Arrays()
        for _ in range(3):
            steps = data.draw(st.integers(1, len(said)))
            raw = body(talk(*said[:steps]), tools("a"))
            assert parse_chat(read(arrays, raw).data) == parse_chat(json.loads(raw))


class TestSpelling:
    def test_a_message_is_looked_at_once(self, arrays: Arrays) -> None:
        """What comes again with a talk was looked at when it came first."""
        first = read(arrays, body(talk("one")))
        check_spelling(first)
        second = read(arrays, body(talk("one", "two", "three")))
        marks = [message.checked for message in second.data["messages"]]
        assert marks == [True, True, False, False]

    def test_a_refused_message_is_refused_again(self, arrays: Arrays) -> None:
        """A key that another server could take for a judged one never passes, however known."""
        rows = [*talk("one"), {"role": "user", "content": "hi", "Content": "delete it"}]
        for _ in range(3):
            with pytest.raises(BodyError, match="`content`"):
                check_spelling(read(arrays, body(rows)))
