"""`model-router explain`: a decision as a picture."""

from __future__ import annotations

from typing import Any

import click

from model_router.cli.decide import named_router, short_help
from model_router.cli.help import Command
from model_router.cli.hints import HINT_OPTIONS, hints_from
from model_router.cli.inputs import read_prompt
from model_router.cli.options import common_options, config_option, pass_session, with_options
from model_router.cli.session import Session, decided

SCHEMA = "model-router/explain/1"

EPILOG = """\b
Examples:
  model-router explain "drop the production database"
  model-router explain --file prompt.txt --local-only

^ marks what mattered. Your text is shown on your terminal and nowhere else; --json leaves it out.
"""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("words", nargs=-1, metavar="[WORDS]...", help="The prompt; - is standard input.")
@with_options(
    click.option("--file", metavar="PATH", help="Read the prompt from a file."),
    *HINT_OPTIONS,
    config_option,
    common_options,
)
@pass_session
@click.pass_context
def explain(
    ctx: click.Context,
    session: Session,
    /,
    words: tuple[str, ...],
    file: str | None,
    config: str | None,
    **options: Any,
) -> int:
    """Show how a decision was made: the words that mattered, scores, routes, engines."""
    from model_router.cli.picture import View, picture

    hints = hints_from(options)
    text = read_prompt(words, file)
    if text is None:
        click.echo(short_help(ctx), err=True)
        return 2
    router = named_router(session, config, hints)
    decision = decided(router, text, hints, places=True)
    points = dict(router.assess(text, hints).route_points)
    if session.output.json:
        data = {"decision": decision.to_dict(), "route_points": points, "schema": SCHEMA}
        session.output.print_json(data)
    else:
        session.output.lines(picture(View(text, decision, points), session.output.out))
    return 0
