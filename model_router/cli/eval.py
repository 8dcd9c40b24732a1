"""`model-router eval`: how good the decisions are on prompts whose answers are known."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from model_router._version import __version__
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

if TYPE_CHECKING:
    from model_router.cli.labelled import Labelled
    from model_router.hindsight.evaluate import Evaluation
    from model_router.hindsight.gate import Bound
    from model_router.hindsight.labels import Row

SCHEMA = "model-router/eval/1"
GATE_CODE = 5
PAGE_ERRORS = 20

EPILOG = """\b
Examples:
  model-router eval rows.jsonl
  model-router eval rows.jsonl --config new.yaml --compare old.yaml
  model-router eval rows.jsonl --fail-under strict=0.9 --fail-over p99_us=500
  model-router eval *.jsonl --errors 20 --html report.html

\b
A row is {"prompt": "...", "engine": "code_agent"}; docs/eval.md has the longer form.
--errors and --html show prompts from your files.

\b
Exit codes:
  0  measured, and every bound is met
  1  the catalog cannot be used
  2  wrong usage, an unreadable file, a bad row
  5  a figure does not meet its bound
"""

FIGURES = (
    click.option("--compare", metavar="PATH", help="A second catalog: show which rows flip."),
    click.option(
        "--by", type=Name(("source", "file")), default="source", help="What makes rows one set."
    ),
    click.option(
        "--limit", type=click.IntRange(1), metavar="N", help="At most N rows of each set."
    ),
    click.option(
        "--pair",
        "pairs",
        nargs=2,
        multiple=True,
        metavar="WEAK STRONG",
        help="Two models of meta.scores for APGR. Can be repeated.",
    ),
)
BOUNDS = (
    click.option(
        "--fail-under",
        multiple=True,
        metavar="METRIC=VALUE",
        help="Exit with 5 when a figure is lower. A number alone is about strict.",
    ),
    click.option(
        "--fail-over",
        multiple=True,
        metavar="METRIC=VALUE",
        help="Exit with 5 when a figure is higher.",
    ),
)
FORMS = (
    click.option(
        "--errors",
        type=click.IntRange(0),
        metavar="N",
        help="List the N worst cases with their prompts.",
    ),
    click.option("--html", metavar="PATH", help="Write the report as one HTML page too."),
    click.option("--force", is_flag=True, help="Let --html replace a file that is no report."),
    click.option("--no-progress", is_flag=True, help="No progress bar."),
)


class Forms(NamedTuple):
    """How the answer is given. `errors` is None when nobody asked for prompts."""

    errors: int | None
    html: str | None
    force: bool
    no_progress: bool

    @property
    def kept(self) -> int:
        """How many of the worst rows to keep."""
        if self.errors is not None:
            return self.errors
        return PAGE_ERRORS if self.html else 0


@click.command("eval", cls=Command, epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, help="JSON Lines; - is standard input.")
@with_options(config_option, *FIGURES, *BOUNDS, *FORMS, common_options)
@pass_session
def evaluate(
    session: Session,
    /,
    files: tuple[str, ...],
    config: str | None,
    compare: str | None,
    by: str,
    limit: int | None,
    pairs: tuple[tuple[str, str], ...],
    fail_under: tuple[str, ...],
    fail_over: tuple[str, ...],
    **options: Any,
) -> int:
    """Measure decisions against labelled prompts. Nothing is sent or kept.

    Beside the router stand two baselines: prompt length and chance.
    """
    from model_router.cli.labelled import Labelled
    from model_router.hindsight.evaluate import Evaluation
    from model_router.hindsight.gate import judged

    forms = Forms(**options)
    bounds = [*_bounds("under", fail_under), *_bounds("over", fail_over)]
    _check_files(files)
    if forms.html is not None:
        check_page(forms.html, files, forms.force)
    other = session.router(compare) if compare is not None else None
    evaluation = Evaluation(session.router(config), other, pairs=pairs, errors=forms.kept)
    _check_bounds(bounds, evaluation)
    labelled = Labelled(files, evaluation.check, by_file=by == "file")
    _measure(session, labelled, evaluation, limit, not forms.no_progress)
    report = evaluation.report()
    _warn_of_pairs(session, report["pairs"], pairs)
    verdicts = [judged(bound, report, evaluation.names) for bound in bounds]
    facts = {"schema": SCHEMA, "version": __version__, "files": files, "by": by, "limit": limit}
    gate = [verdict.to_dict() for verdict in verdicts]
    _show(session, {**facts, **report, "gate": gate}, forms)
    return 0 if all(verdict.met for verdict in verdicts) else GATE_CODE


def _bounds(direction: str, texts: Iterable[str]) -> list[Bound]:
    from model_router.hindsight.gate import parse_bound

    try:
        return [parse_bound(text, least=direction == "under") for text in texts]
    except RequestError as error:
        raise CommandError(f"--fail-{direction}: {error}", error.hint) from None


def _check_bounds(bounds: Iterable[Bound], evaluation: Evaluation) -> None:
    from model_router.hindsight.gate import check_engine

    try:
        for bound in bounds:
            check_engine(bound, evaluation.names)
    except RequestError as error:
        raise CommandError(f"--fail-under: {error}", error.hint) from None


def _check_files(files: Sequence[str]) -> None:
    for number, path in enumerate(files):
        if path in files[:number]:
            raise click.UsageError(f"{path} is given twice, and its rows would count twice")


def check_page(path: str, files: Iterable[str], force: bool) -> None:
    """Raise CommandError when the page would replace a file that no run of ours wrote.

    `force` allows it, but never for one of the `files` that are read.
    """
    from model_router.hindsight.page import HEAD

    path = os.path.expanduser(path)
    if any(os.path.realpath(path) == os.path.realpath(file) for file in files):
        raise click.UsageError(f"--html: {path} holds the rows; give another name")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise CommandError(f"--html: there is no folder {folder}", "make it first", code="file")
    if os.path.isdir(path):
        raise CommandError(f"--html: {path} is a folder", "name a file", code="file")
    if force or not os.path.exists(path):
        return
    begin = HEAD.encode("utf-8")
    try:
        with open(path, "rb") as file:
            ours = file.read(len(begin)) == begin
    except OSError:
        ours = False
    if not ours:
        raise CommandError(
            f"--html: {path} exists and is no report of ours",
            "give --force to replace it, or another name",
            code="file",
        )


def _measure(
    session: Session, labelled: Labelled, evaluation: Evaluation, limit: int | None, bar: bool
) -> None:
    from model_router.cli.batch import NO_PROGRESS
    from model_router.cli.progress import Progress
    from model_router.hindsight.sample import sample

    output = session.output
    shown = bar and not output.json and not output.environ.get(NO_PROGRESS)
    rows: Iterable[Row] = labelled.rows()
    size = labelled.size()
    if limit is not None:
        chosen = sample(rows, limit)
        rows, size = chosen, sum(row.size for row in chosen)
    with Progress(output.err, shown, size) as progress:
        for row in rows:
            evaluation.add(row)
            progress.add(row.size)


def _warn_of_pairs(
    session: Session, found: Iterable[dict[str, Any]], wanted: Iterable[tuple[str, str]]
) -> None:
    seen = {(pair["weak"], pair["strong"]) for pair in found}
    for weak, strong in wanted:
        if (weak, strong) not in seen:
            session.output.warn(f"no row has meta.scores of both {weak} and {strong}")


def _show(session: Session, report: dict[str, Any], forms: Forms) -> None:
    from model_router.cli.files import replace_file
    from model_router.cli.scoreboard import scoreboard
    from model_router.hindsight.page import page

    if forms.html is not None:
        text = page(report if forms.kept else without_prompts(report))
        replace_file(forms.html, text, True, keep=False)
    shown = report if forms.errors else without_prompts(report)
    output = session.output
    if output.json:
        output.print_json(shown)
        return
    output.lines(scoreboard(shown, session.home(), output.out))
    if forms.html is not None:
        prompts = "; it holds prompts of your files" if forms.kept else ""
        output.note(f"wrote {output.err.safe(forms.html)}{prompts}")


def without_prompts(report: dict[str, Any]) -> dict[str, Any]:
    """A report without the worst cases and without the prompts of flips."""
    compared = report["compare"]
    if compared is not None:
        flips = [
            {key: value for key, value in flip.items() if key != "prompt"}
            for flip in compared["flips"]
        ]
        compared = {**compared, "flips": flips}
    return {**report, "errors": [], "compare": compared}
