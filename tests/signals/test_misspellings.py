"""Misspellings: what one slip makes of a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.signals.misspellings import NEAR, SHORT, misspellings

words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=12)


@pytest.mark.parametrize(
    ("slip", "what"),
    [
        ("delte", "dropped"),
        ("elete", "dropped first"),
        ("dleete", "swapped"),
        ("delet", "dropped last"),
        ("dekete", "replaced"),
        ("delxte", "replaced by any"),
        ("dellete", "doubled"),
        ("deletee", "doubled last"),
        ("delwete", "a neighbour added"),
    ],
)
def test_slips(slip: str, what: str) -> None:
    """One letter dropped, swapped, replaced or added."""
    assert slip in misspellings("delete"), what


@pytest.mark.parametrize("other", ["delete", "delt", "deletion", "remove", "deqlete", ""])
def test_not_slips(other: str) -> None:
    """Not the word itself, not two slips, not a letter from elsewhere on the keyboard."""
    assert other not in misspellings("delete")


def test_short_words_lose_or_swap_only() -> None:
    """Of four letters nearly every other form is a word."""
    assert misspellings("drop") == ["dop", "dorp", "dro", "drp", "drpo", "rdop", "rop"]
    assert len("drop") == SHORT


def test_real_words_are_left_out() -> None:
    """Words that exist are not slips."""
    assert "remote" in misspellings("remove")
    assert "remote" not in misspellings("remove", ["remote", "removed"])


def test_the_keyboard() -> None:
    """Each letter touches itself and its neighbours, and they touch it."""
    assert set(NEAR["s"]) == set("sadwezx")
    assert all(letter in NEAR[other] for letter, near in NEAR.items() for other in near)


@given(words)
def test_every_slip_is_near(word: str) -> None:
    """Slips are sorted, without repeats, never the word, and one letter longer at most."""
    found = misspellings(word)
    assert found == sorted(set(found))
    assert word not in found
    assert all(abs(len(slip) - len(word)) <= 1 for slip in found)
