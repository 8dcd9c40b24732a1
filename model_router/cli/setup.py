"""`model-router setup`: from a bare machine to files that work. Each command has its own module."""

from __future__ import annotations

from typing import ClassVar

import click

from model_router.cli.lazy import LazyGroup, Rows
from model_router.cli.options import common_options, with_options

COMMANDS: Rows = {
    "scan": ("model_router.cli.setup_scan", "scan", "Show hardware, models and servers."),
    "recommend": (
        "model_router.cli.setup_recommend",
        "recommend",
        "Say which models fit, and why.",
    ),
    "download": ("model_router.cli.setup_download", "download", "Plan downloads; carry them out."),
    "wizard": ("model_router.cli.setup_wizard", "wizard", "Ask, write both files, try them."),
    "write": ("model_router.cli.setup_write", "write", "Write both files without asking."),
    "verify": ("model_router.cli.setup_verify", "verify", "Compare the files with the servers."),
}
"""Name: the module, the command in it, and its short help."""

EPILOG = """\b
Examples:
  model-router setup scan
  model-router setup scan --json > hw.json
  model-router setup recommend --hardware hw.json
  model-router setup download --route coding
  model-router setup wizard
  model-router setup verify
"""


class Setup(LazyGroup):
    """The group of the setup commands."""

    rows: ClassVar[Rows] = COMMANDS


@click.group("setup", cls=Setup, epilog=EPILOG, no_args_is_help=True)
@with_options(common_options)
def setup() -> None:
    """See what this machine has, and set it up."""
