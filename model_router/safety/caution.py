"""Caution: the weight that words have around an action which rules name, but find not ordered.

Looked at only in short texts where rules leave the question open. It can ask for a person and
never spares one: weights alone order nothing, and take nothing back that a rule found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from model_router.safety.clause import clause_at
from model_router.signals.lexicon import Hit, Lexicon
from model_router.text.reading import Readings
from model_router.weights import features_of

MOST_LOOKED_AT = 12
"""Named actions of a text that are looked at."""
LENGTHS = (40, 100, 200, 400)
"""Bytes of a reading from which a length is a feature."""
MOST_BEFORE = 6
"""Words before a named action that are told apart by their number."""


def caution_features(hits: Sequence[Hit], readings: Readings, lexicon: Lexicon) -> frozenset[str]:
    """The features of a text in which these actions are named.

    Words and pairs as they are; what stands around the actions and at the ends with a label and
    a colon, which no word of a reading has.
    """
    features = {*features_of(readings), *_ends(readings)}
    size = len(readings.latin[0])
    features.update(f"length:{least}" for least in LENGTHS if size >= least)
    for hit in hits[:MOST_LOOKED_AT]:
        features.update(_around(hit, lexicon.signals[hit[0]].id))
    return frozenset(features)


def _ends(readings: Readings) -> Iterator[str]:
    words, marks = readings.latin
    tokens = words.split()
    if tokens:
        yield f"first:{_said(tokens[:1])}"
        yield f"first two:{_said(tokens[:2])}"
        yield f"last:{_said(tokens[-1:])}"
    if marks.rstrip().endswith(b"?"):
        yield "ends:?"


def _around(hit: Hit, signal: str) -> Iterator[str]:
    _, start, end, (words, marks) = hit
    start -= words[start] != 0x20  # found inside a word's bounds
    clause = clause_at(words, marks, start, end)
    yield f"signal:{signal}"
    yield f"named:{_said(words[start:end].split())}"
    yield f"before:{_said(clause.before[-1:])}"
    yield f"before two:{_said(clause.before[-2:])}"
    yield f"after:{_said(clause.after[:1])}"
    yield f"place:{min(len(clause.before), MOST_BEFORE)}"
    if clause.asked:
        yield "asked:"


def _said(words: Sequence[bytes]) -> str:
    return b" ".join(words).decode("utf-8", "replace")
