"""usage_in: the last usage of an answer, the same with our C and without."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.proxy.usage import KINDS, PURE, compiled, tokens, usage_in

USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
DETAILED = {**USAGE, "prompt_tokens_details": {"cached_tokens": 4, "audio": None}, "cost": 1.5e-3}

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
KEYS = st.sampled_from([*USAGE, "a", "usage"]) | st.text(max_size=3)
AROUND = st.sampled_from([b"", b" ", b"{", b"}", b'"usage"', b'"usage":{}', b"\xff", b"\n", b"x"])


def both(data: bytes) -> Any:
    """What is found with our C; without it the same, to each value's type."""
    found = usage_in(data)
    assert repr(found) == repr(usage_in(data, pure=True))
    return found


@settings(max_examples=400, deadline=None)
@given(
    st.dictionaries(KEYS, VALUES, max_size=5),
    st.booleans(),
    st.sampled_from([None, 1]),
    st.sampled_from([":", " : ", "\u00a0:", "::", "\n:\t"]),
    AROUND,
    AROUND,
)
def test_it_is_the_same_with_our_c(
    usage: dict[str, Any], ascii_: bool, indent: int | None, colon: str, before: bytes, after: bytes
) -> None:
    """Whatever stands there, flat or nested, spaced or not, with bytes around that are no JSON."""
    text = json.dumps(usage, ensure_ascii=ascii_, indent=indent)
    both(before + f'"usage"{colon}{text}'.encode("utf-8", "surrogatepass") + after)


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 200), st.binary(max_size=2), st.integers(0, 2))
def test_broken_bytes_are_the_same_too(at: int, new: bytes, gone: int) -> None:
    """A usage that is cut or overwritten somewhere is found or not found alike."""
    data = b'{"id":1,"usage":' + json.dumps(DETAILED).encode() + b"}"
    both(data[:at] + new + data[at + gone :])
    both(data[:at])


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", None),
        (b'{"usage":null}', None),
        (b'{"usage":[1]}', None),
        (b'{"usage"', None),
        (b'{"usage":{"a":1', None),
        (b'{"usage":{}}', {}),
        (b'{"usage":{"a":1,"a":2}}', {"a": 2}),
        (b'{"usage":{"a":1},"usage":{"b":2}}', {"b": 2}),
        (b'{"usage":{"a":{"b":{"c":[1]}}}}', {"a": {"b": {"c": [1]}}}),
        (b'{"usage":{"a":"\xff"}}', {"a": "\ufffd"}),
        (b'{"usage":{"\\u0061":1}}', {"a": 1}),
        (b'data: {"usage": ' + json.dumps(DETAILED).encode() + b"}\n\n", DETAILED),
    ],
)  # fmt: skip
def test_what_is_found(data: bytes, found: Any) -> None:
    """The last object of that name, as JSON means it."""
    assert both(data) == found


def test_only_so_much_is_read() -> None:
    """An object that ends more than 4096 bytes after its key began is not looked for."""
    for length in range(4060, 4110):
        both(b'{"usage":{"a":"' + b"x" * length + b'"}}')
    assert both(b'{"usage":{"a":"' + b"x" * 4000 + b'"}}')
    assert both(b'{"usage":{"a":"' + b"x" * 5000 + b'"}}') is None


@pytest.mark.parametrize("count", [True, 0, -1, 1.0, "1", None, 10**12])
def test_only_plain_numbers_are_counted(count: Any) -> None:
    """What is no number of tokens is passed over."""
    usages = [{"prompt_tokens": count, "completion_tokens": 3}, None, {"completion_tokens": 4}]
    assert [tokens(usages, key) for key in KINDS.values()] == [0, 7]


@pytest.mark.skipif(PURE, reason="installed without a compiler")
def test_ours_reads_what_servers_send() -> None:
    """Numbers, and the objects of numbers that some add to them."""
    for usage in (USAGE, DETAILED):
        data = b'"usage":' + json.dumps(usage).encode()
        assert compiled.member(data, 7, 4000) == usage


@pytest.mark.skipif(PURE, reason="installed without a compiler")
def test_ours_stays_in_the_bytes() -> None:
    """Places outside, and arguments of another kind, are refused."""
    for start, end in ((-1, 2), (3, 9), (2, 1)):
        with pytest.raises(ValueError, match="places in the bytes"):
            compiled.member(b"{}", start, end)
    for given_ in ((), (b"{}", "0", 1), (b"{}", 0)):
        with pytest.raises(TypeError):
            compiled.member(*given_)
