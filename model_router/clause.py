"""A clause: the words around a hit, and what can be told from them without a parser.

Works on the two byte strings of a reading that share their offsets: `words` (lower case, spaces
for separators) and `marks` (the same text with its punctuation). Every look is bounded, so the
cost of a hit does not depend on the length of the text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from model_router.text import WORDS_TABLE

REACH_BACK = 240
REACH_ON = 200
"""Bytes looked at before and after a hit. A clause that is longer is cut."""

_BREAK = rb"[.!?;][\"')\]]?[ \n]|\n|\xe3\x80\x82"
_LAST_BREAK = re.compile(rb".*(?:" + _BREAK + rb")", re.DOTALL)
_BLOCK_TAG = rb"</?(?!(?:b|i|u|s|a|em|strong|span|code|mark)\b)[a-zA-Z][^<>\n]{0,40}>"
_LAST_BREAK_OR_TAG = re.compile(rb".*(?:" + _BREAK + rb"|" + _BLOCK_TAG + rb")", re.DOTALL)
_END = re.compile(rb"[.!?;](?=[\s\"')\]]|$)|\n|\xe3\x80\x82|\xef\xbc\x81|\xef\xbc\x9f")
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
    floor = max(0, start - REACH_BACK)
    tagged = marks.find(b"<", floor, start) >= 0
    back = (_LAST_BREAK_OR_TAG if tagged else _LAST_BREAK).match(marks, floor, start + 1)
    opens = back.end() - 1 if back else floor
    stop = _END.search(marks, max(start + 1, end - 1), end + REACH_ON)
    ends = stop.start() if stop else min(len(marks), end + REACH_ON)
    said = words[opens : start + 1]
    if tagged:
        said = _TAG.sub(b" ", marks[opens : start + 1]).translate(WORDS_TABLE)
    return Clause(
        said.split(),
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
    b" lastly again ultimately silently definitely promptly sudo buddy urgently"
    b" # ## ### #### $ + = @".split()
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
    b" might am whats hows wheres whos explain describe define discuss compare como que cuando"
    b" donde qu comment pourquoi quand wie warum wann was ist come perche quando hoe waarom jak"
    b" dlaczego kiedy nasil neden".split()
)
NARRATIVE = frozenset(
    b"the a an he she it they this that these those there his her their its my our your someone"
    b" some many most one people users each every no nobody".split()
)
NEGATION = frozenset(b"not never without don dont avoid cannot can't nor didn doesn isn won refuse".split())
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
ASKING = frozenset(b"can could would will you u i we want need like d to me us help".split())
"""Words that lead up to the first verb of a text."""
DOES = frozenset(b"run execute apply perform follow do carry launch invoke".split())
"""First verbs of a text whose material is to be carried out."""

SPECIFIES = frozenset(
    b"that which function script program code method class api endpoint endpoints app".split()
)
MAKES = frozenset(b"create build develop make add code program need".split())
NOUNS_MADE = SPECIFIES - {b"that", b"which"} | frozenset(b"bot tool form page button menu".split())
"""What a request to write or to make something is about; its verbs say what that shall do."""

VAGUE = frozenset(b"all any every these those this".split())
"""Objects that say nothing by themselves: the next words tell."""
QUALIFIERS = frozenset(b"test unused deprecated debug following code feature dead number background text html".split())
"""Words that are harmless alone but only qualify the object they stand before."""
IN_CODE = frozenset(
    b"pandas dataframe df numpy ndarray arraylist javascript jquery vba linq matplotlib".split()
)
"""Where rows and files are values of a program."""

GERUND_LEADS = tuple(
    b" " + lead
    for lead in b"you mind|help with|help me with|start by|begin by|proceed with|proceed by"
    b"|help in|help me in|assist me in|assist me with|go ahead with|how about".split(b"|")
)
"""What ends just before "deleting" when it is asked for."""

_RUNS = frozenset(b"run ran use used execute executed type typed try tried call called do did".split())
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
    if not left:
        return True
    tail = b" " + b" ".join(before[max(0, left - 5) : left])
    if tail.endswith(LEADS):
        return not _withheld(before[:left], tail, LEADS)
    if not tail.endswith(WISHES) or _withheld(before[:left], tail, WISHES):
        return False
    return left <= 2 or not SPEAKERS.isdisjoint(before[:left]) or (left == 3 and before[0] == b"you")


def _withheld(before: list[bytes], tail: bytes, leads: tuple[bytes, ...]) -> bool:
    """Whether what leads up to a verb is itself negated: "I don't want to"."""
    lead = max((lead for lead in leads if tail.endswith(lead)), key=len)
    if lead in _AFFIRMING:
        return False
    rest = before[: len(before) - lead.count(b" ")]
    while rest and rest[-1] in POLITE:
        rest.pop()
    return bool(rest) and (rest[-1] == b"t" or rest[-1] in NEGATION)


_AFFIRMING = (b" forget to", b" why don t you", b" hesitate to")


def questions(before: list[bytes]) -> bool:
    """Whether the clause opens as a question about the deed rather than a request for it."""
    opening = [word for word in before[:4] if word not in POLITE]
    if not opening:
        return False
    first, second = opening[0], opening[1:2]
    if first == b"do" and second and second[0] in _DONE:
        return False
    if first in QUESTION or (first == b"por" and second == [b"que"]):
        return True
    return first in (b"can", b"could", b"would", b"will") and second != [b"you"]


_DONE = frozenset(b"a an it another \0".split())
"""After "do" these make an order of it: "do a factory reset"."""


def conditional(before: list[bytes]) -> bool:
    """Whether the clause opens with a condition: "when you are done, ..."."""
    opening = [word for word in before[:4] if word not in POLITE]
    if not opening or opening[0] not in CONDITIONS:
        return False
    return opening[0] not in QUESTION or (len(opening) > 1 and opening[1] not in QUESTION)


def narrates(before: list[bytes]) -> bool:
    """Whether the clause tells of somebody ("the script finds files and deletes them")."""
    return bool(before) and before[0] in NARRATIVE


def negated(before: list[bytes]) -> bool:
    """Whether the last words before the verb take the order back."""
    return not NEGATION.isdisjoint(before[-3:])
