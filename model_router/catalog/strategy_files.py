"""Files that a strategy names: presets of the package, trees, and what was learned of quality."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from model_router.catalog.files import kind_of, no_constant, text_of
from model_router.catalog.raw import Data, part
from model_router.catalog.report import Path, Report, closest, show_value
from model_router.catalog.strategy_forms import PRESETS
from model_router.types import ROUTES

_PRESET_FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "data", "presets")

Quality = dict[str, dict[str, int]]


def preset_options(strategy: str, name: Any) -> dict[str, Any]:
    """The options that a preset gives; {} for a name that is none, which the form refuses."""
    if not isinstance(name, str) or name not in PRESETS.get(strategy, ()):
        return {}
    from model_router.catalog import strict_yaml

    path = os.path.join(_PRESET_FOLDER, f"strategy-{name}.yaml")
    with open(path, encoding="utf-8") as file:
        options: dict[str, Any] = strict_yaml.parse(file.read(), Report(path))
    return options


def read_tree_file(given: str, folder: str | None, path: Path, report: Report) -> Any:
    """The tree in a JSON file; None, with a problem noted, when it cannot be used."""
    from model_router.strategies.tree import TreeError, read_tree

    text = text_of(given, folder, path, report, "write one with scripts/train_tree.py")
    if text is None:
        return None
    try:
        data = json.loads(text, parse_constant=no_constant)
        read_tree(data)
    except TreeError as error:
        message = f"{show_value(given)} holds no usable tree: {error.where} {error.message}"
        report.problem(path, message, error.hint)
        return None
    except (ValueError, RecursionError) as error:
        report.problem(path, f"{show_value(given)} is not JSON: {kind_of(error)}", "write it anew")
        return None
    return data


def read_quality(
    options: Mapping[str, Any], folder: str | None, path: Path, report: Report, data: Data
) -> Quality:
    """Quality by engine and route from a JSON mapping, or learned from JSONL evaluation rows."""
    given = options["file"]
    hint = "write a JSON mapping, or rows with engine, route and quality"
    text = text_of(given, folder, path, report, hint)
    if text is None:
        return {}
    try:
        if given.endswith(".jsonl"):
            return _learned(_rows(text), options["prior"], data)
        return _mapped(json.loads(text, parse_constant=no_constant))
    except (ValueError, RecursionError) as error:
        report.problem(path, f"{show_value(given)} cannot be used: {kind_of(error)}", hint)
        return {}


# ------------------------------------------------------------------ quality


def _mapped(data: Any) -> Quality:
    if not isinstance(data, dict):
        raise ValueError("it is not a mapping of engines")
    return {engine: _routes(engine, row) for engine, row in data.items()}


def _routes(engine: str, row: Any) -> dict[str, int]:
    if not isinstance(row, dict):
        raise ValueError(f"{show_value(engine)} is not a mapping of routes")
    for route, value in row.items():
        _route(route)
        if type(value) not in (int, float) or not 0 <= value <= 100:
            raise ValueError(f"quality of {show_value(engine)} must be 0 to 100")
    return {route: round(value) for route, value in row.items()}


def _rows(text: str) -> Iterator[tuple[str, str, float]]:
    """Engine, route and quality, 0-100, of each line."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_constant=no_constant)
            engine, route, quality = row["engine"], _route(row["route"]), row["quality"]
        except (TypeError, KeyError) as error:
            raise ValueError(f"line {number} needs engine, route and quality") from error
        except ValueError as error:
            raise ValueError(f"line {number}: {kind_of(error)}") from error
        if isinstance(quality, bool):
            quality = 100 * quality
        if type(quality) not in (int, float) or not 0 <= quality <= 100:
            raise ValueError(f"line {number}: quality must be true, false or 0 to 100")
        yield str(engine), route, quality


def _learned(rows: Iterator[tuple[str, str, float]], prior: int, data: Data) -> Quality:
    """Means by engine and route. `prior` rows at the engine's capability steady few rows."""
    seen: dict[tuple[str, str], list[float]] = defaultdict(list)
    for engine, route, quality in rows:
        seen[engine, route].append(quality)
    learned: Quality = {}
    for (engine, route), values in seen.items():
        start = part(data, "engines", engine).get("capability")
        start = start if type(start) is int else 50
        mean = (sum(values) + prior * start) / (len(values) + prior)
        learned.setdefault(engine, {})[route] = round(mean)
    return learned


def _route(name: Any) -> str:
    if name not in ROUTES:
        match = closest(name, ROUTES)
        meant = f"; did you mean {match}?" if match else ""
        raise ValueError(f"{show_value(name)} is not a route{meant}")
    return str(name)


# ------------------------------------------------------------------ files
