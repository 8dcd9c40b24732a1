"""The header of a GGUF file: what it says of a model, read within bounds.

Little is kept: numbers, short strings, arrays of a few thousand numbers. Long arrays (a tokenizer
has a few hundred thousand strings) are stepped over, only their lengths are remembered. Whatever
the bytes are, the outcome is a GgufHeader or a GgufError, and less than 50 MB are read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from struct import Struct

from model_router.setup.gguf_cursor import Cursor, GgufError, Readable

__all__ = ["BLOCKS", "GgufError", "GgufHeader", "read_gguf", "read_header"]

Value = int | float | bool | str | tuple[int, ...] | tuple[float, ...]

MAGIC = b"GGUF"
MOST_KEYS = 65_536
MOST_TENSORS = 200_000
MOST_KEPT_STRING = 2 * 2**20
MOST_KEPT_ITEMS = 4096
MOST_WEIGHTS = 2**48

_SCALARS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
_STRING, _ARRAY = 8, 9

BLOCKS: dict[int, tuple[int, int]] = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    9: (32, 36), 10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    15: (256, 292), 16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18),
    21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8),
    28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
    40: (64, 36), 41: (128, 18),
}  # fmt: skip
"""By the number of a tensor's type: the weights of one block, and its bytes."""


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What the header says."""

    version: int
    values: Mapping[str, Value]
    """By key: numbers, strings, short arrays of numbers."""
    lengths: Mapping[str, int]
    """By key: the lengths of all arrays."""
    tensors: int
    parameters: int
    """The weights of all tensors in this file."""
    expert_parameters: int
    """Those that belong to one of many experts."""
    least_size: int
    """Bytes that the file must have for its tensors to be whole."""


def read_gguf(path: str) -> GgufHeader:
    """The header of the file at `path`. Raises GgufError, and OSError where it cannot be read."""
    with open(path, "rb", buffering=0) as file:
        return read_header(file, os.fstat(file.fileno()).st_size)


def read_header(file: Readable, size: int) -> GgufHeader:
    """The header of an open file that has `size` bytes. Raises GgufError.

    Long lists of texts are leapt over at first. What then makes no sense, or tells of more bytes
    than the file has, is read once more, text by text.
    """
    with suppress(GgufError):
        header = _parsed(Cursor(file, size, leaps=True))
        if header.least_size <= size:
            return header
    return _parsed(Cursor(file, size, leaps=False))


def _parsed(cursor: Cursor) -> GgufHeader:
    if cursor.bytes(min(cursor.size, 4)) != MAGIC[: max(cursor.size, 1)]:
        raise GgufError("no GGUF file: it does not begin with GGUF")
    version = cursor.number("I")
    if version & 0xFFFF == 0:
        cursor.order = ">"
        version = int.from_bytes(version.to_bytes(4, "little"), "big")
    if version not in (2, 3):
        raise GgufError(f"GGUF version {version} is not known; 2 and 3 are")
    tensors = cursor.number("Q", MOST_TENSORS, "tensors")
    keys = cursor.number("Q", MOST_KEYS, "keys")
    values: dict[str, Value] = {}
    lengths: dict[str, int] = {}
    for left in range(keys, 0, -1):
        cursor.leaps = cursor.leaps and left > 1  # behind the last key no other can be found
        _read_pair(cursor, values, lengths)
    parameters, experts, end = _read_tensors(cursor, tensors)
    start = _aligned(cursor.offset, values.get("general.alignment", 32)) if tensors else 0
    return GgufHeader(version, values, lengths, tensors, parameters, experts, start + end)


def _read_pair(cursor: Cursor, values: dict[str, Value], lengths: dict[str, int]) -> None:
    key = cursor.text()
    kind = cursor.number("I")
    if kind == _STRING:
        text = cursor.text()
        if len(text) <= MOST_KEPT_STRING:
            values[key] = text
    elif kind == _ARRAY:
        _read_array(cursor, key, values, lengths)
    else:
        values[key] = cursor.number(_form(kind, cursor))


def _form(kind: int, cursor: Cursor) -> str:
    form = _SCALARS.get(kind)
    if form is None:
        raise GgufError(f"a value of the unknown type {kind} near byte {cursor.offset}")
    return form


def _read_array(
    cursor: Cursor, key: str, values: dict[str, Value], lengths: dict[str, int]
) -> None:
    kind, count = cursor.number("I"), cursor.number("Q")
    lengths[key] = count
    if kind in (_STRING, _ARRAY):
        _step_array(cursor, kind, count, 1)
        return
    form = _form(kind, cursor)
    if count > MOST_KEPT_ITEMS:
        cursor.step(count * Struct("=" + form).size)
        return
    whole = cursor.struct(f"{count}{form}")
    values[key] = whole.unpack(cursor.bytes(whole.size))


def _step_array(cursor: Cursor, kind: int, count: int, depth: int) -> None:
    if count > cursor.size:
        raise GgufError(f"truncated at byte {cursor.size}")
    if kind == _STRING:
        cursor.step_strings(count)
    elif kind != _ARRAY:
        cursor.step(count * Struct("=" + _form(kind, cursor)).size)
    elif depth > 1:
        raise GgufError(f"arrays nested too deep near byte {cursor.offset}")
    else:
        for _ in range(count):
            inner, length = cursor.number("I"), cursor.number("Q")
            _step_array(cursor, inner, length, depth + 1)


def _read_tensors(cursor: Cursor, count: int) -> tuple[int, int, int]:
    """All weights, those of experts, and where the last tensor ends, from the data's begin."""
    parameters = experts = end = 0
    for _ in range(count):
        name = cursor.bytes(cursor.number("Q", 65_536, "bytes of a tensor's name"))
        rank = cursor.number("I", 8, "dimensions of a tensor")
        form = cursor.struct(f"{rank}QIQ")
        *dims, kind, offset = form.unpack(cursor.bytes(form.size))
        weights = prod(dims)
        if weights > MOST_WEIGHTS:
            raise GgufError(f"a tensor of {weights} weights near byte {cursor.offset}")
        parameters += weights
        if b"_exps" in name:
            experts += weights
        if (block := BLOCKS.get(kind)) is not None:
            end = max(end, offset + weights // block[0] * block[1])
    return parameters, experts, end


def _aligned(offset: int, alignment: Value) -> int:
    if not isinstance(alignment, int) or not 0 < alignment <= 2**20:
        raise GgufError(f"an alignment of {alignment} makes no sense")
    return -(-offset // alignment) * alignment
