"""`model-router setup`: from a bare machine to a config that works."""

from __future__ import annotations

from importlib import import_module

import click

from model_router.cli.help import Group
from model_router.cli.options import common_options, with_options

COMMANDS: dict[str, tuple[str, str, str]] = {
    "wizard": ("model_router.cli.setup_wizard", "wizard", "Ask, write both files, try them."),
    "write": ("model_router.cli.setup_write", "write", "Write both files without asking."),
    "verify": ("model_router.cli.setup_verify", "verify", "Compare the files with the servers."),
}


class Lazy(Group):
    """Commands that load when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        row = COMMANDS.get(cmd_name)
        found = getattr(import_module(row[0]), row[1]) if row else None
        assert found is None or isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, row[2]) for name, row in COMMANDS.items()])


@click.group(cls=Lazy, no_args_is_help=True)
@with_options(common_options)
def setup() -> None:
    """Find out what this machine has, and make a config of it."""
