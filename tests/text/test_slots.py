"""Slots: long texts in other alphabets, by tables; in Python and in C alike."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.text import slots as module
from model_router.text.reading import WORDS_TABLE
from model_router.text.slots import FIRST, NO_SLOT, Table, lowered, slots, table, through

CHARS = "éß\u0131ο\u0430ａ\uffee\u0100"
ASCII = bytes(range(FIRST))


def numbered(chars: str) -> Table:
    """A table whose first character reads as "0", the next as "1", and so on."""
    digits = b"".join(b"%d" % (i % 10) for i in range(len(chars)))
    return table([*chars], ASCII.lower() + digits, ASCII + digits)


TABLE, OTHER = numbered(CHARS), numbered("中é")
ANY = st.text(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from(CHARS + CHARS.upper() + "aZ \n\x00中ΣςİK\U0001f600\ud800"),
    ),
    max_size=60,
)


class TestThrough:
    @settings(max_examples=2_000, deadline=None)
    @given(ANY)
    def test_c_and_python_give_the_same(self, text: str) -> None:
        """Whatever the text: the same readings, the same lower case, the same slots."""
        tables = [TABLE, OTHER, numbered("")]
        assert through(text, tables) == through(text, tables, pure=True)
        assert lowered(text, WORDS_TABLE) == lowered(text, WORDS_TABLE, pure=True)
        assert slots(text, TABLE) == slots(text, TABLE, pure=True)

    @pytest.mark.parametrize("pure", [True, False])
    def test_what_has_a_slot(self, pure: bool) -> None:
        """ASCII is read in lower case, the table's characters as it says, others are left out."""
        found = through("Éa B中\U0001f600o\ud800", [TABLE, OTHER], pure=pure)
        assert found == [(b" 0a bo ", b" 0a bo "), (b" 1a b0o ", b" 1a b0o ")]

    @pytest.mark.parametrize("pure", [True, False])
    def test_every_character_in_lower_case(self, pure: bool) -> None:
        """Each by itself: as str.lower has it, but for the dotted I, which stays one letter."""
        for code in range(0x110000):
            if code != 0x130:
                said = chr(code).lower().encode("utf-8", "replace")
                assert lowered(chr(code), WORDS_TABLE, pure=pure)[1] == b" %b " % said
        assert lowered("ΟΔΟΣ İ!", WORDS_TABLE, pure=pure) == (
            " οδοσ i  ".encode(),
            " οδοσ i! ".encode(),
        )


class TestSlots:
    @pytest.mark.parametrize("pure", [True, False])
    def test_what_stands_where(self, pure: bool) -> None:
        """A byte for each character: itself, its slot, or a question mark."""
        one = numbered("\u2013１")
        assert slots("a\u2013B１é\U0001f600\ud800", one, pure=pure) == b"a\x80B\x81???"
        assert slots("", one, pure=pure) == b""


def test_a_table_has_an_end() -> None:
    """127 characters fit; one more is refused."""
    chars = "".join(chr(0x4E00 + 50 * i) for i in range(NO_SLOT - FIRST))
    assert slots(chars, numbered(chars)) == bytes(range(FIRST, NO_SLOT))
    with pytest.raises(ValueError, match="do not fit"):
        numbered(chars + "é")


@pytest.mark.skipif(module.compiled is None, reason="our C was not built here")
class TestArguments:
    """What our C refuses: it looks at what it is given."""

    @pytest.mark.parametrize(
        "pages", [b"", bytes(255), bytes(256), b"\x01" + bytes(511), TABLE.pages[:-1]]
    )
    def test_pages_that_are_missing(self, pages: bytes) -> None:
        """A table that numbers a page it does not have is refused."""
        with pytest.raises(ValueError, match="page"):
            module.compiled.slots("a", pages)
        with pytest.raises(ValueError, match="page"):
            module.compiled.through("a", pages, bytes(256), bytes(256))

    @pytest.mark.parametrize("given", [(), (b"a", TABLE.pages), ("a", "b"), ("a", None)])
    def test_arguments_of_another_kind(self, given: tuple[Any, ...]) -> None:
        """What is no text, no table and no 256 bytes is a TypeError."""
        with pytest.raises(TypeError):
            module.compiled.slots(*given)
        with pytest.raises(TypeError):
            module.compiled.through(*given, bytes(256), bytes(256))
        with pytest.raises(TypeError):
            module.compiled.through("a", TABLE.pages, bytes(255), bytes(256))
        with pytest.raises(TypeError):
            module.compiled.lowered(*given)
