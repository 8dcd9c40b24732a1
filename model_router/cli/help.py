"""Help texts that fit narrow terminals as well: there, what an option does stands below it."""

from __future__ import annotations

from collections.abc import Iterable

import click

NARROW = 60


class Formatter(click.HelpFormatter):
    """Click's formatter; under 60 columns it stacks options and their texts."""

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        if self.width < NARROW:
            col_max, col_spacing = 4, 2
        super().write_dl(rows, col_max, col_spacing)


class Context(click.Context):
    """A context whose help is written by our formatter."""

    formatter_class = Formatter


class Command(click.Command):
    """A command with help that fits."""

    context_class = Context


class Group(click.Group):
    """A group with help that fits; its commands stand in the order in which they were added."""

    context_class = Context
    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)
