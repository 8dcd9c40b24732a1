"""Safety: was a deed ordered, or only mentioned? Reads the context of each action that was named.

The automaton names candidates cheaply; only they are looked at, each through a bounded window, so
the cost grows with the candidates and never with the square of the text. When there are more
candidates than anyone writes, or when it is unclear and the damage is high, a person is asked.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from model_router.clause import (
    CONDITIONS,
    FOREIGN_POLITE,
    MATERIAL,
    MENTIONS,
    POLITE,
    REACH_BACK,
    REACH_ON,
    SPEAKS,
    Clause,
    clause_at,
    leads_up,
    narrates,
    negated,
    questions,
)
from model_router.signals import Hit, Lexicon, Signal
from model_router.text import SHAPE_TABLE, SPACED_MARK, Reading, Readings, closed_up
from model_router.types import SafetyPolicy

MOST_JUDGED = 400
"""Candidates looked at in one text. Past that a person is asked."""
TOO_MANY = "high_impact"
"""The class reported for a text with more candidates than are looked at."""

CODING_LEVELS: dict[str, tuple[str, ...]] = {
    "all": ("history", "remote", "local"),
    "remote": ("history", "remote"),
    "destructive": ("history",),
    "none": (),
}
"""`safety.coding_actions`: which kinds of git work are confirmed."""


class Order(NamedTuple):
    """An order found in a text: its class, the signal, and bytes `start:end` of the reading.

    `exact` says that the bytes stand at the same places in the text itself.
    """

    action: str
    signal: int
    start: int
    end: int
    exact: bool = True


@dataclass(slots=True, frozen=True)
class ActionRule:
    """A signal that names an action, with its word lists joined."""

    action: str
    form: str
    strong: bool
    polite: bool
    coding: str
    objects: frozenset[bytes]
    nearby: tuple[frozenset[bytes], int]  # objects that must be near, and how far back to look
    spares: frozenset[bytes]
    substrings: tuple[bytes, ...]  # for native scripts: objects found as they stand
    unless: tuple[bytes, ...]


def action_rules(
    signals: Sequence[Signal], lists: Mapping[str, Sequence[str]]
) -> dict[int, ActionRule]:
    """The rule of each signal that names an action, by the signal's index."""

    def joined(names: Sequence[str]) -> list[bytes]:
        words = (word for name in names for word in lists.get(name, (name,)))
        return [str(word).lower().encode() for word in words]

    rules = {}
    for i, signal in enumerate(signals):
        if signal.action:
            objects = joined(signal.objects)
            rules[i] = ActionRule(
                signal.action,
                signal.form,
                signal.strong,
                signal.polite,
                signal.coding,
                frozenset(objects),
                (
                    frozenset(objects if signal.form != "native" else ()),
                    0 if signal.form == "order" else REACH_BACK,
                ),
                frozenset(joined(signal.spares)),
                tuple(objects) if signal.form == "native" else (),
                tuple(joined(signal.unless)),
            )
    return rules


class Frame:
    """What a whole text is: a request about some material, or the user's own words."""

    __slots__ = ("__dict__", "marks", "words")

    def __init__(self, reading: Reading) -> None:
        self.words, self.marks = reading

    @cached_property
    def head(self) -> list[bytes]:
        """The first words of the text, politeness left out."""
        return [word for word in self.words[:160].split() if word not in POLITE][:4]

    @cached_property
    def about_material(self) -> bool:
        """Whether the request works on words: "translate ...", "write an email that ..."."""
        return bool(self.head) and self.head[0] in MENTIONS or self._names_material()

    def _names_material(self) -> bool:
        if self.head_end >= len(self.marks) - 1:
            return False
        opening = self.words[: min(self.head_end, 200)].split()
        return not MATERIAL.isdisjoint(opening) or self.ends_about_material

    @cached_property
    def ends_about_material(self) -> bool:
        """Whether the last line asks for work on what stands above it."""
        last = self.marks.rstrip().rfind(b"\n")
        if last < 0:
            return False
        words = [word for word in self.words[last : last + 200].split() if word not in POLITE]
        return bool(words) and (words[0] in MENTIONS or not MATERIAL.isdisjoint(words))

    @cached_property
    def head_end(self) -> int:
        """Where the first clause ends; what follows it is material."""
        ends = [self.marks.find(mark, 1, 400) for mark in (b":", b"\n", b'"')]
        return min((end for end in ends if end > 0), default=len(self.marks))

    @cached_property
    def _fences(self) -> list[int]:
        places, at = [], self.marks.find(b"```")
        while at >= 0 and len(places) < 1000:
            places.append(at)
            at = self.marks.find(b"```", at + 3)
        return places

    def fenced(self, start: int) -> bool:
        """Whether byte `start` stands inside a code fence that opens and closes."""
        i = bisect(self._fences, start)
        return i % 2 == 1 and i < len(self._fences)

    def asked_about(self, start: int) -> bool:
        """Whether what stands at `start` is material of a request that works on words."""
        if not self.about_material:
            return False
        return start > self.head_end or self.ends_about_material


