"""`model-router tune`: fits thresholds and a layer of weights to labels, and shows the change."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from model_router._version import __version__
from model_router.cli.help import Command
from model_router.cli.options import common_options, config_option, pass_session, with_options
from model_router.cli.output import CommandError
from model_router.cli.session import Session

if TYPE_CHECKING:
    from model_router.hindsight.cases import Case, Gathered
    from model_router.hindsight.confirmations import Asked
    from model_router.hindsight.labels import Names, Row
    from model_router.hindsight.tune import Tuning

SCHEMA = "model-router/tune/1"
REFUSED_CODE = 5

EPILOG = """\b
Examples:
  model-router tune rows.jsonl
  model-router tune rows.jsonl --config model_router.yaml --write
  model-router tune --log events.jsonl

\b
Rows are those of eval. A log teaches only if it has prompts: prompt_capture:
full. The layer it writes holds words of your prompts; --words lists them.

\b
Exit codes:
  0  measured; changed only with --write, and only when labels gain
  1  the catalog or the proxy file cannot be used
  2  wrong usage, an unreadable file, a bad row, no label with a prompt
  5  refused: what would help lets something past that a person confirms
"""


@click.command("tune", cls=Command, epilog=EPILOG)
@click.argument("files", nargs=-1, metavar="[ROWS]...")
@with_options(
    config_option,
    click.option("--log", "logs", multiple=True, metavar="FILE", help="An event log. Repeatable."),
    click.option("--write", is_flag=True, help="Change the catalog; a copy is kept as .bak."),
    click.option("--words", is_flag=True, help="List what was learned, word by word."),
    click.option("--no-progress", is_flag=True, help="No progress bar."),
    common_options,
)
@pass_session
def tune(
    session: Session,
    /,
    files: tuple[str, ...],
    config: str | None,
    logs: tuple[str, ...],
    write: bool,
    words: bool,
    no_progress: bool,
) -> int:
    """Fit a catalog to your labels, and show the change. Without ROWS and --log: your proxy's log.

    Thresholds and points of words are fitted, and judged on labels they were not fitted on.
    Nothing is changed without --write.
    """
    from model_router.cli.tune_board import tune_board
    from model_router.cli.tuned import Edited, edited
    from model_router.hindsight.labels import Names

    if not files and not logs:
        from model_router.cli.event_files import catalog_of_the_proxy, check_logs

        config = config or catalog_of_the_proxy(os.environ, session.home())
        logs = tuple(check_logs((), os.environ, session.home()))
    catalog = session.router(config).catalog
    _check_strategy(catalog)
    names = Names(catalog)
    gathered = _gathered(logs, names)
    cases = [*gathered.cases, *_cases(files, names)]
    _check_cases(session, gathered, cases)
    tuning = _tuned(session, catalog, cases, logs, bar=not no_progress)
    change = edited(catalog, tuning.change)
    outcome = tuning.outcome()
    outcome = "unchanged" if outcome == "proposed" and not change.values else outcome
    written = change.write() if write and outcome == "proposed" else []
    report: dict[str, Any] = {
        "schema": SCHEMA, "version": __version__, "catalog": catalog.source, "files": files,
        "logs": logs, "labels": gathered.figures(), **tuning.figures(), "outcome": outcome,
        **(change if outcome == "proposed" else Edited()).figures(words), "written": written,
    }  # fmt: skip
    if session.output.json:
        session.output.print_json(report)
    else:
        session.output.lines(tune_board(report, session.home(), session.output.out))
    return REFUSED_CODE if outcome == "refused" else 0


def _check_strategy(catalog: Any) -> None:
    from model_router.types import OWN_STRATEGIES

    if catalog.strategy.name not in OWN_STRATEGIES:
        raise CommandError(
            f"{catalog.source}: the strategy {catalog.strategy.name} decides there, not points",
            f"tune fits catalogs whose strategy is {' or '.join(OWN_STRATEGIES)}",
        )


def _gathered(logs: Sequence[str], names: Names) -> Gathered:
    from model_router.cli.event_files import EventFiles
    from model_router.hindsight.cases import Gathered

    if not logs:
        return Gathered({}, names)
    with EventFiles(logs) as files:
        gathered = Gathered(files.labels(), names)
        for line in files.lines():
            if line.event is not None:
                gathered.add(line.event)
    return gathered


def _cases(files: Sequence[str], names: Names) -> Iterator[Case]:
    from model_router.cli.labelled import Labelled
    from model_router.hindsight.cases import case_of_row

    def check(row: Row) -> None:
        case_of_row(row, names)

    if files:
        for row in Labelled(files, check).rows():
            yield case_of_row(row, names)


def _check_cases(session: Session, gathered: Gathered, cases: Sequence[Case]) -> None:
    """Say that a log without prompts teaches nothing; raise CommandError when nothing is left."""
    hint = (
        "give labelled prompts as files, or set observability.prompt_capture: full in the proxy "
        "file before the requests come that you label"
    )
    missing = gathered.without_prompt
    if missing:
        text = f"{missing:,} labelled request{'s' * (missing != 1)} of the log without a prompt"
        if not cases:
            raise CommandError(f"{text}, and no other label: nothing can be learned", hint)
        session.output.warn(f"{text} {'teach' if missing != 1 else 'teaches'} nothing; {hint}")
    elif not cases:
        raise CommandError(
            "there are no labels",
            "model-router feedback adds them to a log, or name a file of rows",
        )


def _tuned(
    session: Session, catalog: Any, cases: Sequence[Case], logs: Sequence[str], *, bar: bool
) -> Tuning:
    from tempfile import TemporaryDirectory

    from model_router.cli.batch import NO_PROGRESS
    from model_router.cli.progress import Progress
    from model_router.cli.tuned import Opener, guards
    from model_router.hindsight.tune import Tuning
    from model_router.router import ModelRouter

    output = session.output
    shown = bar and not output.json and not output.environ.get(NO_PROGRESS)
    with (
        TemporaryDirectory() as folder,
        Progress(output.err, shown, unit="fits") as progress,
    ):
        tuning = Tuning(
            cases,
            catalog,
            Opener(catalog, folder).open,
            ModelRouter(catalog, one_off=True),
            guards=guards(),
            traffic=lambda: _traffic(logs),
        )

        def each(steps: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
            for step in steps:
                yield step
                progress.add(0)

        tuning.run(each)
    return tuning


def _traffic(logs: Sequence[str]) -> Iterator[Asked]:
    """Every prompt that the logs have, labelled or not."""
    from model_router.cli.event_files import EventFiles
    from model_router.hindsight.confirmations import Asked
    from model_router.hindsight.events import ROUTING, hints_of, request_id

    if not logs:
        return
    with EventFiles(logs) as files:
        for line in files.lines():
            event = line.event
            if event is None or event.get("event_type") != ROUTING:
                continue
            prompt = event.get("prompt")
            if isinstance(prompt, str) and prompt.strip():
                yield Asked(f"request {request_id(event)}", prompt, hints_of(event))
