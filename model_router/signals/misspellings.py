"""Misspellings: what a word becomes when one key goes wrong.

Used when signals.json is built: a row's `typos` are words whose misspellings count as the word.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from string import ascii_lowercase as LETTERS

_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
SHORT = 4
"""Words of so many letters lose or swap letters only: nearly all else is a word of its own."""


def _neighbours() -> dict[str, str]:
    """For each letter itself and the letters that touch it on the keyboard."""
    near = {letter: letter for letter in LETTERS}
    for row in _KEYBOARD:
        for left, right in pairwise(row):
            near[left] += right
            near[right] += left
    for upper, lower in pairwise(_KEYBOARD):
        for i, letter in enumerate(lower):
            for other in upper[i : i + 2]:
                near[letter] += other
                near[other] += letter
    return near


NEAR = _neighbours()


def misspellings(word: str, real: Iterable[str] = ()) -> list[str]:
    """What `word`, in lower-case ASCII letters, becomes by one slip, sorted; `real` words left out.

    A slip drops a letter, swaps two, puts any letter for another, or adds one: the letter before
    or after once more, or a key that touches one of them.
    """
    found = _dropped(word) | _swapped(word)
    if len(word) > SHORT:
        found |= _replaced(word) | _added(word)
    return sorted(found - {word} - set(real))


def _dropped(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


def _swapped(word: str) -> set[str]:
    return {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}


def _replaced(word: str) -> set[str]:
    return {word[:i] + c + word[i + 1 :] for i in range(len(word)) for c in LETTERS}


def _added(word: str) -> set[str]:
    return {
        word[:i] + c + word[i:]
        for i in range(len(word) + 1)
        for beside in word[max(0, i - 1) : i + 1]
        for c in NEAR[beside]
    }
