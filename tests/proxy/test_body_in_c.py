"""_body.c: the bodies it reads are what Python reads, and it leaves every other one alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model_router.proxy import body as bodies
from model_router.proxy.arrays import Arrays
from model_router.proxy.body import (
    KEYS,
    PURE,
    SHORT,
    BodyError,
    check_spelling,
    read_body,
    rewritten,
)
from model_router.request.chat import parse_chat
from model_router.request.plain import PROGRAMS, words_of
from model_router.request.turns import ROLES

pytestmark = pytest.mark.skipif(PURE, reason="installed without a compiler")

CHAT = (
    b'{"model": "auto", "messages": [{"role": "system", "content": "be brief"},'
    b' {"content": "say \\"hi\\"\\n", "role": "user"}], "temperature": 0.2, "n": 1,'
    b' "stream": false, "stop": null}'
)


def plain(content: bytes) -> bytes:
    """A body with a user's content in this spelling."""
    return b'{"messages":[{"role":"user","content":' + content + b"}]}"


def outcome(raw: bytes, *, pure: bool) -> Any:
    """All that anybody learns of a body, or what is wrong with it."""
    try:
        body = read_body(raw, pure=pure)
        check_spelling(body)
    except BodyError as error:
        return str(error)
    words = words_of(body.data) if pure else body.words
    if not (pure or body.checked):
        words = words_of(body.data)
    sent = rewritten(body, "other"), rewritten(body, None), rewritten(body, "m", ["n"], {"z": 1})
    return repr(body.data), repr(words), sent, body.text, list(body.members.items())


def assert_same(raw: bytes) -> None:
    """With our C and without, a body is the same; and where the model's value stands, too."""
    assert outcome(raw, pure=False) == outcome(raw, pure=True)
    body = read_body(raw)
    if body.model_at not in (None, (-1, -1)):
        start, end = body.model_at
        assert json.loads(raw[start:end]) == body.data["model"]


def taken(raw: bytes) -> bool:
    """Whether our C reads a body."""
    return bodies.compiled.read(raw, KEYS, ROLES) is not None


# ------------------------------------------------------------------ documents near the plain form


@st.composite
def spelled(draw: Any, text: str) -> str:
    """A text as JSON, each character in one of its spellings."""
    rows = []
    for char in text:
        ways = [json.dumps(char)[1:-1], json.dumps(char, ensure_ascii=False)[1:-1]]
        units = char.encode("utf-16-be", "surrogatepass")
        hexed = "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
        ways += [hexed, "\\u" + hexed[2:].upper().replace("\\U", "\\u")]
        if char == "/":
            ways.append("\\/")
        rows.append(draw(st.sampled_from(ways)))
    return '"' + "".join(rows) + '"'


CHARACTERS = st.characters(codec=None) | st.sampled_from(
    '<>/;"\\\b\f\n\r\t\x7f\x1f\ud83d\ude00é水😀'
)
PIECES = st.sampled_from([
    "", "hi", "fix the parser", " ", "</b>", "<", ";base64,", ";base6", "data:image/png;base64,AA",
    "1. ", "½", "²", "«", "мир", "a" * 7, "b" * 8, "x" * 40,
])  # fmt: skip
TEXT = st.lists(PIECES | st.text(CHARACTERS, max_size=4), max_size=4).map("".join)
NUMBERS = st.sampled_from([
    "0", "-0", "1", "-1", "12345678901234567890", "1" * 33, "0.2", "-0.0", "1e5", "1E-3", "2.50e+1",
    "1e999", "01", "1.", ".5", "-", "+1", "1e", "1.e5", "NaN", "Infinity", "-Infinity", "0x1",
    "9007199254740993", "0.1000000000000000055511151231257827",
])  # fmt: skip
SCALARS = (
    TEXT.flatmap(spelled) | NUMBERS | st.sampled_from(["true", "false", "null", "True", "nul"])
)
NESTED = st.sampled_from(["[]", "{}", '["a"]', '{"model":1}', '{"a":1,"a":2}'])
ROLE = st.sampled_from([*ROLES, *ROLES, "User", "robot", ""]).flatmap(spelled)
BLANK = st.sampled_from(["", "", "", " ", "\n\t", "\r ", "\x0b", "\xa0"])
NAMES = st.sampled_from([
    *KEYS, *KEYS, "x", "Model", "MODEL", "mod", "messages ", "ſystem", "é", "", "1", "system",
])  # fmt: skip


