"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from model_router.cli.session import Session, suggest

Command = TypeVar("Command", bound=Callable[..., Any])


class Name(click.Choice[str]):
    """One of a few names; a wrong one is told the nearest."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        return f"{str(value)[:80]!r} is not known; {suggest(str(value), self.choices)}"


def _take(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> None:
        output = ctx.ensure_object(Session).output
        if name == "color" and value is not None:
            output.set_color(value)
        elif value:
            setattr(output, name, True)

    return callback


def common_options(command: Command) -> Command:
    """--json, --color and --debug, before a command's name or after it."""
    shared: dict[str, Any] = {"expose_value": False, "is_eager": True}
    rows = (
        click.option("--json", is_flag=True, callback=_take("json"), help="Print JSON.", **shared),
        click.option(
            "--color",
            type=Name(("auto", "always", "never")),
            callback=_take("color"),
            help="When to colour the output. NO_COLOR and FORCE_COLOR are honoured.",
            **shared,
        ),
        click.option(
            "--debug",
            is_flag=True,
            callback=_take("debug"),
            help="Show the traceback of an error.",
            **shared,
        ),
    )
    return with_options(*rows)(command)


def with_options(*rows: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """A decorator that adds options; `--help` lists them in the order given."""

    def add(command: Command) -> Command:
        for row in reversed(rows):
            command = row(command)
        return command

    return add


def config_option(command: Command) -> Command:
    """--config: the catalog to use."""
    return click.option(
        "--config",
        metavar="PATH",
        help="The catalog. Without it: MODEL_ROUTER_CONFIG, your own, the packaged one.",
    )(command)


def timeout_option(command: Command) -> Command:
    """--timeout: how long servers are waited for."""
    return click.option(
        "--timeout",
        type=click.FloatRange(0.1, 60),
        default=2.0,
        show_default=True,
        help="Seconds for each server.",
    )(command)


pass_session = click.make_pass_decorator(Session, ensure=True)
"""Passes the run's Session as a command's first argument."""
