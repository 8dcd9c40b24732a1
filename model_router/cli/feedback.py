"""`model-router feedback`: a person's word on what would have been right for a request."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from model_router.cli.help import Command
from model_router.cli.options import (
    Name,
    common_options,
    config_option,
    pass_session,
    with_options,
)
from model_router.cli.output import CommandError
from model_router.cli.session import Session
from model_router.errors import RequestError
from model_router.hindsight.events import (
    FEEDBACK,
    OUTCOMES,
    ROUTING,
    Label,
    chosen,
    feedback_row,
    label_of,
)

SCHEMA = "model-router/feedback/1"
LONGEST_NOTES = 10_000

EPILOG = """\b
Examples:
  model-router feedback req-3f0c9a7be1d2 code_agent
  model-router feedback req-3f0c9a7be1d2 fast_local --outcome too_slow
  model-router feedback ID reasoning --notes "a proof" --log events.jsonl

\b
Exit codes:
  0  written
  1  the catalog or the proxy file cannot be used
  2  wrong usage, an unknown id or engine, or the log cannot be written
"""


@click.command("feedback", cls=Command, epilog=EPILOG)
@click.argument("request_id", metavar="REQUEST_ID")
@click.argument("engine", metavar="ENGINE")
@with_options(
    click.option("--outcome", type=Name(OUTCOMES), metavar="WORD", help=", ".join(OUTCOMES) + "."),
    click.option("--notes", metavar="TEXT", help="A remark, kept as it is."),
    click.option("--log", metavar="FILE", help="The event log. Without it: the proxy's."),
    config_option,
    common_options,
)
@pass_session
def feedback(
    session: Session,
    /,
    request_id: str,
    engine: str,
    outcome: str | None,
    notes: str | None,
    log: str | None,
    config: str | None,
) -> int:
    """Say which engine would have been right for a request.

    The request's id is in the answer's X-Request-Id. ENGINE is an engine or a route. One line goes
    to the log; the last word on a request counts for replay. No decision changes.
    """
    from model_router.cli.event_files import catalog_of_the_proxy, check_logs

    path = os.path.expanduser(check_logs([log] if log else [], os.environ, session.home())[0])
    if notes is not None and len(notes) > LONGEST_NOTES:
        raise CommandError("--notes is too long", f"write at most {LONGEST_NOTES:,} characters")
    if config is None and log is None:
        config = catalog_of_the_proxy(os.environ, session.home())
    name = _engine(session, engine, config)
    event, before = _found(path, request_id)
    row = feedback_row(request_id, name, outcome, notes, datetime.now(UTC))
    append(path, row)
    facts = {"chosen_engine": chosen(event), "log": path, "replaced": before and before.engine}
    _say(session, {"schema": SCHEMA, **row, **facts})
    return 0


def _engine(session: Session, name: str, config: str | None) -> str:
    from model_router.hindsight.labels import Names

    try:
        return Names(session.router(config).catalog).engine(name)
    except RequestError as error:
        raise CommandError(str(error), error.hint) from None


def _found(path: str, request_id: str) -> tuple[Mapping[str, Any], Label | None]:
    """The request's event, and what was said of it before. Raises CommandError for an unknown id.

    A client may send an id twice: the last event is the one that is meant.
    """
    from model_router.cli.event_files import EventFiles

    event, before = None, None
    with EventFiles([path]) as files:
        for row in files.about(request_id):
            kind = row.get("event_type")
            event = row if kind == ROUTING else event
            before = label_of(row) if kind == FEEDBACK else before
    if event is None:
        raise CommandError(
            f"{path} has no request {request_id[:100]!a}",
            "copy the id from the answer's X-Request-Id; --log names another log",
        )
    return event, before


def append(path: str, row: Mapping[str, Any]) -> None:
    """Add a line to a log in one write, so that it mixes with no other. Raises CommandError."""
    line = json.dumps(row, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with open(descriptor, "r+b", buffering=0) as file:
            # What a killed process left half written must not swallow this line.
            if (size := os.fstat(descriptor).st_size) and os.pread(
                descriptor, 1, size - 1
            ) != b"\n":
                line = b"\n" + line
            if file.write(line) != len(line):
                raise OSError(28, "no room for the whole line")
            os.fsync(descriptor)
    except OSError as error:
        raise CommandError(
            f"{path} cannot be written: {error.strerror or error}",
            "check the file, its rights and the disk; nothing was labelled",
            code="file",
        ) from None


def _say(session: Session, facts: Mapping[str, Any]) -> None:
    output = session.output
    if output.json:
        output.print_json(facts)
        return
    was, right = facts["chosen_engine"] or "nothing", facts["expected_engine"]
    said = f"{was} is right" if was == right else f"{was} was chosen, {right} is right"
    again = f"; before it said {facts['replaced']}" if facts["replaced"] else ""
    output.lines([output.out.safe(f"{facts['request_id']}: {said}{again}")])
