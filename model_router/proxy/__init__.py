"""The proxy's entry point. This version decides only; the proxy itself comes with a later one."""

from __future__ import annotations

import sys

from model_router._version import __version__

NOT_HERE = f"""\
error: the proxy is not part of model-router {__version__}
hint: this version decides and forwards nothing; see `model-router decide --help`
"""


def main() -> int:
    """`model-router-proxy`: says on stderr that there is nothing to start yet, and exits with 1."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"model-router-proxy {__version__}\n")
        return 0
    sys.stderr.write(NOT_HERE)
    return 1
