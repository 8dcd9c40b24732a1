"""The weights files that a catalog names: looked at when the catalog loads, so that a mistake in
them is told with all the others."""

from __future__ import annotations

import json

from model_router.catalog.files import kind_of, no_constant, text_of
from model_router.catalog.raw import Data, part
from model_router.catalog.report import Report, show_value
from model_router.errors import RouterConfigError
from model_router.weights import MOST_CHARACTERS, parse_weights

HINTS = {
    "file": "write one with scripts/train_weights.py; docs/weights.md describes it",
    "layer": "write one with model-router tune; docs/weights.md describes it",
}


def check_weights(data: Data, folder: str | None, report: Report) -> None:
    """Note what is wrong with the files under `weights`, which are relative to `folder`."""
    for key, hint in HINTS.items():
        given, path = part(data, "weights").get(key), ("weights", key)
        if isinstance(given, str):
            text = text_of(given, folder, path, report, hint)
            if text is not None and (message := _wrong(text, is_layer=key == "layer")):
                report.problem(path, f"{show_value(given)} {message}", hint)


def _wrong(text: str, *, is_layer: bool) -> str | None:
    """What is wrong with a weights file, or None."""
    if len(text) > MOST_CHARACTERS:
        return f"is larger than {MOST_CHARACTERS:,} characters"
    try:
        data = json.loads(text, parse_constant=no_constant)
        parse_weights(data)
    except RouterConfigError as error:
        problem = error.problems[0]
        return f"holds no usable weights: {problem.path} {problem.message}"
    except (ValueError, RecursionError) as error:
        return f"is not JSON: {kind_of(error)}"
    if is_layer and data["caution"]:
        return "has caution, which a layer cannot have: it changes nothing about who is asked"
    return None
