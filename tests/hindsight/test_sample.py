"""Which rows a limit keeps."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from model_router.hindsight.labels import Row
from model_router.hindsight.sample import fingerprint, sample


def rows(count: int, source: str = "s") -> list[Row]:
    return [Row("p", f"{source}{n}", "x", source) for n in range(count)]


def ids(chosen: list[Row]) -> set[str | None]:
    return {row.id for row in chosen}


def test_each_source_has_its_own_limit() -> None:
    """A large source is cut, a small one stays whole, and the order is kept."""
    everything = rows(50, "a") + rows(3, "b")
    chosen = sample(everything, 10)
    assert Counter(row.source for row in chosen) == {"a": 10, "b": 3}
    assert chosen == [row for row in everything if row in chosen]


def test_smallest_hashes_stay() -> None:
    """The kept rows are those with the smallest fingerprints."""
    expected = sorted(map(fingerprint, rows(40)))[:7]
    assert sorted(map(fingerprint, sample(rows(40), 7))) == expected


@given(st.permutations(range(12)), st.integers(1, 12))
def test_order_does_not_change_the_choice(order: list[int], limit: int) -> None:
    """The same rows are kept in whatever order they come."""
    base = rows(12)
    assert ids(sample([base[n] for n in order], limit)) == ids(sample(base, limit))


@given(st.integers(1, 20))
def test_larger_limit_only_adds(limit: int) -> None:
    """Raising the limit keeps every row that was kept."""
    assert ids(sample(rows(25), limit)) <= ids(sample(rows(25), limit + 1))


def test_prompt_stands_in_for_an_id() -> None:
    """Without an id the prompt decides; with one it does not matter."""
    assert fingerprint(Row("p", None, "x", "s")) == fingerprint(Row("q", "x", "other", "t"))
    assert fingerprint(Row("p", None, "\ud800", "s")) > 0


def test_same_in_every_process() -> None:
    """A fixed value: no seed of the process goes into it."""
    assert fingerprint(Row("p", "a", "x", "s")) == 0x27C35E6E9373877F29E562464E46497E
