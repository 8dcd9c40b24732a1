"""`model-router init`: a catalog and a proxy file for the servers that run here."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from model_router.cli.files import replace_file
from model_router.cli.help import Command
from model_router.cli.layout import home_as_tilde
from model_router.cli.options import Name, common_options, pass_session, with_options
from model_router.cli.output import CommandError
from model_router.cli.session import Session
from model_router.setup.presets import HOSTED, PRESETS

if TYPE_CHECKING:
    from model_router.setup.presets import Served

SCHEMA = "model-router/init/1"
CATALOG, PROXY = "model_router.yaml", "routing_proxy.yaml"
LOCAL = ("ollama", "lmstudio", "llamacpp", "vllm")
"""What is looked for without --preset. Kinds that share a port with one of these must be named."""

_SECONDS = 2.0

EPILOG = """\b
Examples:
  model-router init                        ask what runs here, and offer it
  model-router init --preset ollama --yes
  model-router init --from-env --yes       the hosted service whose key is set
  model-router init --preset vllm --base-url http://10.0.0.4:8000/v1 --model my-model

\b
Exit codes:
  0  both files are written
  1  no server was found, or the answer was no
  2  wrong usage, or a file exists and --force was not given
"""


@click.command("init", cls=Command, epilog=EPILOG)
@with_options(
    click.option("--preset", type=Name(PRESETS), help="The kind of server."),
    click.option("--from-env", is_flag=True, help="The hosted service whose key is set."),
    click.option("--base-url", metavar="URL", help="Its address, where it is not the usual one."),
    click.option("--model", metavar="NAME", help="One model for every engine."),
    click.option("--config-dir", metavar="DIR", help="The folder. Without it: ~/.model-router."),
    click.option(
        "--proxy-port",
        type=click.IntRange(1, 65535),
        default=8082,
        show_default=True,
        help="Where the proxy will listen.",
    ),
    click.option("--yes", is_flag=True, help="Write without asking."),
    click.option("--force", is_flag=True, help="Replace files; copies are kept as .bak."),
    common_options,
)
@pass_session
def init(session: Session, /, **options: Any) -> int:
    """Write a catalog and a proxy file, together, for a server that runs here or is hosted.

    The server is asked which models it has, and nothing else is.
    """
    output = session.output
    served = _chosen(options, os.environ)
    folder = _folder(options["config_dir"], session.home())
    paths = [os.path.join(folder, name) for name in (CATALOG, PROXY)]
    texts = _texts(served, options["proxy_port"])
    if not options["yes"] and not _agreed(session, served, paths):
        output.note("nothing was written")
        return 1
    _write(paths, texts, options["force"])
    if output.json:
        output.print_json(
            {
                "schema": SCHEMA, "preset": served.kind, "base_url": served.base_url,
                "models": served.models, "files": paths,
            }
        )  # fmt: skip
        return 0
    shown = [home_as_tilde(path, session.home()) for path in paths]
    output.lines([f"wrote {path}" for path in shown])
    output.lines([f"  {engine}: {model}" for engine, model in served.models.items()])
    output.note(f"next: model-router-proxy, then point a client at "
                f"http://127.0.0.1:{options['proxy_port']}/v1")  # fmt: skip
    return 0


def _chosen(options: Mapping[str, Any], environ: Mapping[str, str]) -> Served:
    """The server that the options name, else the first that is found."""
    if options["preset"]:
        return _served(options["preset"], options, environ)
    if options["from_env"]:
        return _served(_keyed(environ), options, environ)
    for kind in LOCAL:
        if (found := _running(kind, None, environ)) is not None:
            return found if options["model"] is None else _all(found, options["model"])
    raise CommandError(
        f"no model server answers here; looked for {', '.join(LOCAL)}",
        f"start one, or name it: --preset {' | '.join(PRESETS)}",
        code="no_server",
        exit_code=1,
    )


def _keyed(environ: Mapping[str, str]) -> str:
    from model_router.backend_kinds import KINDS

    names = {kind: KINDS[kind].api_key_env or "" for kind in HOSTED}
    for kind, name in names.items():
        if environ.get(name, "").strip():
            return kind
    raise CommandError(
        f"none of {', '.join(names.values())} is set", "export one of them", exit_code=1
    )


def _served(kind: str, options: Mapping[str, Any], environ: Mapping[str, str]) -> Served:
    from model_router.backend_kinds import KINDS
    from model_router.setup.presets import ROLES, USUAL, Served

    url = options["base_url"] or KINDS[kind].base_url or ""
    if options["model"]:
        return Served(kind, url, dict.fromkeys(ROLES, options["model"]))
    found = _running(kind, url, environ) if kind not in HOSTED else None
    if found is not None:
        return found
    if kind in USUAL:
        return Served(kind, url, dict(USUAL[kind]))
    raise CommandError(
        f"{kind} does not answer at {url}, so its models are not known",
        "start it with a model, or give --model NAME",
        code="no_server",
        exit_code=1,
    )


def _running(kind: str, url: str | None, environ: Mapping[str, str]) -> Served | None:
    from model_router.backend_kinds import KINDS
    from model_router.servers import ask
    from model_router.setup.presets import Served, roles

    row = KINDS[kind]
    address = url or row.base_url or ""
    key = environ.get(row.api_key_env or "", "").strip() or None
    models = roles(ask(address, key, _SECONDS).models or ())
    return Served(kind, address, models) if models else None


def _all(served: Served, model: str) -> Served:
    return served._replace(models=dict.fromkeys(served.models, model))


def _folder(named: str | None, home: str) -> str:
    from model_router.catalog.sources import absolute, router_home

    return absolute(named, home) if named else router_home(os.environ, home)


def _texts(served: Served, port: int) -> list[str]:
    """Both texts, read back: what is written loads."""
    from model_router.catalog import parse_catalog
    from model_router.proxy.load import parse_proxy_config
    from model_router.setup.presets import catalog_text, proxy_text

    texts = [catalog_text(served), proxy_text(served, port)]
    parse_catalog(texts[0], CATALOG)
    parse_proxy_config(texts[1], PROXY, environ=os.environ)
    return texts


def _agreed(session: Session, served: Served, paths: list[str]) -> bool:
    if session.output.json or not sys.stdin.isatty():
        raise CommandError("there is nobody to ask", "give --yes to write without asking")
    session.output.note(f"{served.kind} at {served.base_url}")
    for engine, model in served.models.items():
        session.output.note(f"  {engine}: {model}")
    return click.confirm(f"Write {' and '.join(paths)}?", err=True)


def _write(paths: list[str], texts: list[str], force: bool) -> None:
    """Write all files, or none where one stands in the way."""
    for path in paths:
        if os.path.lexists(path) and not force:
            raise CommandError(
                f"{path} exists", "give --force to replace it; a copy is kept as .bak", code="file"
            )
    os.makedirs(os.path.dirname(paths[0]), mode=0o700, exist_ok=True)
    for path, text in zip(paths, texts, strict=True):
        replace_file(path, text, force)
