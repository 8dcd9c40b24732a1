"""The public search: every detector over one view, findings sorted and without overlap."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import islice

from model_router.privacy import source
from model_router.privacy.finding import CATEGORIES, CODE, Finding
from model_router.privacy.gate import plain_words

ALL = frozenset(CATEGORIES)
UNREAD = ".too_many"
"""How the code of a finding ends that covers text nobody looked at."""

_RANK = {name: place for place, name in enumerate(CATEGORIES)}


def find(
    text: str,
    *,
    categories: frozenset[str] | None = None,
    code: bool = False,
    limit: int = 100,
) -> tuple[Finding, ...]:
    """The personal and secret data in `text`: sorted by start, none overlapping, at most `limit`.

    `categories` None means all of `CATEGORIES`. `code=True` adds the category `code`. Takes time
    linear in the length and never raises for any str.
    """
    wanted = ALL if categories is None else categories
    if not code and CODE not in wanted and plain_words(text):
        return ()
    found: list[Finding] = []
    for stream in _streams(text, wanted):
        found.extend(islice(stream, limit))
    kept = _apart(f for f in found if not f.code.endswith(UNREAD))
    for finding in found:
        if finding.code.endswith(UNREAD):
            kept = _filled(kept, finding)
    whole = source.scan(text) if code or CODE in wanted else None
    return tuple((_filled(kept, whole) if whole else kept)[:limit])


def contains(text: str, *, categories: frozenset[str] | None = None, code: bool = False) -> bool:
    """Whether `find` would report anything; stops at the first finding."""
    wanted = ALL if categories is None else categories
    if any(next(stream, None) for stream in _streams(text, wanted)):
        return True
    return (code or CODE in wanted) and source.scan(text) is not None


def _streams(text: str, wanted: frozenset[str]) -> Iterator[Iterator[Finding]]:
    if plain_words(text):
        return
    from model_router.privacy import detectors  # plain words need none of them

    for reported, stream in detectors.streams(text, wanted):
        yield _limited(stream, reported)


def _limited(stream: Iterator[Finding], wanted: frozenset[str]) -> Iterator[Finding]:
    """The findings that are wanted. What was left unread counts for any category."""
    for finding in stream:
        if finding.category in wanted:
            yield finding
        elif finding.code.endswith(UNREAD):
            category = min(wanted, key=lambda name: _RANK[name])
            yield Finding(finding.start, finding.end, category, category + UNREAD)


def _apart(found: Iterable[Finding]) -> list[Finding]:
    """Without overlaps: the stronger category stays, then the longer span."""
    ordered = sorted(found, key=lambda f: (_RANK[f.category], f.start - f.end, f.start))
    kept: list[Finding] = []
    for finding in ordered:
        place = bisect_left(kept, finding)
        before = place and kept[place - 1].end > finding.start
        if not before and not (place < len(kept) and kept[place].start < finding.end):
            kept.insert(place, finding)
    return kept


def _filled(kept: list[Finding], wide: Finding) -> list[Finding]:
    """With a wide finding, cut to its first stretch that no other finding covers."""
    start, end = wide.start, wide.end
    for finding in kept:
        if finding.start > start:
            end = min(end, finding.start)
            break
        start = max(start, finding.end)
    if start >= end:
        return kept
    return sorted([*kept, Finding(start, end, wide.category, wide.code)])
