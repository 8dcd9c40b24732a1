"""Choices by name: KIND:MODEL as it is typed or given by a flag."""

from __future__ import annotations

from collections.abc import Mapping

from model_router.addresses import is_local, parse_base_url
from model_router.backend_kinds import KINDS
from model_router.names import close_match
from model_router.setup.choices import Choice, Surroundings, choices, named
from model_router.setup.selections import CHOSEN_ROUTES

SKIP = "skip"


def wrong_name(word: str, mode: str, around: Surroundings) -> str | None:
    """What is wrong with KIND:MODEL in `mode`; None when nothing is."""
    kind, colon, model = word.partition(":")
    if not colon or not model.strip() or not word.isprintable():
        return "write KIND:MODEL, for example ollama:qwen3:4b"
    if kind not in KINDS:
        close = close_match(kind[:100], list(KINDS))
        meant = f"did you mean {close}? " if close else ""
        return f"{kind[:60]!r} is no kind of server; {meant}allowed: {', '.join(KINDS)}"
    address = around.url(kind)
    if not address:
        return f"{kind} has no usual address; give --base-url {kind}=URL"
    local = is_local(parse_base_url(address).host)
    if mode != "mix" and local != (mode == "local"):
        return f"{kind} is {'on this machine' if local else 'hosted'}, and the mode is {mode}"
    return None


def chosen(answers: Mapping[str, str], around: Surroundings) -> dict[str, Choice | None]:
    """The choice of each route by its key in `answers`, None where it was skipped."""
    mode = answers.get("mode", "local")
    found: dict[str, Choice | None] = {}
    for route in CHOSEN_ROUTES:
        key = answers.get(route, SKIP)
        offered = {one.key: one for one in choices(route, mode, around)}
        if key == SKIP or key in offered:
            found[route] = offered.get(key)
        else:
            kind, _, model = key.partition(":")
            found[route] = named(route, kind, model, around)
    return found
