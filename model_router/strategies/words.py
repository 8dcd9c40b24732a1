"""Word patterns of strategies: plain words, a prefix with `*`, and ` ... ` for a short gap.

They become regular expressions that read a text once: what repeats is possessive or bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

GAP = 40
"""Characters that ` ... ` may stand for when nothing else is said."""


def finder(patterns: Iterable[str], within: int = GAP) -> Callable[[str], bool]:
    """A function that says whether one of the patterns is in a text. Case plays no part."""
    joined = "|".join(_expression(pattern, within) for pattern in patterns)
    found = re.compile(joined, re.IGNORECASE | re.DOTALL).search
    return lambda text: found(text) is not None


def _expression(pattern: str, within: int) -> str:
    gap = f".{{0,{within}}}?"
    return gap.join(r"\s++".join(map(_word, part.split())) for part in pattern.split(" ... "))


def _word(word: str) -> str:
    stem = word.removesuffix("*") or word
    prefix = stem != word
    before = r"(?<!\w)" if _is_word(stem[0]) else ""
    if prefix:
        return f"{before}{re.escape(stem)}\\w*+"
    after = r"(?!\w)" if _is_word(stem[-1]) else ""
    return f"{before}{re.escape(stem)}{after}"


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
