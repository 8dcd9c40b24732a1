"""`model-router setup recommend`: which models fit a machine, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from model_router.cli.help import Command
from model_router.cli.layout import labelled, wrapped
from model_router.cli.options import common_options, pass_session, with_options
from model_router.cli.session import Session
from model_router.cli.setup_machine import catalog_of, machine_of, machine_options
from model_router.cli.terminal import Terminal

if TYPE_CHECKING:
    from model_router.setup.advice import Advice
    from model_router.setup.advisor import RouteAdvice
    from model_router.setup.residents import Together

SCHEMA = "model-router/setup-recommend/1"

EPILOG = """\b
Examples:
  model-router setup recommend
  model-router setup recommend --profile quality
  model-router setup recommend --hardware hw.json --json
  model-router setup recommend --ram 64 --vram 24

\b
Exit codes:
  0  there is a model for every route but image generation
  1  a route stays empty
"""


@click.command("recommend", cls=Command, epilog=EPILOG)
@with_options(
    machine_options,
    click.option("--pool-gpus", is_flag=True, help="Count the memory of several GPUs as one."),
    common_options,
)
@pass_session
def recommend(
    session: Session,
    /,
    hardware: str | None,
    ram: int | None,
    vram: int | None,
    profile: str,
    model_catalog: str | None,
    pool_gpus: bool,
) -> int:
    """Say which models fit this machine: for each route, and for all of them together.

    Computed from memory sizes and a packaged list of models. Nothing is asked, measured or
    fetched.
    """
    from model_router.setup.advice import advice_data, advise

    models = catalog_of(model_catalog)
    machine = machine_of(session, hardware, ram, vram)
    advice = advise(models, machine, profile, pool_gpus=pool_gpus)
    output = session.output
    if output.json:
        output.print_json({"schema": SCHEMA, **advice_data(advice)})
    else:
        output.lines(screen(advice, output.out))
    return 1 if unserved(advice) else 0


def unserved(advice: Advice) -> list[str]:
    """Routes for which no model fits, image generation apart."""
    from model_router.setup.residents import IMAGES

    return [
        one.route.name for one in advice.routes if one.chosen is None and one.route.name != IMAGES
    ]


def screen(advice: Advice, terminal: Terminal) -> list[str]:
    """The advice for people: memory, the set, then each route by itself."""
    from model_router.setup.advisor import gib

    budget = advice.budget
    head = f"{gib(budget.bytes)} for models: {budget.why}."
    lines = wrapped(terminal.safe(head), terminal.width)
    used = f"Profile {advice.profile} uses {gib(advice.allowance)} of it. "
    lines += wrapped(f"{used}Models as of {advice.catalog.version}.", terminal.width)
    lines += ["", terminal.paint("In memory together", "bold"), *_set(advice, terminal), ""]
    lines.append(terminal.paint("Each route by itself", "bold"))
    for one in advice.routes:
        lines += _route(one, advice, terminal)
    rates = {one.chosen.speed.basis for one in advice.routes if one.chosen and one.chosen.speed}
    said = f"Speeds are ranges computed from {', '.join(sorted(rates))}; nothing was measured."
    lines += ["", *wrapped(terminal.safe(said), terminal.width)] if rates else [""]
    return [*lines, "Next: model-router setup download"]


def _set(advice: Advice, terminal: Terminal) -> list[str]:
    from model_router.setup.advisor import gib, tokens

    together, alone = advice.together, advice.alone
    rows = [
        (one.model_id, f"{gib(one.total)}"
         + (f" at {tokens(one.context)} context" if one.context else "")
         + f": {', '.join(one.routes)}")
        for one in together.residents
    ]  # fmt: skip
    if together.without:
        rows.append(("nothing for", ", ".join(together.without)))
    lines = labelled(rows, terminal.width)
    total = f"Sum {gib(together.sum_bytes)}."
    if advice.stretched:
        total += " That is more than the profile would use; fewer routes stay empty so."
    if _ids(alone) != _ids(together):
        total += (
            f" A server that loads one model at a time could give each route its own below: "
            f"{gib(alone.largest_bytes)} at most, {gib(alone.sum_bytes)} for all at once."
        )
    return lines + wrapped(total, terminal.width)


def _ids(together: Together) -> set[tuple[str, tuple[str, ...]]]:
    return {(one.model_id, one.routes) for one in together.residents}


def _route(one: RouteAdvice, advice: Advice, terminal: Terminal) -> list[str]:
    rows: list[tuple[str, str]] = []
    name = one.chosen.model.name if one.chosen else "nothing fits"
    rows.append((one.route.name, f"{name}: {one.why}"))
    if one.chosen is not None and one.chosen.footprint.basis == "default":
        rows.append(("", "its cache per token is not known; a large one is assumed"))
    if advice.budget.kind == "apple" and one.chosen is not None and one.chosen.model.mlx_repo:
        rows.append(("", f"as MLX: {one.chosen.model.mlx_repo}"))
    rows += [("", f"smaller: {one.smaller.model_id}, {one.smaller.why}")] if one.smaller else []
    rows += [("", f"larger: {one.larger.model_id}, {one.larger.why}")] if one.larger else []
    safe: list[tuple[str, str]] = [(label, terminal.safe(text)) for label, text in rows]
    width = max(len(row.route.name) for row in advice.routes)
    safe[0] = (safe[0][0].ljust(width), safe[0][1])
    return labelled(safe, terminal.width)
