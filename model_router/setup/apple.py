"""Macs, whose processors and GPU share one memory: sysctl and vm_stat."""

from __future__ import annotations

import re
from collections.abc import Mapping

from model_router.setup.machine import Accelerator, Machine, Probe
from model_router.setup.probe import (
    CommandFailed,
    Host,
    disk_free,
    first,
    probed,
    psutil_figure,
    reason,
)

APPLE_FLAGS = ("hw.optional.arm.FEAT_DotProd", "hw.optional.arm.FEAT_I8MM",
               "hw.optional.arm.FEAT_BF16", "hw.optional.arm.FEAT_SME")  # fmt: skip


def _sysctl(host: Host, *names: str) -> dict[str, str]:
    """Values by name, those that this system has. Raises CommandFailed."""
    text = host.run(["/usr/sbin/sysctl", *names])
    rows = (line.partition(":") for line in text.splitlines())
    return {key.strip(): value.strip() for key, _, value in rows if value.strip()}


def apple_machine(host: Host, disk: str) -> Machine:
    """A Mac, whose processors share the memory."""
    problems: tuple[str, ...] = ()
    try:
        rows = _sysctl(host, "-i", "hw.memsize", "hw.logicalcpu", "machdep.cpu.brand_string",
                       "iogpu.wired_limit_mb", "sysctl.proc_translated", *APPLE_FLAGS)  # fmt: skip
    except CommandFailed as error:
        rows, problems = {}, (reason(error),)
    arm = host.architecture == "arm64" or rows.get("sysctl.proc_translated") == "1"
    total = first(lambda: probed("sysctl hw.memsize", lambda: int(rows["hw.memsize"])),
                  lambda: psutil_figure("total"))  # fmt: skip
    name = probed("sysctl machdep.cpu.brand_string", lambda: rows["machdep.cpu.brand_string"])
    flags = tuple(sorted(
        key.rpartition("FEAT_")[2].lower() for key in APPLE_FLAGS if rows.get(key) == "1"
    ))  # fmt: skip
    gpu = Accelerator("apple", name.value or "Apple GPU", total.value, None, True,
                      "sysctl hw.memsize")  # fmt: skip
    return Machine(
        system="darwin",
        architecture="arm64" if arm else host.architecture,
        ram_total=total,
        ram_available=first(lambda: probed("vm_stat", lambda: vm_stat(host.run(
            ["/usr/bin/vm_stat"]))), lambda: psutil_figure("available")),
        ram_limit=Probe(None, "darwin"),
        cpu_name=name,
        cpu_cores=probed("sysctl hw.logicalcpu", lambda: int(rows["hw.logicalcpu"])),
        cpu_flags=Probe(flags, "sysctl hw.optional") if rows else Probe(None, "sysctl hw.optional"),
        accelerators=(gpu,) if arm else (),
        wired_limit=_wired(rows),
        disk_free=disk_free(disk),
        problems=problems,
    )  # fmt: skip


def _wired(rows: Mapping[str, str]) -> Probe[int]:
    """What the GPU may wire, where somebody set it; 0 means that nobody did."""
    source = "sysctl iogpu.wired_limit_mb"
    return probed(source, lambda: int(rows.get("iogpu.wired_limit_mb", "0")) * 2**20 or None)


def vm_stat(text: str) -> int:
    """Free and quickly freed bytes in vm_stat's answer. Raises ValueError and KeyError."""
    size = re.search(r"page size of (\d+) bytes", text)
    if size is None:
        raise ValueError("vm_stat does not tell its page size")
    pages = dict(re.findall(r"^Pages ([a-z ]+):\s+(\d+)\.", text, re.MULTILINE))
    return int(size[1]) * (int(pages["free"]) + int(pages["inactive"]))
