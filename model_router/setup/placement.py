"""Choices as selections: a port for each server that has one model, and what to do before use."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from model_router.setup.choices import Choice
from model_router.setup.selections import (
    HOSTED_CONTEXT,
    USUAL_CONTEXT,
    Selection,
    engine_name,
)

ONE_MODEL = ("llamacpp", "mlx", "vllm")
"""Kinds whose server is started with its one model."""

LEAST_CONTEXT = 4_096
_LAST_PORT = 65_535
_SECOND_TRY = 1024


def placed(
    chosen: Mapping[str, Choice | None], taken: Iterable[int] = ()
) -> dict[str, Choice | None]:
    """The same choices, each that must be started at a port that nothing in `taken` has.

    One model keeps one port, also when several routes share it.
    """
    used = set(taken)
    homes: dict[tuple[str, str], Choice] = {}
    for one in chosen.values():
        if one is not None and _alone(one):
            homes[one.kind, one.model] = _widest(one, homes.get((one.kind, one.model)))
    homes = {
        place: replace(one, base_url=_free(one.base_url, used)) for place, one in homes.items()
    }
    return {route: _moved(one, homes) for route, one in chosen.items()}


def _alone(one: Choice) -> bool:
    """Whether its server is still to be started, with this model alone."""
    return one.kind in ONE_MODEL and one.source in ("disk", "download")


def _widest(one: Choice, other: Choice | None) -> Choice:
    """One server's model for two routes: with eyes where one has them, and the larger context."""
    if other is None:
        return one
    eyed = one if one.projector else other
    return replace(eyed, context=max(one.context or 0, other.context or 0) or None)


def _moved(one: Choice | None, homes: Mapping[tuple[str, str], Choice]) -> Choice | None:
    if one is None or not _alone(one):
        return one
    home = homes[one.kind, one.model]
    return replace(
        one, base_url=home.base_url, context=home.context, files=home.files,
        projector=home.projector, fetch=home.fetch,
    )  # fmt: skip


def _free(base_url: str, used: set[int]) -> str:
    """`base_url` at the next port that is not used, which then is."""
    parts = urlsplit(base_url)
    port = parts.port or 8080
    while port in used:
        port = port + 1 if port < _LAST_PORT else _SECOND_TRY
    used.add(port)
    return parts._replace(netloc=f"{parts.hostname}:{port}").geturl()


def selection(route: str, one: Choice, *, waits: bool = True) -> Selection:
    """The engine that a choice becomes. One that is to be downloaded `waits` for its files."""
    return Selection(
        route=route,
        engine=engine_name(route, one.local),
        model=one.model,
        kind=one.kind,
        base_url=one.base_url,
        context=context_of(one),
        tools=one.tools if one.tools is not None else route != "simple" or not one.local,
        vision=one.vision,
        local=one.local,
        needs_env=one.needs_env,
        needs_paths=one.files if waits and one.source == "download" else (),
        remarks=tuple(_remarks(one, waits)),
    )


def context_of(one: Choice) -> int:
    """The context to count on, in tokens: what the model has, up to what is usual to load."""
    usual = USUAL_CONTEXT if one.local else HOSTED_CONTEXT
    return max(min(one.context or usual, usual), LEAST_CONTEXT)


def _remarks(one: Choice, waits: bool) -> Iterable[str]:
    if one.source == "download":
        found = "Used once the files below are there." if waits else "Its files are not here yet."
        yield f"{found} To fetch them: {one.fetch}"
    if one.guessed:
        yield "The name is a guess: `model-router setup verify` asks the server."
    if one.draws:
        yield "It draws; the proxy forwards chat requests, so an application must call it."


def selections(chosen: Mapping[str, Choice | None]) -> list[Selection]:
    """The engines of all routes that have a choice.

    Downloads wait for their files where something else can take their work. Where nothing is here
    at all, waiting would leave every prompt to a person, so they are named at once.
    """
    made = [(route, one) for route, one in chosen.items() if one is not None]
    waits = any(one.source != "download" for _, one in made)
    return [selection(route, one, waits=waits) for route, one in made]


def steps(chosen: Mapping[str, Choice | None]) -> tuple[str, ...]:
    """The commands to run before everything answers, each once, in order."""
    found: list[str] = []
    for one in chosen.values():
        if one is not None:
            found += [row for row in _steps(one) if row not in found]
    return tuple(found)


def _steps(one: Choice) -> Iterable[str]:
    if one.source == "download" and one.fetch:
        yield one.fetch
    if one.source in ("disk", "download"):
        yield start_command(one)
    for name in one.needs_env:
        yield f"export {name}=..."


def start_command(one: Choice) -> str:
    """The command that starts the server of a model on this machine."""
    port = urlsplit(one.base_url).port
    name, context = shlex.quote(one.model), context_of(one)
    if one.kind == "llamacpp":
        file = _quoted(one.files[0]) if one.files else "MODEL.gguf"
        eyes = f" --mmproj {_quoted(one.projector)}" if one.projector else ""
        return f"llama-server -m {file}{eyes} --alias {name} --port {port} -c {context} --jinja"
    if one.kind == "ollama":
        return f"OLLAMA_CONTEXT_LENGTH={context} ollama serve"
    return {
        "lmstudio": "lms server start",
        "mlx": f"mlx_lm.server --model {name} --port {port}",
        "vllm": f"vllm serve {name} --port {port}",
    }.get(one.kind, f"start {one.kind} with {name} at {one.base_url}")


def _quoted(path: str) -> str:
    """A path as a shell takes it; a leading ~ stays the home folder."""
    return "~/" + shlex.quote(path[2:]) if path.startswith("~/") else shlex.quote(path)
