"""Wishes: a named thing that somebody asks for, with or without a verb that orders it.

"I need a taxi", "can I get a table", "put my complaint on Facebook": the thing is found first and
the words around it tell whether it is wanted.
"""

from __future__ import annotations

from itertools import compress, count

from model_router.safety.clause import (
    Clause,
    conditional,
    conditioned,
    fronted,
    leads_up,
    narrates,
    negated,
    questions,
)
from model_router.safety.phrases import MENTIONS, PLEAS, POLITE

Words = frozenset[bytes]
_HERE = b"\0"
"""Stands for the named thing itself among the words around it."""
REACH = 48
"""Words of a clause among which the wish is looked for."""


def asks_for(clause: Clause, objects: Words, spares: Words, *, polite: bool) -> bool:
    """Whether what stands between the words of `clause` is asked for.

    `objects` are the verbs one of which must be ordered, `spares` words that make it harmless;
    `polite` says that "can I get ..." asks for it too.
    """
    before = clause.before
    tokens = [*before, _HERE, *clause.after]
    if (objects and objects.isdisjoint(tokens)) or not spares.isdisjoint(tokens):
        return False
    asks = questions(tokens) and not conditional(before) and before[-1:] not in _PLEADED
    if asks and not (polite and _asks_for_oneself(tokens)):
        return False
    if not objects:
        refused = negated(before) or negated(before[:-1])
        return not refused and (polite or _stands_free(before))
    places = compress(count(), map(objects.__contains__, tokens[:REACH]))
    return any(_wanted(tokens, i) for i in places)


_PLEADED = [[plea] for plea in PLEAS]
"""Right before an order these begin it anew: "how about some pizza, please order two"."""


def _stands_free(before: list[bytes]) -> bool:
    """Whether a phrase of its own is said as an order rather than told of somebody."""
    return (
        leads_up(before)
        or fronted(before)
        or conditioned(before)
        or (before[-1] in (b"and", b"then") and not narrates(before))
    )


_DESIRES = frozenset(b"need needs want wants like require requires looking searching".split())
_ABOUT = frozenset(b"for about regarding".split())
_FINITE = frozenset(b"is was has had isn wasn s".split())
_DESIRING = frozenset(
    b"i we d ll would also just really will do m am im are still urgently".split()
)


def _wanted(tokens: list[bytes], i: int) -> bool:
    """Whether the verb at `i` is ordered, or the thing after it is what the speaker wants."""
    before = tokens[:i]
    if not before and (tokens[i].endswith(b"ing") or tokens[1] in _FINITE):
        return False  # a title, "getting the event ...", or a name, "Mark is ..."
    if not before and tokens[0] == b"have" and tokens[1] in _SUBJECTS:
        return False  # a question: "have I added it to my calendar"
    if tokens[i] in PLEAS:  # "train ticket please"
        return i == len(tokens) - 1 <= 2 and tokens[i - 1] == _HERE
    if tokens[i] in _DESIRES:
        follows = tokens[i + 1 : i + 3]
        governs = b"to" in follows or b"you" in follows
        if governs or not _ABOUT.isdisjoint(tokens[i + 2 : tokens.index(_HERE)]):
            return False  # "I need the departure time for my train"
        if tokens[i] == b"like" and before[-1:] in _TASTES:
            return False  # "I like pizza"
        if tokens[i] == b"needs" and _of_mine(before):
            return True
        return bool(before) and (before[-1] in _DESIRING or before[-2:] == [b"going", b"to"])
    if negated(before):
        return False
    if leads_up(before) or _asks_for_oneself(before) or fronted(before) or conditioned(before):
        return True
    joined = before[-1] in (b"and", b"then") and not narrates(before)
    return joined and before[0] not in MENTIONS


_TASTES = ([b"i"], [b"we"])
_SUBJECTS = frozenset(b"i we you he she they".split())
_MINE = ([b"my"], [b"our"])
_PRODUCTS = frozenset(
    b"app application code website site program script page form system project server class"
    b" company team business story character game essay model bot product shop store".split()
)
"""What is made rather than cared for: "my app needs a booking" asks for work on it."""


def _of_mine(before: list[bytes]) -> bool:
    """Whether somebody or something of the speaker is in need: "my car needs an oil change"."""
    near = before[:1] in _MINE and 2 <= len(before) <= 3
    return near and _PRODUCTS.isdisjoint(before)


def _asks_for_oneself(tokens: list[bytes]) -> bool:
    """Whether a question asks for something: "can I get a taxi"."""
    return tokens[:1] in ([b"can"], [b"could"]) and tokens[1:2] in ([b"i"], [b"we"])


_OWNED = frozenset(b"all any the my our every each this that these those everything".split())
_WISHING = frozenset(b"want need like prefer".split())
_HAVING = frozenset((b"have", b"get"))
WANTING = _WISHING | _HAVING
"""Without one of these before it no participle is wanted done."""
_TOLD = frozenset(b"been was were who which how why if not never no know".split())
_QUALIFYING = frozenset(b"of the a an my our all any recently".split())
"""Right before a participle these make it say which: "a list of deleted files"."""


def wants_done(before: list[bytes]) -> bool:
    """Whether what stands before a participle wants the deed: "I want my old files deleted",
    "have the server restarted". The thing itself is looked for by the caller."""
    if not _TOLD.isdisjoint(before) or before[-1] in _QUALIFYING:
        return False
    said = [word for word in before if word not in POLITE]
    for i, word in enumerate(said[:8]):
        follows = said[i + 1 : i + 2]
        if word in _HAVING and leads_up(said[:i]):
            return bool(follows) and follows[0] in _OWNED
        if word in _WISHING:
            wished = said[i - 1 : i] in ([b"i"], [b"we"], [b"would"], [b"d"])
            if follows != [b"to"]:
                return wished and (word != b"like" or said[i - 1] in (b"would", b"d"))
    return False
