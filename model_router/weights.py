"""Weights: what words say about a text, learned offline and applied with integers alone.

A weights file is JSON that `scripts/train_weights.py` writes; docs/weights.md is its model card.
Each word or pair of words has one integer whose lanes say how much it speaks for each route, for
hard work, and for an order (`lanes.py`). A text's weight is the sum over the words in it, each
counted once. The same file gives the same decisions on every platform.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from struct import Struct
from typing import Any

from model_router.errors import Problem, RouterConfigError
from model_router.lanes import COMPLEXITY_LANE, LANE_BITS, LANES, packed, packed_halves
from model_router.records import record
from model_router.text.reading import WORDS_TABLE, Readings
from model_router.types import ROUTES

FORMAT = "model-router weights 1"
HEADS = ROUTES[:LANES]
COLUMNS = (*HEADS, "complexity")
"""What the numbers of a row stand for, in sixteenths of a point. A row that is one number alone
stands for complexity and nothing else; `spelled` is the third form."""
LARGEST = 32_767
"""Weights have 16 bits, so that no sum over a window of text leaves its lane."""
MOST_FEATURES = 20_000
MOST_CHARACTERS = 4_000_000
MOST_BYTES = 4 * MOST_CHARACTERS + 3  # with a byte order mark
START = "start:"
"""The feature of caution that every text has."""
LONGEST = 60
"""Characters of a feature."""


@record(eq=False)
class Weights:
    """The weights of one file: of words by the literal that finds them, of any text in which a
    word weighs (`prior`), of the length of a text in ascending steps (characters, weight), and
    what asks for caution, by feature."""

    words: Mapping[bytes, int]
    prior: int
    lengths: tuple[tuple[int, int], ...]
    caution: Mapping[str, int]
    under: Weights | None = None
    """Those that a layer was put on."""

    def of_features(self, features: Collection[str], length: int) -> int:
        """The weight of a text with these features and so many characters."""
        said = sum(self.words.get(literal(feature), 0) for feature in features)
        return said + self.of_length(length) + (self.prior if said else 0)

    def of_length(self, length: int) -> int:
        """The weight of a text of so many characters."""
        return sum(weight for least, weight in self.lengths if length >= least)

    def cautious(self, features: frozenset[str]) -> int:
        """The caution of a text with these features: more than 0 asks for a person."""
        return self.caution.get(START, -1) + sum(self.caution.get(name, 0) for name in features)


@lru_cache(maxsize=4)
def layered(base: Weights, layer: Weights) -> Weights:
    """Weights that count both: points add up. Whom caution asks is left to `base` alone."""
    steps = dict(base.lengths)
    for step, weight in layer.lengths:
        steps[step] = steps.get(step, 0) + weight
    words = dict(base.words)
    for word, weight in layer.words.items():
        words[word] = words.get(word, 0) + weight
    prior, lengths = base.prior + layer.prior, tuple(sorted(steps.items()))
    return Weights(words, prior, lengths, base.caution, base)


def features_of(readings: Readings) -> frozenset[str]:
    """The features of a text: its words, and its pairs of words with one space between them.

    Exactly what `literal` finds in the readings when each is looked for.
    """
    latin = _features(readings.latin[0])
    found = {feature for feature in latin if feature.isascii()}
    if readings.native is not None:
        found.update(f for f in _features(readings.native[0]) if not f.isascii())
    return frozenset(found)


def _features(words: bytes) -> Iterator[str]:
    parts = words.decode("utf-8", "replace").split(" ")
    for word, following in pairwise([*parts, ""]):
        if word:
            yield word
        if word and following:
            yield f"{word} {following}"


def literal(feature: str) -> bytes:
    """What is looked for in a reading: the words with a space on each side."""
    return b" %b " % feature.encode()


def _literals(features: Collection[str]) -> list[bytes]:
    """`literal` of each, all at once: none has a line break in it."""
    return literal(" \n ".join(features)).split(b"\n") if features else []


def packaged_path() -> str:
    """The weights that come with the package."""
    return os.path.join(os.path.dirname(__file__), "data", "weights.json")


def load_weights(path: str, share: int = 100) -> Weights:
    """The weights in a file, each counted to `share` percent; the same object for the same file.

    Raises RouterConfigError that says what is wrong in the file, and where.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe would be waited for
            raise _wrong(path, "", "is not a file")
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except RouterConfigError:
        raise
    except (OSError, ValueError) as error:
        raise _wrong(path, "", f"cannot be read: {type(error).__name__}") from error
    return _loaded(data, share, path)


@lru_cache(maxsize=4)
def _loaded(data: bytes, share: int, path: str) -> Weights:
    try:
        # Whatever is longer than that has too many characters, wherever one is cut in two.
        content = data.decode("utf-8-sig") if len(data) <= MOST_BYTES else data.decode("latin-1")
    except ValueError as error:
        raise _wrong(path, "", f"cannot be read: {type(error).__name__}") from error
    if len(content) > MOST_CHARACTERS:
        raise _wrong(path, "", f"the file is larger than {MOST_CHARACTERS:,} characters")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _wrong(path, "", f"is not JSON: {type(error).__name__}") from error
    return parse_weights(found, share, path)


