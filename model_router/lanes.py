"""Points packed into one integer: a lane for each route, then complexity and risk.

One addition adds the points of a signal, or the weights of a word, to every lane. Signals count in
whole points; sums that hold weights count in sixteenths of a point (`UNIT`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from struct import Struct

from model_router.types import ROUTES

LANES = len(ROUTES) - 1  # confirmation is never chosen by points
COMPLEXITY_LANE = LANES
RISK_LANE = LANES + 1
LANE_BITS = 32
UNIT = 16
SIZE = 4 * (LANES + 2)
"""Bytes of a sum."""
READ = Struct(f"<{LANES + 2}I").unpack
"""Reads the bytes of a sum with BIAS added: each lane plus HALF."""
HALF = 1 << (LANE_BITS - 1)
BIAS = sum(HALF << (LANE_BITS * lane) for lane in range(LANES + 2))
"""Added once before the lanes are read, so that negative sums do not borrow from a neighbour."""


def pack(adds: Mapping[str, int], complexity: int = 0, risk: int = 0) -> int:
    """Route points, complexity and risk as one integer: one addition adds them all."""
    total = sum(points << (LANE_BITS * ROUTES.index(route)) for route, points in adds.items())
    total += complexity << (LANE_BITS * COMPLEXITY_LANE)
    return total + (risk << (LANE_BITS * RISK_LANE))


def unpack(total: int) -> list[int]:
    """The lanes of a sum: points of the seven routes, then complexity and risk."""
    return [lane - HALF for lane in READ((total + BIAS).to_bytes(SIZE, "little"))]


def lane_of(total: int, lane: int) -> int:
    """One lane of a sum."""
    return ((total + BIAS) >> (LANE_BITS * lane) & (2 * HALF - 1)) - HALF


def packed(rows: Iterable[Sequence[int]]) -> list[int]:
    """For each row the sum whose first lanes it holds; the others are 0. Rows are of one length."""
    table = [*rows]
    width = len(table[0]) if table else 0
    write, signs = Struct(f"<{width}i").pack, BIAS & ((1 << LANE_BITS * width) - 1)
    read = int.from_bytes  # looked up once: there are thousands of rows
    # Turning each lane's sign over and taking it away again makes a negative number borrow.
    return [(read(write(*row), "little") ^ signs) - signs for row in table]


def summed(lanes: Sequence[int], marks: Sequence[int], fired: int) -> tuple[int, int]:
    """For bits that stand for rows: the sum of their lanes, and all their marks."""
    total = seen = 0
    while fired:
        row = fired.bit_length() - 1
        total += lanes[row]
        seen |= marks[row]
        fired ^= 1 << row
    return total, seen


def leading(total: bytes) -> tuple[int, int]:
    """The route with the most points, the first of them, and the complexity lane plus HALF, of
    the bytes of a sum."""
    lanes = READ(total)
    points = lanes[:LANES]
    return points.index(max(points)), lanes[COMPLEXITY_LANE]
