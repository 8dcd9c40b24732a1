"""Speed: ranges and words with their basis, never one number."""

from __future__ import annotations

import pytest

from model_router.setup.budget import budget_of
from model_router.setup.machine import Machine
from model_router.setup.speed import BANDWIDTH, Speed, bandwidth, speed
from tests.support.simulated import gpu, mac, machine

GB = 10**9


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("NVIDIA GeForce RTX 4090", 1008),
        ("NVIDIA GeForce RTX 4060 Ti", 288),
        ("NVIDIA GeForce RTX 4060", 272),
        ("NVIDIA GeForce RTX 4070 Ti SUPER", 672),
        ("NVIDIA GeForce RTX 3080 Ti", None),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", None),
        ("NVIDIA GeForce RTX 4090 D", None),
        ("NVIDIA H100 80GB HBM3", 3350),
        ("NVIDIA H100 PCIe", None),
        ("NVIDIA L4", 300),
        ("NVIDIA L40S", 864),
        ("Tesla T4", 320),
        ("AMD Radeon RX 7900 XT", 800),
        ("AMD Radeon RX 7900 XTX", 960),
        ("Apple M3", 100),
        ("Apple M3 Max", 400),
        ("Apple M4 Ultra", None),
        ("Intel(R) Arc(TM) A770", None),
        ("RTX 40901", None),
        (None, None),
    ],
)
def test_a_device_is_found_by_its_very_name(name: str | None, rate: float | None) -> None:
    """A relative with nearly the same name is not taken for it."""
    assert bandwidth(name) == rate


@pytest.mark.parametrize("name", BANDWIDTH)
def test_every_row_of_the_table_is_found(name: str) -> None:
    """No row hides another."""
    assert bandwidth(name) == BANDWIDTH[name]


def of(there: Machine, weights: int = 16 * GB, share: float = 1.0, quant: str = "Q4_K_M",
       partial: bool = False) -> Speed | None:  # fmt: skip
    """The speed of a model on a machine."""
    return speed(budget_of(there), there, weights=weights, share=share, kv_per_token=0,
                 quantisation=quant, partial=partial)  # fmt: skip


def test_a_dense_model_on_a_card() -> None:
    """0.55 of 1008 GB/s over 16 GB is 35 tokens/s; from 0.6 to 1.6 times of it is shown."""
    found = of(machine(64, gpu(24)))
    assert found is not None
    assert (found.low, found.high, found.confidence) == (21, 55, "medium")
    assert found.band == "readable to fluent"
    assert found.basis == "1008 GB/s of NVIDIA GeForce RTX 4090"


def test_experts_that_are_not_read_cost_no_time() -> None:
    """Only their active share is read, and never less than a twentieth."""
    dense, sparse, least = (of(machine(64, gpu(24)), share=s) for s in (1.0, 0.1, 0.001))
    assert dense is not None
    assert sparse is not None
    assert least is not None
    assert sparse.middle == pytest.approx(10 * dense.middle, rel=0.02)
    assert least.middle == pytest.approx(20 * dense.middle, rel=0.02)


def test_a_processor_is_a_guess() -> None:
    """Its bandwidth is assumed, the range is wide, and the basis says so."""
    found = of(machine(64), weights=5 * GB)
    assert found is not None
    assert (found.confidence, found.basis) == ("low", "assumed 50 GB/s")
    assert found.high / max(1, found.low) > 4


def test_backends_and_quantisations_differ() -> None:
    """Apple gets less out of its bandwidth than NVIDIA; eight bits less than four."""
    apple, card = of(mac(64, "Apple M3 Max")), of(machine(64, gpu(24)))
    eight = of(machine(64, gpu(24)), quant="Q8_0")
    assert apple is not None
    assert card is not None
    assert eight is not None
    assert apple.middle == pytest.approx(0.82 * card.middle * 400 / 1008, rel=0.02)
    assert eight.middle == pytest.approx(card.middle * 0.45 / 0.55, rel=0.02)


def test_spilling_over_is_slow_and_uncertain() -> None:
    """0.45 of the speed, and a wider range."""
    whole, partial = of(machine(64, gpu(24))), of(machine(64, gpu(24)), partial=True)
    assert whole is not None
    assert partial is not None
    assert partial.middle == pytest.approx(0.45 * whole.middle, rel=0.02)
    assert partial.confidence == "low"


def test_an_unknown_card_has_no_speed() -> None:
    """Nothing is made up."""
    assert of(machine(64, gpu(24, "A new card"))) is None


def test_a_range_is_never_empty() -> None:
    """Of the slowest thing there is, the upper end is still 1."""
    found = of(machine(64), weights=10**15)
    assert found is not None
    assert (found.low, found.high, found.band) == (0, 1, "batch")