@st.composite
def members(draw: Any, rows: list[tuple[str, str]]) -> str:
    """An object of these members, spaced at will."""
    blank = [draw(BLANK) for _ in range(4)]
    each = [f"{blank[0]}{key}{blank[1]}:{blank[2]}{value}{blank[3]}" for key, value in rows]
    return "{" + ",".join(each) + "}"


@st.composite
def message(draw: Any) -> str:
    """A message, most often of a role and a text."""
    rows = [("role", draw(ROLE)), ("content", draw(TEXT.flatmap(spelled)))]
    if draw(st.integers(0, 12)) == 0:
        rows[1] = ("content", draw(SCALARS | NESTED))
    if draw(st.integers(0, 12)) == 0:
        rows.append((draw(st.sampled_from(["role", "name", "Role", "content"])), '"x"'))
    rows = draw(st.permutations(rows))[draw(st.integers(0, 30)) == 0 :]
    return draw(members([(json.dumps(key), value) for key, value in rows]))


@st.composite
def document(draw: Any) -> bytes:
    """A chat body, or nearly one."""
    messages = "[" + ",".join(draw(st.lists(message(), max_size=4))) + "]"
    rows = [('"messages"', messages), ('"model"', draw(SCALARS))]
    for name in draw(st.lists(NAMES, max_size=3)):
        key = draw(spelled(name)) if draw(st.booleans()) else json.dumps(name)
        rows.append((key, draw(SCALARS | NESTED if draw(st.integers(0, 9)) == 0 else SCALARS)))
    rows = draw(st.permutations(rows))[: draw(st.integers(1, 6))]
    around = draw(BLANK), draw(BLANK | st.sampled_from(["}", "x", ",", "\x00", "\ufeff"]))
    text = around[0] + draw(members(rows)) + around[1]
    return text.encode("utf-8", "surrogatepass")


@settings(max_examples=400, deadline=None)
@given(document())
def test_near_a_plain_body_both_read_the_same(raw: bytes) -> None:
    """Data, its types and order, words, places and what is sent are the same, or the error is."""
    said = outcome(raw, pure=True)
    assert outcome(raw, pure=False) == said
    if not isinstance(said, str):
        assert_same(raw)


EDITS = st.tuples(
    st.sampled_from(["insert", "replace", "delete", "cut", "double"]),
    st.integers(0, 400),
    st.binary(min_size=1, max_size=3)
    | st.sampled_from([
        *(b'"', b"\\", b"\\u", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b"e", b".", b"\x00"),
        *(b"\xff", b"\xc3", b"\xed\xa0", b"\xc3\xa9", b'"model":"b",'),
    ]),
)  # fmt: skip


def edited(raw: bytes, edits: list[tuple[str, int, bytes]]) -> bytes:
    """Bytes after some accidents."""
    for what, place, new in edits:
        at = place % (len(raw) + 1)
        if what == "cut":
            raw = raw[:at]
        elif what == "double":
            raw = raw[:at] + raw[at : at + 20] + raw[at:]
        else:
            end = at if what == "insert" else at + len(new)
            raw = raw[:at] + (b"" if what == "delete" else new) + raw[end:]
    return raw


@settings(max_examples=400, deadline=None)
@given(st.just(CHAT) | document(), st.lists(EDITS, min_size=1, max_size=3))
def test_broken_bodies_are_the_same_too(raw: bytes, edits: list[tuple[str, int, bytes]]) -> None:
    """Cut, doubled and overwritten bytes are read alike, or refused with the same words."""
    raw = edited(raw, edits)
    assert outcome(raw, pure=False) == outcome(raw, pure=True)


