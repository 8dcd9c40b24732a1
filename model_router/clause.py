"""A clause: the words around a hit, and what can be told from them without a parser.

Works on the two byte strings of a reading that share their offsets: `words` (lower case, spaces
for separators) and `marks` (the same text with its punctuation). Every look is bounded, so the
cost of a hit does not depend on the length of the text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

REACH_BACK = 240
REACH_ON = 200
"""Bytes looked at before and after a hit. A clause that is longer is cut."""

_LAST_BREAK = re.compile(rb".*(?:[.!?;][\"')\]]?[ \n]|\n|\xe3\x80\x82)", re.DOTALL)
_END = re.compile(rb"[.!?;](?=[\s\"')\]]|$)|\n|\xe3\x80\x82|\xef\xbc\x81|\xef\xbc\x9f")


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
    floor = max(0, start - REACH_BACK)
    back = _LAST_BREAK.match(marks, floor, start + 1)
    opens = back.end() - 1 if back else floor
    stop = _END.search(marks, max(start + 1, end - 1), end + REACH_ON)
    ends = stop.start() if stop else min(len(marks), end + REACH_ON)
    return Clause(
        words[opens : start + 1].split(),
        words[end - 1 : ends].split(),
        opens,
        ends,
        b":" in marks[opens:start],
        marks[ends : ends + 1] == b"?",
    )


POLITE = frozenset(
    b"please kindly pls plz just then also now ok okay hey hi hello so first next finally go ahead"
    b" simply immediately quickly permanently safely recursively automatically forcibly force"
    b" completely fully carefully instead always once yes yeah sure right well everybody olly siri"
    b" alexa google computer assistant thanks only actually really maybe perhaps afterwards after"
    b" lastly again ultimately silently definitely promptly sudo buddy urgently".split()
)
"""Words that may stand between an order and what leads up to it."""

PLEAS = frozenset(b"please kindly pls plz".split())
"""Right before a verb these make it an order, whatever came earlier."""

FOREIGN_POLITE = POLITE | frozenset(
    b"por favor bitte merci s il te plait vous per favore alsjeblieft graag prosze lutfen quiero"
    b" necesito puedes podrias kannst du ich mochte mir peux tu pouvez je veux voudrais puoi voglio"
    b" vorrei quero preciso pode voce kun je ik wil moet chce mozesz me que y et und e en i ve zum"
    b" den bana mi moi il le la".split()
)
"""The same in the other languages written in Latin letters, small joining words included."""

LEADS = tuple(
    b" " + lead
    for lead in (
        b"can you|could you|would you|will you|can u|could u|help me|help me to|help us|let s|lets"
        b"|let us|want you to|need you to|like you to|ask you to|sure to|sure you|sure that you"
        b"|forget to|remember to|proceed to|need to make sure to|how about you|why don t you"
        b"|if you could|appreciated if you|appreciate it if you|help with|help in|begin by|mind|help me in"
        b"|help me with|assist me in|assist in|assist me with|proceed with|proceed by|me out by|help by"
        b"|proceed with the|proceed with a|carry out the|carrying out the|handle the|finalize the"
        b"|initiate the|complete the|execute a|execute the|executing a|facilitate the"
        b"|if you would|if you put|proceed and|interested in|help me by|move forward with"
        b"|opportunity to|kind to|kind as to|kindness to|possible for you to|time to|task is to"
        b"|job is to|goal is to|able to help me|you to go ahead and|get someone to|wise to"
        b"|helpful to|great to|nice to|good to|do is|have you|thing to do is to"
    ).split(b"|")
)
"""What ends just before an ordered verb, whoever speaks."""

WISHES = tuple(
    b" " + lead
    for lead in (
        b"want to|wanna|need to|like to|love to|wish to|have to|has to|got to|gotta|ready to|trying to"
        b"|try to|looking to|going to|gonna|decided to|would rather|able to|hoping to|hope to"
        b"|plan to|planning to|intend to|aim to|aiming to|must|should|want|like|prefer to|ll|opted to"
    ).split(b"|")
)
"""What ends just before a verb that the speaker wants done: counts with "I" or "we" before it."""
SPEAKERS = frozenset(b"i we im id ive i'd me".split())

BEFORE_ORDERS = (
    POLITE
    | {lead.split()[-1] for lead in (*LEADS, *WISHES)}
    | frozenset(b"and or then but".split())
)
"""The last word before an ordered verb, where there is one."""

QUESTION = frozenset(
    b"how what why when where who whom whose which is are was were does do did has should shall may"
    b" might am whats hows wheres whos explain describe define discuss compare como que por cuando"
    b" donde comment pourquoi quand wie warum wann was ist come perche quando hoe waarom jak"
    b" dlaczego kiedy nasil neden".split()
)
NARRATIVE = frozenset(
    b"the a an he she it they this that these those there his her their its my our your someone"
    b" some many most one people users each every no nobody".split()
)
NEGATION = frozenset(b"not never without don dont avoid cannot can't nor didn doesn isn won".split())
CONDITIONS = frozenset(b"if when once after before since as because hey yo also unless until".split())
"""First words of a clause whose order comes after its comma: "if it fails, delete it"."""
MENTIONS = frozenset(
    b"translate summarize summarise rewrite rephrase paraphrase classify proofread explain describe"
    b" define compare discuss analyze analyse identify categorize extract simplify correct complete"
    b" convert question context passage text article dialogue suppose imagine consider write compose"
    b" draft implement design generate story poem essay what why how who when where which given tell"
    b" tldr answer sentence example label determine choose read select according in true input"
    b" output task instruction instructions traduce traduis ubersetze resume conversation email"
    b" quote title once proofread review document interpret respond fact statement premise".split()
)
"""First words of a request that works on words: what it quotes is material, not an order."""
MATERIAL = frozenset(
    b"article articles dialogue dialog passage text paragraph sentence sentences conversation above"
    b" following summary summarize sum headline tl dr tldr recap gist essentials paraphrase excerpt"
    b" story transcript translation below words".split()
)
"""Words that name material; in the first or the last line they make the rest material."""
SPEAKS = frozenset(
    b"said says say saying told tells wrote writes called titled named word phrase term means"
    b" reads read asks asked replied sentence string text quote message button prompt command"
    b" labeled labelled like".split()
)


def leads_up(before: list[bytes], polite: frozenset[bytes] = POLITE) -> bool:
    """Whether the words before a verb make it an order: none, politeness, or "I want you to"."""
    left = len(before)
    if left and before[-1] in PLEAS:
        return True
    while left and before[left - 1] in polite:
        left -= 1
    if not left:
        return True
    tail = b" " + b" ".join(before[max(0, left - 5) : left])
    if tail.endswith(LEADS):
        return True
    return tail.endswith(WISHES) and (left <= 2 or not SPEAKERS.isdisjoint(before[:left]))


def questions(before: list[bytes]) -> bool:
    """Whether the clause opens as a question about the deed rather than a request for it."""
    opening = [word for word in before[:4] if word not in POLITE]
    if not opening:
        return False
    if opening[0] in QUESTION:
        return True
    return opening[0] in (b"can", b"could", b"would", b"will") and opening[1:2] != [b"you"]


def narrates(before: list[bytes]) -> bool:
    """Whether the clause tells of somebody ("the script finds files and deletes them")."""
    return bool(before) and before[0] in NARRATIVE


def negated(before: list[bytes]) -> bool:
    """Whether the last words before the verb take the order back."""
    return not NEGATION.isdisjoint(before[-3:])
