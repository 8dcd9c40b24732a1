"""The header of a GGUF file: what it says of a model, read within bounds.

Little is kept: numbers, short strings, arrays of a few thousand numbers. Long arrays (a tokenizer
has a few hundred thousand strings) are stepped over, only their lengths are remembered. Whatever
the bytes are, the outcome is a GgufHeader or a GgufError, and at most MOST_READ bytes are read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from struct import Struct
from typing import Protocol

from model_router.errors import ModelRouterError

Value = int | float | bool | str | tuple[int, ...] | tuple[float, ...]

MAGIC = b"GGUF"
MOST_READ = 48_000_000
MOST_KEYS = 65_536
MOST_TENSORS = 200_000
MOST_STRING = 16 * 2**20
MOST_KEPT_STRING = 2 * 2**20
MOST_KEPT_ITEMS = 4096
MOST_WEIGHTS = 2**48
_FIRST_CHUNK, _CHUNK = 2**16, 2**20

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


class Readable(Protocol):
    """The two methods of a binary file that are used."""

    def seek(self, offset: int, /) -> int: ...

    def read(self, size: int, /) -> bytes: ...


class GgufError(ModelRouterError, ValueError):
    """A file is no GGUF file that can be read. The message says what is wrong, and where."""


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
    """The header of an open file that has `size` bytes. Raises GgufError."""
    cursor = _Cursor(file, size)
    if cursor.bytes(min(size, 4)) != MAGIC[: max(size, 1)]:
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
    for _ in range(keys):
        _read_pair(cursor, values, lengths)
    parameters, experts, end = _read_tensors(cursor, tensors)
    start = _aligned(cursor.offset, values.get("general.alignment", 32)) if tensors else 0
    return GgufHeader(version, values, lengths, tensors, parameters, experts, start + end)


class _Cursor:
    """A place in a file, with what was read around it. Steps past the end raise GgufError."""

    def __init__(self, file: Readable, size: int) -> None:
        self.file, self.size, self.order = file, size, "<"
        self.buffer, self.start, self.at = b"", 0, 0
        self.chunk, self.left = _FIRST_CHUNK, MOST_READ
        self._structs: dict[str, Struct] = {}

    @property
    def offset(self) -> int:
        return self.start + self.at

    def need(self, count: int) -> None:
        """Have the next `count` bytes in the buffer."""
        held = len(self.buffer) - self.at
        if held >= count:
            return
        if self.offset + count > self.size:
            raise GgufError(f"truncated at byte {self.size}")
        self.start, self.buffer, self.at = self.offset, self.buffer[self.at :], 0
        self._fill(count)

    def _fill(self, count: int) -> None:
        position = self.start + len(self.buffer)
        want = min(max(count - len(self.buffer), self.chunk), self.size - position)
        self.chunk = min(self.chunk * 4, _CHUNK)
        self.left -= want
        if self.left < 0:
            raise GgufError(f"the header is longer than {MOST_READ} bytes")
        self.file.seek(position)
        pieces = [self.buffer]
        while want > 0 and (piece := self.file.read(want)):
            pieces.append(piece)
            want -= len(piece)
        self.buffer = b"".join(pieces)
        if len(self.buffer) < count:
            raise GgufError(f"truncated at byte {self.start + len(self.buffer)}")

    def bytes(self, count: int) -> bytes:
        """The next `count` bytes."""
        self.need(count)
        found = self.buffer[self.at : self.at + count]
        self.at += count
        return found

    def step(self, count: int) -> None:
        """Go on by `count` bytes without reading them."""
        if self.offset + count > self.size:
            raise GgufError(f"truncated at byte {self.size}")
        self.at += count

    def struct(self, form: str) -> Struct:
        form = self.order + form
        found = self._structs.get(form)
        if found is None:
            found = self._structs[form] = Struct(form)
        return found

    def number(self, form: str, most: int | None = None, what: str = "") -> int:
        """The next number. Above `most` it is an error that names `what`."""
        form_ = self.struct(form)
        self.need(form_.size)
        value: int = form_.unpack_from(self.buffer, self.at)[0]
        self.at += form_.size
        if most is not None and value > most:
            raise GgufError(f"{value} {what} near byte {self.offset}: at most {most} make sense")
        return value

    def text(self) -> str:
        """The next string."""
        return self.bytes(self.number("Q", MOST_STRING, "bytes of text")).decode("utf-8", "replace")

    def step_strings(self, count: int) -> None:
        """Go past `count` strings. Where time goes, so everything is at hand in one loop."""
        form = self.struct("Q").unpack_from
        buffer, at = self.buffer, self.at
        last = len(buffer) - 8
        for _ in range(count):
            if at > last:
                self.at = at
                self.need(8)
                buffer, at = self.buffer, self.at
                last = len(buffer) - 8
            length = form(buffer, at)[0]
            if length > MOST_STRING:
                raise GgufError(f"a text of {length} bytes near byte {self.start + at}")
            at += 8 + length
        self.at = at
        self.step(0)


def _read_pair(cursor: _Cursor, values: dict[str, Value], lengths: dict[str, int]) -> None:
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


def _form(kind: int, cursor: _Cursor) -> str:
    form = _SCALARS.get(kind)
    if form is None:
        raise GgufError(f"a value of the unknown type {kind} near byte {cursor.offset}")
    return form


def _read_array(
    cursor: _Cursor, key: str, values: dict[str, Value], lengths: dict[str, int]
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


def _step_array(cursor: _Cursor, kind: int, count: int, depth: int) -> None:
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


def _read_tensors(cursor: _Cursor, count: int) -> tuple[int, int, int]:
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
