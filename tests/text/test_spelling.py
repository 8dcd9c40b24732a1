"""Spelling: other letters, and what is written for them; in Python and in C alike."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.text import spelling as module
from model_router.text.spelling import FIRST_FOREIGN, MOST_DISTINCT, distinct, spelled

FOREIGN = st.characters(min_codepoint=0x80, exclude_categories=("Cs",))
TEXT = st.text(st.one_of(FOREIGN, st.sampled_from("ab .éжЖ中\U0001f600")), max_size=120)


def letters_of(text: str) -> bytes:
    return "".join(char for char in text if not char.isascii()).encode()


class TestDistinct:
    @settings(max_examples=1_000, deadline=None)
    @given(TEXT)
    def test_each_once_in_its_order(self, text: str) -> None:
        """The different letters as they come, in Python and in C."""
        foreign = letters_of(text)
        wanted = [*dict.fromkeys(char.encode() for char in foreign.decode())]
        expected = wanted if len(wanted) <= MOST_DISTINCT else None
        assert distinct(foreign) == distinct(foreign, pure=True) == expected

    @pytest.mark.parametrize("start", [0x100, 0x4E00, 0x1F300])
    @pytest.mark.parametrize("pure", [True, False])
    def test_too_many(self, start: int, pure: bool) -> None:
        """64 are told, one more is not, and in a long text the first of it may tell."""
        few = "".join(chr(start + i) for i in range(MOST_DISTINCT))
        assert len(distinct(few.encode(), pure=pure) or ()) == MOST_DISTINCT
        assert distinct(few.encode() + b"\xc3\xa9", pure=pure) is None
        many = "".join(chr(start + i) for i in range(200))
        for shift in range(4):
            assert distinct(("é" * shift + many * FIRST_FOREIGN).encode(), pure=pure) is None
        assert distinct("éü".encode() * FIRST_FOREIGN, pure=pure) == ["é".encode(), "ü".encode()]


class TestSpelled:
    @settings(max_examples=1_000, deadline=None)
    @given(TEXT, st.dictionaries(FOREIGN, st.text(st.sampled_from("ab c"), max_size=4), max_size=9))
    def test_each_letter_by_its_spelling(self, text: str, said: dict[str, str]) -> None:
        """Each letter is what stands for it, everything else what it was; in Python and in C."""
        said |= {char: "x y" for char in text[:5] if not char.isascii()}
        keys, plains = [c.encode() for c in said], [p.encode() for p in said.values()]
        wanted = "".join(said.get(char, char) for char in text).encode()
        assert spelled(text.encode(), keys, plains) == wanted
        assert spelled(text.encode(), keys, plains, pure=True) == wanted

    def test_nothing_to_replace(self) -> None:
        """Without letters the text stays."""
        assert spelled("aé".encode(), [], []) == "aé".encode()
        assert spelled(b"", ["é".encode()], [b"e"]) == b""


@pytest.mark.skipif(module.compiled is None, reason="our C was not built here")
class TestArguments:
    """What our C refuses or bears: it looks at what it is given."""

    @settings(max_examples=500, deadline=None)
    @given(st.binary(max_size=80))
    def test_broken_bytes(self, data: bytes) -> None:
        """Bytes that are no UTF-8 are passed through, and nothing outside them is read."""
        found = module.compiled.distinct(data)
        assert found is None or b"".join(found) in data or len(found) > 1
        assert module.compiled.spelled(data, [], []) == data

    @pytest.mark.parametrize(
        ("letters", "plains"),
        [
            *(([b"\xc3\xa9"], []), ([b"a"], [b"b"]), ([b"\xc3"], [b"b"]), ([b""], [b"b"])),
            *(([b"\xa9\xa9"], [b"b"]), ([b"\xc3\xa9"] * 65, [b"e"] * 65)),
        ],
    )
    def test_letters_that_are_none(self, letters: list[bytes], plains: list[bytes]) -> None:
        """What is not one character beyond ASCII, and lists that do not fit, are refused."""
        with pytest.raises(ValueError, match="letter"):
            module.compiled.spelled(b"abc", letters, plains)

    @pytest.mark.parametrize(
        "given",
        [(), ("a", [], []), (b"a", (), []), (b"a", ["é"], [b"e"]), (b"a", [b"\xc3\xa9"], [1])],
    )
    def test_arguments_of_another_kind(self, given: tuple[Any, ...]) -> None:
        """What is no bytes and no lists of them is a TypeError."""
        with pytest.raises(TypeError):
            module.compiled.spelled(*given)
        with pytest.raises(TypeError):
            module.compiled.distinct("é")  # type: ignore[arg-type]
