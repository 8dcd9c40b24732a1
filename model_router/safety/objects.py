"""Objects: what a verb is aimed at, and whether that can be harmed."""

from __future__ import annotations

from model_router.safety.phrases import IN_CODE, QUALIFIERS, VAGUE, WHOLES

Words = frozenset[bytes]
REACH = 16
"""Words after the verb among which its object must stand."""
NEXT = 3
"""Words after a vague object ("all", "these") that may still tell what is meant."""


def aims_at(objects: Words, spares: Words, after: list[bytes]) -> bool:
    """Whether the first telling word after a verb is one of `objects`, which can be harmed."""
    vague, reach = False, REACH
    for i, word in enumerate(after[:REACH]):
        if i > reach:
            break
        if word in objects:
            if word not in VAGUE:
                return not in_code(after)
            vague, reach = True, min(reach, i + NEXT)
        elif word in spares and not _qualifies(word, objects, after, i):
            return False
    return vague


def _qualifies(word: bytes, objects: Words, after: list[bytes], i: int) -> bool:
    """ "test cluster", "unused volumes": harmless alone, here only said of the object."""
    return word in QUALIFIERS and not objects.isdisjoint(after[i + 1 : i + 2])


def in_code(after: list[bytes]) -> bool:
    """Whether the object is part of a text, a picture or a program: "rows in a dataframe"."""
    if not IN_CODE.isdisjoint(after):
        return True
    return not WHOLES.isdisjoint(after) and any(
        word in WHOLES
        and not _PARTS.isdisjoint(after[max(0, i - 3) : i])
        and (i + 1 == len(after) or after[i + 1] in _ENDINGS)
        for i, word in enumerate(after)
    )


_PARTS = frozenset(b"of from in".split())
_ENDINGS = frozenset(b"and that which with to so if for then but by or".split())
