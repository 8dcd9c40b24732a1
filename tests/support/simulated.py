"""Machines of all kinds, as scans of real ones describe them."""

from __future__ import annotations

from model_router.setup.fit import GIB
from model_router.setup.machine import Accelerator, Machine, Probe


def machine(
    ram: int = 32,
    *accelerators: Accelerator,
    available: int | None = None,
    limit: int | None = None,
    wired: int | None = None,
    system: str = "linux",
) -> Machine:
    """A machine with so many GiB."""
    return Machine(
        system=system,
        architecture="arm64" if system == "darwin" else "x86_64",
        ram_total=Probe(ram * GIB, "test"),
        ram_available=Probe((ram if available is None else available) * GIB, "test"),
        ram_limit=Probe(None if limit is None else limit * GIB, "test"),
        cpu_name=Probe("A processor", "test"),
        cpu_cores=Probe(8, "test"),
        cpu_flags=Probe(("avx2",), "test"),
        accelerators=accelerators,
        wired_limit=None if wired is None else Probe(wired * GIB, "test"),
    )


def gpu(
    total: int,
    name: str = "NVIDIA GeForce RTX 4090",
    *,
    free: int | None = None,
    vendor: str = "nvidia",
    unified: bool = False,
) -> Accelerator:
    """An accelerator with so many GiB, all of them free unless said."""
    left = (total if free is None else free) * GIB
    return Accelerator(vendor, name, total * GIB, left, unified, "test")


def mac(ram: int, name: str = "Apple M3 Max", wired: int | None = None) -> Machine:
    """A Mac whose memory is shared."""
    shared = gpu(ram, name, vendor="apple", unified=True)
    return machine(ram, shared, wired=wired, system="darwin")
