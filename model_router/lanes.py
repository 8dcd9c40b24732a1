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
    write = Struct(f"<{width}i").pack
    return _read_rows(b"".join([write(*row) for row in table]), width)


def packed_halves(data: bytes, width: int) -> list[int]:
    """The same for rows of `width` numbers of 16 bits, two's complement, the highest byte first."""
    high, wide = data[::2], bytearray(2 * len(data))
    wide[::4], wide[1::4] = data[1::2], high
    wide[2::4] = wide[3::4] = high.translate(_SIGNS)
    return _read_rows(wide, width)


_SIGNS = bytes(128) + b"\xff" * 128
"""What stands above a number of 16 bits in a lane, by its highest byte."""


def _read_rows(lanes: bytes | bytearray, width: int) -> list[int]:
    signs, size = BIAS & ((1 << LANE_BITS * width) - 1), LANE_BITS // 8 * width
    read = int.from_bytes  # looked up once: there are thousands of rows
    starts = range(0, len(lanes), size or 1)
    # Turning each lane's sign over and taking it away again makes a negative number borrow.
    return [(read(lanes[at : at + size], "little") ^ signs) - signs for at in starts]


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