def test_every_byte_at_every_place() -> None:
    """A body with any one of its bytes changed into any other is the same for both."""
    raw = b'{"model":"a","messages":[{"role":"user","content":"a\\n\\u00e9</"}],"n":-1.5e3}'
    for at in range(len(raw)):
        for byte in range(256):
            changed = raw[:at] + bytes([byte]) + raw[at + 1 :]
            assert outcome(changed, pure=False) == outcome(changed, pure=True), changed


def test_every_beginning() -> None:
    """A body that ends too early is left to Python, wherever it was cut."""
    assert taken(CHAT)
    for end in range(len(CHAT)):
        assert not taken(CHAT[:end])


# ------------------------------------------------------------------ what it reads, and what not


@pytest.mark.parametrize(
    "raw",
    [
        CHAT,
        b"{}",
        b" \t\r\n{ } \n",
        b'{"messages":[]}',
        b'{"messages":[ ] , "model" : null}',
        b'{"messages":"none"}',
        plain(b'""'),
        plain(b'"\\"\\\\\\/\\b\\f\\n\\r\\t"'),
        plain(b'"\\u0000\\u00E9\\u6c34\\uD83D\\ude00"'),
        plain("\"мир 水 😀 \x7f\"".encode()),
        b'{"n":-0,"a":-0.0,"b":1e999,"c":12345678901234567890,"d":1E-3}',
        b'{"a":true,"b":false,"c":null,"d_1":"x"}',
    ],
)  # fmt: skip
def test_it_reads_plain_bodies(raw: bytes) -> None:
    """Texts with every escape, numbers and words are read here, as Python reads them."""
    assert taken(raw)
    assert_same(raw)
    assert repr(read_body(raw).data) == repr(json.loads(raw))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'"x"',
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b"{}\x00",
        b'{"a":1,}',
        b'{"a" 1}',
        b'{"a":[]}',
        b'{"a":{}}',
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":01}',
        b'{"a":1.}',
        b'{"a":' + b"1" * 33 + b"}",
        b'{"A":1}',
        b'{"\\u0061":1}',
        b'{"a\\nb":1}',
        '{"é":1}'.encode(),
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xc0\x80"}',
        b'{"a":"\n"}',
        b'{"a":"\\x"}',
        b'{"a":"\\u12"}',
        b'{"a":"\\u12g4"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\ud800\\u0041"}',
        b'{"a":"\\udc00\\ud800"}',
        b'{"messages":[{"role":"user"}]}',
        b'{"messages":[{"role":"user","role":"user"}]}',
        b'{"messages":[{"role":"user","content":null}]}',
        b'{"messages":[{"role":1,"content":"x"}]}',
        b'{"messages":[{"role":"user","content":"x","name":"y"}]}',
        b'{"messages":[{"Role":"user","content":"x"}]}',
        b'{"messages":[{"role":"use\\u0072","content":"x"}]}',
        b'{"messages":["x"]}',
        b'{"messages":[{"role":"user","content":"x"},]}',
        b'{"messages":[{"role":"user","content":"x"}],"messages":[]}',
    ],
)
def test_it_leaves_the_rest_to_python(raw: bytes) -> None:
    """Whatever is wrong, nested, doubled or spelled in an odd way is not read here."""
    assert not taken(raw)
    assert outcome(raw, pure=False) == outcome(raw, pure=True)


def test_a_long_body_is_python_s() -> None:
    """Beyond SHORT nothing is read here, though it could be."""
    raw = plain(b'"' + b"x" * SHORT + b'"')
    assert taken(raw)
    assert not read_body(raw).checked
    assert read_body(raw[: SHORT - 4] + raw[-4:]).checked


def test_a_plain_body_is_read_at_once_even_where_a_caller_s_arrays_are_known() -> None:
    """Of a short talk nothing is looked up; one with tools is for those who know them."""
    arrays = Arrays()
    content = json.dumps("be brief " * 300).encode()
    assert read_body(plain(content), arrays.scanners("anna")).checked
    with_tools = plain(content)[:-1] + b',"tools":[]}'
    assert not read_body(with_tools, arrays.scanners("anna")).checked


