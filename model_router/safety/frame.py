"""What a whole text is: a request in the user's own words, or a request about some material.

Material is what is quoted, shown in a fence or given to be worked on. Its orders are nobody's.
"""

from __future__ import annotations

import re
from bisect import bisect
from functools import cached_property

from model_router.safety.clause import Clause, clause_at, narrates, questions
from model_router.safety.docstrings import docstrings
from model_router.safety.phrases import ASKING, DOES, LABELS, MATERIAL, MENTIONS, POLITE, SPEAKS
from model_router.text.reading import Reading

LOOKED_AT_AGAIN = 1_000
"""Bytes of a text up to which its clauses are kept: weights doubt no longer one."""
MOST_FENCES = 1_000
"""A text with more fence marks than that is taken to have none."""


class Frame:
    """What a whole text is: a request about some material, or the user's own words."""

    __slots__ = ("__dict__", "_clauses", "_places", "marks", "words")

    def __init__(self, reading: Reading) -> None:
        self.words, self.marks = reading
        self._clauses: dict[tuple[int, int], Clause] = {}
        self._places: list[int] | None = None  # of fence marks

    def clause(self, start: int, end: int) -> Clause:
        """The clause around bytes `start:end`. Of a short text weights look at the same one."""
        if len(self.words) > LOOKED_AT_AGAIN:
            return clause_at(self.words, self.marks, start, end)
        found = self._clauses.get((start, end))
        if found is None:
            found = self._clauses[start, end] = clause_at(self.words, self.marks, start, end)
        return found

    @cached_property
    def head(self) -> list[bytes]:
        """The first words of the text, politeness left out."""
        return [word for word in self.words[:160].split() if word not in POLITE][:8]

    @cached_property
    def asks(self) -> bool:
        """Whether the text opens with a question."""
        return questions(self.head)

    @cached_property
    def _asked(self) -> frozenset[bytes]:
        """The words of the question that opens the text. None when no question does."""
        if not self.asks:
            return frozenset()
        stop = _STOP.search(self.marks, 0, 400)
        return frozenset(self.words[: stop.start() if stop else 400].split())

    @cached_property
    def asks_about_words(self) -> bool:
        """Whether that question is about something said: "is this rude?", "what does ... mean?"."""
        return not _SAYINGS.isdisjoint(self._asked)

    @cached_property
    def asks_about_code(self) -> bool:
        """Whether it is about what a fence shows: "why does my query fail?"."""
        return len(self._asked) <= FEW or not _SHOWN.isdisjoint(self._asked)

    @cached_property
    def about_material(self) -> bool:
        """Whether the request works on words: "translate ...", "write an email that ..."."""
        if first_verb(self.head) in DOES:
            return False
        return self._opens_about_material or self.ends_about_material

    @cached_property
    def _opens_about_material(self) -> bool:
        opening = self.words[: min(self.head_end, 200)].split()
        if all(word in LABELS or word.isdigit() for word in opening):  # "Step 1: ..."
            return False
        verb = first_verb(self.head)
        if verb in _DEEDS and len(opening) > 2:  # more than a label: "Text: ..."
            return False
        if verb in MENTIONS and self._head_points():
            return True
        return self.head_end < len(self.marks) - 1 and not MATERIAL.isdisjoint(opening)

    def _head_points(self) -> bool:
        """Whether what opens the text leaves something to follow. A sentence that is complete and
        speaks of no text does not: "Explain what a foreign key is."."""
        end = self.head_end
        stop = _STOP.search(self.marks, 0, min(end, 400))
        if end >= len(self.marks) - 1 or stop is None:
            return True
        if _ANNOUNCES.match(self.marks, end):
            return True
        words = self.words[: min(end, 400)].split()
        few = len(words) <= FEW and stop[0] != b"?"  # "How late is it?" is about nothing below
        return few or not _POINTING.isdisjoint(words)

    @cached_property
    def _last_line(self) -> int:
        return self.marks.rstrip().rfind(b"\n")

    @cached_property
    def ends_about_material(self) -> bool:
        """Whether the last line asks for work on what stands above it, not on its own words."""
        last = self._last_line
        if last < 0 or _OWN_WORDS.search(self.marks, last, last + 200):
            return False
        stop = _STOP.search(self.marks, last, last + 200)
        line = self.words[last : stop.start() if stop else last + 200]
        words = [word for word in line.split() if word not in POLITE]
        if not words or (words[0] in _DEEDS and len(words) > 2):
            return False
        if words[0] == b"tell" and words[1:2] not in ([b"me"], [b"us"]):
            return False
        if first_verb(words) not in MENTIONS:
            told = stop is not None and stop[0].startswith(b".")
            return not told and not _ABOVE.isdisjoint(words)
        return len(words) <= FEW or _points_up(words)

    @cached_property
    def head_end(self) -> int:
        """Where the first clause ends and material may begin."""
        return self._material[0]

    @cached_property
    def _material(self) -> tuple[int, int]:
        """Where material begins, and where it ends: with its quote, or with the text."""
        whole = len(self.marks)
        ends = [self.marks.find(mark, 1, 400) for mark in (b":", b"\n")]
        begins = min((end for end in ends if end > 0), default=whole)
        quote = _QUOTE.search(self.marks, 0, min(begins, 400))
        if quote is None:
            return begins, whole
        closing = _CLOSING[quote[1]].search(self.marks, quote.end())
        return quote.start(), closing.start() if closing else whole

    @property
    def _fences(self) -> list[int]:
        if self._places is None:  # by hand: every judged text asks, and a lock takes its time
            self._places = self._fence_places()
        return self._places

    def _fence_places(self) -> list[int]:
        places: list[int] = []
        at = self.marks.find(b"```")
        while at >= 0 and len(places) <= MOST_FENCES:
            places.append(at)
            at = self.marks.find(b"```", at + 3)
        return [] if len(places) % 2 or len(places) > MOST_FENCES else places

    @cached_property
    def _docstrings(self) -> list[tuple[int, int]]:
        return docstrings(self.marks)

    def documents(self, start: int) -> bool:
        """Whether byte `start` stands in a docstring: it says what a function does."""
        if not self._docstrings:
            return False
        return any(opens <= start + 1 < closes for opens, closes in self._docstrings)

    def fenced(self, start: int) -> bool:
        """Whether byte `start` stands inside a code fence. An odd fence says nothing."""
        return bisect(self._fences, start) % 2 == 1

    def shown(self, start: int) -> bool:
        """Whether what a fence holds at `start` is asked about or worked on. A request inside the
        fence does not ask about it."""
        if bisect(self._fences, start) == 1 and not self.marks[: self._fences[0]].strip():
            return self.ends_about_material
        return self.about_material or (self.asks and self.asks_about_code)

    def asked_about(self, start: int) -> bool:
        """Whether what stands at `start` is material of a request that works on words."""
        if not self.about_material:
            return False
        begins, ends = self._material
        if self._opens_about_material and begins < start < ends:
            return True
        return self.ends_about_material and start < self._last_line


