"""How fast a model writes, as a range. Bandwidth divided by what is read for each token.

Never one number: what the driver, the depth of the conversation and the quantisation do is larger
than what a formula knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from model_router.setup.budget import Budget
from model_router.setup.machine import Machine

DEPTH = 8192
"""Tokens of conversation that are read along for each new one."""

BANDWIDTH: dict[str, float] = {
    "rtx 5090": 1792, "rtx 5080": 960, "rtx 5070 ti": 896, "rtx 5070": 672, "rtx 5060 ti": 448,
    "rtx 4090": 1008, "rtx 4080 super": 736, "rtx 4070 ti super": 672, "rtx 4070": 504,
    "rtx 4060 ti": 288, "rtx 4060": 272, "rtx 3090": 936, "rtx 3080": 760, "rtx 3060": 360,
    "rtx 2080 ti": 616, "h100 80gb hbm3": 3350, "h200": 4800, "a100-sxm4-80gb": 2039,
    "a100 80gb": 2039, "l40s": 864, "l4": 300, "t4": 320, "rtx a6000": 768,
    "rx 7900 xtx": 960, "rx 7900 xt": 800, "rx 9070 xt": 624, "rx 6900 xt": 512, "mi300x": 5300,
    "strix halo": 256, "radeon 8060s": 256,
    "apple m1": 68, "apple m1 pro": 200, "apple m1 max": 400, "apple m1 ultra": 800,
    "apple m2": 100, "apple m2 pro": 200, "apple m2 max": 400, "apple m2 ultra": 800,
    "apple m3": 100, "apple m3 pro": 150, "apple m3 max": 400, "apple m3 ultra": 800,
    "apple m4": 120, "apple m4 pro": 273, "apple m4 max": 546,
    "apple m5": 153.6, "apple m5 pro": 307, "apple m5 max": 614,
}  # fmt: skip
"""GB/s by device, lower case. A device whose name is not here has no entry close to it."""

CPU_BANDWIDTH = 50.0
"""GB/s of two channels of DDR4, which is assumed of every processor."""

BACKENDS = {"nvidia": 1.0, "apple": 0.82, "amd": 0.78, "intel": 0.65}
SPREAD = {"medium": (0.6, 1.6), "low": (0.35, 2.0)}
BANDS = ((60, "instant"), (25, "fluent"), (10, "readable"), (3, "slow"), (0, "batch"))
OFFLOAD = 0.45
LEAST_READ = 0.05

_OTHER_MODEL = re.compile(r"\b(ti|super|xt|xtx|pro|max|ultra|laptop|mobile|max-q|d|pcie|gre)\b")


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second: from, to, the words for both, and where it is from."""

    low: int
    high: int
    band: str
    confidence: str
    """medium | low"""
    basis: str
    middle: float
    """What comparisons use; not for people, who would believe it."""


def bandwidth(name: str | None) -> float | None:
    """GB/s of a device by its name; None when the table has none of that very model."""
    text = " ".join((name or "").lower().replace("(tm)", " ").replace("(r)", " ").split())
    for known in sorted(BANDWIDTH, key=len, reverse=True):
        found = re.search(rf"\b{re.escape(known)}\b", text)
        if found:
            rest = text[found.end() :]
            return None if _OTHER_MODEL.search(rest) else BANDWIDTH[known]
    return None


def speed(
    budget: Budget,
    machine: Machine,
    *,
    weights: int,
    share: float,
    kv_per_token: int,
    quantisation: str | None,
    partial: bool = False,
) -> Speed | None:
    """The range for a model; None when nothing is known of the device's bandwidth.

    `share` is the part of the weights that is read for a token: 1 for a dense model.
    """
    on_cpu = budget.kind == "cpu"
    rate = CPU_BANDWIDTH if on_cpu else bandwidth(budget.device)
    if rate is None:
        return None
    read = weights * max(share, LEAST_READ) + kv_per_token * DEPTH
    factor = efficiency(quantisation) * (1.0 if on_cpu else BACKENDS.get(budget.vendor or "", 1.0))
    middle = factor * rate * 1e9 / read * (OFFLOAD if partial else 1.0)
    confidence = "low" if on_cpu or partial else "medium"
    below, above = SPREAD[confidence]
    low, high = max(0, round(middle * below)), max(1, round(middle * above))
    basis = f"{'assumed ' if on_cpu else ''}{rate:g} GB/s"
    basis += "" if on_cpu else f" of {budget.device}"
    return Speed(low, high, _words(low, high), confidence, basis, round(middle, 1))


def efficiency(quantisation: str | None) -> float:
    """The part of the bandwidth that a quantisation gets out of the hardware."""
    name = (quantisation or "").upper()
    if name.startswith(("F16", "BF16", "F32")):
        return 0.40
    return 0.45 if name.startswith(("Q8", "Q6")) else 0.55


def _words(low: int, high: int) -> str:
    first, last = _band(low), _band(high)
    return first if first == last else f"{first} to {last}"


def _band(rate: int) -> str:
    return next(word for least, word in BANDS if rate >= least)
