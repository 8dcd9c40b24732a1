"""Labelled rows: a prompt, and what would have been right to do with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from model_router.errors import RequestError
from model_router.names import close_match
from model_router.request.hints import ATTACHMENTS, json_type, suggest
from model_router.types import DEFAULT_TARGETS, HUMAN, ROUTES, Catalog

KEYS = (
    "id", "prompt", "engine", "label", "accept", "confirm", "attachments", "source", "split",
    "meta",
)  # fmt: skip
"""What a row may say. Other keys are passed over, unless they look like one of these."""

FORM = 'write {"prompt": "...", "engine": "..."}; docs/eval.md shows the forms'
_OF_ROLE = {engine: route for route, engine in DEFAULT_TARGETS.items()}


class Row(NamedTuple):
    """One labelled prompt. `label` and `accept` are names as the file has them."""

    place: str  # the file and the line
    id: str | None
    prompt: str
    source: str
    label: str | None = None
    accept: tuple[str, ...] = ()
    confirm: bool | None = None
    attachments: tuple[str, ...] = ()
    scores: Mapping[str, float] = {}  # how well each model did, by its name
    size: int = 0  # of the line, in bytes


class Names:
    """Turns the names that labels use into engines of one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._known: dict[str, str] = {}

    def engine(self, name: str) -> str:
        """The engine that an engine's, a route's or a role's name stands for in this catalog.

        A role is one of the usual engine names, such as `fast_local`: where the catalog has no
        engine of that name, the route that it usually serves counts. Raises RequestError.
        """
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._find(name)
        return found

    def _find(self, name: str) -> str:
        catalog = self.catalog
        if name in catalog.engines or name == HUMAN:
            return name
        route = name if name in ROUTES else _OF_ROLE.get(name)
        if route is None:
            names = [*catalog.engines, *ROUTES]
            close = close_match(name[:100], names)
            raise RequestError(
                f"{short(name)} is no engine or route of {catalog.source}",
                f"did you mean {close}?" if close else suggest(name, names),
            )
        return catalog.targets.get(route, DEFAULT_TARGETS[route])


def parse_row(data: Any, place: str, fallback: str, *, by_file: bool = False, size: int = 0) -> Row:
    """The row in a line's JSON. `fallback` is the source of a row that names none.

    Raises RequestError that says what is wrong and what to write.
    """
    if not isinstance(data, dict):
        raise RequestError(f"holds {json_type(data)}, not an object", FORM)
    _check_keys(data)
    meta = _typed(data, "meta", dict, "an object") or {}
    label = _label(data)
    source = _typed(data, "source", str, "a text")
    return Row(
        place=place,
        id=_id(data.get("id")),
        prompt=_prompt(data.get("prompt")),
        source=fallback if by_file or not source else set_of(source),
        label=label,
        accept=_names(_either(data, meta, "accept"), "accept"),
        confirm=_confirm(data),
        attachments=_attachments(_either(data, meta, "attachments")),
        scores=_scores(meta.get("scores")),
        size=size,
    )


def set_of(source: str) -> str:
    """The set that a row's `source` belongs to: `name@revision:path` counts as `name@revision`."""
    name, at, rest = source.partition("@")
    return name + at + rest.partition(":")[0]


def short(text: str, most: int = 60) -> str:
    """A text from a file for a message: in quotes, escaped, not too long."""
    return ascii(text if len(text) <= most else text[: most - 3] + "...")


def _check_keys(data: Mapping[str, Any]) -> None:
    for key in data:
        if key not in KEYS and (close := close_match(key[:100], KEYS)) is not None:
            raise RequestError(f"{short(key)} is not a key of a row", f"did you mean {close}?")
    if not data.keys() & {"engine", "label", "confirm"}:
        raise RequestError("says neither engine nor label nor confirm", FORM)
    if "engine" in data and "label" in data:
        raise RequestError("has engine and label, which are one thing", "keep one of them")


def _typed(data: Mapping[str, Any], key: str, kind: type, called: str) -> Any:
    value = data.get(key)
    if value is not None and not isinstance(value, kind):
        raise RequestError(f"{key} is {json_type(value)}, not {called}", f"write {called} or null")
    return value


def _either(data: Mapping[str, Any], meta: Mapping[str, Any], key: str) -> Any:
    value = data.get(key)
    return meta.get(key) if value is None else value


def _id(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise RequestError(f"id is {json_type(value)}", "write a text or a whole number")


def _prompt(value: Any) -> str:
    if not isinstance(value, str):
        raise RequestError(f"prompt is {json_type(value)}, not a text", FORM)
    if not value.strip():
        raise RequestError("the prompt is empty", "write a prompt, or take the row out")
    return value


def _label(data: Mapping[str, Any]) -> str | None:
    key = "engine" if "engine" in data else "label"
    label: str | None = _typed(data, key, str, "a name")
    if key == "engine" and label is None:
        raise RequestError("engine is null", 'name an engine or a route, or write "confirm" alone')
    return label


def _confirm(data: Mapping[str, Any]) -> bool | None:
    """What the row says; where it has only `engine`, a person's engine says it."""
    if "confirm" in data or "engine" not in data:
        confirm: bool | None = _typed(data, "confirm", bool, "true or false")
        return confirm
    return data["engine"] in (HUMAN, "confirmation")


def _names(value: Any, key: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise RequestError(f"{key} is not a list of names", f'write "{key}": ["name", "name"]')
    return tuple(value)


def _attachments(value: Any) -> tuple[str, ...]:
    names = _names(value, "attachments")
    for name in names:
        if name not in ATTACHMENTS:
            raise RequestError(f"attachment {short(name)} is not known", suggest(name, ATTACHMENTS))
    return names


def _scores(value: Any) -> dict[str, float]:
    if value is None:
        return {}
    hint = 'write "scores": {"model": 0.5, "other": 1}'
    if not isinstance(value, dict):
        raise RequestError(f"meta.scores is {json_type(value)}, not an object", hint)
    return {name: _score(name, score, hint) for name, score in value.items()}


def _score(name: str, value: Any, hint: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            if math.isfinite(score := float(value)):
                return score
        except OverflowError:
            pass
    raise RequestError(f"meta.scores of {short(name)} is not a finite number", hint)
