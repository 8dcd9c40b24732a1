"""Safety: the orders in a text that a person must see.

The automaton names candidates cheaply; only they are judged, each through a bounded window, so the
cost grows with the candidates and never with the square of the text. When there are more
candidates than anyone writes, a person is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from model_router.safety.action_rules import ActionRule
from model_router.safety.candidates import Sift, sifted_up_to, sifters
from model_router.safety.caution import caution_features
from model_router.safety.clause import clause_at
from model_router.safety.frame import Frame, is_material
from model_router.safety.judgement import judge, undecided
from model_router.signals.lexicon import Hit, Lexicon
from model_router.text.reading import Readings, closed_up
from model_router.types import SafetyPolicy

TOO_MANY = "high_impact"
"""The class reported for a text with more candidates than are looked at."""


def most_named(length: int) -> int:
    """Named actions that are looked at in a text of so many bytes. Past that a person is asked.
    Half a million characters of English prose name about 1,100."""
    return 500 + length // 400


def most_judged(length: int) -> int:
    """Of those, how many are judged by their clause. Ordinary prose has at most a quarter of it."""
    return 100 + length // 4_000


CODING_LEVELS: dict[str, tuple[str, ...]] = {
    "all": ("history", "remote", "local"),
    "remote": ("history", "remote"),
    "destructive": ("history",),
    "none": (),
}
"""`safety.coding_actions`: which kinds of git work are confirmed."""


class Order(NamedTuple):
    """An order found in a text: its class, the signal, and bytes `start:end` of the reading.

    `exact` says that the bytes stand at the same places in the text itself; `weighed` that no
    rule found it, but the words around a named action weigh like those of an order.
    """

    action: str
    signal: int
    start: int
    end: int
    exact: bool = True
    weighed: bool = False


def orders(
    actions: Iterable[Hit],
    rules: Mapping[int, ActionRule],
    frame: Frame,
    policy: SafetyPolicy,
    lexicon: Lexicon,
    *,
    sift: Sift,
    every: bool = False,
) -> list[Order]:
    """The orders among the named actions, in the order of the text, one for each class.

    `sift` keeps those that are worth judging. Unless `every` is asked for, the search ends at the
    first order that a person must see.
    """
    found: list[Order] = []
    seen: set[str] = set()
    coding = CODING_LEVELS[policy.coding_actions]
    named, judged = most_named(len(frame.words)) - 1, most_judged(len(frame.words))
    signal = last = -1
    for hit, beyond in sifted_up_to(named, actions, sift):
        rule = rules[hit[0]]
        if beyond or judged <= 0:
            found.append(Order(TOO_MANY, *hit[:3]))
            break
        if (seen and rule.action in seen) or (rule.coding and rule.coding not in coding):
            continue
        repeats = hit[0] == signal and hit[1] == last - 1  # the same word again and again
        signal, last = hit[0], hit[2]
        if repeats:
            continue
        judged -= 1 if rule.form != "spaced" else 4  # which costs as much more
        if hit[3][1] is not frame.marks:  # each reading has its own places
            frame = Frame(hit[3])
        action = _action(hit, rules, frame, policy, lexicon)
        if action:
            found.append(Order(action, *hit[:3]))
            seen.add(action)
            if not every and action not in policy.freed:
                break
    return found


def _action(
    hit: Hit,
    rules: Mapping[int, ActionRule],
    frame: Frame,
    policy: SafetyPolicy,
    lexicon: Lexicon,
) -> str | None:
    """The class of what is ordered at `hit`, or None when nothing is."""
    rule = rules[hit[0]]
    if rule.form != "spaced":
        return rule.action if judge(rule, hit, frame) else None
    return _spaced(hit, rules, frame, policy, lexicon)


def _spaced(
    hit: Hit, rules: Mapping[int, ActionRule], frame: Frame, policy: SafetyPolicy, lexicon: Lexicon
) -> str | None:
    """The class of what letters that stand apart order, read as words in their clause."""
    _, start, end, (words, marks) = hit
    clause = clause_at(words, marks, start, end)
    line = marks.find(b"\n", end - 1, end + SPACED_ON)
    ends = line if line >= 0 else end + SPACED_ON
    closed = closed_up(b" %b " % words[clause.opens : ends])
    reading = (closed, closed)
    # What still stands apart is not read again: that could go on without end.
    named = (found for found in lexicon.guard(reading) if rules[found[0]].form != "spaced")
    inner = orders(
        named, rules, Frame(reading), policy, lexicon, sift=sifters(rules, pure=True).weighed
    )
    if not inner or is_material(True, clause, start, end, hit[3], frame):
        return None
    return inner[0].action


SPACED_ON = 400
"""Bytes after letters that stand apart that are read with them."""


def doubtful(
    named: Iterable[Hit],
    readings: Readings,
    lexicon: Lexicon,
    rules: Mapping[int, ActionRule],
    policy: SafetyPolicy,
    *,
    sift: Sift,
    frame: Frame | None = None,
) -> list[Order]:
    """The order that rules did not find in a short text, but that the words around a named
    action weigh like; or nothing. Only ever adds caution. `frame` is the text's, if there is
    one."""
    weights = lexicon.weights
    hits = weighable(named, readings, rules, policy, sift=sift, frame=frame)
    if weights is None or not hits or rules[hits[0][0]].action in policy.freed:
        return []
    if weights.cautious(caution_features(hits, readings, lexicon)) <= 0:
        return []
    signal, start, end, _ = hits[0]
    return [Order(rules[signal].action, signal, start, end, weighed=True)]


def weighable(
    named: Iterable[Hit],
    readings: Readings,
    rules: Mapping[int, ActionRule],
    policy: SafetyPolicy,
    *,
    sift: Sift,
    frame: Frame | None = None,
) -> list[Hit]:
    """The named actions of which the rules leave open whether they are ordered; those that no
    override frees come first."""
    coding = CODING_LEVELS[policy.coding_actions]
    frame = frame or Frame(readings.latin)
    looked_at = islice(_open(sift([*named]), rules, coding), most_judged(len(frame.words)))
    counted = [hit for hit in looked_at if _undecided(hit, rules[hit[0]], frame)]
    return sorted(counted, key=lambda hit: rules[hit[0]].action in policy.freed)


def _open(
    named: Iterable[Hit], rules: Mapping[int, ActionRule], coding: tuple[str, ...]
) -> Iterator[Hit]:
    """The named actions that may be ordered at all, of the same word again and again the first."""
    signal = last = -1
    for hit in named:
        rule = rules[hit[0]]
        if rule.coding and rule.coding not in coding:
            continue
        repeats = hit[0] == signal and hit[1] == last - 1
        signal, last = hit[0], hit[2]
        if not repeats:
            yield hit


def _undecided(hit: Hit, rule: ActionRule, frame: Frame) -> bool:
    return undecided(rule, hit, frame if hit[3][1] is frame.marks else Frame(hit[3]))


def find_orders(
    named: Iterable[Hit],
    readings: Readings,
    lexicon: Lexicon,
    rules: Mapping[int, ActionRule],
    policy: SafetyPolicy,
    *,
    sift: Sift,
    every: bool = False,
    frame: Frame | None = None,
) -> list[Order]:
    """The orders in a text. A text with more styled letters than are read is one itself. `frame`
    is the text's, if there is one."""
    frame = frame or Frame(readings.latin)
    found = orders(named, rules, frame, policy, lexicon, sift=sift, every=every)
    if not found and readings.unread:
        found.append(Order(TOO_MANY, next(iter(rules)), 0, 0, exact=False))
    return found
