"""One short request for each route, decided by the catalog and sent to the engine it names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from model_router.router import ModelRouter
from model_router.servers import Answered
from model_router.setup.selections import Selection
from model_router.types import HUMAN

PROMPTS = {
    "simple": "rewrite this text",
    "balanced": "summarize these notes",
    "reasoning": "design a distributed task scheduler architecture",
    "coding": "fix the repo and run tests",
    "research": "search the web for the latest TypeScript release notes",
    "vision": "extract text from this screenshot",
}
"""What is sent. Drawing is left out: it takes long, and chat servers do not do it."""

Send = Callable[[Selection, str], Answered]


class Tried(NamedTuple):
    """What became of one request."""

    route: str
    engine: str
    model: str | None
    ok: bool
    fact: str


def tries(
    router: ModelRouter, selections: Iterable[Selection], routes: Iterable[str], send: Send
) -> Iterator[Tried]:
    """Each of `routes` decided and sent, one after the other."""
    homes = {one.engine: one for one in selections}
    for route in routes:
        yield _one(route, router.route_fast(PROMPTS[route]), homes, send)


def _one(route: str, engine: str, homes: Mapping[str, Selection], send: Send) -> Tried:
    home = homes.get(engine)
    if home is None:
        fact = "goes to a person" if engine == HUMAN else "has no server"
        return Tried(route, engine, None, False, fact)
    answered = send(home, PROMPTS[route])
    fact = "answers" if answered.ok else answered.wrong or f"answers {answered.status}"
    return Tried(route, engine, home.model, answered.ok, fact)
