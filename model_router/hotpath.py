"""The hot path: what `Lexicon.scan` does for a plain short text, in one function.

It gives the same from the same tables (a property test holds the two together) and
leaves everything unusual to the general path: long or non-ASCII text. Written flat on purpose:
each call and each attribute look-up it saves is a noticeable part of three microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from model_router.signals.collecting import ascii_collector
from model_router.signals.lexicon import LONG
from model_router.signals.shapes import LETTERS

if TYPE_CHECKING:
    from model_router.assessment import Assessor
    from model_router.signals.lexicon import Hit
    from model_router.text.reading import Reading
    from model_router.verdict import Tally

Fast = Callable[[str], "tuple[Tally, int, Sequence[Hit] | None, Reading] | None"]
"""What a text's signals give, and the weight of its words; the actions to be judged (None: there
are none); the text's reading. None alone: the text is not for here."""

FEW = 400
"""Actions that are looked through at once. Safety counts a text's actions, so of more it gets all:
no fewer than it would count in a text that comes by the general path."""


def compile_fast(assessor: Assessor) -> Fast:
    """The hot path for one assessor, its tables bound as local names."""
    lexicon, memo = assessor.lexicon, assessor.verdicts.memo
    collect, weights = ascii_collector(lexicon.latin), lexicon.weights
    tally_of, sift = assessor.verdicts.tally, assessor.sift
    shapes, lengths = lexicon.shapes.beside_length, lexicon.shapes.of_short(LONG)
    prior = weights.prior if weights else 0
    weight_by_length = [weights.of_length(n) if weights else 0 for n in range(LONG + 1)]

    def fast(text: str) -> tuple[Tally, int, Sequence[Hit] | None, Reading] | None:
        length = len(text)
        if length > LONG or not text.isascii():
            return None
        fired, weight, actions, reading = collect(text)
        fired |= lengths[length]
        symbols = reading[1].translate(None, LETTERS)
        if symbols:
            fired |= shapes(text, reading[0], symbols)
        tally = memo.get(fired) or tally_of(fired)
        weight = weight + prior + weight_by_length[length] if weight else weight_by_length[length]
        if actions is not None and len(actions) < FEW:
            actions = sift(actions) or None
        return tally, weight, actions, reading

    return fast
