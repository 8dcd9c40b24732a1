"""How much memory may be used, on every kind of machine."""

from __future__ import annotations

import pytest

from model_router.setup.budget import budget_of, with_memory
from model_router.setup.fit import GIB
from model_router.setup.machine import Machine
from tests.support import machines
from tests.support.simulated import gpu, mac, machine

STRIX = gpu(80, "AMD Radeon 8060S", vendor="amd", unified=True)
IRIS = gpu(16, "Iris Xe", vendor="intel", unified=True)

BUDGETS: list[tuple[str, Machine, str, float]] = [
    ("processor alone", machine(32), "cpu", 27.2),
    ("little memory keeps four for the rest", machine(16), "cpu", 12),
    ("a lot keeps 32 at most", machine(512), "cpu", 480),
    ("what is in use does not count", machine(32, available=20), "cpu", 15.2),
    ("too little is nothing, not less", machine(4, available=2), "cpu", 0),
    ("a container", machine(64, available=8, limit=8), "cpu", 6.8),
    ("a small container", machine(64, available=2, limit=2), "cpu", 1.5),
    ("a limit that limits nothing", machine(32, limit=32), "cpu", 27.2),
    ("one NVIDIA card", machine(64, gpu(24)), "gpu", 23),
    ("what its card has free", machine(64, gpu(24, free=20)), "gpu", 19),
    ("two cards are not added up", machine(64, gpu(24), gpu(16)), "gpu", 23),
    ("a card that is too small", machine(32, gpu(4, "GTX 1650")), "cpu", 27.2),
    ("a small card beside less memory", machine(6, gpu(4, "GTX 1650")), "gpu", 3),
    ("a card that is full", machine(32, gpu(24, free=1)), "cpu", 27.2),
    ("integrated Intel", machine(32, IRIS), "cpu", 27.2),
    ("an Intel card", machine(32, gpu(16, "Arc A770", vendor="intel")), "gpu", 15),
    ("AMD, carve-out and GTT", machine(96, STRIX), "unified", 79),
    ("GB10 shares all memory", machine(120, gpu(120, "NVIDIA GB10", unified=True)), "unified", 116),
    ("a Mac of 16 GiB", mac(16), "apple", 16 * 0.67 - 1),
    ("a Mac of 64 GiB", mac(64), "apple", 64 * 0.75 - 1),
    ("a Mac with its limit raised", mac(64, wired=62), "apple", 60),
    ("a Mac with its limit lowered", mac(64, wired=20), "apple", 19),
]  # fmt: skip


@pytest.mark.parametrize(("there", "kind", "most"), [row[1:] for row in BUDGETS],
                         ids=[row[0] for row in BUDGETS])  # fmt: skip
def test_budgets(there: Machine, kind: str, most: float) -> None:
    """Kind and GiB; and a sentence says where it is from."""
    budget = budget_of(there)
    assert budget.kind == kind
    assert budget.bytes / GIB == pytest.approx(most, abs=0.02)
    assert budget.why


def test_pooled_cards() -> None:
    """Only when asked for: 95 % of equal ones, 90 % of different ones."""
    equal = budget_of(machine(64, gpu(24), gpu(24)), pool_gpus=True)
    mixed = budget_of(machine(64, gpu(24), gpu(16, "NVIDIA GeForce RTX 3060")), pool_gpus=True)
    assert (equal.kind, mixed.kind) == ("pooled", "pooled")
    assert equal.bytes / GIB == pytest.approx((48 - 0.6) * 0.95, abs=0.01)
    assert mixed.bytes / GIB == pytest.approx((40 - 0.6) * 0.90, abs=0.01)
    assert budget_of(machine(64, gpu(24)), pool_gpus=True).kind == "gpu"


def test_memory_beside_a_card_is_known() -> None:
    """What would spill over goes there; shared memory has none beside it."""
    assert budget_of(machine(32, gpu(8))).beside / GIB == pytest.approx(27.2, abs=0.01)
    assert budget_of(mac(32)).beside == 0


def test_other_memory_than_there_is() -> None:
    """--ram and --vram answer: what if."""
    assert budget_of(with_memory(machine(8), ram=64 * GIB)).bytes / GIB == pytest.approx(54.4)
    assert budget_of(with_memory(machine(8), vram=24 * GIB)).bytes == 23 * GIB
    assert budget_of(with_memory(machine(64, gpu(8)), vram=48 * GIB)).bytes == 47 * GIB
    assert budget_of(with_memory(machine(64, gpu(8)), vram=0)).kind == "cpu"
    assert budget_of(with_memory(mac(64), vram=24 * GIB)).bytes == 23 * GIB
    assert budget_of(with_memory(mac(16), ram=128 * GIB)).bytes / GIB == pytest.approx(95, abs=0.1)


def test_a_machine_of_which_nothing_is_known() -> None:
    """Every probe failed: there is no budget, and no error."""
    from model_router.setup.machine import Probe

    bare = Machine("linux", "x86_64", *(Probe(None, "failed", "why") for _ in range(6)))  # type: ignore[arg-type]
    assert budget_of(bare).bytes == 0


DUMPS = {
    "amd-discrete": ("gpu", 22.01),
    "amd-no-figures": ("cpu", 4.58),
    "amd-strix-halo": ("unified", 61.79),
    "cgroup-v1": ("cpu", 2.84),
    "cgroup-v1-unlimited": ("cpu", 23.92),
    "container-2g": ("cpu", 1.01),
    "intel-discrete": ("gpu", 10.88),
    "intel-i915": ("gpu", 14.92),
    "mac-m3-16g": ("apple", 9.72),
    "mac-m4-max-rosetta": ("apple", 116.19),
    "nvidia-gb10": ("unified", 108.53),
    "nvidia-no-driver-tool": ("cpu", 23.92),
    "nvidia-two-cards": ("gpu", 21.49),
    "systemd-slice": ("cpu", 5.80),
    "wsl": ("gpu", 13.55),
}


@pytest.mark.parametrize("name", machines.NAMES)
def test_budgets_of_machines_that_were_probed(name: str) -> None:
    """From the files and commands of a machine to its budget; every machine has its row.

    What a Mac has left is psutil's to say, which is not in the files.
    """
    budget = budget_of(machines.machine(name))
    if name == "mac-intel":
        assert budget.kind == "cpu"
        return
    assert (budget.kind, round(budget.bytes / GIB, 2)) == DUMPS[name]
