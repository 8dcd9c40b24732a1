"""Spans: where in a text stands what was found in its reading."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.text.reading import plain_reading, read
from model_router.text.spans import original_span, original_spans

ANYTHING = st.text(st.characters(exclude_categories=()))  # lone surrogates and controls included


class TestOriginalSpan:
    @settings(max_examples=500)
    @given(ANYTHING, st.integers(0, 500), st.integers(0, 500))
    def test_it_lands_in_the_text(self, text: str, start: int, length: int) -> None:
        """Whatever is asked for, the answer is a range of the text, or None."""
        found = original_span(text, start, start + length)
        if found is not None:
            assert 0 <= found[0] <= found[1] <= len(text)

    @given(
        st.text(st.sampled_from("ab .,!\n\"'"), max_size=30),
        st.text(st.sampled_from("ab .,!\n\"'"), max_size=30),
    )
    def test_it_lands_on_the_word(self, before: str, after: str) -> None:
        """In ASCII the hit of a whole word is the word itself, without what surrounds it."""
        text = f"{before} drop table {after}"
        start = read(text).latin[0].index(b" drop table ")
        first, last = original_span(text, start, start + 12) or (0, 0)
        assert text[first:last] == "drop table"

    @pytest.mark.parametrize(
        "before", ["", "é", "ça ß ", "中文 ", "\u200b\u200b\u200b", "🙂 ", "ﬁ "]
    )
    def test_it_lands_on_the_word_after_other_letters(self, before: str) -> None:
        """Characters that read as none, one or several letters before it do not move the word."""
        text = f"{before} drop table now"
        start = read(text).latin[0].index(b" drop table ")
        first, last = original_span(text, start, start + 12) or (0, 0)
        assert text[first:last] == "drop table"

    @given(st.text(st.sampled_from("ab \u200bé中ﬁ🙂ß"), max_size=40), st.integers(0, 150))
    def test_several_places_are_those_of_each(self, text: str, byte: int) -> None:
        """Counting once for all gives what counting for each byte gives."""
        owners = [
            i
            for i, char in enumerate(text)
            for _ in (char if char.isascii() else plain_reading(char)).encode()
        ]
        first, last = original_spans(text + "é", [(byte + 1, byte + 1), (2, 2)])
        assert first is not None
        assert first[0] == (owners[byte] if byte < len(owners) else first[0])
        assert last == original_span(text + "é", 2, 2)

    def test_far_into_a_foreign_text(self) -> None:
        """Where counting would take too long, there is no place."""
        assert original_span("é" * 50_000, 40_000, 40_010) is None
        assert original_span("e" * 50_000, 40_000, 40_010) == (39_999, 40_009)