def judge(rule: ActionRule, hit: Hit, frame: Frame) -> bool:
    """Whether the action named at `hit` is ordered there."""
    _, start, end, (words, marks) = hit
    if rule.form == "native":
        return _judge_native(rule, marks, start, end)
    clause = clause_at(words, marks, start, end)
    if not _FORMS[rule.form](rule, clause, hit):
        return False
    return not _material(rule, clause, hit, frame)


def _judge_order(rule: ActionRule, clause: Clause, hit: Hit) -> bool:
    before = clause.before
    if questions(before) and before[-1] not in (b"please", b"kindly"):
        return False
    if not leads_up(before) and not _joined(clause, hit):
        return False
    return _has_object(rule, clause.after)


def _joined(clause: Clause, hit: Hit) -> bool:
    """A second order: "find the files and delete them", "if it fails, delete it"."""
    before = clause.before
    last = len(before)
    while last and before[last - 1] in POLITE and before[last - 1] != b"then":
        last -= 1
    if not last or narrates(before) or negated(before) or questions(before):
        return False
    if before[last - 1] not in (b"and", b"or", b"then", b"but"):
        _, start, _, (_, marks) = hit
        if marks[: start + 1][-8:].rstrip(b" \"'*_`(")[-1:] != b",":
            return False
        if last > 3 and before[0] not in CONDITIONS and before[0] not in POLITE:
            return False
    return before[0] not in MENTIONS or _SPECIFIES.isdisjoint(before)


_SPECIFIES = {b"that", b"which", b"function", b"script", b"program", b"code", b"method", b"class"}


def _has_object(rule: ActionRule, after: list[bytes]) -> bool:
    """Whether the first telling word after the verb is one that can be harmed."""
    if not rule.objects:
        return True
    for word in after[:16]:
        if word in rule.objects:
            return True
        if word in rule.spares:
            return False
    return False


def _judge_command(rule: ActionRule, clause: Clause, hit: Hit) -> bool:
    opening = clause.before or clause.after[:2]
    return not questions(opening) and not negated(clause.before)


def _judge_request(rule: ActionRule, clause: Clause, hit: Hit) -> bool:
    tokens = clause.before + clause.after
    if questions(tokens) and not (rule.polite and _asks_for_oneself(tokens)):
        return False
    if not rule.spares.isdisjoint(tokens):
        return False
    if not rule.objects:
        return not negated(clause.before)
    return any(
        word in rule.objects and _wanted(tokens, i) for i, word in enumerate(tokens[:48])
    )


_DESIRES = frozenset(b"need needs want wants like require requires looking searching".split())
_DESIRING = frozenset(b"i we d ll would also just really will do m am im are still urgently".split())


def _wanted(tokens: list[bytes], i: int) -> bool:
    """Whether the verb at `i` is ordered, or the thing after it is what the speaker wants."""
    before = tokens[:i]
    if tokens[i] in _DESIRES:
        follows = tokens[i + 1 : i + 3]
        governs = b"to" in follows or b"you" in follows
        return bool(before) and before[-1] in _DESIRING and not governs
    if negated(before):
        return False
    if leads_up(before) or _asks_for_oneself(before):
        return True
    joined = before[-1] in (b"and", b"then") and not narrates(before)
    return joined and before[0] not in MENTIONS


def _judge_foreign(rule: ActionRule, clause: Clause, hit: Hit) -> bool:
    """For languages other than English: the verb opens or closes its clause, an object is near."""
    tokens = clause.before + clause.after
    if questions(tokens) or rule.objects.isdisjoint(tokens):
        return False
    if not rule.spares.isdisjoint(tokens) or not _FOREIGN_NOT.isdisjoint(tokens):
        return False
    return leads_up(clause.before, FOREIGN_POLITE) or len(clause.after) <= 1


_FOREIGN_NOT = frozenset(b"no non nao nie nicht niet pas ne mai nunca nie kein keine geen".split())


def _asks_for_oneself(tokens: list[bytes]) -> bool:
    """"can I get a taxi": a request in the form of a question."""
    return tokens[:2] in ([b"can", b"i"], [b"could", b"i"], [b"can", b"we"], [b"could", b"we"])


_FORMS = {
    "order": _judge_order,
    "command": _judge_command,
    "request": _judge_request,
    "foreign": _judge_foreign,
}


def _judge_native(rule: ActionRule, marks: bytes, start: int, end: int) -> bool:
    """For scripts that write no spaces: an object near the verb, and nothing that asks."""
    floor = max(0, start - 120)
    left = marks[floor:start]
    cut = max(left.rfind(mark) for mark in _NATIVE_BREAKS)
    stops = [at for mark in _NATIVE_BREAKS if (at := marks.find(mark, end, end + 120)) >= 0]
    clause = marks[floor + cut + 1 : min(stops, default=end + 120) + 3]
    if any(word in clause for word in rule.unless) or not _closes(marks, start, end):
        return False
    return any(word in clause for word in rule.substrings)


