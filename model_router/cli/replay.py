"""`model-router replay`: past decisions beside their labels, and what a catalog would change."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from model_router._version import __version__
from model_router.cli.help import Command
from model_router.cli.inputs import STDIN
from model_router.cli.options import common_options, pass_session, with_options
from model_router.cli.session import Session

if TYPE_CHECKING:
    from model_router.cli.event_files import EventFiles
    from model_router.hindsight.events import Event

SCHEMA = "model-router/replay/1"
GATE_CODE = 5

EPILOG = """\b
Examples:
  model-router replay
  model-router replay events.jsonl --config new.yaml
  model-router replay events.jsonl --config new.yaml --fail-on-regression

\b
Rotated files (events.jsonl.1 ...) are read with their log. Prompts are decided
anew only if the log has them: prompt_capture: full.

\b
Exit codes:
  0  read, and with --fail-on-regression nothing got worse
  1  the catalog or the proxy file cannot be used
  2  wrong usage, an unreadable file
  5  a confirmation is lost, more labels are missed, or no prompt could tell
"""


@click.command("replay", cls=Command, epilog=EPILOG)
@click.argument("logs", nargs=-1, metavar="[LOG]...")
@with_options(
    click.option("--config", metavar="PATH", help="A catalog that decides kept prompts anew."),
    click.option("--fail-on-regression", is_flag=True, help="Exit with 5 when --config is worse."),
    click.option("--no-progress", is_flag=True, help="No progress bar."),
    common_options,
)
@pass_session
def replay(
    session: Session,
    /,
    logs: tuple[str, ...],
    config: str | None,
    fail_on_regression: bool,
    no_progress: bool,
) -> int:
    """Look back at an event log. Without LOG: the one of your proxy.

    Decisions stand beside the labels of `feedback`. Prompts are never shown.
    """
    from model_router.cli.event_files import EventFiles, check_logs
    from model_router.cli.replay_board import replay_board
    from model_router.hindsight.replay import Replay

    if STDIN in logs:
        raise click.UsageError("replay reads a log twice, so it takes files only")
    if fail_on_regression and config is None:
        raise click.UsageError("--fail-on-regression needs --config: a catalog to look at")
    paths = check_logs(logs, os.environ, session.home())
    router = session.router(config) if config is not None else None
    with EventFiles(paths) as files:
        found = Replay(files.labels(), router)
        read = read_events(session, files, (found,), bar=not no_progress)
    verdicts = found.verdicts() if fail_on_regression else []
    gate = [verdict.to_dict() for verdict in verdicts]
    report = {"schema": SCHEMA, "version": __version__, **read, **found.report(), "gate": gate}
    if session.output.json:
        session.output.print_json(report)
    else:
        session.output.lines(replay_board(report, session.home(), session.output.out))
    return 0 if all(verdict.met for verdict in verdicts) else GATE_CODE


def read_events(
    session: Session, files: EventFiles, counters: Sequence[Any], *, bar: bool
) -> dict[str, Any]:
    """Show every event to `counters`; what was read, and what could not be."""
    from model_router.cli.batch import NO_PROGRESS
    from model_router.cli.progress import Progress

    output = session.output
    shown = bar and not output.json and not output.environ.get(NO_PROGRESS)
    other = 0
    with Progress(output.err, shown, files.size()) as progress:
        for line in files.lines():
            if line.event is not None:
                other += not _counted(line.event, counters)
            progress.add(line.size)
    if files.torn:
        lines = "1 line" if files.torn == 1 else f"{files.torn:,} lines"
        told = "\n".join(f"  {place}" for place in files.torn_places)
        rest = files.torn - len(files.torn_places)
        output.warn(f"{lines} cannot be read\n{told}" + (f"\n  and {rest:,} more" if rest else ""))
    torn = {"lines": files.torn, "places": files.torn_places}
    return {"files": files.names, "torn": torn, "other_rows": other}


def _counted(event: Event, counters: Iterable[Any]) -> bool:
    """Whether the row is one of a log at all; labels are, and were read before."""
    from model_router.hindsight.events import FEEDBACK, ROUTING

    kind = event.get("event_type")
    if kind == ROUTING:
        for counter in counters:
            counter.add(event)
    return kind in (ROUTING, FEEDBACK)
