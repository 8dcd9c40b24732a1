"""Orders in languages other than English: those with Latin letters, and those with their own."""

from __future__ import annotations

import re
from functools import lru_cache

from model_router.safety.clause import Clause, leads_up, questions
from model_router.safety.phrases import FOREIGN_POLITE

Words = frozenset[bytes]


def orders_foreign(clause: Clause, verb: bytes, objects: Words, spares: Words) -> bool:
    """Whether the verb opens its clause before an object, or closes it after one."""
    before, after = clause.before, clause.after
    tokens = before + after
    if questions(tokens) or not _NEGATING.isdisjoint(tokens) or not spares.isdisjoint(tokens):
        return False
    named = verb.split() if b" " in verb.strip() else []  # "pay my bill" in one literal
    if before and before[-1] in _RELATIVE and _WANTING.isdisjoint(before[-2:]):
        return False
    if leads_up(before, FOREIGN_POLITE):
        return _names(objects, after + named) or _names(objects, before)
    if before[-1] in _PURPOSE:  # "... para comprar libros"
        return False
    return len(after) <= 1 and _names(objects, before + named)


_NEGATING = frozenset(b"no non nao nie nicht niet pas ne mai nunca kein keine geen jamas".split())
_RELATIVE = frozenset(b"que qui che die der das dat ktory ktora ktore".split())
_WANTING = frozenset(b"quiero necesito pido quero preciso veux voudrais voglio vorrei".split())
"""Before a relative word these make it an order: "quiero que borres ..."."""
_PURPOSE = frozenset(b"para pour per zu zum te om por de di do".split())
COMPOUND, LONGEST = 10, 30
"""Letters of a word that may be a compound and end with an object: Produktionsdatenbank."""
MOST = 3
"""Words so long that are looked at."""


def _names(objects: Words, tokens: list[bytes]) -> bool:
    return not objects.isdisjoint(tokens) or names_compound(objects, tokens)


def names_compound(objects: Words, tokens: list[bytes]) -> bool:
    """Whether a long word among `tokens` ends with one of `objects`, as German and Dutch do."""
    long = [word for word in tokens if COMPOUND <= len(word) <= LONGEST and word.isascii()]
    if not long:
        return False
    endings = _endings(objects)
    return any(word.endswith(endings) for word in long[:MOST])


@lru_cache(maxsize=64)
def _endings(objects: Words) -> tuple[bytes, ...]:
    return tuple(word for word in objects if len(word) >= 5)


def orders_native(
    marks: bytes, start: int, end: int, objects: tuple[str, ...], unless: tuple[str, ...]
) -> bool:
    """For scripts of their own, with or without spaces: an object stands near the verb, nothing
    asks or forbids, and the verb is not one that tells."""
    if not _closes(marks, start, end) or _TOLD.match(marks, end):
        return False
    floor = max(0, start - 120)
    left = marks[floor:start]
    cut = max(left.rfind(mark) for mark in _BREAKS)
    stops = [at for mark in _BREAKS if (at := marks.find(mark, end, end + 120)) >= 0]
    last = min(stops, default=end + 120) + 3
    clause = " " + marks[floor + cut + 1 : last].decode(errors="ignore")
    pleads = any(plea in clause for plea in _PLEAS)
    if any(word in clause and not (pleads and word in _ASKED) for word in unless):
        return False
    return any(word in clause for word in objects)


_TOLD = re.compile(
    "л|した(?!い)|しまし|してい|してから|する[前後方時場と]|され"
    "|했|된|됐|되|하는|하면|하기|하지|दिया|दी |या |ए गए".encode()
)
"""What follows a verb that tells of a deed, doubts it or forbids it rather than ordering it."""

_PLEAS = (
    "请",
    "帮我",
    "替我",
    "麻烦",
    "もらえ",
    "くれ",
    "ください",
    "주시",
    "주실",
    "줄래",
    "можешь",
    "можете",
    "मुझे",
    "कृपया",
)
_ASKED = frozenset(("吗", "嗎", "ですか", "ますか", "나요", "까요", "क्या", "是否"))
"""Marks of a question that a plea turns into a request: "能帮我删除这个文件吗"."""

_TE_FORMS = ("て".encode(), "で".encode(), "해".encode())
_TAILS = "ください|くださ|くれ|ほしい|欲しい|もら|お願|おいて|下さい|줘|주|라|。|！|.|!"
_AFTER_TE = tuple(_TAILS.encode().split(b"|"))


def _closes(marks: bytes, start: int, end: int) -> bool:
    """A Japanese te-form or Korean 해 orders only where a clause ends or a plea follows."""
    if not marks.startswith(_TE_FORMS, end - 3):
        return True
    rest = marks[end : end + 24].split(b"\n")[0].strip()
    return not rest or rest.startswith(_AFTER_TE)


_BREAKS = (b". ", b"! ", b"? ", b"\n", "。".encode(), "！".encode(), "।".encode(), "؟".encode())
