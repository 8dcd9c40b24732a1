"""What follows once the wizard's questions are answered: files, downloads, checks, a first try."""

from __future__ import annotations

from model_router.cli import doctor
from model_router.cli import setup_files as files
from model_router.cli.output import Output
from model_router.cli.setup_fetch import fetched
from model_router.cli.setup_files import Draft
from model_router.cli.setup_screen import painted, tell, to_do_lines
from model_router.cli.setup_setting import Setting
from model_router.cli.setup_smoke import ready, smoked
from model_router.setup.choices import Surroundings
from model_router.setup.questions import Answers
from model_router.setup.wizard import Talk

SCHEMA = "model-router/setup-wizard/1"


def found(around: Surroundings) -> str:
    """What was found, in one line."""
    servers = [f"{one.kind} {one.problem or f'with {len(one.models)}'}" for one in around.servers]
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
    if not output.json:
        output.lines(files.told(changed, False, here.home)[:-1])
    if fetched(here, draft, talk, output):
        draft = here.draft(answers)
    seconds, offline = here.options["timeout"], here.options["offline"]
    checks = list(doctor.checks(here.where.proxy, here.home, here.environ, seconds, offline))
    if not output.json:
        output.lines(["", *doctor.check_lines(checks, output.out)])
    results = smoked(here, draft, talk, output)
    if output.json:
        data = files.written(draft, here.where) | {"changed": changed}
        data |= {"checks": doctor.check_data(checks), "smoke": [r._asdict() for r in results]}
        output.print_json({"schema": SCHEMA, "mode": answers["mode"], **data})
    else:
        _tell_next(draft, here, output)
    return 0 if all(one.ok for one in results) else 1


def _tell_next(draft: Draft, here: Setting, output: Output) -> None:
    """What is still to be done; commands in lines of their own, to be copied."""
    if to_do := to_do_lines(draft, here.home):
        output.note("")
        tell(output, "next:")
        for row in [*to_do, "  model-router setup verify"]:
            output.note(output.err.safe(row))
    elif ready(draft):
        port = here.options["proxy_port"]
        tell(output, f"next: model-router-proxy, then point a client at http://127.0.0.1:{port}/v1")
    else:
        tell(output, "next: start a model server or fetch a model; then model-router setup wizard")
