"""What follows once a setup is written: the doctor's checks, and a short request for each route."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from model_router.backend_kinds import KINDS
from model_router.catalog.availability import availability_report
from model_router.cli import doctor
from model_router.cli import setup_files as files
from model_router.cli.layout import statuses
from model_router.cli.output import Output
from model_router.cli.setup_files import Draft
from model_router.cli.setup_screen import painted, tell
from model_router.cli.setup_setting import Setting
from model_router.router import ModelRouter
from model_router.servers import Answered, chat
from model_router.setup import questions, smoke, summary
from model_router.setup.choices import Surroundings
from model_router.setup.placement import selections
from model_router.setup.questions import Answers
from model_router.setup.selections import Selection
from model_router.setup.wizard import Talk, converse

SCHEMA = "model-router/setup-wizard/1"


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


def found(around: Surroundings) -> str:
    """What was found, in one line."""
    servers = [f"{one.kind} with {len(one.models)}" for one in around.servers]
    count = len(around.models)
    running = ", ".join(servers) or "no server runs"
    return f"Found {count} {'model' if count == 1 else 'models'}; {running}."


def finish(here: Setting, answers: Answers, talk: Talk | None, output: Output) -> int:
    """Write, check, try; the exit code."""
    draft = here.draft(answers)
    if talk is None and not output.json:
        output.lines(painted(here.review(draft, output.out.width), output.out))
    # Who was asked about files that stand there has agreed to their copies.
    force = here.options["force"] or talk is not None
    changed = files.write(here.where, draft.texts, force)
    seconds, offline = here.options["timeout"], here.options["offline"]
    checks = list(doctor.checks(here.where.proxy, here.home, here.environ, seconds, offline))
    if not output.json:
        output.lines(files.told(changed, False, here.home)[:-1])
        output.lines(["", *doctor.check_lines(checks, output.out)])
    results = _smoke(here, draft, talk, output)
    if output.json:
        data = files.written(draft, here.where) | {"changed": changed}
        data |= {"checks": doctor.check_data(checks), "smoke": [r._asdict() for r in results]}
        output.print_json({"schema": SCHEMA, "mode": answers["mode"], **data})
    else:
        tell(output, _next(draft, here))
    return 0 if all(one.ok for one in results) else 1


def _smoke(here: Setting, draft: Draft, talk: Talk | None, output: Output) -> list[smoke.Tried]:
    """The short requests, if they are wanted and somebody could answer."""
    names, costs = addressees(draft)
    if not names:
        return []
    wanted = here.options["smoke"]
    given = {} if wanted is None else {"smoke": questions.YES if wanted else questions.NO}
    known = here.known("", output.err.width)
    if (
        converse(known, given, talk, (questions.smoke(names, costs),)).answers.get("smoke")
        != questions.YES
    ):
        return []
    results = list(tried(draft, here.environ, here.options["smoke_timeout"], output))
    if not output.json:
        output.lines(["", *tried_lines(results, output)])
    return results


def _next(draft: Draft, here: Setting) -> str:
    if summary.to_do(draft.chosen, draft.off):
        return "next: what is still to do, above; then model-router setup verify"
    if not ready(draft):
        return "next: start a model server, or download a model; then model-router setup wizard"
    port = here.options["proxy_port"]
    return f"next: model-router-proxy, then point a client at http://127.0.0.1:{port}/v1"
