"""What this machine is. Every probe says where its value is from, and fails alone."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from functools import partial

from model_router.setup.apple import apple_machine
from model_router.setup.cgroups import core_quota, memory_groups, memory_left, memory_limit
from model_router.setup.gpus import Nvml, accelerators, nvml_rows
from model_router.setup.machine import Machine, Probe
from model_router.setup.probe import (
    Host,
    Run,
    disk_free,
    first,
    probed,
    psutil_figure,
    run_command,
    system_name,
)

FLAGS = frozenset(
    ("avx", "avx2", "f16c", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile",
     "amx_int8", "amx_bf16", "asimd", "asimddp", "i8mm", "bf16", "sve", "sve2", "sme")
)  # fmt: skip
"""The vector extensions that model servers are built for."""

_ARCHITECTURES = {"amd64": "x86_64", "x64": "x86_64", "aarch64": "arm64"}


def read_machine(
    environ: Mapping[str, str],
    disk: str,
    *,
    root: str = "/",
    run: Run | None = None,
    system: str | None = None,
    architecture: str | None = None,
    nvml: Nvml = nvml_rows,
    usable: Callable[[], int] | None = None,
) -> Machine:
    """What this machine is. `disk` is a path on the file system whose room is told."""
    system = system or system_name()
    named = (architecture or platform.machine()).lower()
    host = Host(root, environ, run or partial(run_command, environ=environ), system,
                _ARCHITECTURES.get(named, named))  # fmt: skip
    if system == "darwin":
        return apple_machine(host, disk)
    total = ram_total(host)
    groups = memory_groups(host)
    limit = memory_limit(host, groups, total.value)
    found = accelerators(host, total.value, nvml)
    return Machine(
        system=system,
        architecture=host.architecture,
        ram_total=total,
        ram_available=_available(host, memory_left(groups)),
        ram_limit=limit,
        cpu_name=cpu_name(host),
        cpu_cores=cores(host, usable or usable_cores),
        cpu_flags=cpu_flags(host),
        accelerators=found.accelerators,
        disk_free=disk_free(disk),
        wsl=is_wsl(host),
        problems=found.problems,
    )


def _meminfo(host: Host, key: str) -> Probe[int]:
    def read() -> int:
        rows = dict(row.split(":", 1) for row in host.read("proc/meminfo").splitlines()
                    if ":" in row)  # fmt: skip
        return int(rows[key].split()[0]) * 1024

    return probed(f"/proc/meminfo {key}", read)


def ram_total(host: Host) -> Probe[int]:
    """The machine's memory, limits not counted."""
    return first(lambda: _meminfo(host, "MemTotal"), lambda: psutil_figure("total"))


def _available(host: Host, left: tuple[int, str] | None) -> Probe[int]:
    """What can be had now: what the system says, or what a limit leaves, if that is less."""
    found = first(lambda: _meminfo(host, "MemAvailable"), lambda: psutil_figure("available"))
    if left is None or (found.value is not None and found.value <= left[0]):
        return found
    return Probe(left[0], left[1].replace("memory.max", "memory.max - memory.current"))


def usable_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cores(host: Host, usable: Callable[[], int]) -> Probe[int]:
    """Cores that may be used: those of this process, or fewer where a quota allows fewer."""
    allowed, quota = usable(), core_quota(host)
    if quota is not None and quota[0] < allowed:
        return Probe(quota[0], quota[1])
    return Probe(allowed, "affinity" if host.system == "linux" else "os.cpu_count")


def _cpuinfo(host: Host, *keys: str) -> str:
    """The first value of one of the keys in /proc/cpuinfo. Raises KeyError and OSError."""
    for line in host.read("proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        if key.strip() in keys and value.strip():
            return value.strip()
    raise KeyError(keys[0])


def cpu_name(host: Host) -> Probe[str]:
    """The processor's name."""
    if host.system == "linux":
        return first(
            lambda: probed("/proc/cpuinfo", lambda: _cpuinfo(host, "model name", "Model")),
            lambda: probed("device tree", lambda: host.read(
                "proc/device-tree/model").strip("\0 \n") or None),
        )  # fmt: skip
    return probed("PROCESSOR_IDENTIFIER", lambda: host.environ["PROCESSOR_IDENTIFIER"])


def cpu_flags(host: Host) -> Probe[tuple[str, ...]]:
    """Vector extensions, as the kernel names them."""
    if host.system != "linux":
        return Probe(None, host.system, "not told by this system")
    return probed(
        "/proc/cpuinfo",
        lambda: tuple(sorted(FLAGS.intersection(_cpuinfo(host, "flags", "Features").split()))),
    )


def is_wsl(host: Host) -> bool:
    """Whether this Linux runs inside Windows: its memory is then the virtual machine's."""
    try:
        return "microsoft" in host.read("proc/sys/kernel/osrelease").lower()
    except OSError:
        return False
