"""Headers on the way: as lines, and which of a backend's come back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.proxy import wire_headers
from model_router.proxy.wire_headers import FORWARDED, header_lines, onward, returned

SOUND = st.binary(max_size=20).filter(lambda text: not set(text) & set(b"\r\n\0"))


@given(st.lists(st.tuples(SOUND, SOUND), max_size=8))
def test_lines_are_the_headers_in_order(rows: list[tuple[bytes, bytes]]) -> None:
    """One line each, as HTTP writes them."""
    assert header_lines(rows) == b"".join(b"%b: %b\r\n" % row for row in rows)


@pytest.mark.parametrize("bad", [b"a\nb", b"a\rb", b"\0", b"a\r\nx-b: c"])
def test_a_lines_end_is_refused(bad: bytes) -> None:
    """In a name as in a value: it would begin a header of its own."""
    for row in ((b"x", bad), (bad, b"x")):
        with pytest.raises(RuntimeError, match="line's end"):
            header_lines([(b"a", b"b"), row])


def test_names_are_judged_the_same_each_time() -> None:
    """What is remembered of a name is what was found for it, and memory has an end."""
    rows = [(b"x-%d" % place, b"1") for place in range(600)]
    rows += [(b"server", b"a"), (b"x-request-id", b"b"), (b"x-modelrouter-engine", b"c")]
    wanted = [*rows[:600], (b"x-upstream-request-id", b"b")]
    assert returned(rows) == returned(rows) == wanted
    assert len(wire_headers._KEPT_AS) <= 256


@given(st.dictionaries(st.sampled_from([*sorted(FORWARDED), b"cookie", b"host", b"x-y"]), SOUND))
def test_what_goes_on_to_a_backend(given: dict[bytes, bytes]) -> None:
    """The kind of body that it gets, and of the client's headers those that it may see."""
    rows = onward(given)
    assert rows[0] == (b"content-type", b"application/json")
    assert dict(rows[1:]) == {name: given[name] for name in FORWARDED & given.keys()}
    assert rows.lines == header_lines(rows)


def test_headers_that_a_connection_names_end_here() -> None:
    """One name may pass with one answer and not with the next."""
    assert returned([(b"connection", b"x-a"), (b"x-a", b"1"), (b"x-b", b"2")]) == [(b"x-b", b"2")]
    assert returned([(b"x-a", b"1")]) == [(b"x-a", b"1")]
