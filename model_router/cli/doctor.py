"""`model-router doctor`: whether the proxy would work here, one line a check."""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from model_router._version import __version__
from model_router.cli.help import Command
from model_router.cli.layout import home_as_tilde, statuses
from model_router.cli.options import common_options, pass_session, timeout_option, with_options
from model_router.cli.session import Session
from model_router.cli.terminal import Terminal

if TYPE_CHECKING:
    from model_router.cli.advertised import Compared
    from model_router.proxy.config import ProxyConfig
    from model_router.proxy.served import Served

SCHEMA = "model-router/doctor/1"
OK, WARN, FAIL = "ok", "warn", "FAIL"
_SMALL_CONTEXT = 8192

EPILOG = """\b
Examples:
  model-router doctor
  model-router doctor --offline --json

\b
Exit codes:
  0  nothing failed
  1  a check failed; with --strict also when one warned
"""


class Check(NamedTuple):
    """One finding: how it is, of what, the fact, and what to do."""

    status: str
    name: str
    fact: str
    fix: str | None = None


@click.command("doctor", cls=Command, epilog=EPILOG)
@with_options(
    click.option("--config", metavar="PATH", help="The proxy file. Without it: yours."),
    timeout_option,
    click.option("--offline", is_flag=True, help="Ask no server."),
    click.option("--strict", is_flag=True, help="A warning fails, too."),
    common_options,
)
@pass_session
def doctor(
    session: Session, /, config: str | None, timeout: float, offline: bool, strict: bool
) -> int:
    """Check files, servers, models, keys, the port and rights. Nothing is changed.

    Only the servers that the proxy file names are asked, for the list of their models.
    """
    rows = list(checks(config, session.home(), os.environ, timeout, offline))
    bad = {FAIL, WARN} if strict else {FAIL}
    healthy = all(row.status not in bad for row in rows)
    output = session.output
    if output.json:
        output.print_json({"schema": SCHEMA, "ok": healthy, "checks": check_data(rows)})
    else:
        output.lines(check_lines(rows, output.out))
    return 0 if healthy else 1


def check_data(rows: Iterable[Check]) -> list[dict[str, str | None]]:
    """Findings as JSON-ready data."""
    return [row._asdict() | {"status": row.status.lower()} for row in rows]


def check_lines(rows: Sequence[Check], terminal: Terminal) -> list[str]:
    """Findings as lines for people."""
    fixes = [f"; {row.fix}" if row.fix else "" for row in rows]
    texts = [f"{row.name}: {row.fact}{fix}" for row, fix in zip(rows, fixes, strict=True)]
    return statuses(zip([row.status for row in rows], texts, strict=True), terminal)


def checks(
    path: str | None, home: str, environ: Mapping[str, str], seconds: float, offline: bool
) -> Iterator[Check]:
    """Every finding, in order. Keys are told as set or not set."""
    from model_router.catalog import load_catalog
    from model_router.errors import RouterConfigError
    from model_router.proxy import missing
    from model_router.proxy.load import find_proxy_config, load_proxy_config
    from model_router.proxy.served import served

    yield Check(OK, "model-router", f"{__version__}, Python {platform.python_version()}, "
                f"{sys.platform}")  # fmt: skip
    if absent := missing():
        yield Check(FAIL, "extra", f"{', '.join(absent)} not installed",
                    'pip install "model-router[proxy]"')  # fmt: skip
    source = find_proxy_config(path, environ, home)
    try:
        config = load_proxy_config(source, environ=environ, home=home)
        catalog = load_catalog(config.router_config)
    except RouterConfigError as error:
        for problem in error.problems:
            yield Check(FAIL, home_as_tilde(error.source or source, home), str(problem))
        return
    found = served(config, catalog, environ)
    yield Check(OK, "proxy file", home_as_tilde(source, home))
    yield Check(OK, "catalog", home_as_tilde(catalog.source, home))
    for remark in (*config.warnings, *found.remarks):
        yield Check(WARN, remark.path, remark.message)
    yield from _engines(found)
    yield from _keys(config)
    if not offline:
        yield from _servers(config, found, seconds)
    yield from _places(config, home, environ)


