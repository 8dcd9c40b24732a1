"""Candidates: the named actions worth judging, told by a cheap look at the words around them.

`_candidates.c` tells the same, where a compiler was there when the package was installed. A change
here is a change there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from model_router.native import native
from model_router.safety.action_rules import ActionRule, Nearby
from model_router.safety.clause import FRONTS, PAIRS, REACH_BACK, REACH_ON, leads_nowhere
from model_router.safety.foreign import names_compound
from model_router.safety.phrases import BEFORE_ORDERS
from model_router.safety.wishes import WANTING
from model_router.signals.automaton import AT_A_TIME, Find, Hit, compile_literals
from model_router.signals.places import INSIDE

if TYPE_CHECKING:
    from model_router.safety import _candidates as compiled
else:
    compiled = native("model_router.safety._candidates")

PURE = compiled is None
"""Whether this machine does without our C."""

Row = tuple[int, int, bool, bool, bool, bool]
"""What our C needs of a rule."""
Sift = Callable[[list[Hit]], list[Hit]]
"""Takes named actions and gives back those that are worth judging."""

_FRONT = re.compile(
    rb"(?:[.!?;\n]|\xe3\x80\x82)\s*(?:%b|use) " % b"|".join(sorted(FRONTS)), re.IGNORECASE
)
FRONT_BACK = 72
"""Bytes before a verb in which a place, a time or a means may open its sentence."""


def follows_a_front(marks: bytes, start: int) -> bool:
    """Whether the sentence opens with a place or a time: "on the server delete ..."."""
    if start > FRONT_BACK:
        return _FRONT.search(marks, start - FRONT_BACK, start) is not None
    return _FRONT.search(b"\n" + marks[:start]) is not None


NEAR_ON = 60
"""Bytes after a named action among which one of its objects may be."""
WORTH_SEARCHING = 100
"""Bytes of words from which an automaton is sooner through them than splitting them is."""


class Sifters(NamedTuple):
    """What keeps of named actions those that are worth judging."""

    weighed: Sift  # where weights may doubt what rules find to be no order
    unweighed: Sift  # in longer texts: also without those that nothing leads up to


def sifters(rules: Mapping[int, ActionRule], *, pure: bool = PURE) -> Sifters:
    """The sieves of a table of rules, by our C; `pure` by `likely`."""
    if pure or PURE:
        return Sifters(partial(_sift, rules, True), partial(_sift, rules, False))
    sets = list(dict.fromkeys(rule.nearby[0] for rule in rules.values()))
    number = {objects: i for i, objects in enumerate(sets)}
    rows: list[Row | None] = [None] * (max(rules, default=-1) + 1)
    for signal, rule in rules.items():
        objects, back, compound = rule.nearby
        passive, order = rule.form == "passive", rule.form == "order"
        rows[signal] = (number[objects], back, compound, rule.strong, passive, order)
    fronts = FRONTS | {b"use"}
    pairs = [b"%b %b" % (before, last) for last, befores in PAIRS.items() for before in befores]
    sifter = compiled.Sifter(rows, sets, BEFORE_ORDERS, fronts, WANTING, list(PAIRS), pairs, INSIDE)
    return Sifters(sifter.sift, sifter.sift_unweighed)


def as_they_are(hits: list[Hit]) -> list[Hit]:
    """Keeps everything: what is sifted already."""
    return hits


def _sift(rules: Mapping[int, ActionRule], weighed: bool, hits: list[Hit]) -> list[Hit]:
    kept = [hit for hit in hits if likely(hit, rules[hit[0]])]
    return kept if weighed else [hit for hit in kept if not _idle(hit, rules[hit[0]])]


def sifted_up_to(most: int, named: Iterable[Hit], sift: Sift) -> Iterator[tuple[Hit, bool]]:
    """The first `most` named actions as far as they are worth judging, a piece at a time; then,
    if there are more, the next with True."""
    left, named = most, iter(named)
    while piece := list(islice(named, min(left, AT_A_TIME))):
        left -= len(piece)
        for hit in sift(piece):
            yield hit, False
    for hit in named:
        yield hit, True
        return


def likely(hit: Hit, rule: ActionRule) -> bool:
    """Whether a named action is worth judging: a cheap look at the words around it."""
    _, start, end, (words, marks) = hit
    if _is_dashed(hit, rule):
        return True
    objects, back, compound = rule.nearby
    if rule.form == "passive":
        return _wished(hit, objects, back)
    if back:
        if not objects:
            return True
        first = start - back if start > back else 0
        near = words[first : end + NEAR_ON]
        if len(near) > WORTH_SEARCHING and not (compound or any_of(objects)(b" %b " % near)):
            return False
        return _near(rule.nearby, hit, first)
    if marks[start] == 0x20 and INSIDE[marks[start - 1]] and not _led_up_to(words, marks, start):
        return False
    if not objects:
        return True
    last = marks.find(b". ", end, end + NEAR_ON)
    return not objects.isdisjoint(words[end - 1 : last if last > 0 else end + NEAR_ON].split())


def _is_dashed(hit: Hit, rule: ActionRule) -> bool:
    """Whether a verb is an option ("find . -delete") or a program's ("aws iam delete-user")."""
    _, start, end, (_, marks) = hit
    if marks[start] == 0x2D and marks[start - 1] == 0x20:
        return True
    return rule.strong and marks[end - 1] == 0x2D