_QUOTE = re.compile(rb"""[^a-zA-Z0-9](["'])[^ "']+ """)
_CLOSING = {b'"': re.compile(rb'"(?![a-zA-Z0-9])'), b"'": re.compile(rb"'(?![a-zA-Z0-9])")}
"""A quote of more than one word, and what closes it."""

NEAR_VERB = 4
"""Words of a last line among which it points at what stands above: "draft it" does, "draft the
announcement, then email it" does not."""
FEW = 4
"""A request of so few words works on what stands beside it: "Translate to French"."""
_THESE = frozenset(b"this that it these those here mean means wrong happened".split())


def _points_up(words: list[bytes]) -> bool:
    """Whether a last line means what stands above it. "A summary of the meeting" says what of."""
    if _POINTS_UP.isdisjoint(words[1:NEAR_VERB]):
        return False
    of = words.index(b"of") + 1 if b"of" in words[:LATEST_OF] else 0
    return not of or not _POINTS_UP.isdisjoint(words[of : of + NEAR_VERB])


LATEST_OF = 6
"""Words of a last line among which "of" may say what is to be worked on."""
_POINTING = MATERIAL | _THESE - {b"it", b"that"}
_ABOVE = MATERIAL - {b"following", b"below"}
_POINTS_UP = _ABOVE | _THESE - {b"summarize", b"paraphrase"}
"""Words with which an opening points at what follows, or a last line at what stands above it."""
_SAYINGS = (MATERIAL | SPEAKS | _POINTING) - {
    b"like",
    b"called",
    b"named",
    b"happened",
} | frozenset(
    b"formal grammatical grammatically grammar idiom impolite mood phrases polite politely"
    b" pronounce rude sound sounds speech spell spelling sarcastic sarcasm tone translate"
    b" translation wording".split()
)
"""What a question names when it is about words that are quoted."""
_SHOWN = _SAYINGS | frozenset(
    b"it that my our code command commands config configuration does error errors example"
    b" expression fail fails fix function line lines log logs method output procedure program"
    b" queries query result run script sql statement statements work works".split()
)
"""And what it names when it is about what a fence shows."""
_DEEDS = frozenset(
    b"text send post email print share forward publish upload tweet put delete remove".split()
)
"""Verbs that speak of a text without working on it: "send the article to Tom"."""
_STOP = re.compile(rb"(?<![ \n]M[rs])(?<! Mrs)(?<! Dr)[.?!](?=[\s<\"')]|$)")
_ANNOUNCES = re.compile(rb":[ \r]*\n")
_OWN_WORDS = re.compile(rb":[ \n]*[^ \n]|[\"`]")