@pytest.mark.parametrize("model", ['"a"', '"\\u0061uto"', '"a\\"b"', '"é"', "null", "1"])
def test_another_model_is_spliced_where_it_stands(model: str) -> None:
    """However the value is spelled, and whatever looks like it elsewhere."""
    before, after = '{"messages":[{"role":"user","content":"\\"model\\":1"}],"model" : ', ',"n":1}'
    body = read_body((before + model + after).encode())
    assert body.checked
    assert rewritten(body, "new") == (before + '"new"' + after).encode()


def test_keys_that_recur_are_one_object() -> None:
    """Keys and roles are those that were handed in, so nothing is made for them."""
    data, *_ = bodies.compiled.read(CHAT, KEYS, ROLES) or ({},)
    assert {id(key) for key in data} & {id(key) for key in KEYS}
    assert data["messages"][1]["role"] is ROLES[2]


# ------------------------------------------------------------------ words


MESSAGES = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from([*ROLES, "user", "robot"]), "content": TEXT}),
    max_size=5,
)
MORE = st.fixed_dictionaries(
    {}, optional={"system": st.text(max_size=3), "instructions": st.none(), "n": st.integers()}
)


@settings(max_examples=600, deadline=None)
@given(MESSAGES, MORE, st.booleans(), st.booleans())
@example([{"role": "user", "content": "<\ud83d"}], {}, True, False)
def test_words_are_those_that_python_finds(
    messages: list[Any], more: dict[str, Any], first: bool, ascii_: bool
) -> None:
    """Of every body that is read here, the words are what `words_of` gives, or None with it."""
    data = {**more, "messages": messages} if first else {"messages": messages, **more}
    try:
        body = read_body(json.dumps(data, ensure_ascii=ascii_).encode())
    except UnicodeEncodeError:
        return  # a lone surrogate
    assert body.data == data
    if body.checked:
        assert repr(body.words) == repr(words_of(data))
    if body.words is not None:
        assert parse_chat(body.data, None, body.words) == parse_chat(data)


def test_words_of_a_talk() -> None:
    """The user's last words, everything before, and what programs said; never an empty text."""
    rows = [("developer", "be brief"), ("assistant", ""), ("user", "hi"), ("user", "fix it")]
    messages = [{"role": role, "content": content} for role, content in rows]
    body = read_body(json.dumps({"messages": messages}).encode())
    assert body.words == ("fix it", ("be brief", "hi"), ["be brief"])


# ------------------------------------------------------------------ what it is given


def test_the_tables_are_in_its_order() -> None:
    """It goes by places, so keys and roles stand where it looks, and no key has a capital."""
    assert KEYS[:6] == ("messages", "model", "role", "content", "instructions", "system")
    assert ROLES[:2] == ("system", "developer") == PROGRAMS
    assert ROLES[2] == "user"
    assert all(key.isascii() and key == key.lower() for key in KEYS)


@pytest.mark.parametrize(
    "given",
    [
        (),
        (b"{}",),
        (b"{}", KEYS[:5], ROLES),
        (b"{}", list(KEYS), ROLES),
        (b"{}", (*KEYS, b"x"), ROLES),
        (b"{}", (*KEYS, "é"), ROLES),
        (b"{}", KEYS, ROLES[:2]),
        (b"{}", KEYS, None),
    ],
)
def test_it_looks_at_what_it_is_given(given: tuple[Any, ...]) -> None:
    """Anything but two tuples of ASCII words is a TypeError."""
    with pytest.raises(TypeError):
        bodies.compiled.read(*given)


@pytest.mark.parametrize("raw", ["{}", bytearray(b"{}"), memoryview(b"{}"), None])
def test_it_reads_bytes_alone(raw: Any) -> None:
    """What somebody could write to meanwhile, and what is no bytes at all, is Python's."""
    assert bodies.compiled.read(raw, KEYS, ROLES) is None
    assert bodies.compiled.member(raw, 0, 2) is None
