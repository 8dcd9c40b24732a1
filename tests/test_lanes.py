"""Lanes: points of all routes in one integer."""

from __future__ import annotations

import struct
from functools import reduce
from operator import or_

from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.lanes import (
    BIAS,
    COMPLEXITY_LANE,
    HALF,
    LANE_BITS,
    LANES,
    RISK_LANE,
    lane_of,
    leading,
    pack,
    packed,
    packed_halves,
    summed,
    unpack,
)
from model_router.types import ROUTES


def _tables(width: int, half: int = HALF) -> st.SearchStrategy[list[list[int]]]:
    """Rows of so many numbers that a lane holds, or half a lane."""
    numbers = st.integers(-half, half - 1)
    return st.lists(st.lists(numbers, min_size=width, max_size=width), max_size=20)


class TestLanes:
    @settings(max_examples=500)
    @given(
        st.lists(
            st.tuples(
                st.dictionaries(st.sampled_from(ROUTES[:-1]), st.integers(-100, 100)),
                st.integers(-100, 100),
                st.integers(-100, 100),
            ),
            max_size=150,
        )
    )
    def test_one_addition_adds_every_lane(
        self, rows: list[tuple[dict[str, int], int, int]]
    ) -> None:
        """The sum of packed points unpacks to the sums of the points, negative ones included."""
        lanes = unpack(sum(pack(*row) for row in rows))
        for i, route in enumerate(ROUTES[:-1]):
            assert lanes[i] == sum(adds.get(route, 0) for adds, _, _ in rows)
        assert lanes[COMPLEXITY_LANE] == sum(row[1] for row in rows)
        assert lanes[RISK_LANE] == sum(row[2] for row in rows)
        assert len(lanes) == LANES + 2
        total = sum(pack(*row) for row in rows)
        assert [lane_of(total, lane) for lane in range(LANES + 2)] == lanes

    def test_nothing(self) -> None:
        """No points are zero in every lane."""
        assert unpack(0) == [0] * (LANES + 2)
        assert BIAS > 0

    @given(st.integers(1, LANES + 1).flatmap(_tables))
    def test_rows_are_packed_as_points_are(self, table: list[list[int]]) -> None:
        """Each row gives the sum of its numbers, each in its lane, negative ones included."""
        sums = [sum(n << (LANE_BITS * i) for i, n in enumerate(row)) for row in table]
        assert packed(table) == sums

    def test_no_rows(self) -> None:
        """Without rows there is no sum."""
        assert packed([]) == []
        assert packed_halves(b"", 3) == []

    @given(st.integers(1, LANES + 1).flatmap(lambda width: _tables(width, 2**15)))
    def test_halves_are_packed_as_rows_are(self, table: list[list[int]]) -> None:
        """Numbers of 16 bits from their bytes give what the numbers give."""
        data = b"".join(n.to_bytes(2, "big", signed=True) for row in table for n in row)
        assert packed_halves(data, len(table[0]) if table else 1) == packed(table)


_LANE = st.integers(-(2**20), 2**20)
_ROWS = st.lists(
    st.tuples(st.lists(_LANE, min_size=LANES + 2, max_size=LANES + 2), st.integers(0, 2**64 - 1)),
    min_size=1,
    max_size=80,
)


class TestSums:
    @settings(max_examples=300, deadline=None)
    @given(_ROWS, st.data())
    def test_the_rows_whose_bits_are_set(
        self, rows: list[tuple[list[int], int]], data: st.DataObject
    ) -> None:
        """Whichever rows are asked for: the sum of their lanes, and every mark that one has."""
        lanes = [sum(n << (LANE_BITS * i) for i, n in enumerate(row)) for row, _ in rows]
        marks = [mark for _, mark in rows]
        fired = data.draw(st.integers(0, (1 << len(rows)) - 1))
        wanted = [i for i in range(len(rows)) if fired >> i & 1]
        total, seen = summed(lanes, marks, fired)
        assert total == sum(lanes[i] for i in wanted)
        assert seen == reduce(or_, (marks[i] for i in wanted), 0)

    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.integers(0, 2 * HALF - 1), min_size=LANES + 2, max_size=LANES + 2))
    def test_the_leading_route(self, lanes: list[int]) -> None:
        """The first of those with the most points, and the complexity lane as it stands."""
        route, hard = leading(struct.pack(f"<{LANES + 2}I", *lanes))
        assert route == lanes.index(max(lanes[:LANES]))
        assert hard == lanes[COMPLEXITY_LANE]
