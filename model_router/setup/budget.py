"""How much memory models may take on a machine, by the kind of machine. Bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from model_router.setup.fit import GIB
from model_router.setup.machine import Accelerator, Machine, Probe

GPU_RESERVE = GIB
APPLE_RESERVE = 4 * GIB
POOL_LOSS = 3 * GIB // 10
SMALL_APPLE = 36 * GIB
LEAST_GPU = 4 * GIB
"""A card that leaves less holds no model for agents; the memory beside it counts then."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be taken, of what, and why that much."""

    kind: str
    """gpu | pooled | apple | unified | cpu"""
    bytes: int
    why: str
    """One sentence: what it was computed from."""
    device: str | None = None
    vendor: str | None = None
    beside: int = 0
    """RAM that a model may spill into beside a discrete GPU."""


def budget_of(machine: Machine, *, pool_gpus: bool = False) -> Budget:
    """The budget of a machine: of its best accelerator, else of its memory."""
    apple = [one for one in machine.accelerators if one.vendor == "apple"]
    if apple:
        return _apple(machine, apple[0])
    beside, said = _memory(machine)
    usable = [one for one in machine.accelerators if _worth(one) and _free(one) > GPU_RESERVE]
    discrete = [one for one in usable if not one.unified]
    if pool_gpus and len(discrete) > 1:
        return _pooled(discrete, beside)
    if discrete:
        found = _gpu(max(discrete, key=_free), beside)
        if found.bytes >= LEAST_GPU or beside <= found.bytes:
            return found
        return Budget("cpu", beside, f"{said}; {found.device} is too small", machine.cpu_name.value)
    if usable:
        return _unified(max(usable, key=_free), machine)
    return Budget("cpu", beside, said, machine.cpu_name.value)


def with_memory(machine: Machine, ram: int | None = None, vram: int | None = None) -> Machine:
    """The machine as it would be with other memory, for questions of the kind "what if"."""
    if ram is not None:
        given = Probe(ram, "given")
        machine = replace(machine, ram_total=given, ram_available=given,
                          ram_limit=Probe(None, "given"))  # fmt: skip
        machine = replace(machine, accelerators=tuple(
            replace(one, total_bytes=ram, free_bytes=ram) if one.unified else one
            for one in machine.accelerators))  # fmt: skip
    if vram is None:
        return machine
    if vram and any(one.vendor == "apple" for one in machine.accelerators):
        return replace(machine, wired_limit=Probe(vram, "given"))
    known = machine.accelerators[:1] or (Accelerator("unknown", "a GPU", None, None),)
    one = replace(known[0], total_bytes=vram, free_bytes=vram, source="given")
    return replace(machine, accelerators=(one,) if vram else ())


def _gpu(one: Accelerator, beside: int) -> Budget:
    said = "free" if one.free_bytes is not None else "in all, what is free is not known"
    why = f"{_gib(_free(one))} on {one.name} {said}, less 1 GiB"
    return Budget("gpu", _free(one) - GPU_RESERVE, why, one.name, one.vendor, beside)


def _pooled(many: Sequence[Accelerator], beside: int) -> Budget:
    mixed = len({one.name for one in many}) > 1
    total = sum(map(_free, many)) - POOL_LOSS * len(many)
    share = 90 if mixed else 95
    why = f"{len(many)} GPUs taken together: {share} % of {_gib(total)}"
    slowest = many[0].name if not mixed else None
    return Budget("pooled", total * share // 100, why, slowest, many[0].vendor, beside)


def _apple(machine: Machine, one: Accelerator) -> Budget:
    ram = machine.ram_total.value or one.total_bytes or 0
    wired = machine.wired_limit.value if machine.wired_limit else None
    if wired:
        working, said = wired, "the wired limit that was set"
    elif one.free_bytes is not None and one.free_bytes != one.total_bytes:
        working, said = one.free_bytes, "what Metal reports"
    else:
        share = 67 if ram <= SMALL_APPLE else 75
        working, said = ram * share // 100, f"{share} % of {_gib(ram)}, Metal's usual share"
    taken = max(0, min(working - GPU_RESERVE, ram - APPLE_RESERVE))
    why = f"{said}, less 1 GiB, and at most all memory less 4 GiB"
    return Budget("apple", taken, why, one.name, "apple")


def _unified(one: Accelerator, machine: Machine) -> Budget:
    taken, why = _free(one) - GPU_RESERVE, f"{_gib(_free(one))} that {one.name} can use, less 1 GiB"
    ram = machine.ram_available.value
    if one.vendor == "nvidia" and ram is not None and ram - APPLE_RESERVE < taken:
        taken, why = max(0, ram - APPLE_RESERVE), f"{_gib(ram)} of shared memory, less 4 GiB"
    return Budget("unified", taken, why, one.name, one.vendor)


def _memory(machine: Machine) -> tuple[int, str]:
    total = machine.ram_total.value or 0
    free = total if machine.ram_available.value is None else machine.ram_available.value
    kept = min(max(total * 15 // 100, 4 * GIB), 32 * GIB)
    taken, why = free - kept, f"{_gib(free)} of memory available, less {_gib(kept)}"
    limit = machine.ram_limit.value
    if limit is not None and limit < total - kept:
        # What the rest of the machine needs lies outside of a container's limit.
        inside, left = max(limit * 15 // 100, GIB // 2), min(limit, free)
        taken = left - inside
        why = f"{_gib(left)} left of a limit of {_gib(limit)}, less {_gib(inside)}"
    return max(0, taken), why


def _worth(one: Accelerator) -> bool:
    """Whether models run better on it than on the processor; integrated Intel ones do not."""
    return not (one.vendor == "intel" and one.unified)


def _free(one: Accelerator) -> int:
    return (one.total_bytes if one.free_bytes is None else one.free_bytes) or 0


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
