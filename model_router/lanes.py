"""Points packed into one integer: a lane for each route, one for complexity and one for risk.

One addition adds the points of a signal to every lane.
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct

from model_router.types import ROUTES

LANES = len(ROUTES) - 1  # confirmation is never chosen by points
COMPLEXITY_LANE = LANES
RISK_LANE = LANES + 1
LANE_BITS = 16
_UNPACK = Struct(f"<{LANES + 2}H").unpack
_HALF = 1 << (LANE_BITS - 1)
BIAS = sum(_HALF << (LANE_BITS * lane) for lane in range(LANES + 2))
"""Added once before the lanes are read, so that negative sums do not borrow from a neighbour."""


def pack(adds: Mapping[str, int], complexity: int = 0, risk: int = 0) -> int:
    """Route points, complexity and risk as one integer: one addition adds them all."""
    total = sum(points << (LANE_BITS * ROUTES.index(route)) for route, points in adds.items())
    total += complexity << (LANE_BITS * COMPLEXITY_LANE)
    return total + (risk << (LANE_BITS * RISK_LANE))


def unpack(total: int) -> list[int]:
    """The lanes of a sum: points of the seven routes, then complexity, then risk."""
    lanes = _UNPACK((total + BIAS).to_bytes(2 * LANES + 4, "little"))
    return [lane - _HALF for lane in lanes]