def first_verb(words: list[bytes]) -> bytes:
    """The first word that does not merely lead up to a request."""
    return next((word for word in words if word not in ASKING), b"")


def is_material(
    strong: bool, clause: Clause, start: int, end: int, reading: Reading, frame: Frame
) -> bool:
    """Whether the words at `start` are quoted, shown or given to be worked on rather than said."""
    words, marks = reading
    opens = clause.opens
    quotes = marks.find(b'"', opens, start + 1) >= 0 or marks.find(b"'", opens, start + 1) >= 0
    if opens <= 1 and not clause.colon and not quotes and b"\n" not in marks:
        return False
    if frame.documents(start):
        return True
    if strong and _own_paragraph(marks, clause, frame):
        return False
    if quotes and _quoted(words, marks, clause, start, end, frame):
        return True
    if frame.fenced(start):
        return frame.shown(start)
    return frame.asked_about(start)


_CODE = re.compile(rb"[;(){}=<>$]")


def _own_paragraph(marks: bytes, clause: Clause, frame: Frame) -> bool:
    """Whether the clause stands near the beginning of a paragraph of its own, after a blank line.

    What a first line ending in a colon announces is no paragraph of its own. In a fence, only a
    sentence without any mark of source code is.
    """
    opens = _paragraph(marks, clause.opens)
    if opens < 0:
        return False
    if frame.fenced(clause.opens):
        return not _CODE.search(marks, clause.opens, clause.ends + 1)
    return not (frame.about_material and _announced(marks, opens))


NEAR_OPENING = 160
"""Bytes into a paragraph up to which a clause counts as its opening."""


def _paragraph(marks: bytes, opens: int) -> int:
    """Where the paragraph begins that a clause opens, or -1 when no blank line stands above."""
    floor = max(0, opens - NEAR_OPENING)
    blank = _BLANK.match(marks, floor, opens + 1)
    return blank.end() - 1 if blank else -1


_BLANK = re.compile(rb".*\n[ \t\r]*\n[ \t\r\n]*", re.DOTALL)


def _announced(marks: bytes, opens: int) -> bool:
    above = marks[max(0, opens - 400) : opens].strip()
    return above.endswith(b":") and b"\n" not in above


def _quoted(words: bytes, marks: bytes, clause: Clause, start: int, end: int, frame: Frame) -> bool:
    """Whether the words stand in quotes that say or show them. One word alone in quotes does not
    count: people put the verb they mean in them."""
    opener, closer = _quotes(marks, clause.opens, start, end)
    if opener < 0 or closer < 0 or len(words[opener:closer].split()) <= 1:
        return False
    said = [word for word in words[clause.opens : opener].split() if word not in POLITE]
    if not said:
        return clause.opens > 1 and (frame.about_material or frame.asks_about_words)
    return said[-1] in SPEAKS or said[0] in MENTIONS or questions(said) or narrates(said)


def _quotes(marks: bytes, opens: int, start: int, end: int) -> tuple[int, int]:
    """Where the quotes around `start:end` open and close, or -1. Counted in the clause alone, so
    that an odd quote elsewhere changes nothing."""
    opener = marks.rfind(b'"', opens, start + 1)
    if opener >= 0 and marks.count(b'"', opens, start + 1) % 2:
        return opener, marks.find(b'"', end - 1, end + 400)
    single = _SINGLE.search(marks, max(0, opens - 1), start + 1)
    closing = _SINGLE_END.search(marks, end - 1, end + 400) if single else None
    if single is None or closing is None or _SINGLE_END.search(marks, single.end(), start):
        return -1, -1
    return single.end() - 1, closing.start()


_SINGLE = re.compile(rb"[ (\[\n]'(?=[^ ])")
_SINGLE_END = re.compile(rb"'(?![a-zA-Z])")
