"""What the programs of model servers tell. They are run only when the user asks for it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from model_router.setup.machine import Accelerator, Machine, Probe
from model_router.setup.probe import CommandFailed, Run
from model_router.setup.values import mapping, text

_DEVICE = re.compile(r"^\s*([A-Za-z]+)\d*: (.+) \((\d+) MiB, (\d+) MiB free\)\s*$", re.MULTILINE)
_BACKENDS = {"CUDA": "nvidia", "ROCM": "amd", "HIP": "amd", "SYCL": "intel", "MTL": "apple",
             "METAL": "apple"}  # fmt: skip
DEVICES_SOURCE = "llama-server --list-devices"


def listed_devices(text: str) -> tuple[Accelerator, ...]:
    """The devices that llama.cpp lists."""
    return tuple(
        Accelerator(
            _BACKENDS.get(kind.upper()) or _vendor(name), name.strip(), int(total) * 2**20,
            int(free) * 2**20, kind.upper() in ("MTL", "METAL"), DEVICES_SOURCE,
        )
        for kind, name, total, free in _DEVICE.findall(text)
    )  # fmt: skip


def _vendor(name: str) -> str:
    lowered = name.lower()
    words = {"nvidia": "nvidia", "geforce": "nvidia", "amd": "amd", "radeon": "amd",
             "intel": "intel", "apple": "apple"}  # fmt: skip
    return next((vendor for word, vendor in words.items() if word in lowered), "unknown")


def with_devices(machine: Machine, run: Run) -> Machine:
    """The machine with what llama.cpp lists where no probe told: GPUs, a Mac's working set."""
    try:
        rows = listed_devices(run(["llama-server", "--list-devices"]))
    except CommandFailed as error:
        return replace(machine, problems=(*machine.problems, str(error)))
    if machine.system == "darwin":
        size = next((row.total_bytes for row in rows if row.unified), None)
        known = machine.wired_limit is not None and machine.wired_limit.value is not None
        return machine if known or not size else replace(
            machine, wired_limit=Probe(size, DEVICES_SOURCE))  # fmt: skip
    return machine if machine.accelerators else replace(machine, accelerators=rows)


def lmstudio_names(run: Run) -> dict[str, str]:
    """LM Studio's names by each model's path below its models; {} when its tool does not tell.

    Models on other machines are left out.
    """
    try:
        rows = json.loads(run(["lms", "ls", "--json"]))
    except (CommandFailed, ValueError, RecursionError):
        return {}
    found = {}
    for row in map(mapping, rows if isinstance(rows, list) else []):
        key, path = text(row.get("modelKey")), text(row.get("path"), 4096)
        if key and path and not row.get("deviceIdentifier"):
            found[path] = key
    return found
