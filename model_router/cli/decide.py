"""`model-router decide`: which engine takes this prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from model_router.cli.help import Command
from model_router.cli.hints import HINT_OPTIONS, hints_from
from model_router.cli.inputs import read_messages, read_prompt
from model_router.cli.options import common_options, config_option, pass_session, with_options
from model_router.cli.session import Router, Session, check_names, decided
from model_router.types import HUMAN

if TYPE_CHECKING:
    from model_router.receipt.decision import RoutingDecision

CONFIRM_CODE = 3

EPILOG = """\b
Examples:
  model-router decide "fix the repo and run tests"
  git diff | model-router decide --json
  model-router decide --messages body.json --local-only
  model-router decide --batch prompts.jsonl > decisions.jsonl

\b
Exit codes:
  0  a decision was made, whatever it is
  1  --batch: a line could not be read
  2  wrong usage, an unknown engine, an unreadable file
  3  --exit-code: the decision is human_confirm

A batch line is a string, {"prompt": "..."} or a chat body, each with an "id" if you like.
"""

SOURCES = (
    click.option("--file", metavar="PATH", help="Read the prompt from a file."),
    click.option(
        "--messages", metavar="PATH", help="Read an OpenAI-style JSON body; - is standard input."
    ),
    click.option(
        "--batch", metavar="PATH", help="Read JSON Lines and print JSON Lines; - is standard input."
    ),
)
FORMS = (
    click.option("--quiet", "-q", is_flag=True, help="Print the engine's name and nothing else."),
    click.option("--explain", is_flag=True, help="Say why, in sentences."),
    click.option("--exit-code", is_flag=True, help="Exit with 3 when it is human_confirm."),
    click.option("--no-progress", is_flag=True, help="No progress bar for --batch."),
)


@click.command(cls=Command, epilog=EPILOG)
@click.argument("words", nargs=-1, metavar="[WORDS]...", help="The prompt; - is standard input.")
@with_options(*SOURCES, *FORMS, *HINT_OPTIONS, config_option, common_options)
@pass_session
@click.pass_context
def decide(
    ctx: click.Context,
    session: Session,
    /,
    words: tuple[str, ...],
    config: str | None,
    quiet: bool,
    explain: bool,
    exit_code: bool,
    no_progress: bool,
    **options: Any,
) -> int:
    """Choose the engine for a prompt and say why. Nothing is sent anywhere.

    Without WORDS the prompt is read from a pipe.
    """
    sources = {name: options.pop(name) for name in ("file", "messages", "batch")}
    _one_source(words, sources)
    hints = hints_from(options)
    if sources["batch"] is not None:
        from model_router.cli.batch import Batch

        router = named_router(session, config, hints)
        batch = Batch(router, hints, session.output, quiet=quiet, progress=not no_progress)
        batch.run(sources["batch"])
        return batch.exit_code(confirm=CONFIRM_CODE if exit_code else 0)
    content = _content(words, sources)
    if content is None:
        click.echo(short_help(ctx), err=True)
        return 2
    decision = decided(named_router(session, config, hints), content, hints)
    show(session, decision, quiet, explain)
    return CONFIRM_CODE if exit_code and decision.selected_engine == HUMAN else 0


def _one_source(words: tuple[str, ...], sources: dict[str, str | None]) -> None:
    given = [f"--{name}" for name, value in sources.items() if value is not None]
    if len(given) + bool(words) > 1:
        named = " and ".join(["words"] * bool(words) + given)
        raise click.UsageError(f"{named} are all prompts; give one of them")


def _content(words: tuple[str, ...], sources: dict[str, str | None]) -> Any:
    if sources["messages"] is not None:
        return read_messages(sources["messages"])
    return read_prompt(words, sources["file"])


def named_router(session: Session, config: str | None, hints: dict[str, Any]) -> Router:
    """The router, after the names in the hints have been compared with its catalog."""
    router = session.router_or_closed(config)
    check_names(hints, router, session.output)
    return router


def show(session: Session, decision: RoutingDecision, quiet: bool, explain: bool) -> None:
    """Print a decision as --quiet, --json or --explain ask for."""
    from model_router.cli.screen import decision_screen, explanation_screen

    output = session.output
    if quiet:
        output.out.line(decision.selected_engine)
    elif output.json:
        output.print_json(decision.to_dict())
    else:
        screen = explanation_screen if explain else decision_screen
        output.lines(screen(decision, output.out))


def short_help(ctx: click.Context) -> str:
    """What to type, in a few lines, for somebody at a terminal who gave no prompt."""
    return (
        f"{ctx.get_usage()}\n\n"
        f'Give a prompt:\n  {ctx.command_path} "fix the repo"\n'
        f"or pipe one in. All options:\n  {ctx.command_path} --help"
    )
