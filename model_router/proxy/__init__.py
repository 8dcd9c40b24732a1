"""The proxy: one OpenAI-compatible endpoint that decides which engine answers, and lets it.

Importing this package loads nothing; `main` is the command `model-router-proxy`.
"""

from __future__ import annotations

import gc
import sys

from model_router._version import __version__

NEEDED = ("uvicorn", "httptools", "httpx")
"""What the extra `proxy` installs."""

_COLLECT_AFTER = 100_000
"""New objects before the collector looks, until the server settles: what a start makes stays."""

MISSING = """\
error: the proxy needs {names}, which {verb} not installed
hint: pip install "model-router[proxy]"
"""


def missing() -> list[str]:
    """The libraries of the extra that are not installed."""
    from importlib.util import find_spec

    return [name for name in NEEDED if find_spec(name) is None]


def main() -> int:
    """`model-router-proxy`: serves until a signal ends it; the exit code."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"model-router-proxy {__version__}\n")
        return 0
    if absent := missing():
        verb = "is" if len(absent) == 1 else "are"
        sys.stderr.write(MISSING.format(names=" and ".join(absent), verb=verb))
        return 1
    gc.set_threshold(_COLLECT_AFTER)
    from model_router.proxy.start import run

    return run()
