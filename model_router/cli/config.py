"""`model-router config`: which catalog is in use, what it says, and an old one in our form."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click

from model_router.cli.help import Group
from model_router.cli.inputs import STDIN, decoded, named, read_bytes
from model_router.cli.layout import home_as_tilde, labelled
from model_router.cli.options import common_options, config_option, pass_session, with_options
from model_router.cli.output import CommandError
from model_router.cli.session import Session
from model_router.cli.terminal import Terminal, escaped

Source = tuple[str, str, bool, bool]

SHOW_SCHEMA = "model-router/config-show/1"
PATH_SCHEMA = "model-router/config-path/1"
MIGRATE_SCHEMA = "model-router/config-migrate/1"

EPILOG = """\b
Examples:
  model-router config show --sources
  model-router config path
  model-router config migrate old.yaml --output ~/.model-router/model_router.yaml
"""

SHOW_EPILOG = """\b
Examples:
  model-router config show > everything.yaml
  model-router config show --sources

What is printed loads again as the same catalog.
"""

MIGRATE_EPILOG = """\b
Examples:
  model-router config migrate old.yaml
  model-router config migrate old.yaml --output new.yaml

\b
Exit codes:
  0  the result is a valid catalog
  1  something is left to do by hand; stderr says what
  2  the file cannot be read, or --output exists and --force was not given
"""

ORIGINS = {
    "flag": "--config",
    "MODEL_ROUTER_CONFIG": "MODEL_ROUTER_CONFIG",
    "user": "your own file",
    "packaged": "packaged default",
}


@click.group(cls=Group, epilog=EPILOG, no_args_is_help=True)
@with_options(common_options)
def config() -> None:
    """Show, locate or migrate the catalog."""


@config.command(short_help="Print the catalog in use.", epilog=SHOW_EPILOG)
@with_options(
    click.option("--sources", is_flag=True, help="Only list where it can come from."),
    config_option,
    common_options,
)
@pass_session
def show(session: Session, /, sources: bool, config: str | None) -> None:
    """Print the catalog in use as YAML, with every default filled in."""
    rows = _sources(session, config)
    output = session.output
    if sources and not output.json:
        output.lines(sources_screen(rows, session.home(), output.out))
        return
    data: dict[str, Any] = {"schema": SHOW_SCHEMA, "sources": _sources_data(rows)}
    if not sources:
        from model_router.catalog import load_catalog
        from model_router.cli.effective import effective

        data["catalog"] = effective(load_catalog(_chosen(rows)[1]))
    if output.json:
        output.print_json(data)
        return
    output.out.write(as_yaml(data["catalog"], _chosen(rows)[1]))


@config.command(short_help="Print the catalog's JSON schema.")
@with_options(common_options)
@pass_session
def schema(session: Session, /) -> None:
    """Print the JSON schema of a catalog, for editors and other tools."""
    import json

    from model_router.catalog import catalog_schema

    session.output.out.line(json.dumps(catalog_schema(), indent=2))


@config.command(short_help="Print the path of the catalog in use.")
@with_options(config_option, common_options)
@pass_session
def path(session: Session, /, config: str | None) -> None:
    """Print the path of the catalog in use, and on stderr why it is that one."""
    origin, where, exists, _ = _chosen(_sources(session, config))
    output = session.output
    if output.json:
        data = {"exists": exists, "origin": origin, "path": where, "schema": PATH_SCHEMA}
        output.print_json(data)
        return
    output.out.line(where)
    if not exists:
        output.warn(f"{ORIGINS[origin]} names it, and it does not exist")
    elif output.out.is_tty:
        output.note(f"from {ORIGINS[origin]}")


@config.command(short_help="Print a hermes-router catalog in our form.", epilog=MIGRATE_EPILOG)
@click.argument("file", required=False, help="The catalog; - is standard input. Without it: yours.")
@with_options(
    click.option("--output", "target", metavar="PATH", help="Write it here instead of printing."),
    click.option("--force", is_flag=True, help="Replace an existing file; keep it as .bak."),
    common_options,
)
@pass_session
def migrate(session: Session, /, file: str | None, target: str | None, force: bool) -> int:
    """Read a hermes-router catalog and print it in our form, comments included.

    What was changed and what is left to do stands on stderr.
    """
    from model_router.catalog import migrate as migrated

    source = file or _chosen(_sources(session, None))[1]
    text, notes = migrated(_text(source))
    if target is not None:
        from model_router.cli.files import replace_file

        replace_file(target, text, force)
    problems = _problems(text, named(source))
    output = session.output
    if output.json:
        output.print_json(
            {
                "schema": MIGRATE_SCHEMA,
                "source": named(source),
                "output": target,
                "notes": list(notes),
                "valid": not problems,
                "text": text,
            }
        )
        return 1 if problems else 0
    for note in notes:
        output.note(output.err.safe(note))
    if target is None:
        output.out.write(text)
    else:
        output.note(f"wrote {target}; next: model-router validate-config --config {target}")
    return 1 if problems else 0


def _text(source: str) -> str:
    if source != STDIN:
        from model_router.catalog.load import read_text
        from model_router.errors import RouterConfigError

        try:
            return read_text(source)
        except RouterConfigError as error:
            raise CommandError(f"{source} {error.problems[0].message}", code="file") from None
    return decoded(read_bytes(source)) + "\n"


def _problems(text: str, source: str) -> tuple[Any, ...]:
    from model_router.catalog import parse_catalog
    from model_router.errors import RouterConfigError

    try:
        parse_catalog(text, source)
    except RouterConfigError as error:
        return error.problems
    return ()


def as_yaml(catalog: Mapping[str, Any], source: str) -> str:
    """A catalog's mapping as YAML, under a comment that says where it came from."""
    import yaml

    text = yaml.safe_dump(dict(catalog), sort_keys=False, allow_unicode=False, width=100)
    return f"# {escaped(source, 'ascii')}, with every default filled in\n{text}"


def _sources(session: Session, flag: str | None) -> list[Source]:
    from model_router.catalog import catalog_sources

    return catalog_sources(os.environ, session.home(), flag)


def _chosen(rows: list[Source]) -> Source:
    return next(row for row in rows if row[3])


def _sources_data(rows: list[Source]) -> list[dict[str, Any]]:
    return [
        {"chosen": chosen, "exists": exists, "origin": origin, "path": where or None}
        for origin, where, exists, chosen in rows
    ]


def sources_screen(rows: list[Source], home: str, terminal: Terminal) -> list[str]:
    """Every place a catalog can come from, the first that is set wins."""
    shown = []
    for origin, where, exists, chosen in rows:
        mark = "> " if chosen else "  "
        said = terminal.safe(home_as_tilde(where, home)) or "not set"
        shown.append((mark + ORIGINS[origin], said if exists or not where else f"{said} (absent)"))
    lines = labelled(shown, terminal.width, indent=0)
    return [terminal.paint(line, "green") if line.startswith(">") else line for line in lines]
