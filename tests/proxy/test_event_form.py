"""Forms: what fills them, in C and in Python, is the line of the event."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model_router.proxy.event_form import (
    LARGEST,
    MEMBER,
    PURE,
    TEXT,
    WHOLE,
    Value,
    filled,
    filled_in_python,
    form,
    rounded,
)
from model_router.proxy.event_log import line_of

WAYS = [filled_in_python] if PURE else [filled_in_python, filled]

Filled = Callable[[tuple[bytes, ...], bytes, tuple[Value, ...]], bytes]
KEYS = st.text("abcxyz_", min_size=1, max_size=4)
PLAIN = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())
DECIMALS = st.integers(1, 3)
WHOLES = st.integers(2 - LARGEST, LARGEST - 2)
FLOATS = st.floats(-1e11, 1e11) | st.integers(-(10**5), 10**5).map(lambda parts: parts / 1000)


@given(
    shared=st.dictionaries(KEYS, PLAIN),
    wholes=st.dictionaries(KEYS, WHOLES),
    floats=st.dictionaries(KEYS, st.tuples(FLOATS, DECIMALS)),
    texts=st.dictionaries(KEYS, st.from_regex(r"\A[A-Za-z0-9:. -]{0,9}\Z")),
)
def test_a_filled_form_is_the_line_of_the_event(
    shared: dict[str, Any],
    wholes: dict[str, int],
    floats: dict[str, tuple[float, int]],
    texts: dict[str, str],
) -> None:
    """Whatever is shared and whatever is not: as if each event's JSON were written for itself."""
    gaps = dict.fromkeys(wholes, WHOLE) | {key: decimals for key, (_, decimals) in floats.items()}
    gaps |= dict.fromkeys(texts, TEXT)
    filling = wholes | {key: value for key, (value, _) in floats.items()} | texts
    event = wholes | {key: rounded(*value) for key, value in floats.items()} | texts
    found = form(shared, gaps)
    values = tuple(filling[key] for key in sorted(gaps))
    for way in WAYS:
        assert way(*found, values) == line_of(shared | event)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("member", ['"m":[1.5],', b'"m":"said",', ""])
def test_a_member_may_be_missing(member: str | bytes, way: Filled) -> None:
    """What fills its gap is the key too, or nothing at all."""
    found = form({"a": 1, "z": None}, {"m": MEMBER, "x": WHOLE})
    line = json.loads(way(*found, (member, 7)))
    text = member.decode() if isinstance(member, bytes) else member
    assert line == {"a": 1, "x": 7} | json.loads("{" + text.rstrip(",") + "}")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "number", [LARGEST - 1, 1 - LARGEST, 2**63, -(2**63), 10**40, 1e14, -1e14, math.inf, math.nan]
)
def test_no_number_of_more_digits_than_a_float_has(number: float, way: Filled) -> None:
    """It is refused, in each way."""
    with pytest.raises(OverflowError):
        way((b"", b""), b"\1", (number,))


@pytest.mark.parametrize("way", WAYS)
@example(value=-0.5, decimals=1)
@example(value=0.0005, decimals=3)
@example(value=-0.0, decimals=2)
@given(value=FLOATS, decimals=DECIMALS)
def test_floats_are_rounded(way: Filled, value: float, decimals: int) -> None:
    """To their decimals, and written as JSON is, without zeros that say nothing."""
    filled = way((b"", b""), bytes([decimals]), (value,))
    assert filled.decode() == json.dumps(rounded(value, decimals))
    assert abs(rounded(value, decimals) - value) <= 0.51 * 10**-decimals


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("pieces", "places", "values", "error"),
    [
        ((b"", b""), b"\1", (), ValueError),
        ((b"",), b"", (1,), ValueError),
        ((b"", b""), b"", (1,), ValueError),
        ((b"", b""), b"\1", ("é",), (TypeError, ValueError)),
        ((b"", b""), b"\1", (True,), TypeError),
        ((b"", b""), b"\0", (True,), TypeError),
        ((b"", b""), b"\0", (1.0,), TypeError),
        ((b"", b""), b"\0", ("1",), TypeError),
        ((b"", b""), b"\0", (b"1",), TypeError),
        ((b"", b""), b"\1", (None,), TypeError),
    ],
)
def test_what_does_not_fit(
    pieces: Any, places: bytes, values: Any, error: Any, way: Filled
) -> None:
    """A value too few or too many, and one of another kind, are errors in each way."""
    with pytest.raises(error):
        way(pieces, places, values)


@pytest.mark.skipif(PURE, reason="installed without a compiler")
@pytest.mark.parametrize(
    "arguments",
    [(), ((b"",), b""), ([b""], b"", ()), ((b"",), "", ()), ((b"",), b"", []), (("",), b"", ()),
     ((b"", b""), b"\x04", (1,))],
)  # fmt: skip
def test_c_looks_at_its_arguments(arguments: tuple[Any, ...]) -> None:
    """Of another kind or number they are refused."""
    from model_router.proxy import _form

    with pytest.raises((TypeError, ValueError)):
        _form.filled(*arguments)
