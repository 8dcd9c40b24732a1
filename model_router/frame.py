"""What a whole text is: a request in the user's own words, or a request about some material."""

from __future__ import annotations

from bisect import bisect
from functools import cached_property

from model_router.clause import MATERIAL, MENTIONS, POLITE
from model_router.text import Reading


class Frame:
    """What a whole text is: a request about some material, or the user's own words."""

    __slots__ = ("__dict__", "marks", "words")

    def __init__(self, reading: Reading) -> None:
        self.words, self.marks = reading

    @cached_property
    def head(self) -> list[bytes]:
        """The first words of the text, politeness left out."""
        return [word for word in self.words[:160].split() if word not in POLITE][:4]

    @cached_property
    def about_material(self) -> bool:
        """Whether the request works on words: "translate ...", "write an email that ..."."""
        return bool(self.head) and self.head[0] in MENTIONS or self._names_material()

    def _names_material(self) -> bool:
        if self.head_end >= len(self.marks) - 1:
            return False
        opening = self.words[: min(self.head_end, 200)].split()
        return not MATERIAL.isdisjoint(opening) or self.ends_about_material

    @cached_property
    def ends_about_material(self) -> bool:
        """Whether the last line asks for work on what stands above it."""
        last = self.marks.rstrip().rfind(b"\n")
        if last < 0:
            return False
        words = [word for word in self.words[last : last + 200].split() if word not in POLITE]
        return bool(words) and (words[0] in MENTIONS or not MATERIAL.isdisjoint(words))

    @cached_property
    def head_end(self) -> int:
        """Where the first clause ends; what follows it is material."""
        ends = [self.marks.find(mark, 1, 400) for mark in (b":", b"\n", b'"')]
        return min((end for end in ends if end > 0), default=len(self.marks))

    @cached_property
    def _fences(self) -> list[int]:
        places, at = [], self.marks.find(b"```")
        while at >= 0 and len(places) < 1000:
            places.append(at)
            at = self.marks.find(b"```", at + 3)
        return places

    def fenced(self, start: int) -> bool:
        """Whether byte `start` stands inside a code fence that opens and closes."""
        i = bisect(self._fences, start)
        return i % 2 == 1 and i < len(self._fences)

    def asked_about(self, start: int) -> bool:
        """Whether what stands at `start` is material of a request that works on words."""
        if not self.about_material:
            return False
        return start > self.head_end or self.ends_about_material
