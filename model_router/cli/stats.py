"""`model-router stats`: what went through the proxy, by day."""

from __future__ import annotations

import os

import click

from model_router._version import __version__
from model_router.cli.help import Command
from model_router.cli.options import common_options, pass_session, with_options
from model_router.cli.output import CommandError
from model_router.cli.session import Session

SCHEMA = "model-router/stats/1"

EPILOG = """\b
Examples:
  model-router stats
  model-router stats events.jsonl --since 2026-03-01
  zcat old.jsonl.gz | model-router stats - --json

\b
Rotated files (events.jsonl.1 ...) are read with their log.

\b
Exit codes:
  0  counted
  1  the proxy file cannot be used
  2  wrong usage, an unreadable file
"""


@click.command("stats", cls=Command, epilog=EPILOG)
@click.argument("logs", nargs=-1, metavar="[LOG]...")
@with_options(
    click.option("--since", metavar="DAY", help="The first day, such as 2026-03-01 (UTC)."),
    click.option("--until", metavar="DAY", help="The last day."),
    click.option("--no-progress", is_flag=True, help="No progress bar."),
    common_options,
)
@pass_session
def stats(
    session: Session,
    /,
    logs: tuple[str, ...],
    since: str | None,
    until: str | None,
    no_progress: bool,
) -> int:
    """Count an event log: engines, times, tokens, cost, by day. Without LOG: your proxy's.

    Days are those of UTC. - is standard input.
    """
    from model_router.cli.event_files import EventFiles, check_logs
    from model_router.cli.replay import read_events
    from model_router.cli.replay_board import stats_board
    from model_router.hindsight.daily import Daily

    found = Daily(_day(since, "--since"), _day(until, "--until"))
    with EventFiles(check_logs(logs, os.environ, session.home())) as files:
        read = read_events(session, files, (found,), bar=not no_progress)
    report = {"schema": SCHEMA, "version": __version__, **read, **found.report()}
    if session.output.json:
        session.output.print_json(report)
    else:
        session.output.lines(stats_board(report, session.home(), session.output.out))
    return 0


def _day(given: str | None, option: str) -> str | None:
    from model_router.hindsight.daily import day_of

    if given is not None and (len(given) != 10 or day_of(given) is None):
        raise CommandError(f"{option}: {given[:40]} is no day", "write 2026-03-01")
    return given
