"""Numbers: where clusters of digits are, and which of cards, IBANs, ids or phones each holds.

A cluster is a stretch of digits, separators, dots and plus signs. The shape literals find one
wherever a number of seven digits or more, or four dotted groups, could be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product

from model_router.privacy import checks, identities, phones
from model_router.privacy.finding import Finding
from model_router.privacy.view import Cursor, Literals, View
from model_router.text.lazy import deferred

LEFT, RIGHT = 32, 64
"""How far a cluster reaches to either side of a shape that was found."""

HITS, GROUPS = 1000, 350
"""How many shapes are looked at, and how many groups of digits are judged, before giving up."""

Span = tuple[int, int]
Groups = list[Span]

_RUNS = ("0", "00", "000")
SHAPES = Literals(
    [
        b"0000000",
        *(b"000-00", b"00-000", b"00-00-0", b"000--000"),
        *(b"000.000.0", b"000.000-", b"00.00.0", b"000.00.0", b"00.000.0"),
        *(f"0.{a}.{b}.0".encode() for a, b in product(_RUNS, _RUNS)),
        *(f"00{month}00{town}".encode() for month in "abcdehlmprst" for town in "abcdefghijklmz"),
        *(b"000000" + last for last in (b"a", b"b", b"c", b"d")),
    ]
)

_DIGITS = deferred(r"\d+", re.ASCII)
_TOKEN = deferred(rb"[A-Za-z0-9_]*")
_LONG_TOKEN = 40
_BORING = deferred(
    rb"(?:(?:19|20)\d\d[-/. ]\d\d?[-/. ]\d\d?|\d\d?[-/. ]\d\d?[-/. ](?:19|20)\d\d"
    rb"|\d{1,3}\.\d{5,}|(?:19|20)\d\d ?- ?(?:19|20)\d\d)(?:[ -]\d\d?)?[ .()/+-]*\Z"
)
_LETTER = deferred(rb"[A-Za-z]|[ -][A-Za-z](?![A-Za-z0-9])")
_IBAN_HEAD = deferred(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d\d(?=[ -]?[A-Za-z0-9]{2})", re.ASCII)
_IP = deferred(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)", re.ASCII)
_VERSION = deferred(r"(?:\bv|\bver|version|release|build|firmware|driver)[ .:=v]*$")
_IP_WORDS = deferred(r"\b(?:ip|ipv4|address|host|server|ping|dns|gateway|ssh|client|router)\b|//|@")


def scan(view: View) -> Iterator[Finding]:
    """Findings in every cluster, from left to right. Fails closed when there are too many."""
    cursor = Cursor()
    judged = 0
    for count, (_, start, end) in enumerate(SHAPES.hits(view.shape, cursor)):
        if count >= HITS or judged >= GROUPS:
            yield Finding(start, len(view.raw), "phone", "phone.too_many")
            return
        token = _TOKEN.match(view.raw, start)
        if token is not None and token.end() - start > _LONG_TOKEN:
            cursor.done = token.end()
            continue
        a, b, cut = cluster(view, start, end)
        cursor.done = max(end, b - LEFT) if cut else b
        if not _BORING.match(view.raw, a, b):
            groups = [m.span() for m in _DIGITS.finditer(view.plain, a, b)]
            judged += len(groups)
            yield from judge(view, groups)


def cluster(view: View, start: int, end: int) -> tuple[int, int, bool]:
    """The stretch of number characters around a shape, and whether it goes on at its end."""
    head = view.shape[max(0, start - LEFT) : start]
    tail = view.shape[end : end + RIGHT]
    a = start - len(head) + len(head.rstrip(b"0-.+"))
    rest = len(tail.lstrip(b"0-.+"))
    a += len(view.shape[a:start]) - len(view.shape[a:start].lstrip(b"-."))
    return a, end + len(tail) - rest, rest == 0 and len(tail) == RIGHT


def judge(view: View, groups: Groups) -> Iterator[Finding]:
    """Every number among a cluster's groups; what one check took is not shown to the next."""
    first, last = groups[0][0], groups[-1][1]
    size = view.shape.count(b"0", first, last)
    lettered = view.raw[max(0, first - 1) : first].isalpha() or _LETTER.match(view.raw, last)
    for least, detect in DETECTORS:
        if size < least and not lettered:
            continue
        found = list(detect(view, groups))
        if not found:
            continue
        yield from found
        for finding in found:
            groups = [g for g in groups if g[1] <= finding.start or g[0] >= finding.end]
        if not groups:
            return


def ibans(view: View, groups: Groups) -> Iterator[Finding]:
    """IBANs by country, length and remainder; spaces or hyphens between groups."""
    low = max(0, groups[0][0] - 24)
    for head in _IBAN_HEAD.finditer(view.plain, low, groups[-1][1]):
        size = checks.IBAN_LENGTHS.get(head.group()[:2].upper())
        if size is None:
            continue
        window = view.plain[head.start() : head.start() + size * 2]
        end = _taken(window, size)
        if end and checks.iban(re.sub("[ -]", "", window[:end]).upper()):
            yield Finding(head.start(), head.start() + end, "iban", "iban.mod97")


def _taken(window: str, size: int) -> int:
    """How much of the window holds `size` letters and digits with single separators, or 0."""
    left = size
    for place, char in enumerate(window):
        if char.isascii() and char.isalnum():
            left -= 1
            if left == 0:
                after = window[place + 1 : place + 2]
                return 0 if after.isascii() and after.isalnum() else place + 1
        elif char not in " -" or window[place - 1] in " -":
            return 0
    return 0


def addresses(view: View, groups: Groups) -> Iterator[Finding]:
    """IPv4 addresses that are neither a version, a mask, nor this machine."""
    if len(groups) < 4:
        return
    for match in _IP.finditer(view.plain, groups[0][0], groups[-1][1] + 1):
        octets = [int(part) for part in match.group().split(".")]
        before = view.before(match.start(), 32)
        if max(octets) > 255 or octets[0] in (0, 127, 255) or _VERSION.search(before):
            continue
        after = view.plain[match.end() : match.end() + 1]
        if max(octets) >= 32 or after in (":", "/") or _IP_WORDS.search(before):
            yield Finding(match.start(), match.end(), "ip", "ip.v4")


# The least number of digits in a cluster that no letter touches, and what looks at it then.
DETECTORS: tuple[tuple[int, Callable[[View, Groups], Iterator[Finding]]], ...] = (
    (8, ibans),
    (9, identities.scan),
    (99, identities.lettered),
    (4, addresses),
    (7, phones.scan),
)
