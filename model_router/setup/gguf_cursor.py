"""A place in a GGUF file: numbers and texts from there on, and long lists of texts leapt over."""

from __future__ import annotations

import re
from struct import Struct
from typing import Protocol

from model_router.errors import ModelRouterError

MOST_READ = 24_000_000
"""By one of two attempts."""

MOST_STRING = 16 * 2**20
_FIRST_CHUNK, _CHUNK = 2**16, 2**20
_FARTHEST = 20_000_000
_FEW = 1000
_ZEROS = bytes(7)
_PREFIX = b"tokenizer."


class Readable(Protocol):
    """The two methods of a binary file that are used."""

    def seek(self, offset: int, /) -> int: ...

    def read(self, size: int, /) -> bytes: ...


class GgufError(ModelRouterError, ValueError):
    """A file is no GGUF file that can be read. The message says what is wrong, and where."""


class Cursor:
    """A place in a file, with what was read around it. Steps past the end raise GgufError."""

    def __init__(self, file: Readable, size: int, *, leaps: bool) -> None:
        self.file, self.size, self.order, self.leaps = file, size, "<", leaps
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
        """Go past `count` strings."""
        if count < _FEW or not self.leaps or self.order == ">" or not self._leap(count):
            self._step_strings(count)

    def _leap(self, count: int) -> bool:
        """Go to the tokenizer's next key behind `count` texts; False, and no step, if in doubt."""
        while True:
            found = _next_key(self.buffer, self.at)
            if found is not None:
                # A text's length is eight bytes, of which seven are 0. They are counted: with more
                # or fewer than there are texts this is a text like a key, or not the next key.
                if self.buffer.count(_ZEROS, self.at, found) != count:
                    return False
                self.at = found
                return True
            held = len(self.buffer) - self.at
            if held >= _FARTHEST or self.start + len(self.buffer) >= self.size:
                return False
            self.need(min(held + 4 * _CHUNK, self.size - self.offset))

    def _step_strings(self, count: int) -> None:
        """String by string. Where time goes, so everything is at hand in one loop."""
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


_NAME = re.compile(rb"[A-Za-z0-9_.-]{12,}")


def _next_key(buffer: bytes, start: int) -> int | None:
    """Where in the buffer the tokenizer's next key begins: its length, it, and a type."""
    name = start
    while (name := buffer.find(_PREFIX, name)) >= 0:
        length = buffer[name - 8] if name - 8 >= start else 0
        kind = buffer[name + length : name + length + 4]
        if (
            buffer[name - 7 : name] == _ZEROS
            and _NAME.fullmatch(buffer, name, name + length)
            and len(kind) == 4
            and int.from_bytes(kind, "little") <= 12
        ):
            return name - 8
        name += 1
    return None