def parse_weights(data: Any, share: int = 100, path: str = "") -> Weights:
    """Weights from the content of a file. Raises RouterConfigError for any other form."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise _wrong(path, "format", f"must be {FORMAT!r}")
    if data.get("columns") != list(COLUMNS):
        raise _wrong(path, "columns", f"must be {list(COLUMNS)}")
    words = _table(data, "words", share, path)
    if len(words) > MOST_FEATURES:
        raise _wrong(path, "words", f"more than {MOST_FEATURES:,}")
    if not _are_said(words):
        where = f"words.{next(word for word in words if not _are_said([word]))[:40]}"
        raise _wrong(path, where, "must be one or more words of a reading")
    lengths = _table(data, "lengths", share, path)
    if not all(_is_step(step) for step in lengths):
        raise _wrong(path, "lengths", "steps are numbers of characters")
    steps = dict(zip(map(int, lengths), lengths.values(), strict=True))
    return Weights(
        dict(zip(_literals(words), words.values(), strict=True)),
        steps.pop(0, 0),
        tuple(sorted(steps.items())),
        {name: _part(value, share) for name, value in _cautions(data, path).items()},
    )


_DIGITS = 4
"""Hexadecimal ones of a number of a `spelled` row."""


def spelled(row: Sequence[int]) -> str | int:
    """A row as large files have it: one number where only complexity is said, otherwise one string
    of hexadecimal digits (16 bits for each number, two's complement, the highest first), which is
    read in a fraction of the time."""
    return Struct(f">{len(row)}h").pack(*row).hex() if any(row[:-1]) else row[-1]


def unspelled(row: Sequence[int] | str | int) -> list[int]:
    """The numbers of a row, however a file has it. ValueError for a string that is no row."""
    if isinstance(row, int):
        return [0] * len(HEADS) + [row]
    return [*Struct(f">{len(COLUMNS)}h").unpack(_halves([row]))] if isinstance(row, str) else [*row]


def _halves(texts: Sequence[str]) -> bytes:
    """What the digits of rows stand for. ValueError where one is none."""
    data, size = bytes.fromhex("".join(texts)), _DIGITS * len(COLUMNS)
    if {*map(len, texts)} - {size} or 2 * len(data) != size * len(texts):  # blanks say nothing
        raise ValueError("a row is of another length")
    return data


def _table(data: Mapping[str, Any], key: str, share: int, path: str) -> dict[str, int]:
    """By name each row as one integer, its numbers to `share` percent, COLUMNS the first lanes."""
    table = data.get(key)
    if not isinstance(table, dict):
        raise _wrong(path, key, "must be a mapping")
    sums = _sums(table.values(), share)
    if sums is None:
        where = f"{key}.{next(n for n, row in table.items() if _sums([row], share) is None)[:40]}"
        count = len(COLUMNS)
        forms = f"{count} whole numbers up to {LARGEST}, one, or {_DIGITS * count} hex digits"
        raise _wrong(path, where, f"must be {forms}")
    return dict(zip(table, sums, strict=True))


def _sums(written: Collection[Any], share: int) -> list[int] | None:
    """Rows as integers, or None where one is none.

    Looked at all at once, which takes a third of the time of one after the other.
    """
    texts = [row for row in written if type(row) is str]
    whole = [row for row in written if type(row) is list]
    alone = [row for row in written if type(row) is int]
    if len(texts) + len(whole) + len(alone) < len(written) or not _are_rows(whole, alone):
        return None
    try:
        spelling = iter(packed_halves(_halves(texts), len(COLUMNS)))
    except ValueError:
        return None
    if share != 100:
        return packed([[_part(n, share) for n in unspelled(row)] for row in written])
    others = iter(packed(whole))
    return [
        next(spelling) if type(row) is str else
        row << _COMPLEXITY if type(row) is int else next(others)
        for row in written
    ]  # fmt: skip


_COMPLEXITY = LANE_BITS * COMPLEXITY_LANE


def _are_rows(whole: Collection[list[Any]], alone: Collection[int]) -> bool:
    numbers = [*chain.from_iterable(whole), *alone]
    return {*map(len, whole)} <= {len(COLUMNS)} and _are_weights(numbers)


def _are_said(words: Collection[str]) -> bool:
    """Whether a reading can hold these: lower case, no marks, one space between words.

    They are looked at all at once, each on a line of its own.
    """
    lines = "\n" + "\n".join(words) + "\n"
    if lines.count("\n") != len(words) + 1 or max(map(len, words), default=0) > LONGEST:
        return not words
    data = lines.encode("utf-8", "replace")
    plain = data.replace(b"\n", b" ")
    return plain.translate(WORDS_TABLE) == plain and b"  " not in plain


def _is_step(step: str) -> bool:
    """Whether this is a number as it is usually written, so that no two steps are the same."""
    return step.isascii() and step.isdecimal() and len(step) < 10 and str(int(step)) == step


def _cautions(data: Mapping[str, Any], path: str) -> dict[str, int]:
    table = data.get("caution")
    if not isinstance(table, dict):
        raise _wrong(path, "caution", "must be a mapping")
    if not _are_weights(table.values()):
        raise _wrong(path, "caution", f"must hold whole numbers up to {LARGEST}")
    return table


def _are_weights(values: Collection[Any]) -> bool:
    if not values:
        return True
    if {*map(type, values)} != {int}:
        return False
    different = {*values}  # few, so that looking through them twice is soon done
    return bool(max(different) <= LARGEST and min(different) >= -LARGEST - 1)


def _part(value: int, share: int) -> int:
    """`share` percent of a weight, halves away from zero."""
    return value if share == 100 else (abs(value) * share + 50) // 100 * (1 if value > 0 else -1)


def _wrong(path: str, where: str, message: str) -> RouterConfigError:
    hint = "scripts/train_weights.py writes such files; docs/weights.md describes them"
    problem = Problem(f"{path}: {where}" if path and where else where or path, message, hint=hint)
    return RouterConfigError(f"weights cannot be used: {problem}", [problem])
