"""Bodies: what is refused, and that splicing changes nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.proxy.body import BodyError, read_body, rewritten

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=6) | st.sampled_from(["model", "tools"]), VALUES)


@given(OBJECTS, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_it_reads_what_json_reads(data: dict[str, Any], ascii_: bool, indent: Any) -> None:
    """Every object in every spelling is read as the standard library reads it."""
    raw = json.dumps(data, ensure_ascii=ascii_, indent=indent).encode("utf-8", "surrogatepass")
    try:
        raw.decode()
    except UnicodeDecodeError:
        return  # a lone surrogate that is not escaped is no UTF-8
    body = read_body(raw)
    assert body.data == data
    for key, (start, value, end) in body.members.items():
        assert json.loads(body.text[value:end]) == data[key]
        assert body.text[start] == '"'


@given(OBJECTS, st.text(min_size=1), st.sampled_from([None, 2]))
def test_only_the_model_changes(data: dict[str, Any], model: str, indent: Any) -> None:
    """With another model the object is the same but for that key; bytes around it stay."""
    data["model"] = "before"
    raw = json.dumps(data, ensure_ascii=True, indent=indent).encode()
    sent = rewritten(read_body(raw), model)
    assert json.loads(sent) == {**data, "model": model}
    assert sent == raw.replace(b'"before"', json.dumps(model).encode(), 1) or b"before" in raw[:9]


@given(
    st.dictionaries(st.sampled_from(["model", "mod\u0065l ", "messages", "x", "model2"]), VALUES),
    st.sampled_from(["auto", 'a"b', "a\\b", "é", "", '"model": 1', "a/b"]),
    st.booleans(),
    st.sampled_from(['"model"', '"mod\\u0065l"', '"\\u006dodel"']),
    st.integers(0, 9),
    st.sampled_from(["", " ", "\n\t"]),
)
def test_the_model_is_found_by_a_glance_where_a_scan_finds_it(
    data: dict[str, Any], model: str, ascii_: bool, key: str, at: int, blank: str
) -> None:
    """A short body is sent as one of which every member was looked for, also beside look-alikes."""
    data.pop("model", None)
    rows = [f"{json.dumps(name)}:{json.dumps(value, ensure_ascii=ascii_)}"
            for name, value in data.items()]  # fmt: skip
    rows.insert(at, f"{key}{blank}:{blank}{json.dumps(model, ensure_ascii=ascii_)}")
    try:
        raw = ("{" + ",".join(rows) + "}").encode()
    except UnicodeEncodeError:
        return  # a lone surrogate
    body, scanned = read_body(raw), read_body(raw, {})
    assert body.data == scanned.data
    _, start, end = scanned.members["model"]
    sent = (scanned.text[:start] + '"other"' + scanned.text[end:]).encode()
    assert rewritten(body, "other") == rewritten(scanned, "other") == sent
    assert body.members == scanned.members


def test_a_key_that_stands_twice_where_nobody_looks_is_passed_on() -> None:
    """Inside of what is not judged a key may stand twice: a short body is as free as a long one."""
    raw = b'{"model":"a","metadata":{"k":1,"k":2}}'
    assert rewritten(read_body(raw), "b") == raw.replace(b'"a"', b'"b"')


@given(OBJECTS, OBJECTS, st.lists(st.sampled_from(["tools", "a", "b", "model"])))
def test_keys_go_and_come(data: dict[str, Any], put: dict[str, Any], strip: list[str]) -> None:
    """Stripped keys are gone, set ones are there whatever they were, the rest stays."""
    put.pop("model", None)
    sent = json.loads(rewritten(read_body(json.dumps(data).encode()), "m", strip, put))
    kept = {key: value for key, value in data.items() if key not in strip}
    assert sent == {**kept, **put, "model": "m"}


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes(raw: bytes) -> None:
    """Whatever the bytes, they are an object or a BodyError, as for the standard library."""
    try:
        expected = json.loads(raw.decode())
    except (ValueError, RecursionError):
        expected = None
    if isinstance(expected, dict):
        assert read_body(raw).data == expected
    else:
        with pytest.raises(BodyError):
            read_body(raw)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty"),
        (b"  ", "is empty"),
        (b"[1]", "not a JSON object"),
        (b'"secret"', "not a JSON object"),
        (b"{", "not JSON"),
        (b'{"a"}', "a colon is missing"),
        (b'{"a":}', "no value at character 5"),
        (b'{"a":1,}', "a key in quotes is missing"),
        (b'{"a":1 "b":2}', "comma or brace"),
        (b'{"a":1} x', "something follows"),
        (b'{"secret":1,"secret":2}', "a key twice"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
        (b'{"a":' + b"[" * 200_000, "nests too deep"),
        (b'{"a":' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"a":"\x01"}', "not JSON"),
    ],
)
def test_what_is_refused(raw: bytes, said: str) -> None:
    """Each refusal says what is wrong and where, and quotes nothing."""
    with pytest.raises(BodyError, match=said) as caught:
        read_body(raw)
    assert "secret" not in str(caught.value)


def test_spelling_is_kept() -> None:
    """Numbers, escapes, white space and unknown keys are not spelled anew."""
    raw = b'{ "n": 1.10e+2, "\\u0061": "\\u00e9\\/", "model" : "x" , "z":[1 ,2]}\n'
    assert rewritten(read_body(raw), "y") == raw.replace(b'"x"', b'"y"')
    assert rewritten(read_body(raw), "x") == raw
    assert rewritten(read_body(raw), None) == raw
    assert rewritten(read_body(raw), None, ["z"]) == (
        b'{"n": 1.10e+2,"\\u0061": "\\u00e9\\/","model" : "x"}'
    )


def test_text_that_is_not_ascii_is_kept() -> None:
    """Offsets are those of characters, so other scripts are spliced right too."""
    raw = '{"messages":"привет 👋","model":"auto","b":"ü"}'.encode()
    assert rewritten(read_body(raw), "m") == raw.replace(b'"auto"', b'"m"')


def test_a_model_is_added_where_none_was() -> None:
    """Without a model key one is written."""
    assert json.loads(rewritten(read_body(b'{"a":1}'), "m")) == {"a": 1, "model": "m"}
    assert json.loads(rewritten(read_body(b"{}"), "m")) == {"model": "m"}
