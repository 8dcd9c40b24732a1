"""Arrays that come again with many bodies: parsed once, and never anything else than what is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.parts import Recurring, spell
from model_router.proxy.body import (
    LONGEST_ARRAY,
    MOST_ARRAYS,
    SHORTEST_ARRAY,
    BodyError,
    read_body,
    rewritten,
)
from model_router.request import parse_chat


def tools(name: str, size: int = SHORTEST_ARRAY) -> list[Any]:
    """One tool whose JSON is a little longer than `size`."""
    return [{"type": "function", "function": {"name": name, "description": "d " * (size // 2)}}]


def body(listed: Any, **more: Any) -> bytes:
    """A chat body with tools."""
    messages = [{"role": "user", "content": "hi"}]
    return json.dumps({"model": "auto", "tools": listed, "messages": messages, **more}).encode()


class TestRecurring:
    def test_the_same_text_gives_the_same_object(self) -> None:
        """The second body's tools are not parsed again."""
        first, second = read_body(body(tools("a"), n=1)), read_body(body(tools("a"), n=2))
        assert first.data["tools"] is second.data["tools"]
        assert isinstance(first.data["tools"], Recurring)
        assert second.data == json.loads(second.raw)

    def test_one_more_tool_is_seen(self) -> None:
        """A list that begins as a known one does is another list."""
        read_body(body(tools("a")))
        longer = [*tools("a"), *tools("b")]
        assert read_body(body(longer)).data["tools"] == longer

    def test_spans_are_those_of_the_text(self) -> None:
        """What is taken out or spliced stands where a full parse finds it."""
        for turn in range(2):
            found = read_body(body(tools("a"), n=turn))
            sent = json.loads(rewritten(found, "m", ("tools",)))
            assert sent == {
                "model": "m",
                "messages": [{"role": "user", "content": "hi"}],
                "n": turn,
            }

    def test_what_follows_a_known_array_is_still_checked(self) -> None:
        """A broken body is refused even when its tools are known."""
        good = body(tools("a"))
        read_body(good)
        end = good.index(b', "messages"')
        with pytest.raises(BodyError):
            read_body(good[:end] + b"x" + good[end:])
        with pytest.raises(BodyError):
            read_body(good[:end])

    def test_a_second_key_is_refused(self) -> None:
        """Two lists of tools are ambiguous, known or not."""
        good = body(tools("a"))
        read_body(good)
        with pytest.raises(BodyError):
            read_body(good[:-1] + b', "tools": ' + json.dumps(tools("a")).encode() + b"}")

    @pytest.mark.parametrize("size", [2, LONGEST_ARRAY])
    def test_short_and_huge_arrays_are_not_kept(self, size: int) -> None:
        """Neither is worth its memory."""
        assert not isinstance(read_body(body(tools("a", size))).data["tools"], Recurring)

    def test_only_the_latest_are_kept(self) -> None:
        """Memory does not grow with what clients send."""
        first = read_body(body(tools("first"))).data["tools"]
        for turn in range(MOST_ARRAYS):
            read_body(body(tools(f"other {turn}")))
        again = read_body(body(tools("first"))).data["tools"]
        assert again == first and again is not first

    @given(st.lists(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=300)),
                    max_size=6))  # fmt: skip
    def test_it_reads_what_json_reads(self, listed: list[Any]) -> None:
        """Whatever the arrays are, known or new, the object is that of the plain parser."""
        raw = body(listed)
        for _ in range(2):
            assert read_body(raw).data == json.loads(raw)


class TestSpelled:
    def test_it_costs_the_same_and_is_spelled_once(self) -> None:
        """The words and the price are those of a plain list, the second time too."""
        rows = tools("a")
        kept = Recurring(rows)
        assert spell(kept, "tools") == spell(rows, "tools")
        assert spell(kept, "tools") is spell(kept, "tools")

    def test_the_request_is_the_same(self) -> None:
        """Tools' names, tokens and everything else do not depend on what was seen before."""
        raw = body(tools("a"))
        read_body(raw)
        assert parse_chat(read_body(raw).data) == parse_chat(json.loads(raw))
