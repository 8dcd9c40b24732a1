"""`model-router validate-config`: every problem of a catalog, and which engines can be used."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from model_router.cli.findings import finding_lines, problem_count, problem_data, remark_data
from model_router.cli.help import Command
from model_router.cli.layout import home_as_tilde, labelled
from model_router.cli.options import common_options, pass_session, with_options
from model_router.cli.session import Session
from model_router.cli.terminal import Terminal

if TYPE_CHECKING:
    from model_router.errors import Problem
    from model_router.types import Catalog, Remark

SCHEMA = "model-router/validate-config/1"

EPILOG = """\b
Examples:
  model-router validate-config
  model-router validate-config --config configs/model_router.yaml --json

\b
Exit codes:
  0  the catalog is valid and every enabled engine can be used
  1  there is a problem, or an enabled engine cannot be used
"""


class Report(NamedTuple):
    """What was found: `catalog` is None when there are problems."""

    source: str
    origin: str
    problems: tuple[Problem, ...]
    catalog: Catalog | None
    unavailable: dict[str, tuple[str, ...]]

    @property
    def ok(self) -> bool:
        """Whether the catalog is valid and every enabled engine can be used."""
        return self.catalog is not None and not self.unavailable


@click.command("validate-config", cls=Command, epilog=EPILOG)
@with_options(
    click.option("--config", metavar="PATH", help="The catalog to check. Without it: yours."),
    common_options,
)
@pass_session
def validate_config(session: Session, /, config: str | None) -> int:
    """Check a catalog: every problem at once, with its place and what to write instead."""
    report = examined(config, session.home())
    output = session.output
    if output.json:
        output.print_json(report_data(report))
    else:
        output.lines(report_screen(report, session.home(), output.out))
    return 0 if report.ok else 1


def examined(config: str | None, home: str) -> Report:
    """The report for the catalog at `config`, or for the one in use."""
    from model_router.catalog import availability_report, catalog_sources, load_catalog
    from model_router.errors import RouterConfigError
    from model_router.examples import failed_examples

    chosen = next(row for row in catalog_sources(os.environ, home, config) if row[3])
    try:
        catalog = load_catalog(chosen[1])
    except RouterConfigError as error:
        return Report(chosen[1], chosen[0], error.problems, None, {})
    if failed := failed_examples(catalog):
        return Report(chosen[1], chosen[0], failed, None, {})
    return Report(chosen[1], chosen[0], (), catalog, availability_report(catalog))


def report_data(report: Report) -> dict[str, Any]:
    """The report as JSON-ready data."""
    catalog = report.catalog
    return {
        "schema": SCHEMA,
        "source": report.source,
        "origin": report.origin,
        "ok": report.ok,
        "valid": catalog is not None,
        "problems": problem_data(report.problems),
        "remarks": remark_data(_remarks(report)),
        "engines": [
            {
                "name": engine.name,
                "enabled": engine.enabled,
                "usable": engine.enabled and engine.name not in report.unavailable,
                "reasons": list(report.unavailable.get(engine.name, ())),
            }
            for engine in (catalog.engines.values() if catalog else ())
        ],
    }


def _remarks(report: Report) -> tuple[Remark, ...]:
    return report.catalog.warnings if report.catalog else ()


def report_screen(report: Report, home: str, terminal: Terminal) -> list[str]:
    """The lines that people see."""
    lines = [f"{terminal.safe(home_as_tilde(report.source, home))}: {_verdict(report, terminal)}"]
    lines += finding_lines(report.problems, _remarks(report), terminal)
    if report.catalog is not None:
        lines += ["", terminal.paint("engines", "bold"), *_engines(report, terminal)]
    return lines


def _verdict(report: Report, terminal: Terminal) -> str:
    if report.catalog is None:
        return problem_count(report.problems, terminal)
    if report.unavailable:
        count = len(report.unavailable)
        words = "engine" if count == 1 else "engines"
        return terminal.paint(f"valid, but {count} enabled {words} cannot be used", "yellow")
    return terminal.paint("valid", "green")


def _engines(report: Report, terminal: Terminal) -> list[str]:
    assert report.catalog is not None
    rows = []
    for engine in report.catalog.engines.values():
        status = "ok" if engine.enabled else "off"
        reasons = report.unavailable.get(engine.name, ())
        said = f": {'; '.join(reasons)}" if reasons else ""
        rows.append(("FAIL" if reasons else status, terminal.safe(engine.name + said)))
    return labelled(rows, terminal.width)
