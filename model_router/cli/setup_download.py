"""`model-router setup download`: a plan to read, and the same plan carried out."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from model_router.cli.help import Command
from model_router.cli.options import Name, common_options, pass_session, with_options
from model_router.cli.output import CommandError, Output
from model_router.cli.plan_screen import plan_screen, size
from model_router.cli.session import Session
from model_router.cli.setup_machine import cache_of, catalog_of, machine_of, machine_options
from model_router.names import close_match

if TYPE_CHECKING:
    from model_router.setup.downloads import Plan

ROUTE_NAMES = ("simple", "balanced", "reasoning", "coding", "research", "vision",
               "image_generation")  # fmt: skip
SERVER_NAMES = ("llamacpp", "lmstudio", "ollama", "vllm", "mlx")

EPILOG = """\b
Examples:
  model-router setup download
  model-router setup download --route coding --execute
  model-router setup download --repo-id qwen3.5-4b --json > plan.json
  model-router setup download --plan plan.json --execute --yes
  model-router setup download --repo-id owner/name --include "*Q8_0.gguf" --pin

\b
Exit codes:
  0    the plan was printed, or everything is here and verified
  1    it cannot be carried out: not pinned, no room, refused by the hub, wrong checksum
  2    wrong usage, an unknown name, an unreadable plan
  130  interrupted; whole files are kept, the one under way is not
