"""A clause: the words around a hit, and what can be told from them without a parser.

Works on the two byte strings of a reading that share their offsets: `words` (lower case, spaces
for separators) and `marks` (the same text with its punctuation). Every look is bounded, so the
cost of a hit does not depend on the length of the text. `_clause.c` has `clause_at` once more,
where a compiler was there when the package was installed; a change here is a change there.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from model_router.native import native
from model_router.safety.phrases import (
    CONDITIONS,
    IN_CODE,
    LEADS,
    NARRATIVE,
    NEGATION,
    PAST,
    PLEAS,
    POLITE,
    QUESTION,
    SPEAKERS,
    WISHES,
)
from model_router.text.reading import WORDS_TABLE

if TYPE_CHECKING:
    from model_router.safety import _clause as compiled
else:
    compiled = native("model_router.safety._clause")

REACH_BACK = 240
REACH_ON = 200
"""Bytes looked at before and after a hit. A clause that is longer is cut."""

_BREAK = rb"[.!?;][\"')\]]?[ \n]|\n|\xe3\x80\x82|[\x80-\xff.,!?][.!?;]"
_BLOCK_TAG = rb"</?(?!(?:b|i|u|s|a|em|strong|span|code|mark)\b)[a-zA-Z][^<>\n]{0,40}>"
_A_BREAK = re.compile(_BREAK)
_END = re.compile(rb"[.!?;](?=[\s\"')\]]|$)|\n|\xe3\x80\x82|\xef\xbc\x81|\xef\xbc\x9f")


@cache
def _last(pattern: bytes) -> re.Pattern[bytes]:
    """The pattern where it is found last. Few texts need it, so no start waits for it."""
    return re.compile(b".*(?:" + pattern + b")", re.DOTALL)


_POINTS = dict.fromkeys(b".!?;\n", 0x2E) | {0x3C: 0x3C, 0xE3: 0xE3, 0xEF: 0xE3}
_POINTING = bytes(_POINTS.get(byte, 0x20) for byte in range(256))
"""For bytes.translate: full stops for the bytes of which each break has one first or second, and
each end one first. The few places where they stand are tried, nearest first, which costs a third of
a search through the window. Tags stay, and so do the lead bytes of Chinese and Japanese, with which
every second letter would be such a place."""
TRIES = 2
"""Places tried before the window is searched after all, so that no text can make it dear."""
_TAG = re.compile(rb"</?[a-zA-Z][^<>\n]{0,40}>")


class Clause(NamedTuple):
    """`before` and `after` are the words around the hit, `opens` the offset where it begins."""

    before: list[bytes]
    after: list[bytes]
    opens: int
    ends: int
    colon: bool  # a colon stands between the beginning and the hit
    asked: bool  # ends with a question mark


def clause_at(words: bytes, marks: bytes, start: int, end: int) -> Clause:
    """The clause around bytes `start:end`."""
    found = None if compiled is None else compiled.parts(words, marks, start, end)
    return parts(words, marks, start, end) if found is None else Clause._make(found)


def parts(words: bytes, marks: bytes, start: int, end: int) -> Clause:
    """The same without our C, which leaves clauses with tags to it."""
    opens = start - REACH_BACK if start > REACH_BACK else 0
    places = marks[opens : start + 1].translate(_POINTING)
    tagged = 0x3C in places
    if tagged:
        back = _last(_BREAK + b"|" + _BLOCK_TAG).match(marks, opens, start + 1)
        opens = back.end() - 1 if back else opens
    elif not places.isspace():
        opens = _last_break(marks, places, opens, start + 1)
    first, last = end - 1 if end - 1 > start else start + 1, end + REACH_ON
    if len(marks) < last:
        last = len(marks)
    places = marks[first:last].translate(_POINTING)
    if not places.isspace():
        last = _first_end(marks, places, first, last)
    said = words[opens : start + 1]
    if tagged:
        said = _TAG.sub(b" ", marks[opens : start + 1]).translate(WORDS_TABLE)
    return Clause(
        said.split(),
        words[end - 1 : last].split(),
        opens,
        last,
        marks.find(b":", opens, start) >= 0,
        marks[last : last + 1] == b"?",
    )


def _last_break(marks: bytes, places: bytes, opens: int, end: int) -> int:
    """The last byte of the last break in bytes `opens:end`, or `opens` when there is none."""
    at = len(places)
    for _ in range(0 if 0xE3 in places else TRIES):
        at = places.rfind(b".", 0, at)
        if at < 0:
            return opens
        found = _A_BREAK.match(marks, opens + at, end)
        if found is None and at:
            found = _A_BREAK.match(marks, opens + at - 1, end)
        if found:
            return found.end() - 1
    back = _last(_BREAK).match(marks, opens, end)
    return back.end() - 1 if back else opens


def _first_end(marks: bytes, places: bytes, first: int, last: int) -> int:
    """Where the first end of a clause in bytes `first:last` stands, or `last`."""
    at = -1
    for _ in range(0 if 0xE3 in places else TRIES):
        at = places.find(b".", at + 1)
        if at < 0:
            return last
        if _END.match(marks, first + at, last):
            return first + at
    stop = _END.search(marks, first + at + 1, last)
    return stop.start() if stop else last


def continued(words: bytes, marks: bytes, ends: int) -> list[bytes]:
    """The words of the line after one that ends at `ends`: a verb that closes its line has its
    object on the next. None after a blank line, or where the sentence ends."""
    if marks[ends : ends + 1] != b"\n":
        return []
    stop = _END.search(marks, ends + 1, ends + REACH_ON)
    last = stop.start() if stop else min(len(marks), ends + REACH_ON)
    return words[ends + 1 : last].split()


_RUNS = frozenset(
    b"run ran use used execute executed type typed try tried call called do did".split()
)
_RUNNERS = frozenset(b"i we he she they it you which who".split())
_IS_RUN = frozenset(b"runs calls executes does uses is was contains".split())


def tells_of_running(before: list[bytes]) -> bool:
    """Whether a command is told of: "when I run ...", "the script runs ..."."""
    if len(before) < 2:
        return False
    if before[-1] in _RUNS and before[-2] in _RUNNERS:
        return True
    return before[-1] in _IS_RUN and narrates(before)


def leads_up(before: list[bytes], polite: frozenset[bytes] = POLITE) -> bool:
    """Whether the words before a verb make it an order: none, politeness, or "I want you to"."""
    left = len(before)
    if left and before[-1] in PLEAS:
        return True
    while left and (before[left - 1] in polite or before[left - 1].endswith(b"ly")):
        left -= 1
    if left == 1 and before[0].startswith(b"@"):  # somebody is addressed
        return True
    if not left:
        return True
    last = before[left - 1]
    if last == b"to" and b"use" in before[:4]:  # "use find to ..."
        use = before.index(b"use")
        near = left - use <= MOST_MEANS and _IN_PROGRAMS.isdisjoint(before)
        return near and leads_up(before[:use], polite)
    leads, wishes = _LEADS.get(last), _WISHES.get(last)
    if leads is None and wishes is None:
        return False
    tail = b" " + b" ".join(before[left - 5 if left > 5 else 0 : left])
    if leads and tail.endswith(leads):
        return not _withheld(before[:left], tail, leads)
    if not wishes or not tail.endswith(wishes) or _withheld(before[:left], tail, wishes):
        return False
    told = left == 3 and before[0] == b"you"  # "you need to ..."
    return told or left <= 2 or not SPEAKERS.isdisjoint(before[:left])


_IN_PROGRAMS = IN_CODE | {b"loop", b"regex", b"comprehension"}


def recounts(before: list[bytes]) -> bool:
    """Whether a wish is told of ("I was at the shop trying to buy ...") or is part of a question
    ("tell me when I have to pay")."""
    if b"was" in before and before[-2:] in _TRIED:
        return True
    window = before[1:][-6:]
    wishing = before[-1:] in ([b"to"], [b"must"], [b"should"])
    return wishing and not _WONDERS.isdisjoint(window) and b"matter" not in window


_TRIED = ([b"trying", b"to"], [b"going", b"to"], [b"able", b"to"])
_WONDERS = frozenset(b"how what when which where why whether".split())
MOST_MEANS = 9
"""Words of "use my savings account to" at most."""


def fronted(before: list[bytes]) -> bool:
    """Whether the words before a verb only say where or when: "in my calendar", "on Friday"."""
    if not 2 <= len(before) <= MOST_FRONTED or before[0] not in FRONTS:
        return False
    last = before[-1]
    plural = last.endswith(b"s") and not last.endswith((b"ss", b"us"))
    return not plural and last not in _LEFT_OPEN and _CLAUSAL.isdisjoint(before)


def conditioned(before: list[bytes]) -> bool:
    """Whether the words before a verb are a condition and no more: "if it rains", "after the
    call". Who does the deed ("when I", "if people") is not among its last words."""
    if not 2 <= len(before) <= MOST_CONDITION or not conditional(before):
        return False
    last = before[-1]
    plural = last.endswith(b"s") and before[1] not in (b"it", b"he", b"she", b"this", b"that")
    return not plural and last not in _LEFT_OPEN and last not in _CLAUSAL


