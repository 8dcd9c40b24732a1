"""`model-router setup verify`: whether the config still matches what the servers advertise."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from model_router.cli.help import Command
from model_router.cli.layout import home_as_tilde, statuses
from model_router.cli.options import common_options, pass_session, timeout_option, with_options
from model_router.cli.session import Session
from model_router.names import close_match

if TYPE_CHECKING:
    from model_router.cli.advertised import Compared
    from model_router.proxy.served import Served
    from model_router.types import Availability

SCHEMA = "model-router/setup-verify/1"
OK, LOST, REFUSED, SILENT, UNKNOWN, OFF = "ok", "lost", "refused", "silent", "unknown", "off"

EPILOG = """\b
Examples:
  model-router setup verify
  model-router setup verify --json | jq -r '.engines[] | select(.state == "lost") | .model'

\b
Exit codes:
  0  every server has the models that the config names
  1  the config cannot be used, a server lost a model, or it refuses the key
  4  nothing of that, but a server does not answer
"""


class Row(NamedTuple):
    """One engine: its backend and model, how it stands, and what to do."""

    engine: str
    backend: str | None
    model: str | None
    state: str
    fact: str
    fix: str | None = None


@click.command("verify", cls=Command, epilog=EPILOG)
@with_options(
    click.option("--config", metavar="PATH", help="The proxy file. Without it: yours."),
    timeout_option,
    common_options,
)
@pass_session
def verify(session: Session, /, config: str | None, timeout: float) -> int:
    """Ask the servers of the proxy file whether they still have the models that it names.

    Nothing is changed, and no model is loaded: servers are asked for their lists only.
    """
    from model_router.catalog import load_catalog
    from model_router.catalog.availability import availability_report
    from model_router.cli.advertised import compared
    from model_router.proxy.load import find_proxy_config, load_proxy_config
    from model_router.proxy.served import served

    home = session.home()
    source = find_proxy_config(config, os.environ, home)
    settings = load_proxy_config(source, environ=os.environ, home=home)
    found = served(settings, load_catalog(settings.router_config), os.environ)
    # Here, unlike in the proxy, what is not downloaded yet counts: it need not be served.
    off = dict(found.unavailable) | availability_report(found.catalog, environ=os.environ)
    found = found._replace(unavailable=off)
    answers = list(compared(settings, found, timeout, unused=False))
    rows = [*(row for answer in answers for row in _of(answer)), *_off(found)]
    code = exit_code([row.state for row in rows])
    _show(session, rows, source, code)
    return code


def exit_code(states: Sequence[str]) -> int:
    """1 when the config is wrong by now, 4 when a server is only away, else 0."""
    if {LOST, REFUSED} & set(states):
        return 1
    return 4 if SILENT in states else 0


def _of(answer: Compared) -> Iterator[Row]:
    for engine, model in answer.wanted.items():
        state, fact, fix = _stands(answer, model)
        yield Row(engine, answer.backend.name, model, state, fact, fix)


def _stands(answer: Compared, model: str) -> tuple[str, str, str | None]:
    """How one model of a server stands, in a word and in words, and what to do."""
    said, backend = answer.said, answer.backend
    if not said.reachable:
        return SILENT, f"{backend.base_url} does not answer: {said.wrong}", "start the server"
    if said.status in (401, 403):
        return REFUSED, f"refuses the key ({said.status})", "check api_key_env"
    if said.models is None:
        return UNKNOWN, f"answers {said.status} without a list of models", None
    if model in said.models:
        return OK, "is listed", None
    if backend.kind == "llamacpp" and len(said.models) == 1:
        # It answers with the one model it has, whatever name it is asked for.
        return OK, f"is served as {said.models[0]}", None
    return LOST, "is not listed any more", _instead(model, said.models)


def _instead(model: str, listed: Sequence[str]) -> str:
    close = close_match(model, list(listed))
    shown = ", ".join(listed[:6]) or "nothing"
    more = f" and {len(listed) - 6} more" if len(listed) > 6 else ""
    meant = f"did you mean {close}? " if close else ""
    return f"{meant}it lists {shown}{more}; then model-router setup wizard"


def _off(found: Served) -> Iterator[Row]:
    """Engines that a route goes to and that are off: nobody needs to be asked for those."""
    targets = dict.fromkeys(found.catalog.targets.values())
    for engine in targets:
        if engine in found.unavailable:
            row = found.catalog.engines[engine]
            fact, fix = _waits(row.availability, found.unavailable[engine][0])
            yield Row(engine, found.homes.get(engine), row.model, OFF, fact, fix)


def _waits(needs: Availability, reason: str) -> tuple[str, str | None]:
    """What an engine that is off waits for, and what switches it on."""
    paths = [os.path.expanduser(path) for path in needs.required_paths]
    absent = [os.path.basename(path) for path in paths if not os.path.exists(path)]
    if absent:
        return f"waits for {', '.join(absent)}", "see model-router setup download"
    return reason, f"export {needs.required_env[0]}=..." if needs.required_env else None


_SHOWN = {OK: "ok", LOST: "LOST", REFUSED: "REFUSED", SILENT: "SILENT", UNKNOWN: "?", OFF: "off"}


def _show(session: Session, rows: Sequence[Row], source: str, code: int) -> None:
    output: Any = session.output
    if output.json:
        engines = [row._asdict() for row in rows]
        output.print_json({"schema": SCHEMA, "config": source, "ok": code == 0, "engines": engines})
        return
    lines = []
    for row in rows:
        fix = f"; {row.fix}" if row.fix else ""
        lines.append((_SHOWN[row.state], f"{row.engine}: {row.model} {row.fact}{fix}"))
    output.lines(statuses(lines, output.out) or ["  no engine has a server to ask"])
    output.note(f"from {home_as_tilde(source, session.home())}")
