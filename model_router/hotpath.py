"""The hot path: what `Lexicon.scan` does for a plain short text, in one function.

It gives the same from the same tables (a property test holds the two together) and
leaves everything unusual to the general path: long or non-ASCII text. Written flat on purpose:
each call and each attribute look-up it saves is a noticeable part of three microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from model_router.safety.candidates import likely
from model_router.signals.lexicon import ACTION, ANY, HEAD, LONG, begins, inside, skip_spaces
from model_router.signals.shapes import LETTERS
from model_router.text.reading import WORDS_TABLE

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
    find, rows, lanes, plain, _ = lexicon.latin
    weight_of, weights = lanes.__getitem__, lexicon.weights
    tally_of, rules = assessor.verdicts.tally, assessor.actions
    shapes, lengths = lexicon.shapes.beside_length, lexicon.shapes.of_short(LONG)
    prior = weights.prior if weights else 0
    weight_by_length = [weights.of_length(n) if weights else 0 for n in range(LONG + 1)]

    def fast(text: str) -> tuple[Tally, int, Sequence[Hit] | None, Reading] | None:
        length = len(text)
        if length > LONG or not text.isascii():
            return None
        marks = b" %b " % text.encode()
        words = marks.translate(WORDS_TABLE)
        fired, begin = lengths[length], 0
        actions: list[Hit] | None = None
        heavy: set[int] = set()
        for literal, start, end in find(words, True):
            if literal >= plain:
                heavy.add(literal)
                continue
            role, signal = rows[literal]
            if role == ANY:
                fired |= signal
            elif role != ACTION:
                if start <= begin or (not inside[marks[start - 1]] and begins(words, marks, start)):
                    if role == HEAD:
                        fired |= signal
                    else:
                        begin = skip_spaces(words, end - 1)
            elif actions is None:
                actions = [(signal, start, end, (words, marks))]
            else:
                actions.append((signal, start, end, (words, marks)))
        symbols = marks.translate(None, LETTERS)
        if symbols:
            fired |= shapes(text, words, symbols)
        tally = memo.get(fired) or tally_of(fired)
        weight = weight_by_length[length]
        if heavy:
            said = sum(map(weight_of, heavy), prior)
            if said != prior:
                weight += said
        if actions is None:
            return tally, weight, None, (words, marks)
        if len(actions) < FEW:
            actions = [hit for hit in actions if likely(hit, rules[hit[0]])] or None
        return tally, weight, actions, (words, marks)

    return fast