MOST_CONDITION = 14
MOST_FRONTED = 7
FRONTS = frozenset(b"in on at from for under inside".split())
_LEFT_OPEN = FRONTS | frozenset(b"the a an my our of by with and or people".split())
_CLAUSAL = frozenset(
    b"i we you he she it they who which that how what where when why if is are was were to not"
    b" don never can will would should could must may do does as than there".split()
)
"""Words by which what comes first is more than a place or a time."""


def _withheld(before: list[bytes], tail: bytes, leads: tuple[bytes, ...]) -> bool:
    """Whether what leads up to a verb is itself negated: "I don't want to"."""
    lead = max((lead for lead in leads if tail.endswith(lead)), key=len)
    if lead in _AFFIRMING:
        return False
    rest = before[: len(before) - lead.count(b" ")]
    while rest and rest[-1] in POLITE:
        rest.pop()
    return bool(rest) and (rest[-1] == b"t" or rest[-1] in NEGATION)


def _by_last_word(phrases: tuple[bytes, ...]) -> dict[bytes, tuple[bytes, ...]]:
    """Phrases by their last word, so that most words need no look at any of them."""
    lasts = dict.fromkeys(phrase.split()[-1] for phrase in phrases)
    return {last: tuple(p for p in phrases if p.split()[-1] == last) for last in lasts}


