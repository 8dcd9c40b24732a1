"""`model-router dispatch-plan`: what dispatching a prompt would call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from model_router.cli.decide import named_router, short_help
from model_router.cli.help import Command
from model_router.cli.hints import HINT_OPTIONS, hints_from
from model_router.cli.inputs import read_prompt
from model_router.cli.layout import labelled
from model_router.cli.options import common_options, config_option, pass_session, with_options
from model_router.cli.screen import follow_up, headline
from model_router.cli.session import Session
from model_router.cli.terminal import Terminal

if TYPE_CHECKING:
    from model_router.dispatch import DispatchPlan

SCHEMA = "model-router/dispatch-plan/1"

EPILOG = """\b
Examples:
  model-router dispatch-plan "fix the repo and run tests"
  model-router dispatch-plan --json --include-alternatives "summarize these notes"

\b
Exit codes:
  0  a plan was made
  1  --exit-code: the plan is blocked, a person must act first
  2  wrong usage, an unknown engine, an unreadable file
"""


@click.command("dispatch-plan", cls=Command, epilog=EPILOG)
@click.argument("words", nargs=-1, metavar="[WORDS]...", help="The prompt; - is standard input.")
@with_options(
    click.option("--file", metavar="PATH", help="Read the prompt from a file."),
    click.option("--include-alternatives", is_flag=True, help="List the other engines that fit."),
    click.option("--exit-code", is_flag=True, help="Exit with 1 when the plan is blocked."),
    *HINT_OPTIONS,
    config_option,
    common_options,
)
@pass_session
@click.pass_context
def dispatch_plan(
    ctx: click.Context,
    session: Session,
    /,
    words: tuple[str, ...],
    file: str | None,
    include_alternatives: bool,
    exit_code: bool,
    config: str | None,
    **options: Any,
) -> int:
    """Show which model and adapter a prompt would go to. It is a dry run: nothing is called."""
    from model_router.dispatch import build_dispatch_plan

    hints = hints_from(options)
    text = read_prompt(words, file)
    if text is None:
        click.echo(short_help(ctx), err=True)
        return 2
    router = named_router(session, config, hints)
    plan = build_dispatch_plan(
        text, router=router, hints=hints, include_alternatives=include_alternatives
    )
    if session.output.json:
        session.output.print_json({**plan.to_dict(), "schema": SCHEMA})
    else:
        session.output.lines(plan_screen(plan, session.output.out))
    return 1 if exit_code and plan.blocked else 0


def plan_screen(plan: DispatchPlan, terminal: Terminal) -> list[str]:
    """The lines that people see: where it would go, or why it is blocked."""
    rows = [
        ("provider", plan.provider),
        ("model", plan.model),
        ("adapter", plan.adapter),
        ("status", "blocked: a person must act first" if plan.blocked else "could be dispatched"),
        *(("why" if n == 0 else "", why) for n, why in enumerate(plan.receipt.reasons)),
        ("next", follow_up(plan.receipt)),
        *(("also", f"{row.engine} ({row.rank_score:.1f})") for row in plan.receipt.alternatives),
        ("", plan.reasons[0]),
    ]
    safe = [(label, terminal.safe(text)) for label, text in rows]
    return [headline(plan.receipt, terminal), *labelled(safe, terminal.width)]
