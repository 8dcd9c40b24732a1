"""`model-router setup wizard`: the questions in a terminal, then files, checks and a first try."""

from __future__ import annotations

import os
from typing import Any

import click

from model_router.cli.help import Command
from model_router.cli.options import common_options, pass_session, with_options
from model_router.cli.output import CommandError
from model_router.cli.session import Session
from model_router.cli.setup_machine import machine_options
from model_router.cli.setup_options import choosing_options, writing_options

EPILOG = """\b
Examples:
  model-router setup wizard
  model-router setup wizard --yes                    the usual answer to each question
  model-router setup wizard --mode mix --use reasoning=anthropic:claude-sonnet-4-5
  model-router setup wizard --yes --smoke --force

\b
Exit codes:
  0  both files are written
  1  nothing was written, or a request of --smoke failed
  2  wrong usage, nobody to ask, or a file exists and --force was not given
"""


@click.command("wizard", cls=Command, epilog=EPILOG)
@with_options(
    choosing_options,
    machine_options,
    writing_options,
    click.option("--yes", is_flag=True, help="Ask nothing: take the usual answers and write."),
    click.option(
        "--install-extra/--no-install-extra",
        default=None,
        help="Whether what downloads need is installed, if it is not.",
    ),
    click.option(
        "--download/--no-download",
        default=None,
        help="Whether chosen downloads are fetched once the files are written.",
    ),
    click.option(
        "--smoke/--no-smoke",
        default=None,
        help="Whether one short request is sent for each route at the end.",
    ),
    click.option(
        "--smoke-timeout",
        type=click.FloatRange(0.1, 3600),
        default=120.0,
        show_default=True,
        help="Seconds for each of them; a model may have to be loaded.",
    ),
    common_options,
)
@pass_session
def wizard(session: Session, /, **options: Any) -> int:
    """Ask what each route shall use, write a catalog and a proxy file, and try them.

    Every question has a flag. Answers can be piped in, one a line.
    """
    from model_router.cli.setup_screen import tell
    from model_router.cli.setup_setting import setting
    from model_router.cli.setup_talk import install, install_command, typist
    from model_router.cli.setup_trial import finish, found
    from model_router.setup.questions import NO, YES
    from model_router.setup.wizard import converse

    output = session.output
    talk = None if options["yes"] else typist(output)
    if talk is not None:
        tell(output, "Looking for model servers and models here ...")
    here = setting(options, os.environ, session)
    extra, given = install_command(), here.given
    if options["install_extra"] is not None:
        given["extra"] = YES if options["install_extra"] else NO
    if extra and options["install_extra"]:
        install(output)
    if options["yes"]:
        given["write"] = YES
    if talk is not None:
        tell(output, found(here.around))
    ended = converse(here.known(extra, output.err.width), given, talk)
    if ended.how == "silent":
        hint = f"give {ended.flag}, or --yes to take the usual answers"
        raise CommandError("the answers ended before the questions did", hint)
    if ended.how == "quit" or ended.answers["write"] != YES:
        output.note("nothing was written")
        return 1
    return finish(here, ended.answers, talk, output)
