"""Event streams: when content begins, and that renaming touches nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.proxy.sse import (
    CONTENT,
    EMPTY,
    ERROR,
    MOST_HELD,
    WAIT,
    Opening,
    Renamer,
    error_event,
    event_data,
)
from tests.support.upstreams import ROLE, delta


def stream(*events: Any, newline: str = "\n") -> bytes:
    """Events as they go over the wire."""
    rows = (one if isinstance(one, str) else f"data: {json.dumps(one)}" for one in events)
    return "".join(f"{row}{newline}{newline}" for row in rows).encode()


def verdict(raw: bytes, step: int = 1 << 20) -> str:
    """What a stream's beginning is taken for, fed `step` bytes at a time."""
    opening = Opening()
    for start in range(0, len(raw), step):
        found = opening.feed(raw[start : start + step])
        if found != WAIT:
            return found
    return opening.end()


USAGE = {"choices": [], "usage": {"total_tokens": 1}}
TOOL = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}]}


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([ROLE, delta(content="a")], CONTENT),
        ([ROLE, delta(content=None), delta(content="")], EMPTY),
        ([ROLE, "data: [DONE]"], EMPTY),
        ([], EMPTY),
        ([": ping", ": keepalive 3/9"], EMPTY),
        ([ROLE, USAGE, "data: [DONE]"], EMPTY),
        ([ROLE, delta(finish="stop")], CONTENT),
        ([delta(**TOOL)], CONTENT),
        ([delta(reasoning_content="hm")], CONTENT),
        ([delta(refusal="no")], CONTENT),
        ([{"choices": [{"index": 0, "text": "x"}]}], CONTENT),
        ([{"type": "response.created"}], CONTENT),
        (["data: plain words"], CONTENT),
        ([": ping", {"error": {"message": "x"}}], ERROR),
        ([{"error": "x"}], ERROR),
        (["event: error\ndata: {\"error\": {\"message\": \"x\"}}"], ERROR),
    ],
)  # fmt: skip
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("step", [1, 5, 1 << 20])
def test_what_a_beginning_is(events: list[Any], found: str, newline: str, step: int) -> None:
    """Content, an error or nothing, whatever the line ends and however the bytes are cut."""
    assert verdict(stream(*events, newline=newline), step) == found


def test_an_event_without_its_blank_line_counts_at_the_end() -> None:
    """A stream that stops after its last line is judged with that line."""
    assert verdict(f"data: {json.dumps(delta(content='x'))}".encode()) == CONTENT


def test_an_endless_beginning_is_let_go() -> None:
    """What is held back is bounded."""
    assert verdict(b": " + b"x" * (MOST_HELD + 1)) == CONTENT


def test_data_lines_are_joined() -> None:
    """Several data lines are one value; other fields are not data."""
    assert event_data(b"event: x\ndata: {\"a\":\ndata:1}\nid: 3") == b'{"a":\n1}'  # fmt: skip


def test_errors_start_on_their_own_line() -> None:
    """In mid-line the event before is ended first."""
    assert error_event({"a": 1}, mid_line=False) == b'data: {"error": {"a": 1}}\n\n'
    assert error_event({"a": 1}, mid_line=True).startswith(b"\n\ndata:")


@given(st.data())
def test_renaming_touches_only_the_model(data: st.DataObject) -> None:
    """However a stream is cut, only the top-level `model` of its data changes."""
    rows = data.draw(
        st.lists(
            st.sampled_from([
                'data: {"model":"real","a":1.0}', 'data:{"a": {"model": "in"}, "model" : "real" }',
                ": model", 'data: {"a":"\\"model\\":\\"real\\""}', "data: [DONE]", "",
                "event: x", 'data: not "model" json', "data: {\"model\":\"real\"}\r",
            ])
        )
    )  # fmt: skip
    raw = "\n".join(rows).encode()
    renamer, out, at = Renamer("asked"), b"", 0
    while at < len(raw):
        size = data.draw(st.integers(1, 40))
        out += renamer.feed(raw[at : at + size])
        at += size
    out += renamer.end()
    assert out == raw.replace(b'"model":"real"', b'"model":"asked"').replace(
        b'"model" : "real"', b'"model" : "asked"'
    )
