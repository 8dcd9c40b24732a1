"""Graphics processors: NVIDIA through NVML or nvidia-smi, AMD and Intel through sysfs.

Where a GPU shares the machine's memory, its own figures mislead: AMD's count the part that the
firmware set aside, so what it may map beyond it (GTT) is added; NVIDIA's say nothing at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from model_router.setup.machine import Accelerator
from model_router.setup.probe import CommandFailed, Host, reason

MIB = 2**20
SHARED_NVIDIA = re.compile(r"\b(GB10|Orin|Thor|Xavier|Tegra)\b", re.IGNORECASE)
"""NVIDIA's processors whose memory is the machine's."""

SHARED_AMD = frozenset(
    ("0x1586", "0x150e", "0x1114", "0x15bf", "0x15c8", "0x1900", "0x1901", "0x1681", "0x164d",
     "0x1638", "0x1636", "0x164c", "0x164e", "0x1506", "0x15e7", "0x163f", "0x15dd", "0x15d8")
)  # fmt: skip
"""PCI devices of AMD that are part of a processor, Raven Ridge to Strix Halo."""

SMALL_CARVE_OUT = 1024 * MIB
"""An AMD GPU with no more memory of its own is part of a processor, whatever its device."""

_CARD = re.compile(r"card\d+")
_WSL_SMI = ("usr", "lib", "wsl", "lib", "nvidia-smi")


class Found(NamedTuple):
    """Accelerators, and a line for each probe that failed."""

    accelerators: tuple[Accelerator, ...] = ()
    problems: tuple[str, ...] = ()


Nvml = Callable[[], list[Accelerator] | None]
"""What NVML says; None where its Python module is not installed."""


def accelerators(host: Host, ram: int | None, nvml: Nvml) -> Found:
    """Every accelerator that can be told, in the order of the probes."""
    found = [nvidia(host, ram, nvml), *(probe(host) for probe in (amd, intel))]
    return Found(
        tuple(row for part in found for row in part.accelerators),
        tuple(line for part in found for line in part.problems),
    )


def nvidia(host: Host, ram: int | None, nvml: Nvml) -> Found:
    """NVIDIA's, asked through NVML where its module is there, else through nvidia-smi."""
    if not _nvidia_likely(host):
        return Found()
    try:
        rows = nvml()
    except Exception as error:  # its own classes: they are not known without its module
        rows, problem = None, f"NVML: {reason(error)}"
    else:
        problem = ""
    if rows is not None:
        return Found(tuple(_shared(row, ram) for row in rows))
    try:
        rows = list(smi_rows(host.run([_smi(host), *SMI_WORDS])))
    except CommandFailed as error:
        return Found((), tuple(line for line in (problem, str(error)) if line))
    return Found(tuple(_shared(row, ram) for row in rows), (problem,) if problem else ())


SMI_WORDS = (
    "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits",
)  # fmt: skip


def _nvidia_likely(host: Host) -> bool:
    """Whether anything of NVIDIA is here: only then is a module loaded or a program run."""
    signs = ("dev/nvidiactl", "dev/nvidia0", "proc/driver/nvidia", "dev/nvhost-ctrl")
    if any(os.path.exists(host.path(sign)) for sign in signs) or _wsl_smi(host):
        return True
    if host.system == "darwin":
        return False
    folders = host.environ.get("PATH", "").split(os.pathsep)
    names = ("nvidia-smi.exe",) if host.system == "windows" else ("nvidia-smi",)
    return any(os.path.exists(os.path.join(folder, name)) for folder in folders if folder
               for name in names)  # fmt: skip


def _wsl_smi(host: Host) -> bool:
    return os.path.exists(host.path(*_WSL_SMI))


def _smi(host: Host) -> str:
    return host.path(*_WSL_SMI) if _wsl_smi(host) else "nvidia-smi"


def smi_rows(text: str) -> Iterator[Accelerator]:
    """The GPUs in nvidia-smi's answer. Figures that are no numbers ([N/A]) are unknown."""
    for line in text.splitlines():
        name, _, figures = line.strip().rpartition(", ")
        name, _, total = name.rpartition(", ")
        if name:
            yield Accelerator(
                "nvidia", name, _mib(total), _mib(figures), False, "nvidia-smi"
            )  # fmt: skip


def _mib(text: str) -> int | None:
    return int(text) * MIB if text.strip().isdigit() else None


def _shared(row: Accelerator, ram: int | None) -> Accelerator:
    """The row, with the machine's memory where that is what it uses."""
    if row.total_bytes is not None and not SHARED_NVIDIA.search(row.name):
        return row
    return Accelerator(row.vendor, row.name, ram, None, True, row.source)


