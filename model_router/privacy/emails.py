"""What stands around an @: e-mail addresses, and passwords in connection strings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from model_router.privacy.finding import Finding
from model_router.privacy.placeholders import is_placeholder
from model_router.privacy.view import View
from model_router.text.lazy import deferred

SIGNS = 2000
"""How many @ are looked at before giving up."""

LONGEST = 64
"""The longest local part of an address (RFC 5321)."""

_DOMAIN = deferred(
    r"@((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}(?:[^\W\d_]{2,24}|xn--[a-z0-9-]{2,59}))(?![\w-])"
)
_TRIM = "!#$%&'*/=?^`{|}~.-"
_RESERVED = deferred(
    r"(?:.*\.)?(?:example(?:\.(?:com|org|net|edu))?|test|invalid|localhost)", re.IGNORECASE
)
_FILES = "png jpg jpeg gif svg webp css js ts py html md json yaml yml txt"
_NO_TLD = frozenset(_FILES.split())
_LOGIN = deferred(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s:/@\"'<>]{0,64}:([^\s/@\"'<>]{1,128})\Z")


def scan(view: View) -> Iterator[Finding]:
    """Addresses and connection strings, from left to right. Fails closed after `SIGNS` signs."""
    place = view.raw.find(b"@")
    for _ in range(SIGNS):
        if place < 0:
            return
        if view.plain[place + 1 : place + 2].isalnum():
            found = login(view, place) or address(view, place)
            if found is not None:
                yield found
        place = view.raw.find(b"@", place + 1)
    if place >= 0:
        yield Finding(place, len(view.raw), "email", "email.too_many")


def address(view: View, place: int) -> Finding | None:
    """The e-mail address around the @ at `place`, unless its domain is reserved for examples."""
    domain = _DOMAIN.match(view.plain, place)
    if domain is None or _RESERVED.fullmatch(domain.group(1)):
        return None
    if domain.group(1).rpartition(".")[2].lower() in _NO_TLD:
        return None
    start = _local(view.plain, place)
    ssh = view.plain[start:place] == "git" and view.plain[domain.end() : domain.end() + 1] in ":/"
    if start == place or ssh:
        return None
    return Finding(start, domain.end(), "email", "email.form")


def _local(plain: str, place: int) -> int:
    """Where the part before the @ begins; `place` when there is none."""
    start = place
    lowest = max(0, place - LONGEST)
    while start > lowest and (plain[start - 1].isalnum() or plain[start - 1] in "._+-'%&#=!$*/?^~"):
        start -= 1
    while start < place and plain[start] in _TRIM:
        start += 1
    return _after_assignment(plain, start, place)


def _after_assignment(plain: str, start: int, place: int) -> int:
    """Skips `to=` and `/path/` in front of a local part."""
    cut = max(plain.rfind(mark, start, place) for mark in "=/'?&")
    return cut + 1 if start <= cut < place - 1 else start


def login(view: View, place: int) -> Finding | None:
    """The password in `scheme://user:password@host` that ends at the @ at `place`."""
    scheme = view.plain.rfind("://", max(0, place - 200), place)
    if scheme < 0:
        return None
    match = _LOGIN.search(view.plain, max(0, scheme - 20), place)
    if match is None or is_placeholder(match.group(1)):
        return None
    return Finding(match.start(1), match.end(1), "password", "password.url")
