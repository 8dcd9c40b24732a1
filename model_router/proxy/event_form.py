"""Forms: lines of JSON that differ in little, of which what they share is written once.

`_form.c` fills forms where a compiler was there when the package was installed. A change here is a
change there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from model_router.native import native
from model_router.proxy.event_log import encoded

if TYPE_CHECKING:
    from model_router.proxy import _form as compiled
else:
    compiled = native("model_router.proxy._form")

PURE = compiled is None
"""Whether this machine does without our C."""

LARGEST = 10**15
"""Numbers of a line have less parts: a float of so many decimals has all its digits then."""

WHOLE, TEXT, MEMBER = 0, -1, -2
Value = int | float | str | bytes
"""What fills a gap: a number, or what stands in the line, in ASCII."""
Gaps = Mapping[str, int]
"""The keys of values that lines do not share, and how each is filled: with a WHOLE number, a float
of one to three decimals, a TEXT that needs no escapes, or with the whole MEMBER and a comma, or
nothing. The last key is no MEMBER's."""


Form = tuple[tuple[bytes, ...], bytes]
"""What lines share: the pieces around the gaps, and for each the decimals of its number; 0 where it
has to be a whole one."""


def form(event: Mapping[str, Any], gaps: Gaps) -> Form:
    """The form of lines that say what `event` says, but for what stands at the gaps, which are
    filled in the alphabetical order of their keys."""
    pieces, text = [], "{"
    for key in sorted(gaps.keys() | {key for key, value in event.items() if value is not None}):
        kind = gaps.get(key)
        if kind is None:
            text += f"{encoded(key)}:{encoded(event[key])},"
            continue
        before, after = _AROUND.get(kind, ("{}:", ","))
        pieces.append((text + before.format(encoded(key))).encode())
        text = after
    pieces.append((text.removesuffix(",") + "}\n").encode())
    return tuple(pieces), bytes(gaps[key] if gaps[key] >= 0 else 1 for key in sorted(gaps))


_AROUND = {TEXT: ('{}:"', '",'), MEMBER: ("", "")}
"""What stands before a gap and after it, for the kinds that are no numbers."""


def filled_in_python(pieces: tuple[bytes, ...], places: bytes, values: tuple[Value, ...]) -> bytes:
    """The line of a form with these values.

    Raises OverflowError for a number that is too large, TypeError for what does not fit."""
    first, *rest = pieces
    rows = [first]
    for value, decimals, piece in zip(values, places, rest, strict=True):
        rows += (_spelled(value, decimals), piece)
    return b"".join(rows)


def _spelled(value: Value, decimals: int) -> bytes:
    if isinstance(value, str | bytes) and decimals:
        return value if isinstance(value, bytes) else value.encode("ascii")
    if value.__class__ is not int and (value.__class__ is not float or not decimals):
        raise TypeError("takes numbers, bytes and ASCII texts")
    assert isinstance(value, int | float)
    if not abs(value * 10**decimals) < LARGEST - 1:
        raise OverflowError("the number is too large")
    return repr(rounded(value, decimals) if decimals else value).encode()


def fits(value: object) -> bool:
    """Whether a value is a whole number that a line can have."""
    return value.__class__ is int and abs(value) < LARGEST - 1


def rounded(value: float, decimals: int) -> float:
    """A number as it stands in a gap with so many decimals."""
    parts = float(10**decimals)
    scaled = value * parts
    return int(scaled + 0.5 if scaled >= 0 else scaled - 0.5) / parts


filled: Callable[[tuple[bytes, ...], bytes, tuple[Value, ...]], bytes]
"""The same in C, where there is that."""
filled = filled_in_python if PURE else compiled.filled