def _engines(found: Served) -> Iterator[Check]:
    targets = found.catalog.targets
    for route, engine in targets.items():
        if engine in found.unavailable and route not in ("confirmation", "image_generation"):
            yield Check(WARN, f"route {route}", f"{engine}: {found.unavailable[engine][0]}",
                        "its fallbacks answer, or nobody does; see engine_backends")  # fmt: skip
    for engine in found.homes:
        size = found.catalog.engines[engine].max_context
        if size < _SMALL_CONTEXT and engine != "intent_router":
            yield Check(WARN, f"engine {engine}", f"its context is {size} tokens",
                        "agents send more; raise max_context if the server has it")  # fmt: skip


def _keys(config: ProxyConfig) -> Iterator[Check]:
    for backend in config.backends.values():
        if backend.api_key_env:
            there = backend.api_key is not None
            yield Check(OK if there else FAIL, f"key of {backend.name}",
                        f"{backend.api_key_env} is {'set' if there else 'not set'}",
                        None if there else f"export {backend.api_key_env}=...")  # fmt: skip


def _servers(config: ProxyConfig, found: Served, seconds: float) -> Iterator[Check]:
    from model_router.cli.advertised import compared

    for row in compared(config, found, seconds):
        yield from _server(row)


def _server(row: Compared) -> Iterator[Check]:
    from model_router.cli.advertised import REFUSED, SILENT, UNKNOWN

    backend, said, state = row.backend, row.said, row.state
    name = f"backend {backend.name}"
    if state == SILENT:
        yield Check(FAIL, name, f"{backend.base_url} does not answer: {said.wrong}",
                    "start the server, or correct base_url")  # fmt: skip
    elif state == REFUSED:
        yield Check(FAIL, name, f"refuses the key ({said.status})", "check api_key_env")
    elif state == UNKNOWN:
        yield Check(WARN, name, f"answers {said.status} without a list of models",
                    "whether it has the configured ones is not known")  # fmt: skip
    elif not row.absent:
        shown = ", ".join(sorted(set(row.wanted.values()))) or "models"
        yield Check(OK, name, f"{backend.base_url} has {shown}")
    for model in row.absent:
        shown = ", ".join((said.models or ())[:6]) or "none"
        yield Check(WARN if backend.kind == "llamacpp" else FAIL, name,
                    f"does not list {model}", f"it lists: {shown}")  # fmt: skip


def _places(config: ProxyConfig, home: str, environ: Mapping[str, str]) -> Iterator[Check]:
    from model_router.catalog.sources import router_home

    yield _port(config)
    if config.access.admin_key is None:
        yield from _private(os.path.join(router_home(environ, home), "admin.key"), home)
    if config.observability.enabled:
        yield from _private(config.observability.log_path, home)
        if config.observability.prompt_capture != "off":
            yield Check(WARN, "log", f"keeps prompts: {config.observability.prompt_capture}",
                        "prompt_capture: off keeps none")  # fmt: skip


def _port(config: ProxyConfig) -> Check:
    name = f"port {config.port}"
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((config.host, config.port))
    except OSError as error:
        return Check(WARN, name, f"is in use or not allowed: {error.strerror}",
                     "fine if it is the proxy; else choose another")  # fmt: skip
    return Check(OK, name, "is free: the proxy does not run")


def _private(path: str, home: str) -> Iterator[Check]:
    try:
        mode = os.stat(path).st_mode & 0o777
    except OSError:
        return  # the proxy makes it
    shown = home_as_tilde(path, home)
    if mode & 0o077:
        yield Check(WARN, "rights", f"{shown} can be read by others", f"chmod 600 {shown}")
    else:
        yield Check(OK, "rights", f"{shown} is yours alone")
