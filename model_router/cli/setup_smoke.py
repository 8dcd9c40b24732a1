"""One short request for each route that can be answered, when somebody wants them sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from model_router.backend_kinds import KINDS
from model_router.catalog.availability import availability_report
from model_router.cli.layout import statuses
from model_router.cli.output import Output
from model_router.cli.setup_files import Draft
from model_router.cli.setup_screen import tell
from model_router.cli.setup_setting import Setting
from model_router.router import ModelRouter
from model_router.servers import Answered, chat
from model_router.setup import questions, smoke, summary
from model_router.setup.placement import selections
from model_router.setup.selections import Selection
from model_router.setup.wizard import Talk


def smoked(here: Setting, draft: Draft, talk: Talk | None, output: Output) -> list[smoke.Tried]:
    """What became of the requests; none where they are not wanted or nobody could answer."""
    names, costs = addressees(draft)
    if not names or not here.wanted(questions.smoke(names, costs), talk):
        return []
    results = list(tried(draft, here.environ, here.options["smoke_timeout"], output))
    if not output.json:
        output.lines(["", *tried_lines(results, output)])
    return results


def ready(draft: Draft) -> list[str]:
    """The routes that a model can answer now: its server runs, or its service's key is set."""
    rows = summary.rows(draft.chosen, draft.catalog, draft.off)
    return [row.route for row in rows if row.state == summary.READY and row.route in smoke.PROMPTS]


def addressees(draft: Draft) -> tuple[str, bool]:
    """Who would be asked, as text, and whether one of them is a hosted service."""
    engines = {draft.catalog.targets[route] for route in ready(draft)}
    homes = [one for one in selections(draft.chosen) if one.engine in engines]
    kinds = dict.fromkeys(one.kind for one in homes)
    return ", ".join(kinds), any(not one.local for one in homes)


def tried(
    draft: Draft, environ: Mapping[str, str], seconds: float, output: Output
) -> Iterator[smoke.Tried]:
    """The requests, one after the other; who looks on is told where one is."""
    off = availability_report(draft.catalog, environ=environ)
    router = ModelRouter(draft.catalog, availability_report=off)

    def send(home: Selection, prompt: str) -> Answered:
        if output.err.is_tty and not output.json:
            tell(output, f"{home.route}: asking {home.model} ...")
        variable = KINDS[home.kind].api_key_env
        key = environ.get(variable, "").strip() if variable else ""
        return chat(home.base_url, key or None, home.model, prompt, seconds)

    yield from smoke.tries(router, selections(draft.chosen), ready(draft), send)


def tried_lines(rows: Iterable[smoke.Tried], output: Output) -> list[str]:
    """What became of the requests."""
    shown = []
    for row in rows:
        model = f": {row.model}" if row.model else ""
        text = f"{row.route}, {row.engine}{model} {row.fact}"
        shown.append(("ok" if row.ok else "FAIL", text))
    return statuses(shown, output.out)
