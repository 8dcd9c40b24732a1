"""A part of many rows, chosen by their hashes: the same rows in every run and every order."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from hashlib import blake2b

from model_router.hindsight.labels import Row


def sample(rows: Iterable[Row], limit: int) -> list[Row]:
    """At most `limit` rows of each source, in the order given. Holds no more rows than that.

    The rows with the smallest hash of their id, or of their prompt without one, are kept, so a
    larger limit only adds rows.
    """
    kept: dict[str, list[tuple[int, int, Row]]] = {}
    for number, row in enumerate(rows):
        heap = kept.setdefault(row.source, [])
        # Negative, so that the heap's first entry is the next to go: the largest hash, and of
        # equal ones the later row.
        entry = (-fingerprint(row), -number, row)
        if len(heap) < limit:
            heapq.heappush(heap, entry)
        elif entry[:2] > heap[0][:2]:
            heapq.heapreplace(heap, entry)
    chosen = [entry for heap in kept.values() for entry in heap]
    return [row for _, _, row in sorted(chosen, key=lambda entry: -entry[1])]


def fingerprint(row: Row) -> int:
    """A number that depends on the row's id alone, or on its prompt when it has none."""
    text = row.prompt if row.id is None else row.id
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest, "big")
