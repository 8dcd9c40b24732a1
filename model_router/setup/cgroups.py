"""The limits of a container or a systemd slice: the least of the whole path counts.

Looking at the mount's root alone misses slices; the group of this process alone misses limits that
stand above it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from math import ceil
from typing import NamedTuple

from model_router.setup.machine import Probe
from model_router.setup.probe import Host

MOUNT = "sys/fs/cgroup"
NO_LIMIT = 2**62
"""From here up a number of cgroup v1 stands for no limit."""

MOST_LEVELS = 64


class MemoryGroup(NamedTuple):
    """One level that limits memory."""

    source: str
    limit: int
    used: int | None
    """Bytes in use that cannot be given back: file caches are left out."""


def memory_groups(host: Host) -> list[MemoryGroup]:
    """Every level that limits this process, nearest first; [] where nothing does."""
    if host.system != "linux":
        return []
    groups = [_second(host, path) for path in _levels(_own_path(host, ""))]
    if _has_controller(host, "memory"):
        groups += [_first(host, path) for path in _levels(_own_path(host, "memory"))]
    return [group for group in groups if group is not None]


def memory_limit(host: Host, groups: list[MemoryGroup], total: int | None) -> Probe[int]:
    """The least limit that is lower than the machine's memory; no value where there is none."""
    limits = [group for group in groups if total is None or group.limit < total]
    if not limits:
        return Probe(None, "cgroup" if host.system == "linux" else host.system)
    least = min(limits, key=lambda group: group.limit)
    return Probe(least.limit, least.source)


def memory_left(groups: list[MemoryGroup]) -> tuple[int, str] | None:
    """What the tightest level leaves, and which it is; None where no level tells its use."""
    rows = [(max(g.limit - g.used, 0), g.source) for g in groups if g.used is not None]
    return min(rows) if rows else None


def core_quota(host: Host) -> tuple[int, str] | None:
    """Cores that the least quota allows, at least one, and its source; None without a quota."""
    if host.system != "linux":
        return None
    rows = [_quota(host, path) for path in _levels(_own_path(host, ""))]
    found = [row for row in rows if row is not None]
    return min(found) if found else None


def _own_path(host: Host, controller: str) -> str:
    """This process's group below the mount; / when it is not told, as in a container."""
    try:
        rows = host.read("proc/self/cgroup").splitlines()
    except OSError:
        return "/"
    for row in rows:
        _, _, rest = row.partition(":")
        names, _, path = rest.partition(":")
        if controller in names.split(","):
            return path
    return "/"


def _levels(path: str) -> Iterator[str]:
    """A group's path and all above it, the mount's root last."""
    # A path from outside of the namespace begins with /.. and is not there.
    parts = [part for part in posixpath.normpath("/" + path).split("/") if part][:MOST_LEVELS]
    for count in range(len(parts), -1, -1):
        yield "/".join(parts[:count])


def _has_controller(host: Host, name: str) -> bool:
    try:
        host.read(MOUNT, name, "memory.limit_in_bytes")
    except OSError:
        return False
    return True


def _number(host: Host, *parts: str) -> int | None:
    try:
        return host.number(*parts)
    except (OSError, ValueError):
        return None


def _second(host: Host, path: str) -> MemoryGroup | None:
    """A level of cgroup v2. `max` is no number, so no limit."""
    limit = _number(host, MOUNT, path, "memory.max")
    if limit is None:
        return None
    used = _used(host, _number(host, MOUNT, path, "memory.current"), path, "inactive_file")
    return MemoryGroup("/" + posixpath.join(MOUNT, path, "memory.max"), limit, used)


def _first(host: Host, path: str) -> MemoryGroup | None:
    """A level of cgroup v1."""
    below = posixpath.join("memory", path)
    limit = _number(host, MOUNT, below, "memory.limit_in_bytes")
    if limit is None or limit >= NO_LIMIT:
        return None
    usage = _number(host, MOUNT, below, "memory.usage_in_bytes")
    used = _used(host, usage, below, "total_inactive_file")
    return MemoryGroup("/" + posixpath.join(MOUNT, below, "memory.limit_in_bytes"), limit, used)


def _used(host: Host, usage: int | None, path: str, cache: str) -> int | None:
    if usage is None:
        return None
    try:
        rows = dict(row.split(" ", 1) for row in host.read(MOUNT, path, "memory.stat").splitlines())
        return max(usage - int(rows.get(cache, 0)), 0)
    except (OSError, ValueError):
        return usage


def _quota(host: Host, path: str) -> tuple[int, str] | None:
    try:
        quota, period = host.read(MOUNT, path, "cpu.max").split()
        cores = max(ceil(int(quota) / int(period)), 1)
    except (OSError, ValueError, ZeroDivisionError):
        return None
    return cores, "/" + posixpath.join(MOUNT, path, "cpu.max")
