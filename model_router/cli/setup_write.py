"""`model-router setup write`: the catalog and the proxy file, without a question."""

from __future__ import annotations

import os
from typing import Any

import click

from model_router.cli.help import Command
from model_router.cli.options import common_options, pass_session, with_options
from model_router.cli.session import Session
from model_router.cli.setup_machine import machine_options
from model_router.cli.setup_options import choosing_options, writing_options

SCHEMA = "model-router/setup-write/1"

EPILOG = """\b
Examples:
  model-router setup write                         the usual answer to each question
  model-router setup write --dry-run               show what would be written
  model-router setup write --use coding=ollama:qwen2.5-coder:7b --use vision=skip
  model-router setup write --mode hosted --force

\b
Exit codes:
  0  both files are written, or --dry-run showed them
  2  wrong usage, or a file exists and --force was not given
"""


@click.command("write", cls=Command, epilog=EPILOG)
@with_options(
    choosing_options,
    machine_options,
    writing_options,
    click.option("--dry-run", is_flag=True, help="Show everything and write nothing."),
    common_options,
)
@pass_session
def write(session: Session, /, **options: Any) -> int:
    """Write a catalog and a proxy file for what this machine has. Nothing is asked.

    Each route gets what --use says, else the first that the wizard would offer.
    """
    from model_router.cli import setup_files as files
    from model_router.cli.setup_screen import painted
    from model_router.cli.setup_setting import setting
    from model_router.setup.wizard import converse

    output, dry = session.output, options["dry_run"]
    here = setting(options, os.environ, session)
    given = {"extra": "no", "write": "yes"} | here.given
    answers = converse(here.known("", output.out.width), given, None).answers
    draft = here.draft(answers)
    if not output.json:
        output.lines(painted(here.review(draft, output.out.width, whole=dry), output.out))
    changed = [] if dry else files.write(here.where, draft.texts, options["force"])
    if output.json:
        data = files.written(draft, here.where) | {"changed": changed, "dry_run": dry}
        output.print_json({"schema": SCHEMA, "mode": answers["mode"], **data})
        return 0
    for note in files.told(changed, dry, here.home):
        output.note(note)
    return 0
