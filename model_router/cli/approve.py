"""`model-router approve`: a person's yes to one request that waits in the proxy."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import click

from model_router.cli.help import Command
from model_router.cli.options import common_options, pass_session, with_options
from model_router.cli.output import CommandError
from model_router.cli.session import Session

SCHEMA = "model-router/approve/1"
TIMEOUT = 10.0

EPILOG = """\b
Examples:
  model-router approve 3f0c9a7be1d24d55
  model-router approve 3f0c9a7be1d24d55 --url http://127.0.0.1:8082 --json

\b
Exit codes:
  0  the request may pass once: send it again
  1  the proxy said no: nothing waits under this id, or the admin key is wrong
  2  wrong usage, or the proxy cannot be reached
"""


@click.command("approve", cls=Command, epilog=EPILOG)
@click.argument("decision_id", metavar="ID")
@with_options(
    click.option("--config", metavar="PATH", help="The proxy file. Without it: yours."),
    click.option("--url", metavar="URL", help="The proxy. Without it: where the file says."),
    common_options,
)
@pass_session
def approve(session: Session, /, decision_id: str, config: str | None, url: str | None) -> int:
    """Let one request pass that the proxy holds for a person.

    The id is in the answer that the client got. It holds for that request and its caller, once,
    and not for long.
    """
    if not decision_id.isalnum():
        raise CommandError("an id is letters and digits", "copy it from the proxy's answer")
    base, key = _proxy(config, url, session.home(), os.environ)
    found = _asked(f"{base}/v1/approvals/{decision_id}", key)
    output = session.output
    if output.json:
        output.print_json({"schema": SCHEMA, **found})
        return 0
    about = found.get("action_class") or "other"
    output.lines(
        [
            f"approved ({about}): send the same request again within "
            f"{found.get('expires_in')} s; it passes once",
            f"or send it with the header X-Model-Router-Approval: {found.get('token')}",
        ]
    )
    return 0


def _proxy(
    path: str | None, url: str | None, home: str, environ: Mapping[str, str]
) -> tuple[str, str]:
    """Where the proxy listens, and its admin key: the file's, else that of the user's folder."""
    from model_router.catalog.sources import router_home
    from model_router.proxy.load import find_proxy_config, load_proxy_config

    found = find_proxy_config(path, environ, home)
    config = load_proxy_config(found, environ=environ, home=home)
    key = config.access.admin_key
    if key is None:
        file = os.path.join(router_home(environ, home), "admin.key")
        try:
            with open(file, encoding="ascii") as opened:
                key = opened.read(200).strip()
        except OSError as error:
            raise CommandError(
                f"{file} cannot be read: {error.strerror}",
                "the proxy makes it at its first start; or name a key in access.admin_key_env",
                code="file",
            ) from None
    return (url or f"http://{_dialable(config.host)}:{config.port}").rstrip("/"), key


def _dialable(host: str) -> str:
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _asked(url: str, key: str) -> dict[str, Any]:
    import urllib.error
    import urllib.request

    request = urllib.request.Request(
        url, b"{}", {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    )
    # No proxy of the environment: the key goes to the proxy that was named and nowhere else.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT) as answer:
            found = json.loads(answer.read(100_000))
    except urllib.error.HTTPError as error:
        raise CommandError(_said(error), _HINTS.get(error.code), exit_code=1) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise CommandError(
            f"{url} cannot be reached: {reason}", "is model-router-proxy running? give --url"
        ) from None
    return found if isinstance(found, dict) else {}


_HINTS = {
    401: "start the proxy and run this as the same user, or give --config",
    404: "send the request again to get a new id",
}


def _said(error: Any) -> str:
    try:
        return str(json.loads(error.read(100_000))["error"]["message"])
    except (ValueError, KeyError, TypeError, OSError):
        return f"the proxy answered {error.code}"