def nvml_rows() -> list[Accelerator] | None:
    """What NVML says, where the module `pynvml` is installed; else None. Raises NVML's errors."""
    from importlib.util import find_spec

    if find_spec("pynvml") is None:
        return None
    from importlib import import_module

    module = import_module("pynvml")
    module.nvmlInit()
    try:
        handles = map(module.nvmlDeviceGetHandleByIndex, range(module.nvmlDeviceGetCount()))
        return [_nvml_row(module, handle) for handle in handles]
    finally:
        module.nvmlShutdown()


def _nvml_row(module: object, handle: object) -> Accelerator:
    name = module.nvmlDeviceGetName(handle)  # type: ignore[attr-defined]
    shown = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    try:
        memory = module.nvmlDeviceGetMemoryInfo(handle)  # type: ignore[attr-defined]
    except Exception:  # not supported where memory is shared
        return Accelerator("nvidia", shown, None, None, False, "NVML")
    return Accelerator("nvidia", shown, int(memory.total), int(memory.free), False, "NVML")


def _cards(host: Host, vendor: str) -> Iterator[str]:
    """The folders of a vendor's cards, outputs such as card0-HDMI-A-1 left out."""
    drm = host.path("sys", "class", "drm")
    try:
        names = sorted(name for name in os.listdir(drm) if _CARD.fullmatch(name))
    except OSError:
        return
    for name in names:
        folder = os.path.join(drm, name)
        if _text(folder, "device", "vendor") == vendor:
            yield folder


def _text(*parts: str) -> str | None:
    try:
        with open(os.path.join(*parts), encoding="utf-8", errors="replace") as file:
            return file.read(4096).strip()
    except OSError:
        return None


def _figure(*parts: str) -> int | None:
    text = _text(*parts) or ""
    return int(text, 0) if re.fullmatch(r"(0x[0-9a-fA-F]+|\d+)", text) else None


def amd(host: Host) -> Found:
    """AMD's, by the figures of the amdgpu driver."""
    rows: list[Accelerator] = []
    problems: list[str] = []
    for card in _cards(host, "0x1002"):
        total = _figure(card, "device", "mem_info_vram_total")
        if total is None:
            problems.append(f"amdgpu: {os.path.basename(card)} does not tell its memory")
        else:
            rows.append(_amd_row(host, card, total))
    return Found(tuple(rows), tuple(problems))


def _amd_row(host: Host, card: str, total: int) -> Accelerator:
    device = _text(card, "device", "device") or ""
    shared = device.lower() in SHARED_AMD or total <= SMALL_CARVE_OUT
    used = _figure(card, "device", "mem_info_vram_used")
    free = None if used is None else max(total - used, 0)
    source = "sysfs mem_info_vram_total"
    if shared:
        reach = _figure(card, "device", "mem_info_gtt_total") or 0
        taken = _figure(card, "device", "mem_info_gtt_used") or 0
        total, free = total + reach, None if free is None else free + max(reach - taken, 0)
        source += " + mem_info_gtt_total"
    return Accelerator("amd", _amd_name(host, card, device), total, free, shared, source)


def _amd_name(host: Host, card: str, device: str) -> str:
    """The marketing name, from the kernel or from libdrm's table; else the device's number."""
    named = _text(card, "device", "product_name")
    if named:
        return named
    revision = (_text(card, "device", "revision") or "").removeprefix("0x").upper()
    wanted = [device.removeprefix("0x").upper(), revision]
    try:
        table = host.read("usr", "share", "libdrm", "amdgpu.ids")
    except OSError:
        table = ""
    for line in table.splitlines():
        parts = [part.strip() for part in line.split(",", 2)]
        if len(parts) == 3 and parts[:2] == wanted:
            return parts[2]
    return f"AMD GPU {device}".strip()


def intel(host: Host) -> Found:
    """Intel's with memory of their own; those in a processor count as processor."""
    rows = []
    for card in _cards(host, "0x8086"):
        total, source = _intel_memory(card)
        if total:
            device = _text(card, "device", "device") or ""
            rows.append(Accelerator("intel", f"Intel GPU {device}", total, None, False, source))
    return Found(tuple(rows))


def _intel_memory(card: str) -> tuple[int, str]:
    """Bytes by the xe driver, tile by tile, else by i915."""
    try:
        tiles = sorted(name for name in os.listdir(os.path.join(card, "device"))
                       if re.fullmatch(r"tile\d+", name))  # fmt: skip
    except OSError:
        tiles = []
    sizes = [_figure(card, "device", tile, "physical_vram_size_bytes") or 0 for tile in tiles]
    if any(sizes):
        return sum(sizes), "sysfs physical_vram_size_bytes"
    total = _figure(card, "lmem_total_bytes") or _figure(card, "device", "lmem_total_bytes")
    return total or 0, "sysfs lmem_total_bytes"
