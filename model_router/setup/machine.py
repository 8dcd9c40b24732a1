"""A machine as far as models care: memory, processor, accelerators, disk. Sizes are bytes.

Every number says where it is from, and what failed says why. `scan --json` prints it, and
`recommend --hardware FILE` reads it back: simulation, support report and fixture in one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Probe(Generic[T]):
    """One fact: its value, the source that gave it, or why there is none."""

    value: T | None
    source: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One GPU, or the GPU side of a machine whose memory is shared."""

    vendor: str
    """nvidia | amd | intel | apple"""
    name: str
    total_bytes: int | None
    free_bytes: int | None
    unified: bool = False
    """Its memory is the machine's memory."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What `setup scan` knows of a machine. No names of hosts or users, no serials."""

    system: str
    """linux | darwin | windows"""
    architecture: str
    """x86_64 | arm64 | ..."""
    ram_total: Probe[int]
    ram_available: Probe[int]
    ram_limit: Probe[int]
    """The least limit of the container or slice; no value where nothing limits."""
    cpu_name: Probe[str]
    cpu_cores: Probe[int]
    """Cores that may be used here: affinity and quota counted."""
    cpu_flags: Probe[tuple[str, ...]]
    accelerators: tuple[Accelerator, ...] = ()
    wired_limit: Probe[int] | None = None
    """Apple: what the GPU may wire, where it was set."""
    disk_free: Probe[int] | None = None
    """On the file system of the models' cache."""
    wsl: bool = False
    problems: tuple[str, ...] = ()
    """Probes of accelerators that failed, a line each."""
