"""The command line. `--help` reads the table here; a command's module loads when it runs."""

from __future__ import annotations

import gc
from collections.abc import Sequence

_COLLECT_AFTER = 100_000
"""Objects between two looks for garbage. Nearly all that a command makes lives until its end."""

PROGRAM = "model-router"

COMMANDS: dict[str, tuple[str, str, str]] = {
    "decide": ("model_router.cli.decide", "decide", "Choose the engine for a prompt."),
    "explain": ("model_router.cli.explain", "explain", "Show a decision as a picture."),
    "validate-config": (
        "model_router.cli.validate_config",
        "validate_config",
        "Check a catalog and list every problem.",
    ),
    "validate-proxy-config": (
        "model_router.cli.validate_proxy_config",
        "validate_proxy_config",
        "Check a proxy file and list every problem.",
    ),
    "dispatch-plan": (
        "model_router.cli.dispatch_plan",
        "dispatch_plan",
        "Show what a dispatch would call; call nothing.",
    ),
    "init": ("model_router.cli.init", "init", "Write a catalog and a proxy file for your servers."),
    "setup": (
        "model_router.cli.setup",
        "setup",
        "See what this machine has, and set it up.",
    ),
    "doctor": ("model_router.cli.doctor", "doctor", "Check that the proxy would work here."),
    "approve": (
        "model_router.cli.approve",
        "approve",
        "Let one request pass that waits for a person.",
    ),
    "feedback": (
        "model_router.cli.feedback",
        "feedback",
        "Say which engine was right for a request.",
    ),
    "replay": ("model_router.cli.replay", "replay", "Look back at a log, or try a catalog on it."),
    "stats": ("model_router.cli.stats", "stats", "Count what went through the proxy, by day."),
    "tune": ("model_router.cli.tune", "tune", "Fit the catalog to labels, and show the change."),
    "eval": ("model_router.cli.eval", "evaluate", "Measure decisions against labelled prompts."),
    "config": ("model_router.cli.config", "config", "Show, locate or migrate the catalog."),
    "completion": (
        "model_router.cli.completion",
        "completion",
        "Print a shell's completion script.",
    ),
}
"""Name: the module, the command in it, and its short help."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line with `argv`, or the process's arguments; return the exit code."""
    if argv is not None:
        return _run(argv)
    gc.set_threshold(_COLLECT_AFTER)
    try:
        return _run(None)
    finally:
        gc.freeze()  # all goes with the process: nothing is left for the interpreter's last looks


def _run(argv: Sequence[str] | None) -> int:
    try:
        from model_router.cli.root import root
    except KeyboardInterrupt:
        return 130
    code: int = root.main(argv, standalone_mode=False)
    return code