_LEADS, _WISHES = _by_last_word(LEADS), _by_last_word(WISHES)


def _pairs() -> dict[bytes, frozenset[bytes]]:
    """The words that may stand before the last word of what leads up to a verb, by that word.

    Without those that lead up alone, or that join or are polite: they need no other before them.
    """
    phrases = [phrase.split() for phrase in (*LEADS, *WISHES)]
    alone = {words[-1] for words in phrases if len(words) == 1} | POLITE | JOINS | {b"do"}
    lasts = {words[-1] for words in phrases} - alone
    return {
        last: frozenset(words[-2] for words in phrases if words[-1] == last)
        for last in lasts
        if not last.endswith(b"ly")
    }


JOINS = frozenset((b"and", b"or", b"then", b"but"))
"""Words that join a second order to a first."""
PAIRS = _pairs()
LOOKED_BACK = 32
"""Bytes in which the two words before a verb are looked for."""


def leads_nowhere(words: bytes, marks: bytes, start: int) -> bool:
    """Whether the two words before a verb already tell that nothing leads up to it, as in "had to
    pay". False says nothing: the clause must be looked at."""
    if start < LOOKED_BACK or marks[start] != 0x20 or not 0x61 <= marks[start - 1] <= 0x7A:
        return False
    floor = start - LOOKED_BACK
    said = words[floor:start].split()
    befores = PAIRS.get(said[-1])
    if befores is None or len(said) < 3 or said[-2] in befores:
        return False
    return marks.find(b">", floor, start) < 0  # a tag's words are left out of its clause


_AFFIRMING = (b" forget to", b" why don t you", b" hesitate to")


def questions(before: list[bytes]) -> bool:
    """Whether the clause opens as a question about the deed rather than a request for it."""
    opening = [word for word in before[:4] if word not in POLITE]
    if not opening:
        return False
    first, second = opening[0], opening[1:2]
    if first == b"do" and (not second or second[0] in _DONE):
        return False
    if first in QUESTION or (first == b"por" and second == [b"que"]):
        return True
    return first in (b"can", b"could", b"would", b"will") and second not in _YOU


_YOU = ([b"you"], [b"u"], [b"ya"])
_DONE = frozenset(b"a an it another \0".split())
"""After "do" these make an order of it: "do a factory reset"."""


def conditional(before: list[bytes]) -> bool:
    """Whether the clause opens with a condition: "when you are done, ..."."""
    opening = [word for word in before[:4] if word not in POLITE or word in _TIMES]
    if not opening or opening[0] not in CONDITIONS:
        return False
    return opening[0] not in QUESTION or (len(opening) > 1 and opening[1] not in QUESTION)


_TIMES = frozenset((b"once", b"after"))


def narrates(before: list[bytes]) -> bool:
    """Whether the clause tells of somebody ("the script finds files and deletes them")."""
    return bool(before) and before[0] in NARRATIVE and before[:2] != [b"no", b"need"]


def tells_of_somebody(before: list[bytes]) -> bool:
    """Whether the clause begins as a story does: "John went to the store to ..."."""
    if narrates(before):
        return True
    return len(before) > 1 and (before[1] in PAST or before[1].endswith(b"ed"))


def negated(before: list[bytes]) -> bool:
    """Whether the last words before the verb take the order back."""
    return not NEGATION.isdisjoint(before[-3:])
