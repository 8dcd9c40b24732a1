"""One named action: was it ordered where it stands, or only mentioned?

Each form of action has its own test; what is quoted, shown or given to be worked on is no order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from model_router.safety.action_rules import ActionRule
from model_router.safety.candidates import follows_a_front
from model_router.safety.clause import (
    FRONTS,
    JOINS,
    LOOKED_BACK,
    REACH_ON,
    Clause,
    conditional,
    continued,
    fronted,
    leads_nowhere,
    leads_up,
    narrates,
    negated,
    questions,
    recounts,
    tells_of_running,
    tells_of_somebody,
)
from model_router.safety.foreign import orders_foreign, orders_native
from model_router.safety.frame import Frame, first_verb, is_material
from model_router.safety.objects import aims_at, in_code
from model_router.safety.phrases import (
    GERUND_LEADS,
    GERUND_STARTS,
    LABELS,
    MAKES,
    MENTIONS,
    NEGATION,
    NOUNS_MADE,
    PLEAS,
    POLITE,
    SPECIFIES,
    TOOLS,
)
from model_router.safety.wishes import asks_for, wants_done
from model_router.signals.lexicon import Hit


def judge(rule: ActionRule, hit: Hit, frame: Frame) -> bool:
    """Whether the action named at `hit` is ordered there."""
    _, start, end, reading = hit
    words, marks = reading
    if rule.form == "native":
        if not orders_native(marks, start, end, rule.substrings, rule.unless):
            return False
        return not is_material(rule.strong, frame.clause(start, end), start, end, reading, frame)
    if words[start] != 0x20:  # found inside a word's bounds
        start -= 1
    if start >= LOOKED_BACK and rule.form == "order" and leads_nowhere(words, marks, start):
        dashed = rule.strong and _dashed(marks, start, end, end + REACH_ON)
        if not dashed and not follows_a_front(marks, start):
            return False
    clause = frame.clause(start, end)
    if not FORMS[rule.form](rule, clause, hit):
        return False
    return not is_material(rule.strong, clause, start, end, reading, frame)


def undecided(rule: ActionRule, hit: Hit, frame: Frame) -> bool:
    """Whether the words leave open that the action named at `hit` is ordered: nobody asks how or
    whether it is done, forbids it, tells of it, quotes it, or wants something written about it."""
    _, start, end, reading = hit
    words = reading[0]
    if rule.form not in _WEIGHED or frame.fenced(start):
        return False
    clause = frame.clause(start - (words[start] != 0x20), end)
    before, after = clause.before, clause.after
    opening = before[0] if before else words[start:end].strip()
    if opening.endswith(b"ing") or (opening in FRONTS and not fronted(before)):
        return False
    if not (_WRITES.isdisjoint(before) and _WRITES.isdisjoint(after)):
        return False
    if not rule.spares.isdisjoint(after) or in_code(after):
        return False
    if (
        clause.colon
        or questions(before)
        or tells_of_somebody(before)
        or not NEGATION.isdisjoint(before)
    ):
        return False
    if first_verb(frame.head) in MENTIONS:
        return False
    return not is_material(rule.strong, clause, start, end, reading, frame)


_WEIGHED = ("order", "command", "request")
"""Forms of rows whose hits weights may judge; the others say by themselves what is meant."""
_WRITES = (
    MENTIONS - frozenset(b"in true email text title document once according".split())
    | MAKES - {b"add", b"need"}
    | frozenset(
        b"teach learn know whether show list suggest recommend give make sort these".split()
    )
    | frozenset(b"schreibe schreib entwirf escribe redacta ecris redige scrivi escreva".split())
    | frozenset(b"schrijf napisz yaz".split())
)
"""Words of a clause that has something written, made, explained or supposed."""


def _judge_order(rule: ActionRule, clause: Clause, hit: Hit) -> bool:
    before = clause.before
    if hit[3][1][hit[2] - 1] == 0x3A:  # a label: "Text: ..."
        return False
    if before and before[-1] in PLEAS:
        return _has_object(rule, clause.after or continued(*hit[3], clause.ends))
    shell = rule.strong and bool(before) and before[0] in TOOLS and _commands(clause, hit)
    if not shell and not leads_up(before) and not _placed(rule, clause, hit):
        return False
    if questions(before) and not conditional(before):
        return False
    if not rule.strong and recounts(before):
        return False
    if shell:
        return True
    if (
        not before
        and hit[2] - hit[1] > len(b" ping ")
        and hit[3][0][hit[1] : hit[2]].endswith(b"ing ")
    ):
        return False  # a title or a subject: "buying a car is often done"
    return _has_object(rule, clause.after or continued(*hit[3], clause.ends))


def _placed(rule: ActionRule, clause: Clause, hit: Hit) -> bool:
    """Whether a verb that nothing leads up to still stands where an order does."""
    before = clause.before
    if before == [b"do"] or _itemised(before, hit[3][1], hit[1]) or fronted(before):
        return True
    return _joined(rule, clause, hit)


def _commands(clause: Clause, hit: Hit) -> bool:
    """ "find . -delete", "aws iam delete-user": the verb of a program, or an option of it."""
    _, start, end, (_, marks) = hit
    return _dashed(marks, start, end, clause.ends)


def _dashed(marks: bytes, start: int, end: int, last: int) -> bool:
    return marks[start] == 0x2D or marks[end - 1] == 0x2D or marks.find(b"--", end, last) >= 0


def _itemised(before: list[bytes], marks: bytes, start: int) -> bool:
    """Whether the verb follows a label or the number of an item: "Task: ...", "2) ..."."""
    mark = marks[max(0, start - 2) : start + 1].rstrip()[-1:]
    if mark == b")":
        return before[-1].isdigit() or len(before[-1]) == 1
    return mark == b":" and all(word in LABELS or word.isdigit() for word in before)


def _joined(rule: ActionRule, clause: Clause, hit: Hit) -> bool:
    """A second order: "find the files and delete them", "if it fails, delete it"."""
    _, start, end, (words, marks) = hit
    before = clause.before
    last = len(before)
    while last and before[last - 1] in POLITE and before[last - 1] != b"then":
        last -= 1
    if not last:
        return False
    linked = before[last - 1] in JOINS
    comma = _comma(marks, start) or (
        last < len(before) and _comma(marks, start - sum([len(word) + 1 for word in before[last:]]))
    )
    if not (linked or comma) or (negated(before) and not (comma and before[0] == b"without")):
        return False
    if conditional(before):
        return not clause.asked and (comma or (linked and b"," in marks[clause.opens : start]))
    if narrates(before) or (not rule.strong and _told(before, words[start:end])):
        return False
    if linked and not rule.strong and b"how" in before:  # "advice on how to find it and buy it"
        return False
    if not linked:
        if not comma or marks[end - 1] == 0x2C:  # one of a list of words
            return False
        apart = rule.strong or last <= 3 or before[0] in POLITE or _condition_within(before)
        if not apart:
            return False
    return not _specified(before)


def _comma(marks: bytes, at: int) -> bool:
    return marks[max(0, at - 7) : at + 1].rstrip(b" \"'*_`(")[-1:] == b","


def _condition_within(before: list[bytes]) -> bool:
    """ "Run the migration, and if it fails, ...": the last words are a condition."""
    return not {b"if", b"when", b"once"}.isdisjoint(before[-6:])


def _told(before: list[bytes], verb: bytes) -> bool:
    """Whether a verb in the third person tells of somebody: "Tom buys milk and pays"."""
    verb = verb.strip()
    inflected = verb.endswith(b"s") and not verb.endswith((b"ss", b"sms"))
    return (inflected and not before[0].endswith(b"s")) or tells_of_somebody(before)


_SUPPOSES = frozenset(b"given suppose imagine consider assume".split())


def _specified(before: list[bytes]) -> bool:
    """Whether the verb says what a thing to be written or made shall do."""
    head = next((word for word in before if word not in POLITE), b"")
    if head in _SUPPOSES:
        return True
    if head in MENTIONS:
        return not SPECIFIES.isdisjoint(before)
    made = head in MAKES and not NOUNS_MADE.isdisjoint(before)
    return made and not {b"that", b"which", b"to", b"for", b"with"}.isdisjoint(before)


def _has_object(rule: ActionRule, after: list[bytes]) -> bool:
    return not rule.objects or aims_at(rule.objects, rule.spares, after)


def _judge_gerund(rule: ActionRule, clause: Clause, hit: Hit) -> bool:
    """ "Would you mind deleting ...", "deleting ..., please"."""
    before, after = clause.before, clause.after
    if not _has_object(rule, after):
        return False
    if before and before[-1] in GERUND_STARTS and leads_up(before[:-1]):
        return True
    tail = b" " + b" ".join(before[-4:])
    return tail.endswith(GERUND_LEADS) or (leads_up(before) and not PLEAS.isdisjoint(after))


def _judge_passive(rule: ActionRule, clause: Clause, hit: Hit) -> bool:
    """ "All backups must be deleted", "I want my files deleted": the object comes first."""
    before = clause.before
    _, start, end, (words, _) = hit
    if b" be " not in words[start:end]:
        named = not rule.objects.isdisjoint(before) and rule.spares.isdisjoint(before)
        asks = clause.asked and before[:1] in ([b"have"], [b"get"])
        return named and not asks and wants_done(before)
    if not before or questions(before) or conditional(before) or negated(before):
        return False
    if len(before) > 8 or clause.asked or not rule.spares.isdisjoint(before):
        return False
    return not rule.objects.isdisjoint(before) and before[0] in _DETERMINERS


_DETERMINERS = frozenset(b"all the these those this every everything my our both".split())


def _judge_command(rule: ActionRule, clause: Clause, hit: Hit) -> bool:
    before = clause.before
    if questions(before or clause.after[:2]) or negated(before) or tells_of_running(before):
        return False
    if not _WONDERS.isdisjoint(before[-4:]):
        return False
    if _written(before) and not _comma(hit[3][1], hit[1]):
        return False
    return not (clause.asked and before and b"you" not in before[:4])


_PURPOSE = ([b"to"], [b"that"], [b"which"])


def _written(before: list[bytes]) -> bool:
    """Whether a command is what a thing to be written shall do: "write a query to drop ..."."""
    if not {b"and", b"then"}.isdisjoint(before):
        return False
    if before and before[0] in NOUNS_MADE | _QUERIES and before[1:2] in _PURPOSE:
        return True
    head = next((word for word in before if word not in POLITE), b"")
    return _specified(before) or (head in MENTIONS and not _QUERIES.isdisjoint(before))


_QUERIES = frozenset(b"query statement procedure macro snippet".split())
_WONDERS = frozenset(b"why how what whether when".split())


def _judge_request(rule: ActionRule, clause: Clause, hit: Hit) -> bool:
    return asks_for(clause, rule.objects, rule.spares, polite=rule.polite)


def _judge_foreign(rule: ActionRule, clause: Clause, hit: Hit) -> bool:
    _, start, end, (words, _) = hit
    return orders_foreign(clause, words[start:end], rule.objects, rule.spares)


FORMS: Mapping[str, Callable[[ActionRule, Clause, Hit], bool]] = {
    "order": _judge_order,
    "gerund": _judge_gerund,
    "passive": _judge_passive,
    "command": _judge_command,
    "request": _judge_request,
    "foreign": _judge_foreign,
}
