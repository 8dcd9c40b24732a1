"""One named action: was it ordered where it stands, or only mentioned?

Each form of action has its own test; what is quoted, shown or given to be worked on is no order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model_router.clause import (
    BEFORE_ORDERS,
    CONDITIONS,
    FOREIGN_POLITE,
    MENTIONS,
    PLEAS,
    POLITE,
    SPEAKS,
    Clause,
    clause_at,
    leads_up,
    narrates,
    negated,
    questions,
)
from model_router.frame import Frame
from model_router.signals import Hit, Signal, inside


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
                    0 if signal.form == "order" else NEAR_BACK,
                ),
                frozenset(joined(signal.spares)),
                tuple(objects) if signal.form == "native" else (),
                tuple(joined(signal.unless)),
            )
    return rules


NEAR_BACK, NEAR_ON = 100, 60
"""Bytes around a named action among which one of its objects must be."""


def likely(hit: Hit, rule: ActionRule) -> bool:
    """Whether a named action is worth judging: a cheap look at the words around it."""
    objects, back = rule.nearby
    _, start, end, (words, marks) = hit
    if not back and inside[marks[start - 1]] and words[start] == 0x20:
        previous = words[max(0, start - 16) : start].rsplit(b" ", 1)[-1]
        if previous not in BEFORE_ORDERS and marks[start - 1] != 0x2C:
            return False
    if not objects:
        return True
    first = end - 1 if not back else start - back if start > back else 0
    return not objects.isdisjoint(words[first : end + NEAR_ON].split())


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
    if questions(before) and before[-1] not in PLEAS:
        return False
    _, _, end, (_, marks) = hit
    if marks[end - 1] == 0x3A:  # a label: "Text: ..."
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
        if marks[max(0, start - 7) : start + 1].rstrip(b" \"'*_`(")[-1:] != b",":
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
        return not negated(clause.before) and (rule.polite or _stands_free(clause.before))
    return any(
        word in rule.objects and _wanted(tokens, i) for i, word in enumerate(tokens[:48])
    )


def _stands_free(before: list[bytes]) -> bool:
    """Whether a phrase of its own is said as an order rather than told of somebody."""
    return leads_up(before) or (before[-1] in (b"and", b"then") and not narrates(before))


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
