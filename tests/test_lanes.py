"""Lanes: points of all routes in one integer."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.lanes import (
    BIAS,
    COMPLEXITY_LANE,
    HALF,
    LANE_BITS,
    LANES,
    RISK_LANE,
    pack,
    packed,
    unpack,
)
from model_router.types import ROUTES


def _tables(width: int) -> st.SearchStrategy[list[list[int]]]:
    """Rows of so many numbers that a lane holds."""
    numbers = st.integers(-HALF, HALF - 1)
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
