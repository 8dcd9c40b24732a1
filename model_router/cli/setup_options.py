"""The options that `setup wizard` and `setup write` share: a flag for every question."""

from __future__ import annotations

from typing import Any

import click

from model_router.addresses import parse_base_url
from model_router.backend_kinds import KINDS
from model_router.cli.options import Command, Name, timeout_option, with_options
from model_router.cli.output import CommandError
from model_router.cli.session import suggest
from model_router.setup.choices import MODES, Surroundings, choices
from model_router.setup.naming import SKIP, wrong_name
from model_router.setup.selections import CHOSEN_ROUTES


class Pair(click.ParamType[tuple[str, str]]):
    """NAME=VALUE with one of a few names; a wrong one is told the nearest."""

    def __init__(self, names: tuple[str, ...], metavar: str) -> None:
        self.names = names
        self.name = metavar

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, sign, rest = str(value).partition("=")
        if not sign or not rest.strip():
            self.fail(f"{str(value)[:80]!r} is not {self.name}", param, ctx)
        if name not in self.names:
            self.fail(f"{name[:80]!r} is not known; {suggest(name, self.names)}", param, ctx)
        return name, rest.strip()


class Address(Pair):
    """KIND=URL, the URL up to /v1."""

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        name, url = super().convert(value, param, ctx)
        if wrong := parse_base_url(url).wrong:
            self.fail(f"{url[:80]!r} {wrong}; write http://host:port/v1", param, ctx)
        return name, url.rstrip("/")


def choosing_options(command: Command) -> Command:
    """What may be chosen from, and what is chosen."""
    return with_options(
        click.option("--mode", type=Name(tuple(MODES)), help="Local models, hosted ones, or both."),
        click.option(
            "--use",
            type=Pair(CHOSEN_ROUTES, "ROUTE=KIND:MODEL"),
            metavar="ROUTE=KIND:MODEL",
            multiple=True,
            help="The model of one route; ROUTE=skip leaves it to others. May be repeated.",
        ),
        click.option(
            "--base-url",
            type=Address(tuple(KINDS), "KIND=URL"),
            metavar="KIND=URL",
            multiple=True,
            help="Where a kind of server listens, if not as usual. May be repeated.",
        ),
        click.option(
            "--models-dir",
            metavar="DIR",
            multiple=True,
            help="A further folder to look for models in. May be repeated.",
        ),
        click.option("--offline", is_flag=True, help="Ask no server what it has."),
        timeout_option,
    )(command)


def writing_options(command: Command) -> Command:
    """Where the files go."""
    return with_options(
        click.option(
            "--config-dir", metavar="DIR", help="The folder. Without it: ~/.model-router."
        ),
        click.option(
            "--proxy-port",
            type=click.IntRange(1, 65535),
            default=8082,
            show_default=True,
            help="Where the proxy will listen.",
        ),
        click.option("--force", is_flag=True, help="Replace files; copies are kept as .bak."),
    )(command)


def given_answers(options: dict[str, Any], around: Surroundings) -> dict[str, str]:
    """The answers that flags give. Raises CommandError for one that cannot be."""
    mode = options["mode"]
    answers = {"mode": mode} if mode else {}
    for route, value in options["use"]:
        answers[route] = _key(route, value, mode or "mix", around)
    return answers


def _key(route: str, value: str, mode: str, around: Surroundings) -> str:
    """A choice's key for what --use says: a key, a model's name, or `skip`."""
    offered = choices(route, mode, around)
    for one in offered:
        if value in (one.key, one.model):
            return one.key
    if value == SKIP:
        return SKIP
    if wrong := wrong_name(value, mode, around):
        near = suggest(value, [one.key for one in offered][:12]) if offered else None
        raise CommandError(f"--use {route}: {wrong}", near)
    return value