_TE_FORMS = ("て".encode(), "で".encode(), "해".encode())
_AFTER_TE = tuple(
    tail.encode()
    for tail in "ください くださ くれ ほしい 欲しい もら お願 おいて 下さい 줘 주 라 。 ！ . !".split()
)


def _closes(marks: bytes, start: int, end: int) -> bool:
    """A Japanese te-form or Korean 해 orders only where a clause ends or a plea follows."""
    if not marks.startswith(_TE_FORMS, end - 3):
        return True
    rest = marks[end : end + 24].strip()
    return not rest or rest.startswith(_AFTER_TE)


_NATIVE_BREAKS = (b". ", b"! ", b"\n", "。".encode(), "！".encode(), "।".encode(), "؟".encode())


def _material(rule: ActionRule, clause: Clause, hit: Hit, frame: Frame) -> bool:
    """Whether the words are quoted, shown or given to be worked on rather than said."""
    _, start, end, (words, marks) = hit
    if clause.opens <= 1 and not clause.colon and b'"' not in marks and b"\n" not in marks:
        return False
    if rule.strong and _own_paragraph(marks, clause, frame):
        return False
    if _quoted(words, marks, clause, start, end, frame):
        return True
    if frame.fenced(start):
        return frame.about_material or bool(frame.head) and questions(frame.head)
    return frame.asked_about(start)


def _own_paragraph(marks: bytes, clause: Clause, frame: Frame) -> bool:
    """Whether the clause opens a paragraph of its own, after a blank line."""
    before = marks[max(0, clause.opens - 3) : clause.opens + 1]
    return b"\n\n" in before.replace(b" ", b"").replace(b"\r", b"") and not frame.fenced(clause.opens)


def _quoted(
    words: bytes, marks: bytes, clause: Clause, start: int, end: int, frame: Frame
) -> bool:
    opener = marks.rfind(b'"', clause.opens, start + 1)
    if opener < 0 or marks.count(b'"', clause.opens, start + 1) % 2 == 0:
        return False
    closer = marks.find(b'"', end - 1, end + 400)
    if closer < 0 or len(words[opener:closer].split()) <= 1:
        return False
    said = [word for word in words[clause.opens : opener].split() if word not in POLITE]
    if not said:
        return frame.about_material and clause.opens > 1
    return said[-1] in SPEAKS or said[0] in MENTIONS or questions(said) or narrates(said)


def likely(actions: Sequence[Hit], rules: Mapping[int, ActionRule]) -> list[Hit]:
    """The hits worth judging: one of their objects is near, and they are not mere repetition."""
    kept: list[Hit] = []
    signal = last = -1
    for hit in actions:
        index, start, end, reading = hit
        if index == signal and start <= last:  # the same word again and again
            last = end
            continue
        signal, last = index, end
        objects, reach = rules[index].nearby
        if objects:
            first = end - 1 if not reach else start - reach if start > reach else 0
            if objects.isdisjoint(reading[0][first : end + REACH_ON].split()):
                continue
        kept.append(hit)
    return kept


def orders(
    actions: Sequence[Hit],
    rules: Mapping[int, ActionRule],
    frame: Frame,
    policy: SafetyPolicy,
    *,
    every: bool = False,
) -> list[Order]:
    """The orders among the named actions, in the order of the text, one for each class.

    Unless `every` is asked for, the search ends at the first order that a person must see.
    """
    found: list[Order] = []
    seen: set[str] = set()
    coding = CODING_LEVELS[policy.coding_actions]
    for judged, hit in enumerate(actions):
        if judged >= MOST_JUDGED:
            found.append(Order(TOO_MANY, hit[0], hit[1], hit[2]))
            break
        rule = rules[hit[0]]
        if rule.action in seen or (rule.coding and rule.coding not in coding):
            continue
        if judge(rule, hit, frame):
            found.append(Order(rule.action, hit[0], hit[1], hit[2]))
            seen.add(rule.action)
            if not every and rule.action not in policy.freed:
                break
    return found


def find_orders(
    named: Sequence[Hit],
    readings: Readings,
    lexicon: Lexicon,
    rules: Mapping[int, ActionRule],
    policy: SafetyPolicy,
    *,
    every: bool = False,
) -> list[Order]:
    """The orders in a text, those written so that they are not read (`d e l e t e`) included."""
    found: list[Order] = []
    if named:
        found = orders(named, rules, Frame(readings.latin), policy, every=every)
    words = readings.latin[0]
    if not found and SPACED_MARK in words.translate(SHAPE_TABLE):
        closed = closed_up(words)
        hits = likely(lexicon.guard((closed, closed)), rules)
        found = orders(hits, rules, Frame((closed, closed)), policy, every=every)
        found = [order._replace(exact=False) for order in found]
    return found
