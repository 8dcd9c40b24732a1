"""Look back at an event log, as `model-router replay` does.

python scripts/replay_routing_log.py LOG... [--config OTHER] [--json] [--fail-on-regression]

--events PATH and --feedback PATH name a log, too: older ones keep labels in a file of their own.
"""

from __future__ import annotations

import argparse
import sys

from model_router.cli import main


def words(argv: list[str] | None = None) -> list[str]:
    """The words for `model-router`: the logs first, the other options as they are."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False, add_help=False)
    parser.add_argument("--events", action="append", default=[])
    parser.add_argument("--feedback", action="append", default=[])
    named, rest = parser.parse_known_args(argv)
    return ["replay", *named.events, *named.feedback, *rest]


if __name__ == "__main__":
    sys.exit(main(words()))
