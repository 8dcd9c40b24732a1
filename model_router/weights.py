"""Weights: what words say about a text, learned offline and applied with integers alone.

A weights file is JSON that `scripts/train_weights.py` writes; docs/weights.md is its model card.
Each word or pair of words has one integer whose lanes say how much it speaks for each route, for
hard work, and for an order (`lanes.py`). A text's weight is the sum over the words in it, each
counted once. The same file gives the same decisions on every platform.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from model_router.errors import Problem, RouterConfigError
from model_router.lanes import CAUTION_LANE, COMPLEXITY_LANE, LANES, RISK_LANE, packed

FORMAT = "model-router weights 1"
HEADS = ("simple", "balanced", "reasoning", "coding", "research", "vision", "image")
COLUMNS = (*HEADS, "complexity", "caution")
"""What the numbers of a row stand for, in sixteenths of a point."""
LARGEST = 4_000
"""No weight is larger, so that no sum over a window of text leaves its lane."""
MOST_FEATURES = 20_000
MOST_BYTES = 4_000_000
LONGEST = 60
"""Bytes of a feature."""


class Weights(NamedTuple):
    """The weights of one file: of words by the literal that finds them, of the length of a text
    in ascending steps (characters, weight), and of actions named, by signal."""

    words: Mapping[bytes, int]
    lengths: tuple[tuple[int, int], ...]
    named: Mapping[str, int]

    def of_length(self, length: int) -> int:
        """The weight of a text of so many characters."""
        return sum(weight for least, weight in self.lengths if length >= least)


def literal(feature: str) -> bytes:
    """What is looked for in a reading: the words with a space on each side."""
    return b" %b " % feature.encode()


def packaged_path() -> str:
    """The weights that come with the package."""
    return os.path.join(os.path.dirname(__file__), "data", "weights.json")


@lru_cache(maxsize=8)
def load_weights(path: str, share: int = 100) -> Weights:
    """The weights in a file, each counted to `share` percent.

    Raises RouterConfigError that says what is wrong in the file, and where.
    """
    try:
        if os.path.getsize(path) > MOST_BYTES:
            raise _wrong(path, "", f"the file is larger than {MOST_BYTES:,} bytes")
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise _wrong(path, "", f"cannot be read: {type(error).__name__}") from error
    return parse_weights(data, share, path)


def parse_weights(data: Any, share: int = 100, path: str = "weights") -> Weights:
    """Weights from the content of a file. Raises RouterConfigError for any other form."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise _wrong(path, "format", f"must be {FORMAT!r}")
    if data.get("columns") != list(COLUMNS):
        raise _wrong(path, "columns", f"must be {list(COLUMNS)}")
    words = _table(data, "words", path, share)
    if len(words) > MOST_FEATURES:
        raise _wrong(path, "words", f"more than {MOST_FEATURES:,}")
    for word in words:
        if not 0 < len(word.encode("utf-8", "replace")) <= LONGEST or word != " ".join(
            word.split()
        ):
            raise _wrong(path, "words", f"{word[:40]!r} is not one or more words of a reading")
    lengths = _table(data, "lengths", path, share)
    if not all(step.isdecimal() for step in lengths):
        raise _wrong(path, "lengths", "steps are numbers of characters")
    return Weights(
        {literal(word): weight for word, weight in words.items()},
        tuple(sorted((int(step), weight) for step, weight in lengths.items())),
        _table(data, "named", path, share),
    )


def _table(data: Mapping[str, Any], key: str, path: str, share: int) -> dict[str, int]:
    table = data.get(key)
    if not isinstance(table, dict):
        raise _wrong(path, key, "must be a mapping")
    found = {}
    for name, row in table.items():
        if not _is_row(row):
            where = f"{key}.{name[:40]}"
            raise _wrong(path, where, f"must be {len(COLUMNS)} whole numbers up to {LARGEST}")
        found[name] = _packed(row, share)
    return found


def _is_row(row: Any) -> bool:
    if not isinstance(row, list) or len(row) != len(COLUMNS):
        return False
    return all(type(value) is int and -LARGEST <= value <= LARGEST for value in row)


def _packed(row: Sequence[int], share: int) -> int:
    """A row as one integer, each number to `share` percent, halves away from zero."""
    if share != 100:
        row = [(abs(n) * share + 50) // 100 * (1 if n > 0 else -1) for n in row]
    lanes = [0] * (LANES + 3)
    lanes[:LANES] = row[:LANES]
    lanes[COMPLEXITY_LANE], lanes[RISK_LANE], lanes[CAUTION_LANE] = row[LANES], 0, row[LANES + 1]
    return packed(lanes)


def _wrong(path: str, where: str, message: str) -> RouterConfigError:
    hint = "scripts/train_weights.py writes such files; docs/weights.md describes them"
    problem = Problem(f"{path}: {where}" if where else path, message, hint=hint)
    return RouterConfigError(f"weights cannot be used: {problem}", [problem])
