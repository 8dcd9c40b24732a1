"""A catalog's text with a few values changed in place, so that comments and layout survive.

The text is cut only where the YAML parser says that a value stands. What comes out is read again
and must mean exactly what was there, with those values: otherwise nothing is changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import yaml

from model_router.catalog import strict_yaml
from model_router.catalog.report import Path, Report, show_path
from model_router.errors import RouterConfigError

Value = str | int | None
_PLAIN = re.compile(r"[A-Za-z_./~][A-Za-z0-9_./-]*\Z", re.ASCII)
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"}


class CannotEditError(Exception):
    """The layout does not allow it; the message names the value to be written by hand."""


def with_values(text: str, values: Mapping[Path, Value]) -> str:
    """`text` with each value at its path. Raises CannotEditError, RouterConfigError for no YAML."""
    wanted = deepcopy(strict_yaml.parse(text, Report("catalog")))
    if not isinstance(wanted, dict):
        raise CannotEditError("it is not a mapping of sections")
    for path, value in values.items():
        _put(wanted, path, value)
        text = _with_value(text, path, value)
    try:
        found = strict_yaml.parse(text, Report("catalog"))
    except RouterConfigError:
        found = None
    if found != wanted:
        named = ", ".join(f"{show_path(path)}: {_shown(value)}" for path, value in values.items())
        raise CannotEditError(f"its layout cannot be edited; write by hand: {named}")
    return text


def _put(data: Any, path: Path, value: Value) -> None:
    for key in path[:-1]:
        if not isinstance(data.get(key), dict):
            data[key] = {}
        data = data[key]
    data[path[-1]] = value


def _with_value(text: str, path: Path, value: Value) -> str:
    """The text with one value: the last mapping on the way that is there takes what is missing."""
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    for depth, key in enumerate(path):
        child = next((v for k, v in node.value if k.value == key), None)
        rest = _nested(path[depth + 1 :], value)
        if child is None:
            return _inserted(text, node, f"{key}: {rest}", depth)
        if not isinstance(child, yaml.MappingNode):
            return _replaced(text, child, rest)
        node = child
    return text  # a mapping stands where the value belongs: the check above refuses it


def _nested(path: Path, value: Value) -> str:
    """A value, or the mappings around it, in one line."""
    said = _shown(value)
    for key in reversed(path):
        said = f"{{{key}: {said}}}"
    return said


def _shown(value: Value) -> str:
    """A value as YAML reads it back."""
    if value is None:
        return "null"
    if isinstance(value, int) or (_PLAIN.match(value) and value.lower() not in _WORDS):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _replaced(text: str, node: Any, value: str) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    gap = "" if text[start - 1 : start].isspace() or start != end else " "
    return text[:start] + gap + value + text[end:]


def _inserted(text: str, node: Any, entry: str, depth: int) -> str:
    """The text with an entry more in a mapping: first in it, or last in the file."""
    newline = "\r\n" if "\r\n" in text else "\n"
    if node.flow_style:
        at = node.start_mark.index + 1
        return text[:at] + entry + (", " if node.value else "") + text[at:]
    if depth == 0:
        end = "" if text.endswith("\n") else newline
        return f"{text}{end}{entry}{newline}"
    first = node.value[0][0].start_mark
    at = first.index - first.column
    return f"{text[:at]}{' ' * first.column}{entry}{newline}{text[at:]}"
