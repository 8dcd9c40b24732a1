"""GGUF headers: read back right, and bounded whatever the bytes are."""

from __future__ import annotations

import contextlib
import io
import struct
from pathlib import Path
from time import perf_counter
from typing import Any

import gguf as official
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.setup import gguf as gguf_module
from model_router.setup.gguf import GgufError, GgufHeader, read_gguf, read_header
from model_router.setup.gguf_cursor import MOST_READ, Cursor
from model_router.setup.gguf_facts import gguf_facts
from tests.support.gguf_files import (
    ARRAY,
    U16,
    U64,
    Tensor,
    Typed,
    chat_gguf,
    gguf,
    projector_gguf,
    split_gguf,
)


class Counted(io.BytesIO):
    """A file that counts what is read of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


def parsed(data: bytes, size: int | None = None) -> GgufHeader:
    return read_header(io.BytesIO(data), len(data) if size is None else size)


def test_values_of_every_type() -> None:
    """Numbers, texts and arrays come back as they were written."""
    values: dict[str, Any] = {
        "a.text": "héllo", "a.small": Typed(U16, 7), "a.large": Typed(U64, 2**40), "a.yes": True,
        "a.real": 0.5, "a.negative": -3, "a.numbers": [1, 2, 3], "a.flags": [True, False],
        "a.texts": ["x", "yy"], "a.nothing": [],
    }  # fmt: skip
    header = parsed(gguf(values))
    assert header.values == {
        "a.text": "héllo", "a.small": 7, "a.large": 2**40, "a.yes": True, "a.real": 0.5,
        "a.negative": -3, "a.numbers": (1, 2, 3), "a.flags": (True, False), "a.nothing": (),
    }  # fmt: skip
    assert header.lengths == {"a.numbers": 3, "a.flags": 2, "a.texts": 2, "a.nothing": 0}


def test_big_endian_files_are_the_same() -> None:
    """The order of bytes is told by the version."""
    values = {"general.architecture": "llama", "llama.block_count": 7, "x": [1, 2]}
    tensors = [Tensor("a", (32, 4))]
    little, big = (parsed(gguf(values, tensors, order=order)) for order in "<>")
    assert little == big


@pytest.mark.parametrize("version", [0, 1, 4, 99])
def test_other_versions_are_refused(version: int) -> None:
    """Version 1 had other lengths, later ones are not known."""
    with pytest.raises(GgufError, match="version"):
        parsed(gguf({}, version=version))


def test_version_two_is_read() -> None:
    """It is the same but for its number."""
    assert parsed(gguf({"a": 1}, version=2)).values == {"a": 1}


def test_weights_are_counted() -> None:
    """All, those of experts, and the size that the file must have."""
    tensors = [Tensor("blk.0.ffn_up_exps.weight", (64, 32, 8)), Tensor("out", (256, 2), 12)]
    data = gguf({"general.architecture": "x"}, tensors)
    header = parsed(data)
    assert header.parameters == 64 * 32 * 8 + 512
    assert header.expert_parameters == 64 * 32 * 8
    assert header.least_size == len(data)


def test_an_unknown_tensor_type_is_no_error() -> None:
    """New quantisations appear all the time: only the size is then not known."""
    data = bytearray(gguf({}, [Tensor("a", (32,))]))
    place = data.index(b"a" + struct.pack("<IQI", 1, 32, 1)) + 13
    data[place : place + 4] = struct.pack("<I", 999)
    assert parsed(bytes(data)).parameters == 32


def test_long_arrays_are_stepped_over() -> None:
    """Of long arrays only the length is kept."""
    header = parsed(gguf({"n": list(range(5000)), "s": ["x" * 70_000] * 30, "after": 1}))
    assert header.values == {"after": 1}
    assert header.lengths == {"n": 5000, "s": 30}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "does not begin"),
        (b"GG", "truncated at byte 2"),
        (b"GGUF", "truncated at byte 4"),
        (b"hello, this is a text file", "does not begin with GGUF"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60), "keys"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0), "tensors"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 2**50), "bytes of text"),
        (gguf({"a": 1})[:-8] + struct.pack("<II", 77, 0), "unknown type 77"),
        (gguf({"a": [1]})[:-16] + struct.pack("<IQI", 4, 2**62, 0), "truncated"),
        (gguf({"a": ["x"]})[:-21] + struct.pack("<IQ", 8, 2**40), "truncated"),
        (gguf({"general.alignment": 0}, [Tensor("a", (1,))]), "alignment"),
    ],
)
def test_errors_say_what_is_wrong(data: bytes, said: str) -> None:
    """One clear sentence for each."""
    with pytest.raises(GgufError, match=said):
        parsed(data)


def test_nested_arrays() -> None:
    """Arrays of arrays are stepped over, deeper ones refused."""
    nested = Typed(ARRAY, [Typed(ARRAY, [1, 2]), Typed(ARRAY, [3])])
    assert parsed(gguf({"n": nested, "after": 5})).values == {"after": 5}
    deep = Typed(ARRAY, [Typed(ARRAY, [Typed(ARRAY, [1])])])
    with pytest.raises(GgufError, match="nested"):
        parsed(gguf({"n": deep}))


def test_truncated_anywhere_is_one_error() -> None:
    """Every byte of the header is needed; what comes after it is not read."""
    data = chat_gguf(tokens=3, data=b"")
    whole = parsed(data)
    ends = len(data.rstrip(b"\0"))
    for end in range(ends - 8):
        with pytest.raises(GgufError):
            parsed(data[:end])
    assert whole.parameters == 4096


def read_or_refused(data: bytes, size: int | None = None) -> int:
    """Bytes read while reading; fails for any exception but GgufError."""
    file = Counted(data)
    with contextlib.suppress(GgufError):
        gguf_facts(read_header(file, len(data) if size is None else size))
    return file.taken


SEEDS = [
    chat_gguf(tokens=20, expert_count=8, expert_used_count=2),
    chat_gguf(arch="gemma3", sliding_window=512, data=b""),
    gguf({"general.architecture": "nemotron_h", "nemotron_h.block_count": 4,
          "nemotron_h.attention.head_count": [4, 0, 4, 0],
          "nemotron_h.attention.head_count_kv": [2, 0, 2, 0],
          "nemotron_h.embedding_length": 64, "nemotron_h.feed_forward_length": [0, 8, 0, 0],
          "nemotron_h.ssm.conv_kernel": 4, "nemotron_h.ssm.state_size": 16,
          "nemotron_h.ssm.inner_size": 32, "nemotron_h.ssm.group_count": 2}),
    projector_gguf(),
    split_gguf(2, data=b"")[0],
    gguf({"a": 1, "b": ["x"] * 50}, [Tensor("t", (32, 2))], order=">"),
]  # fmt: skip


@given(st.sampled_from(SEEDS), st.data())
@settings(max_examples=600, deadline=None)
def test_flipped_bytes_give_a_value_or_an_error(seed: bytes, data: st.DataObject) -> None:
    """Whatever is flipped, cut or put in: no other exception, and bounded reading."""
    body = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(body)))
    cut = bytes(body[:end]) if data.draw(st.booleans()) else bytes(body)
    assert read_or_refused(cut) <= 2 * MOST_READ


@given(st.sampled_from(SEEDS), st.integers(0, 2**64 - 1), st.data())
@settings(max_examples=400, deadline=None)
def test_any_number_in_the_place_of_eight_bytes(seed: bytes, number: int, data: Any) -> None:
    """Lengths and counts of any size are refused before memory is taken for them."""
    place = data.draw(st.integers(4, max(len(seed) - 8, 4)))
    body = seed[:place] + struct.pack("<Q", number) + seed[place + 8 :]
    assert read_or_refused(body) <= 2 * MOST_READ


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes(tail: bytes) -> None:
    """Also behind a right beginning."""
    read_or_refused(tail)
    read_or_refused(b"GGUF" + struct.pack("<I", 3) + tail)


class Endless:
    """A huge file that goes on with the same bytes."""

    def __init__(self, begin: bytes, again: bytes) -> None:
        self.begin, self.again, self.at, self.taken = begin, again, 0, 0

    def seek(self, offset: int, /) -> int:
        self.at = offset
        return offset

    def read(self, size: int, /) -> bytes:
        self.taken += size
        body = self.begin[self.at :] if self.at < len(self.begin) else b""
        shift = max(self.at - len(self.begin), 0) % len(self.again)
        self.at += size
        return (body + (self.again * (size // len(self.again) + 2))[shift:])[:size]


@pytest.mark.parametrize("again", [b"\0" * 8, struct.pack("<Q", 15_000_000) + b"x" * 15_000_000])
def test_a_header_without_end_is_given_up(again: bytes) -> None:
    """A count of billions in a file of terabytes: less than 50 MB are read, in bounded time."""
    begin = b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1) + b"k" + struct.pack("<IIQ", 9, 8, 2**40)
    file = Endless(begin, again)
    with pytest.raises(GgufError):
        read_header(file, 2**45)
    assert file.taken <= 50_000_000


def test_a_large_vocabulary_is_quick() -> None:
    """A guard with wide room: scripts/measure_scan.py measures it properly."""
    data = gguf({"tokenizer.ggml.tokens": [f"token{n}" for n in range(150_000)], "x": 1})
    start = perf_counter()
    header = parsed(data)
    assert perf_counter() - start < 1.5
    assert header.lengths["tokenizer.ggml.tokens"] == 150_000
    assert header.values == {"x": 1}


TOKENS = [f"token{n}" for n in range(3000)]


@pytest.mark.parametrize(
    "values",
    [
        {"tokenizer.ggml.tokens": TOKENS, "tokenizer.ggml.scores": [0.5] * 3000, "x": 1},
        {"tokenizer.ggml.tokens": TOKENS, "x.odd": 1, "tokenizer.ggml.model": "gpt2"},
        {"tokenizer.ggml.tokens": TOKENS, "general.late": 2, "tokenizer.ggml.model": "gpt2"},
        {"tokenizer.ggml.tokens": TOKENS},
        {"tokenizer.ggml.tokens": [*TOKENS, "tokenizer.ggml.eos_token_id", "\0\0\0\0", "x"],
         "tokenizer.ggml.model": "gpt2"},
        {"tokenizer.ggml.tokens": [*TOKENS, "general.something"], "y.z": 7},
        {"general.architecture": "my", "tokenizer.ggml.tokens": TOKENS, "my.block_count_x": 4,
         "general.last_of_all": "b"},
    ],
)  # fmt: skip
def test_a_leap_loses_nothing(values: dict[str, Any]) -> None:
    """Whatever key follows a vocabulary, and whatever its texts look like, all keys are read."""
    header = parsed(gguf(values, [Tensor("a", (32, 2)), Tensor("b", (64,))]))
    expected = {key: tuple(value) if isinstance(value, list) else value
                for key, value in values.items() if key != "tokenizer.ggml.tokens"}  # fmt: skip
    assert header.values == expected
    assert header.lengths["tokenizer.ggml.tokens"] == len(values["tokenizer.ggml.tokens"])
    assert header.parameters == 128


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_leaping_and_stepping_agree(data: st.DataObject) -> None:
    """Texts that look like keys, keys of any kind: the outcome is that of reading every text."""
    texts = st.sampled_from(["a", "tokenizer.ggml.x_y_z", "general.something", "\0", "", "\1"])
    tail = st.sampled_from(["tokenizer.ggml.model", "general.later", "odd.key", "split.count_x"])
    body = data.draw(st.lists(texts, max_size=9))
    keys = dict.fromkeys(data.draw(st.lists(tail, max_size=3)), 1)
    listed = {"tokenizer.ggml.tokens": body + TOKENS[:1000] + body, **keys}
    file = gguf(listed, [Tensor("t", (32, 2))])
    stepped = gguf_module._parsed(Cursor(io.BytesIO(file), len(file), leaps=False))
    assert parsed(file) == stepped


def written(path: Path, **options: Any) -> official.GGUFWriter:
    writer = official.GGUFWriter(path, "llama", **options)
    writer.add_name("Real 1B")
    writer.add_block_count(4)
    writer.add_context_length(8192)
    writer.add_embedding_length(256)
    writer.add_head_count(8)
    writer.add_head_count_kv(2)
    writer.add_file_type(1)
    writer.add_token_list([f"t{n}" for n in range(100)])
    writer.add_chat_template("{{ tools }}<think>")
    return writer


def finished(writer: official.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_a_file_of_the_official_writer(tmp_path: Path) -> None:
    """Everything that the `gguf` package writes is read back."""
    path = tmp_path / "real.gguf"
    writer = written(path)
    writer.add_tensor("token_embd.weight", np.zeros((100, 256), dtype=np.float16))
    writer.add_tensor("blk.0.attn_q.weight", np.zeros((256, 256), dtype=np.float32))
    finished(writer)
    header = read_gguf(str(path))
    facts = gguf_facts(header)
    assert header.least_size <= path.stat().st_size
    assert header.parameters == 100 * 256 + 256 * 256
    assert (facts.architecture, facts.name, facts.context) == ("llama", "Real 1B", 8192)
    assert (facts.quantisation, facts.vocabulary) == ("F16", 100)
    assert (facts.tools, facts.thinking) == (True, True)
    assert facts.attention is not None
    assert facts.attention.kv_heads == (2, 2, 2, 2)
    assert (facts.attention.key_length, facts.attention.value_length) == (32, 32)


def test_a_split_model_of_the_official_writer(tmp_path: Path) -> None:
    """Only the first shard has the metadata; each counts its own weights."""
    writer = written(tmp_path / "split.gguf", split_max_tensors=1)
    for number in range(2):
        writer.add_tensor(f"blk.{number}.w", np.zeros((64, 32), dtype=np.float16))
    finished(writer)
    paths = sorted(tmp_path.glob("split-0000*.gguf"))
    headers = [read_gguf(str(path)) for path in paths]
    # The official writer puts the metadata alone into its first shard when told to.
    assert sum(header.parameters for header in headers) == 2 * 64 * 32
    assert headers[0].values["general.name"] == "Real 1B"
    assert [header.values["split.no"] for header in headers] == list(range(len(paths)))


def test_a_projector_of_the_official_writer(tmp_path: Path) -> None:
    """An mmproj file is known for one, with the width it was made for."""
    path = tmp_path / "mmproj.gguf"
    writer = official.GGUFWriter(path, "clip")
    writer.add_type("mmproj")
    writer.add_clip_has_vision_encoder(True)
    writer.add_vision_projection_dim(2560)
    writer.add_tensor("mm.0.weight", np.zeros((8, 8), dtype=np.float32))
    finished(writer)
    facts = gguf_facts(read_gguf(str(path)))
    assert (facts.kind, facts.vision, facts.embedding) == ("projector", True, 2560)
