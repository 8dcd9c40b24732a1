"""What a set of choices comes to: who answers each route, and what must be done first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from model_router.setup.choices import Choice
from model_router.setup.placement import context_of, steps
from model_router.setup.selections import engine_name
from model_router.types import HUMAN, Catalog

READY, WAITING, PERSON = "ready", "waiting", "person"


class Row(NamedTuple):
    """One route: the engine that takes it, its model, how it stands, and why."""

    route: str
    engine: str
    model: str | None
    state: str
    """READY, WAITING for something, or PERSON: nobody else can do it."""
    note: str


def rows(
    chosen: Mapping[str, Choice | None], catalog: Catalog, off: Mapping[str, tuple[str, ...]]
) -> list[Row]:
    """Every route of `chosen` as the catalog made of it has it. `off` says which engines wait."""
    owners = {engine_name(r, one.local): one for r, one in chosen.items() if one is not None}
    return [_row(route, catalog.targets[route], chosen, owners, off) for route in chosen]


def _row(
    route: str,
    engine: str,
    chosen: Mapping[str, Choice | None],
    owners: Mapping[str, Choice],
    off: Mapping[str, tuple[str, ...]],
) -> Row:
    one = owners.get(engine)
    if engine == HUMAN or one is None:
        return Row(route, HUMAN, None, PERSON, "a person is asked: no model was chosen")
    lent = "" if chosen[route] is not None else f"{engine} stands in; "
    waits = waiting(one, off.get(engine, ()))
    return Row(route, engine, one.model, WAITING if waits else READY, lent + (waits or _where(one)))


def waiting(one: Choice, reasons: tuple[str, ...]) -> str:
    """What a choice waits for; "" when it can answer now."""
    if one.source == "download":
        return "to be downloaded" if reasons else "downloaded; start its server"
    if reasons:
        return reasons[0].removeprefix("environment variable ")
    return f"start {one.kind}" if one.source == "disk" else ""


def _where(one: Choice) -> str:
    return f"{one.kind}, {'running' if one.source == 'server' else one.base_url}"


def to_do(chosen: Mapping[str, Choice | None], off: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The commands that are still to be run, in order."""
    left: dict[str, Choice | None] = {}
    for route, one in chosen.items():
        reasons = off.get(engine_name(route, one.local), ()) if one is not None else ()
        if one is not None and waiting(one, reasons):
            here = one.source == "download" and not reasons
            left[route] = replace(one, source="disk") if here else one
    return list(steps(left))


def notes(chosen: Mapping[str, Choice | None]) -> list[str]:
    """What a server does unless it is told otherwise, and what would then go wrong."""
    sizes = [context_of(one) for one in chosen.values() if one is not None and one.kind == "ollama"]
    if not sizes:
        return []
    return [
        f"Ollama cuts long requests unless it is started with OLLAMA_CONTEXT_LENGTH={max(sizes)}."
    ]
