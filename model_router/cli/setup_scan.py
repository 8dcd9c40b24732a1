"""`model-router setup scan`: hardware, models on disk, servers that run here."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import click

from model_router.cli.help import Command
from model_router.cli.options import common_options, pass_session, with_options
from model_router.cli.output import CommandError
from model_router.cli.session import Session

if TYPE_CHECKING:
    from model_router.setup.inventory import Inventory
    from model_router.setup.machine import Machine

SCHEMA = "model-router/setup-scan/1"

EPILOG = """\b
Examples:
  model-router setup scan
  model-router setup scan --models-dir /mnt/models --models-dir ~/gguf
  model-router setup scan --json > hw.json

\b
Exit codes:
  0  done, whatever was found; what could not be read is listed
  2  wrong usage
"""


@click.command("scan", cls=Command, epilog=EPILOG)
@with_options(
    click.option(
        "--models-dir",
        "models_dirs",
        metavar="DIR",
        multiple=True,
        help="A further folder with models. May be given again.",
    ),
    click.option("--offline", is_flag=True, help="Ask no server."),
    click.option(
        "--ask-tools",
        is_flag=True,
        help="Also run `lms ls --json` and `llama-server --list-devices`.",
    ),
    common_options,
)
@pass_session
def scan(session: Session, /, models_dirs: tuple[str, ...], offline: bool, ask_tools: bool) -> int:
    """Show this machine's hardware, the models on its disks, and the servers that run on it.

    Only reads, but for a cache of model headers. Nothing is downloaded; only servers on this
    machine's usual ports are asked, for their models.
    """
    machine, inventory = look_around(session.home(), models_dirs, offline, ask_tools)
    output = session.output
    if output.json:
        from model_router.setup.scan_json import scan_json

        output.print_json(scan_json(machine, inventory, session.home(), os.environ))
        return 0
    from model_router.cli.inventory_screen import inventory_screen

    output.lines(inventory_screen(machine, inventory, session.home(), output.out))
    return 0


def look_around(
    home: str, models_dirs: tuple[str, ...], offline: bool, ask_tools: bool
) -> tuple[Machine, Inventory]:
    """The machine and everything on it. Servers are asked while the rest is read."""
    from model_router.setup.hardware import read_machine
    from model_router.setup.inventory import take_inventory
    from model_router.setup.probe import run_command, system_name
    from model_router.setup.running import running_servers
    from model_router.setup.stores.huggingface import cache_root
    from model_router.setup.stores.look import Look

    if not home:
        raise CommandError("there is no home folder", "set HOME")
    run = partial(run_command, environ=os.environ)
    told: dict[str, str] = {}
    collect = None if offline else running_servers()
    machine = read_machine(os.environ, cache_root(Look(home, os.environ, system_name())))
    if ask_tools:
        from model_router.setup.tools import lmstudio_names, with_devices

        machine, told = with_devices(machine, run), lmstudio_names(run)
    ask = None if collect is None else lambda: collect
    return machine, take_inventory(home, os.environ, models_dirs, ask=ask, told=told)
