"""The weights file that a catalog names: looked at when the catalog loads, so that a mistake in it
is told with all the others."""

from __future__ import annotations

import json

from model_router.catalog.files import kind_of, no_constant, text_of
from model_router.catalog.raw import Data, part
from model_router.catalog.report import Path, Report, show_value
from model_router.errors import RouterConfigError
from model_router.weights import MOST_CHARACTERS, parse_weights

HINT = "write one with scripts/train_weights.py; docs/weights.md describes it"


def check_weights(data: Data, folder: str | None, report: Report) -> None:
    """Note what is wrong with the file under `weights.file`, which is relative to `folder`."""
    given, path = part(data, "weights").get("file"), ("weights", "file")
    if isinstance(given, str) and (text := text_of(given, folder, path, report, HINT)) is not None:
        _check(given, text, path, report)


def _check(given: str, text: str, path: Path, report: Report) -> None:
    if len(text) > MOST_CHARACTERS:
        message = f"{show_value(given)} is larger than {MOST_CHARACTERS:,} characters"
        return report.problem(path, message, HINT)
    try:
        parse_weights(json.loads(text, parse_constant=no_constant))
    except RouterConfigError as error:
        problem = error.problems[0]
        message = f"{show_value(given)} holds no usable weights: {problem.path} {problem.message}"
        report.problem(path, message, HINT)
    except (ValueError, RecursionError) as error:
        report.problem(path, f"{show_value(given)} is not JSON: {kind_of(error)}", HINT)
