"""What a proxy file wants of its servers against what they advertise now.

`doctor` and `setup verify` both ask through this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from model_router.servers import Said, ask

if TYPE_CHECKING:
    from model_router.proxy.config import Backend, ProxyConfig
    from model_router.proxy.served import Served

MATCHES, ABSENT, UNKNOWN, REFUSED, SILENT = "matches", "absent", "unknown", "refused", "silent"
"""How a server stands: it has all models, lacks one, lists none, refuses the key, is not there."""


class Compared(NamedTuple):
    """One backend, what it said, and the models that engines want of it, by engine."""

    backend: Backend
    said: Said
    wanted: Mapping[str, str]

    @property
    def absent(self) -> list[str]:
        """The models that are wanted and not listed, each once."""
        listed = self.said.models
        return [] if listed is None else sorted(set(self.wanted.values()) - set(listed))

    @property
    def state(self) -> str:
        """MATCHES, ABSENT, UNKNOWN, REFUSED or SILENT."""
        if not self.said.reachable:
            return SILENT
        if self.said.status in (401, 403):
            return REFUSED
        if self.said.models is None:
            return UNKNOWN
        return ABSENT if self.absent else MATCHES


def compared(
    config: ProxyConfig, found: Served, seconds: float, *, unused: bool = True
) -> Iterator[Compared]:
    """Every backend asked, all at once, in the file's order.

    `unused` False leaves out those that no engine uses.
    """
    wanted = {name: _wanted(row, found) for name, row in config.backends.items()}
    rows = [row for name, row in config.backends.items() if unused or wanted[name]]
    with ThreadPoolExecutor(max(1, min(16, len(rows)))) as pool:
        answers = pool.map(lambda row: ask(row.base_url, row.api_key, seconds), rows)
        for row, said in zip(rows, answers, strict=True):
            yield Compared(row, said, wanted[row.name])


def _wanted(backend: Backend, found: Served) -> dict[str, str]:
    """The models of the engines that are on, by engine."""
    return {
        engine: backend.model_for(engine) or found.catalog.engines[engine].model
        for engine, home in found.homes.items()
        if home == backend.name and engine not in found.unavailable
    }
