"""Groups whose commands stand in a table and load when they run."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import click

from model_router.cli.help import Group
from model_router.cli.session import suggest

Rows = Mapping[str, tuple[str, str, str]]
"""Name: the module, the command in it, and its short help."""


class LazyGroup(Group):
    """A group made of `rows`. `--help` reads the table, and loads none of the commands."""

    rows: ClassVar[Rows] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.rows)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        row = self.rows.get(cmd_name)
        if row is None:
            return None
        command = getattr(import_module(row[0]), row[1])
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self.rows and not name.startswith("-") and not ctx.resilient_parsing:
            raise self.no_such_command(name, ctx)
        return super().resolve_command(ctx, args)

    def no_such_command(self, name: str, ctx: click.Context) -> click.UsageError:
        """The error for a name that no command has."""
        error = click.UsageError(f"there is no command {name[:80]!r}", ctx=ctx)
        error.hint = suggest(name, self.rows)  # type: ignore[attr-defined]
        return error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, row[2]) for name, row in self.rows.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        options = click.Command.shell_complete(self, ctx, incomplete)
        names = [CompletionItem(name, help=row[2]) for name, row in self.rows.items()
                 if name.startswith(incomplete)]  # fmt: skip
        return names + options
