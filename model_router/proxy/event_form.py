"""Forms: lines of JSON that differ in little, of which what they share is written once.

`_form.c` fills forms where a compiler was there when the package was installed. A change here is a
change there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

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

TEXT, MEMBER, WHOLE = -1, -2, -3
Value = int | float | str | bytes
"""What fills a gap: a number, or what stands in the line, in ASCII."""
Gaps = Mapping[str, int]
"""The keys of values that lines do not share, and how each is filled: with a WHOLE number, a float
of one to three decimals, a TEXT that needs no escapes, or with the whole MEMBER and a comma, or
nothing. The last key is no MEMBER's."""


class Form(NamedTuple):
    """What lines share: the pieces around the gaps, and for each gap the decimals of its float."""

    pieces: tuple[bytes, ...]
    places: bytes

    def filled(self, values: tuple[Value, ...], *, pure: bool = PURE) -> bytes:
        """The line with these values. Raises OverflowError for a number from LARGEST on.

        `pure` fills without our C."""
        if pure:
            return _filled(self.pieces, self.places, values)
        return compiled.filled(self.pieces, self.places, values)


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
    return Form(tuple(pieces), bytes(max(gaps[key], 1) for key in sorted(gaps)))


_AROUND = {TEXT: ('{}:"', '",'), MEMBER: ("", "")}
"""What stands before a gap and after it, for the kinds that are no numbers."""


def _filled(pieces: Iterable[bytes], places: bytes, values: tuple[Value, ...]) -> bytes:
    first, *rest = pieces
    rows = [first]
    for value, decimals, piece in zip(values, places, rest, strict=True):
        rows += (_spelled(value, decimals), piece)
    return b"".join(rows)


def _spelled(value: Value, decimals: int) -> bytes:
    if isinstance(value, str | bytes):
        return value if isinstance(value, bytes) else value.encode("ascii")
    if value.__class__ not in (int, float):
        raise TypeError("takes numbers, bytes and ASCII texts")
    if not abs(value * 10**decimals if isinstance(value, float) else value) < LARGEST - 1:
        raise OverflowError("the number is too large")
    return repr(rounded(value, decimals) if isinstance(value, float) else value).encode()


def rounded(value: float, decimals: int) -> float:
    """A number as it stands in a gap with so many decimals."""
    parts = float(10**decimals)
    scaled = value * parts
    return int(scaled + 0.5 if scaled >= 0 else scaled - 0.5) / parts