"""


@click.command("download", cls=Command, epilog=EPILOG)
@with_options(
    click.option("--route", "routes", type=Name(ROUTE_NAMES), multiple=True,
                 help="Only for this route. Without it: the set that `recommend` shows."),
    click.option("--repo-id", "names", metavar="NAME", multiple=True,
                 help="A model of the list, or a repository as owner/name."),
    click.option("--include", metavar="PATTERN", multiple=True,
                 help="Which files of a repository, with --repo-id."),
    click.option("--plan", "plan_file", metavar="FILE", help="A plan that --json printed."),
    click.option("--pin", is_flag=True,
                 help="Ask the hub for commits, paths, sizes and checksums that are not known."),
    click.option("--execute", is_flag=True, help="Carry the plan out."),
    click.option("--yes", is_flag=True, help="Do not ask before that."),
    click.option("--server", type=Name(SERVER_NAMES), default="llamacpp", show_default=True,
                 help="What will serve the files; decides the next step."),
    machine_options,
    common_options,
)  # fmt: skip
@pass_session
def download(
    session: Session,
    /,
    routes: tuple[str, ...],
    names: tuple[str, ...],
    include: tuple[str, ...],
    plan_file: str | None,
    pin: bool,
    execute: bool,
    yes: bool,
    server: str,
    **machine: Any,
) -> int:
    """Print what would be downloaded: files, sizes, room, commit. With --execute, do exactly that.

    A plan asks nobody. --pin asks the hub, only for what the list does not know. Files go to the
    Hugging Face cache; pickles are never fetched.
    """
    _check_words(routes, names, include, plan_file)
    plan = _plan(session, routes, names, include, plan_file, machine)
    if pin and not plan.pinned:
        plan = _pinned(plan)
    output, cache = session.output, cache_of(session)
    if not execute:
        _show(plan, cache, server, session, executed=None)
        return 0
    _check_runs(plan, server)
    if not output.json:
        _show(plan, cache, server, session, executed=False)
    _check_asked(yes, plan, cache, output)
    _carry_out(plan, cache, output)
    if output.json:
        _show(plan, cache, server, session, executed=True)
    return 0


def _check_words(
    routes: tuple[str, ...], names: tuple[str, ...], include: tuple[str, ...], plan: str | None
) -> None:
    given = [word for word, there in (("--route", routes), ("--repo-id", names), ("--plan", plan))
             if there]  # fmt: skip
    if len(given) > 1:
        raise CommandError(f"{' and '.join(given)} do not go together", "give one of them")
    if include and not names:
        raise CommandError("--include belongs to --repo-id", "name the repository as well")


def _plan(
    session: Session,
    routes: tuple[str, ...],
    names: tuple[str, ...],
    include: tuple[str, ...],
    plan_file: str | None,
    machine: dict[str, Any],
) -> Plan:
    if plan_file is not None:
        return _from_file(plan_file)
    from model_router.setup.wanted import NotKnown, for_names, for_routes, for_set

    catalog = catalog_of(machine["model_catalog"])
    try:
        if names:
            return for_names(catalog, names, include)
        from model_router.setup.advice import advise

        there = machine_of(session, machine["hardware"], machine["ram"], machine["vram"])
        advice = advise(catalog, there, machine["profile"])
        return for_routes(advice, routes) if routes else for_set(advice)
    except NotKnown as error:
        close = (
            close_match(names[0][:100], [model.id for model in catalog.models]) if names else None
        )
        hint = f"did you mean {close}?" if close else "see `model-router setup recommend`"
        raise CommandError(str(error), hint, exit_code=2 if names else 1) from None


def _from_file(path: str) -> Plan:
    import json

    from model_router.cli.inputs import decoded, read_bytes
    from model_router.setup.downloads import PlanError, plan_from

    try:
        return plan_from(json.loads(decoded(read_bytes(path))))
    except (ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, PlanError) else "it is no JSON"
        hint = "write one with `model-router setup download --json > plan.json`"
        raise CommandError(f"{path} cannot be used: {said}", hint, code="file") from None


def _pinned(plan: Plan) -> Plan:
    from model_router.setup.hub import asker, pinned

    return pinned(plan, asker(os.environ))


def _check_runs(plan: Plan, server: str) -> None:
    """Raises what stands in the way before anybody is asked."""
    from model_router.setup.hub import EXTRA, installed
    from model_router.setup.next_steps import via

    if not plan.items:
        raise CommandError("there is nothing to fetch", "see `model-router setup recommend`")
    if not plan.pinned:
        loose = [item.repo for item in plan.items if not item.pinned]
        raise CommandError(
            f"the list names no commit, path or size for all of {', '.join(loose)}",
            "add --pin: it asks the hub, and shows what it said before anything is fetched",
            code="download",
            exit_code=1,
        )
    if any(via(item, server) != "hf" for item in plan.items):
        raise CommandError(
            "ollama takes nothing from the Hugging Face cache, it fetches by itself",
            "run the command that the plan shows, or choose another --server",
        )
    if not installed():
        from model_router.errors import MissingExtraError

        raise MissingExtraError("huggingface_hub is not installed", EXTRA)


def _check_asked(yes: bool, plan: Plan, cache: str, output: Output) -> None:
    if yes:
        return
    if output.json or not sys.stdin.isatty():
        raise CommandError("nobody can be asked whether to go on", "give --yes")
    from model_router.setup.downloads import missing_bytes

    todo = missing_bytes(plan, cache) or 0
    question = f"Fetch {size(todo)} now?" if todo else "Everything is here. Verify it?"
    if not click.confirm(question, default=False, err=True):
        raise CommandError("nothing was fetched", "run it again when you want it", exit_code=1)


def _carry_out(plan: Plan, cache: str, output: Output) -> None:
    from model_router.setup.fetching import execute
    from model_router.setup.hub import fetcher

    bars = output.err.is_tty and not output.json
    done = list(execute(plan, cache, fetcher(cache, os.environ, bars=bars), output.note))
    here = sum(1 for one in done if one.was_here)
    noun = "file is" if len(done) == 1 else "files are"
    output.note(f"{len(done)} {noun} here and verified; fetched now: {len(done) - here}")


def _show(plan: Plan, cache: str, server: str, session: Session, executed: bool | None) -> None:
    from model_router.cli.plan_screen import plan_json

    output = session.output
    if output.json:
        output.print_json(plan_json(plan, cache, server, executed=bool(executed)))
        return
    output.lines(plan_screen(plan, cache, server, session.home(), output.out, executed is None))
