"""IPv6 addresses: groups of hex digits between colons, checked without the ipaddress module."""

from __future__ import annotations

from collections.abc import Iterator

from model_router.privacy.finding import Finding
from model_router.privacy.view import View
from model_router.text.lazy import deferred

CANDIDATES = 1000
"""How many stretches of colons are looked at before giving up."""

# Each branch begins with one character or set, which sre can refuse at once.
_COLONS = deferred(
    rb":(?::[0-9A-Fa-f]|::+|[0-9A-Fa-f][0-9A-Fa-f]{0,3}:[0-9A-Fa-f:])[0-9A-Fa-f:]{0,40}"
)
LONGEST = 39
"""The most characters of an address: eight groups of four."""

_HEX = b"0123456789abcdefABCDEF:"


def scan(view: View) -> Iterator[Finding]:
    """IPv6 addresses from left to right; not `::`, `::1` nor anything inside a word."""
    done = 0
    for count, match in enumerate(_COLONS.finditer(view.raw)):
        if count >= CANDIDATES:
            yield Finding(match.start(), len(view.raw), "ip", "ip.too_many")
            return
        head = view.raw[max(done, match.start() - 40) : match.start()]
        start = match.start() - len(head) + len(head.rstrip(_HEX))
        tail = view.raw[match.end() : match.end() + 40]
        end = match.end() + len(tail) - len(tail.lstrip(_HEX))
        done = end
        if end - start > LONGEST or not _alone(view.plain, start, end):
            continue
        if is_ipv6(view.plain[start:end]):
            yield Finding(start, end, "ip", "ip.v6")


def is_ipv6(shown: str) -> bool:
    """Whether the text is an IPv6 address that is not this machine's or nobody's."""
    left, gap, right = shown.partition("::")
    groups = [g for half in (left, right) if half for g in half.split(":")]
    if any(not 1 <= len(g) <= 4 for g in groups) or "::" in right:
        return False
    if gap:
        return 2 <= len(groups) <= 7 and any(c.isdigit() for c in shown)
    return len(groups) == 8 and any(len(g) > 2 for g in groups)


def _alone(plain: str, start: int, end: int) -> bool:
    before, after = plain[max(0, start - 1) : start], plain[end : end + 1]
    return not (before.isalnum() or after.isalnum() or "_" in (before, after))
