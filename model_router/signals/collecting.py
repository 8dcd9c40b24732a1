"""Collecting: what the literals in a reading say together, in one pass over what is found.

`_automaton.c` does the same; these run where it is not there. `collect_ascii` is written flat on
purpose: each call and each attribute look-up it saves is a noticeable part of a short prompt.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from model_router.signals.automaton import Automaton, Hit
from model_router.signals.places import (
    ACTION,
    ANY,
    HEAD,
    INSIDE,
    LETTERS,
    begins,
    opens,
    skip_spaces,
)
from model_router.text.reading import WORDS_TABLE, Reading

Collected = tuple[int, int, list[Hit] | None]
"""The bits that fire, the weight of the words, and the actions named, still to be judged (None:
there are none)."""
CollectedText = tuple[int, int, list[Hit] | None, bytes, Reading]
"""The same of a text, with its symbols (what is left without LETTERS) and its reading."""


def collector(automaton: Automaton) -> Callable[[Reading], Collected]:
    """What collects from a reading, as soon as this machine can."""
    if automaton.compiled is not None:
        return automaton.compiled.collect
    return partial(_collect, automaton)


def ascii_collector(automaton: Automaton) -> Callable[[str], CollectedText]:
    """What reads an ASCII text and collects from it."""
    if automaton.compiled is not None:
        return automaton.compiled.collect_ascii
    return _ascii_collector(automaton)


def _collect(automaton: Automaton, reading: Reading) -> Collected:
    rows, plain = automaton.rows, automaton.plain
    words, marks = reading
    fired = begin = 0
    heavy: set[int] = set()
    actions: list[Hit] = []
    for literal, start, end in automaton.find(words, True):
        if literal >= plain:
            heavy.add(literal - plain)
            continue
        role, what = rows[literal]
        if role == ANY:
            fired |= what
        elif role == ACTION:
            actions.append((what, start, end, reading))
        elif INSIDE[marks[start - 1]] and start > begin and words[start] < 0x80:
            continue  # which most do, so it is told without a call
        elif opens(words, marks, start, begin):
            if role == HEAD:
                fired |= what
            else:
                begin = skip_spaces(words, end - 1)
    return fired, sum(map(automaton.lanes.__getitem__, heavy)), actions or None


def _ascii_collector(automaton: Automaton) -> Callable[[str], CollectedText]:
    find, rows, lanes, plain, *_ = automaton
    weight_of = lanes.__getitem__

    def collect(text: str) -> CollectedText:
        marks = b" %b " % text.encode("ascii")
        words = marks.translate(WORDS_TABLE)
        reading = words, marks
        fired = begin = 0
        actions: list[Hit] | None = None
        heavy: set[int] = set()
        for literal, start, end in find(words, True):
            if literal >= plain:
                heavy.add(literal - plain)
                continue
            role, signal = rows[literal]
            if role == ANY:
                fired |= signal
            elif role != ACTION:
                if start <= begin or (not INSIDE[marks[start - 1]] and begins(words, marks, start)):
                    if role == HEAD:
                        fired |= signal
                    else:
                        begin = skip_spaces(words, end - 1)
            elif actions is None:
                actions = [(signal, start, end, reading)]
            else:
                actions.append((signal, start, end, reading))
        weight = sum(map(weight_of, heavy)) if heavy else 0
        return fired, weight, actions, marks.translate(None, LETTERS), reading

    return collect