_OPENING = re.compile(rb".*(?:[.!?;] |\n)", re.DOTALL)


def _wished(hit: Hit, objects: frozenset[bytes], back: int) -> bool:
    """Whether the sentence before a participle may want the deed: "I want my files deleted"."""
    _, start, end, (words, marks) = hit
    first = start - REACH_BACK if start > REACH_BACK else 0
    opening = _OPENING.match(marks, first, start + 1)
    if opening:
        first = opening.end() - 1
    must_be = b" be " in words[start:end]
    if not must_be and WANTING.isdisjoint(words[first : start + 1].split()):
        return False
    return not objects or not objects.isdisjoint(
        words[max(first, start - back) : start + 1].split()
    )


def _idle(hit: Hit, rule: ActionRule) -> bool:
    """Whether the words before a verb tell that nothing leads up to it: "had to pay"."""
    _, start, end, (words, marks) = hit
    if rule.form != "order" or words[start] != 0x20 or _is_dashed(hit, rule):
        return False
    if not leads_nowhere(words, marks, start):
        return False
    program = rule.strong and marks.find(b"--", end, end + REACH_ON) >= 0
    return not program and not follows_a_front(marks, start)


def _led_up_to(words: bytes, marks: bytes, start: int) -> bool:
    """Whether the word before a verb in the middle of a sentence may make an order of it."""
    floor = start - 16 if start > 16 else 0
    previous = words[max(words.rfind(b" ", floor, start) + 1, floor) : start]
    if previous in BEFORE_ORDERS or marks[start - 1] == 0x2C or previous[:1] == b"@":
        return True
    return follows_a_front(marks, start)


def _near(nearby: Nearby, hit: Hit, first: int) -> bool:
    """Whether one of the objects stands around a hit, from `first` on, in the same sentence."""
    _, start, end, (words, marks) = hit
    objects, _, compound = nearby
    stop = marks.rfind(b". ", first, start)
    last = marks.find(b". ", end, end + NEAR_ON)
    said = words[stop if stop > 0 else first : last if last > 0 else end + NEAR_ON].split()
    return not objects.isdisjoint(said) or (compound and names_compound(objects, said))


@lru_cache(maxsize=1_024)
def any_of(objects: frozenset[bytes]) -> Find:
    """A search for `objects` as words, by an automaton of their own: what it finds, if anything."""
    return compile_literals([(b" %b " % word, 0, 0) for word in objects], dense=True).find


def prepare(rules: Iterable[ActionRule], *, pure: bool = PURE) -> None:
    """Build now the searches that longer texts need; otherwise the first of them waits for it.
    Our C needs none."""
    if not pure:
        return
    for rule in rules:
        objects, back, compound = rule.nearby
        if objects and back and not compound:
            any_of(objects)
