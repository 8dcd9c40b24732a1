"""The command line of `model-router-proxy`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from model_router._version import __version__
from model_router.errors import ModelRouterError
from model_router.proxy.live import Settings
from model_router.proxy.load import find_proxy_config

PROGRAM = "model-router-proxy"
EPILOG = """\
exit codes:
  0  ended by a signal, after the answers under way
  1  an extra is missing
  2  wrong usage, or a file that cannot be used
  3  the port cannot be used
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"error: {message}\nhint: run `{PROGRAM} --help`\n")
        raise SystemExit(2)


def parser() -> argparse.ArgumentParser:
    """The options."""
    found = _Parser(
        PROGRAM,
        description="Serve an OpenAI-compatible endpoint that decides which engine answers.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    found.add_argument(
        "--config", metavar="PATH", help="the proxy file; without it yours, see `model-router init`"
    )
    found.add_argument("--host", help="listen here; any address but loopback needs a key")
    found.add_argument("--port", type=_port, help="the port; 0 takes a free one")
    found.add_argument("--uds", metavar="PATH", help="a unix socket instead")
    found.add_argument("--workers", type=_count, help="processes")
    found.add_argument(
        "--log-decisions", action="store_true", help="say each decision on stderr, one JSON line"
    )
    found.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    return found


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError("must be a number from 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError("must be a number from 1 to 256")
    return int(text)


def run(argv: Sequence[str] | None = None) -> int:
    """Serve until a signal; the exit code."""
    options = parser().parse_args(argv)
    given: dict[str, Any] = {
        key: getattr(options, key)
        for key in ("host", "port", "uds", "workers")
        if getattr(options, key) is not None
    }
    home = os.path.expanduser("~")
    path = find_proxy_config(options.config, os.environ, home)
    from model_router.proxy.server import serve

    try:
        return serve(Settings(path, os.environ, home, given), options.log_decisions)
    except ModelRouterError as error:
        sys.stderr.write(f"error: {error}\n")
        if error.hint:
            sys.stderr.write(f"hint: {error.hint}\n")
        return 2
