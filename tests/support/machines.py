"""Machines out of tests/data/machines: trees of files, and what commands print there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model_router.setup.hardware import read_machine
from model_router.setup.machine import Machine
from model_router.setup.probe import CommandFailed

MACHINES = Path(__file__).parents[1] / "data" / "machines"
NAMES = sorted(path.name for path in MACHINES.iterdir())


def runner(name: str) -> Any:
    """Runs commands as that machine would: what it prints is in a file named after the program."""

    def run(words: Sequence[str]) -> str:
        program = Path(words[0]).name
        path = MACHINES / name / "commands" / f"{program}.txt"
        if not path.is_file():
            raise CommandFailed(f"{program} is not installed")
        return path.read_text(encoding="utf-8")

    return run


def machine(name: str, **changes: Any) -> Machine:
    """What probes make of that machine, as they would on it."""
    mac = name.startswith("mac")
    arm = mac and "intel" not in name and "rosetta" not in name
    settings: dict[str, Any] = {
        "root": str(MACHINES / name),
        "run": runner(name),
        "system": "darwin" if mac else "linux",
        "architecture": "arm64" if arm or "gb10" in name else "x86_64",
        "nvml": lambda: None,
        "usable": lambda: 8,
        **changes,
    }
    return read_machine({}, "/", **settings)
