"""`model-router validate-proxy-config`: every problem of a proxy file, and who serves what."""

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
    from model_router.proxy.config import ProxyConfig
    from model_router.proxy.served import Served
    from model_router.types import Remark

SCHEMA = "model-router/validate-proxy-config/1"

EPILOG = """\b
Examples:
  model-router validate-proxy-config
  model-router validate-proxy-config --config configs/proxy.yaml --json

\b
Exit codes:
  0  the file and the catalog that it names are valid
  1  there is a problem
"""


class Report(NamedTuple):
    """What was found: `config` and `served` are None when there are problems."""

    source: str
    problems: tuple[Problem, ...]
    config: ProxyConfig | None = None
    served: Served | None = None

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is odd and does not stop the proxy."""
        if self.config is None or self.served is None:
            return ()
        return (*self.config.warnings, *self.served.remarks)


@click.command("validate-proxy-config", cls=Command, epilog=EPILOG)
@with_options(
    click.option("--config", metavar="PATH", help="The proxy file to check. Without it: yours."),
    common_options,
)
@pass_session
def validate_proxy_config(session: Session, /, config: str | None) -> int:
    """Check a proxy file: every problem at once, with its place and what to write instead."""
    report = examined(config, session.home())
    output = session.output
    if output.json:
        output.print_json(report_data(report))
    else:
        output.lines(report_screen(report, session.home(), output.out))
    return 1 if report.problems else 0


def examined(path: str | None, home: str) -> Report:
    """The report for the proxy file at `path`, or for the one in use, and for its catalog."""
    from model_router.catalog import load_catalog
    from model_router.errors import RouterConfigError
    from model_router.proxy.load import find_proxy_config, load_proxy_config
    from model_router.proxy.served import served

    source = find_proxy_config(path, os.environ, home)
    try:
        config = load_proxy_config(source, environ=os.environ, home=home)
        catalog = load_catalog(config.router_config)
    except RouterConfigError as error:
        return Report(error.source or source, error.problems)
    return Report(source, (), config, served(config, catalog, os.environ))


def report_data(report: Report) -> dict[str, Any]:
    """The report as JSON-ready data. No key is in it."""
    config = report.config
    return {
        "schema": SCHEMA,
        "source": report.source,
        "valid": config is not None,
        "problems": problem_data(report.problems),
        "remarks": remark_data(report.remarks),
        "backends": [
            {
                "name": backend.name,
                "kind": backend.kind,
                "base_url": backend.base_url,
                "location": "local" if backend.local else "hosted",
                "key": backend.api_key is not None,
            }
            for backend in (config.backends.values() if config else ())
        ],
        "engines": [
            {"name": engine, "backend": backend, "model": model}
            for engine, backend, model in _engines(report)
        ],
    }


def _engines(report: Report) -> list[tuple[str, str | None, str | None]]:
    if report.config is None or report.served is None:
        return []
    rows: list[tuple[str, str | None, str | None]] = []
    for name, engine in report.served.catalog.engines.items():
        home = report.served.homes.get(name)
        model = None
        if home is not None:
            named = report.config.backends[home].model_for(name)
            model = named or engine.api_model or engine.model
        rows.append((name, home, model))
    return rows


def report_screen(report: Report, home: str, terminal: Terminal) -> list[str]:
    """The lines that people see."""
    lines = [f"{terminal.safe(home_as_tilde(report.source, home))}: {_verdict(report, terminal)}"]
    lines += finding_lines(report.problems, report.remarks, terminal)
    if report.config is not None:
        rows = [(name, terminal.safe(_home(at, model))) for name, at, model in _engines(report)]
        lines += ["", terminal.paint("engines", "bold"), *labelled(rows, terminal.width)]
    return lines


def _home(backend: str | None, model: str | None) -> str:
    return f"{backend}: {model}" if backend else "not served"


def _verdict(report: Report, terminal: Terminal) -> str:
    if report.problems:
        return problem_count(report.problems, terminal)
    return terminal.paint("valid", "green")
