"""The hot path: what `Lexicon.scan` does for a plain ASCII text, in one function.

It gives the same from the same tables (a property test holds the two together) and
leaves everything unusual to the general path: other scripts, and texts of more than LONGEST
characters. Written flat on purpose: each call and each attribute look-up it saves is a
noticeable part of three microseconds.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from model_router.safety.orders import most_named
from model_router.signals.automaton import CHUNK
from model_router.signals.collecting import ascii_collector
from model_router.signals.lexicon import LONG, window
from model_router.text.reading import read

if TYPE_CHECKING:
    from model_router.assessment import Assessor
    from model_router.signals.lexicon import Hit
    from model_router.text.reading import Reading
    from model_router.verdict import Tally

Decided = tuple["Tally", int, "Sequence[Hit] | None", "Reading"]
"""What a text's signals give, and the weight of its words; the actions to be judged (None: there
are none); the text's reading."""
Fast = Callable[[str], "Decided | None"]
"""None: the text is not for here."""

LONGEST = 4 * CHUNK
"""Characters of a text up to which all its actions are named before any is judged."""
FEW = 400
"""Actions that are looked through at once. Safety counts a text's actions, so of more it gets all:
no fewer than it would count in a text that comes by the general path."""


def compile_fast(assessor: Assessor) -> Fast:
    """The hot path for one assessor, its tables bound as local names."""
    lexicon = assessor.lexicon
    collect, weights = ascii_collector(lexicon.latin), lexicon.weights
    tally_of, sift = assessor.verdicts.tally, assessor.sifters.weighed
    shapes, lengths = lexicon.shapes.of_ascii, lexicon.shapes.of_short(LONG)
    prior = weights.prior if weights else 0
    weight_by_length = [weights.of_length(n) if weights else 0 for n in range(LONG + 1)]
    fast_long = _compile_long(assessor)

    def fast(text: str) -> Decided | None:
        length = len(text)
        if not text.isascii():
            return None
        if length > LONG:
            return fast_long(text)
        fired, weight, actions, symbols, reading = collect(text)
        fired |= lengths[length]
        if symbols:
            fired |= shapes(text, reading[0], symbols)
        tally = tally_of(fired)
        weight = weight + prior + weight_by_length[length] if weight else weight_by_length[length]
        if actions is not None and len(actions) < FEW:
            actions = sift(actions) or None
        return tally, weight, actions, reading

    return fast


def _compile_long(assessor: Assessor) -> Fast:
    """The same for longer ASCII texts: intent from both ends, actions from all of it."""
    lexicon, sift = assessor.lexicon, assessor.sifters.unweighed
    collect, weights = ascii_collector(lexicon.latin), lexicon.weights
    shapes, of_length = lexicon.shapes.of_ascii, lexicon.shapes.of_length
    tally_of = assessor.verdicts.tally
    prior = weights.prior if weights else 0
    steps = [least for least, _ in weights.lengths] if weights else []
    weight_from = [weights.of_length(least) if weights else 0 for least in (0, *steps)]

    def fast_long(text: str) -> Decided | None:
        length = len(text)
        if length > LONGEST:
            return None
        reading = read(text).latin
        actions = list(lexicon.guard(reading))
        if len(actions) >= most_named(length):
            return None
        ends = window(text)
        fired, weight, _, symbols, seen = collect(ends)
        tally = tally_of(fired | of_length(length) | shapes(ends, seen[0], symbols))
        weight += weight_from[bisect(steps, length)] + (prior if weight else 0)
        return tally, weight, (sift(actions) or None) if actions else None, reading

    return fast_long
