"""Patterns that are compiled when they are first used."""

from __future__ import annotations

import re

import pytest

from model_router.text.lazy import deferred

TEXT = "a1 b22 c333"


class TestDeferred:
    @pytest.mark.parametrize("source", [r"[a-c](\d+)", r"nothing"])
    def test_it_finds_what_the_pattern_finds(self, source: str) -> None:
        """Every way to search gives what a compiled pattern gives."""
        ours, theirs = deferred(source), re.compile(source)
        assert ours.findall(TEXT) == theirs.findall(TEXT)
        assert ours.split(TEXT) == theirs.split(TEXT)
        assert ours.sub("x", TEXT) == theirs.sub("x", TEXT)
        assert ours.subn("x", TEXT, 2) == theirs.subn("x", TEXT, 2)
        assert [m[0] for m in ours.finditer(TEXT)] == [m[0] for m in theirs.finditer(TEXT)]
        for found, wanted in (
            (ours.search(TEXT), theirs.search(TEXT)),
            (ours.match(TEXT), theirs.match(TEXT)),
            (ours.fullmatch("b22"), theirs.fullmatch("b22")),
        ):
            assert (found and found.span()) == (wanted and wanted.span())

    def test_bytes_and_flags(self) -> None:
        """Bytes are searched as bytes, and flags count."""
        assert deferred(rb"A.b", re.IGNORECASE | re.DOTALL).search(b"xa\nB")

    def test_it_is_compiled_when_it_is_used(self) -> None:
        """A mistake in a pattern shows at its first use, so nothing was compiled before."""
        pattern = deferred("(")
        with pytest.raises(re.error):
            pattern.search("")

    def test_it_has_no_other_attributes(self) -> None:
        """What no compiled pattern is asked for is an AttributeError."""
        with pytest.raises(AttributeError):
            _ = deferred("a").nothing  # type: ignore[attr-defined]
