"""A hermes-router catalog's text in our form, by editing lines, so that comments survive.

What hermes-router passed over in silence is commented out, what it guessed is written down, and
what would switch the gate off or go round in circles is corrected. Each edit leaves a note. When
the edited text would not mean what was intended, the text stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from model_router.catalog import guesses, load, raw, schema, strict_yaml
from model_router.catalog.report import Path, Report, closest, show_path
from model_router.errors import RouterConfigError
from model_router.types import HUMAN

SCHEMA_LINE = "# yaml-language-server: $schema=catalog.schema.json"
_UNUSED = "# not used: "


class _Draft:
    """The text's lines, the edits to come by line number, and what the result should mean."""

    def __init__(self, text: str, data: dict[str, Any], report: Report) -> None:
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.rows = text.splitlines()
        self.data = data
        self.report = report
        self.notes: list[str] = []
        self.changed: dict[int, str] = {}
        self.added: dict[int, str] = {}

    def text(self) -> str:
        rows: list[str] = []
        for number, row in enumerate(self.rows, 1):
            rows.append(self.changed.get(number, row))
            if number in self.added:
                rows.append(self.added[number])
        return self.newline.join(rows) + self.newline

    def key_row(self, path: Path) -> tuple[int, re.Match[str]] | None:
        """The line where the key at `path` stands alone, and its parts; None in flow style."""
        number = self.report.lines.get(path)
        if number is None or number > len(self.rows):
            return None
        found = re.match(
            r"""(?P<indent> *)(["']?)(?P<key>[^"'{\[]+?)\2 *:(?P<rest>.*)$""", self.rows[number - 1]
        )
        return (number, found) if found and found["key"] == path[-1] else None

    def note(self, path: Path, sentence: str) -> None:
        line = self.report.line_of(path)
        where = f" (line {line})" if line else ""
        self.notes.append(f"{show_path(path)}{where}: {sentence}")


def migrate(text: str) -> tuple[str, tuple[str, ...]]:
    """The migrated text, and a note for each edit and each problem that is left."""
    draft = _drafted(text)
    if isinstance(draft, str):
        return text, (f"left as it is: {draft}",)
    for step in STEPS:
        step(draft)
    result = _with_schema_line(draft)
    if not _means(result, draft.data):
        return text, ("left as it is: its layout can't be edited line by line", *_left(text))
    return result, (*draft.notes, *_left(result))


def _drafted(text: str) -> _Draft | str:
    report = Report("catalog")
    try:
        data = strict_yaml.parse(text, report)
    except RouterConfigError as error:
        return str(error.problems[0])
    if not isinstance(data, dict):
        return "it is not a mapping of sections"
    return _Draft(text, data, report)


def _comment_out_unused(draft: _Draft) -> None:
    """Keys that no part of hermes-router read, and keys it did not know."""
    idle = _idle_paths(draft.data)
    _, errors = schema.validate(draft.data)
    unknown = [tuple(row["loc"]) for row in errors if row["type"] == "extra_forbidden"]
    for path in dict.fromkeys([*idle, *unknown]):
        if path[0] in ("safety", "provider_policy"):
            continue  # hermes-router refused these too: a person has to look
        if not _comment_out(draft, path):
            draft.note(path, "did nothing; take it out by hand")
            continue
        _parent(draft.data, path).pop(path[-1])
        match = closest(path[-1], _known_keys(path))
        meant = f"; did you mean {match}?" if match and path not in idle else ""
        draft.note(path, f"did nothing and was commented out{meant}")


def _idle_paths(data: dict[str, Any]) -> list[Path]:
    places: list[tuple[Path, Any]] = [((), data)]
    places += [(("engines", name), row) for name, row in raw.engines(data)]
    return [(*path, key) for path, row in places for key in load.DID_NOTHING if key in row]


def _known_keys(path: Path) -> list[str]:
    form = schema.ENGINE if len(path) == 3 and path[0] == "engines" else schema.CATALOG
    return list(form.json["properties"])


def _comment_out(draft: _Draft, path: Path) -> bool:
    found = draft.key_row(path)
    if found is None:
        return False
    number, parts = found
    indent = parts["indent"]
    for n in range(number, _block_end(draft.rows, number, len(indent)) + 1):
        row = draft.rows[n - 1]
        draft.changed[n] = indent + _UNUSED + row[len(indent) :] if row.strip() else row
    return True


def _block_end(rows: list[str], number: int, indent: int) -> int:
    """The last line of the block that the key on line `number` opens."""
    end = number
    for n in range(number + 1, len(rows) + 1):
        row = rows[n - 1]
        depth = len(row) - len(row.lstrip(" "))
        listed = depth == indent and row.lstrip().startswith("- ")
        if row.strip() and depth <= indent and not listed:
            break
        end = n if row.strip() else end
    return end


def _keep_the_gate(draft: _Draft) -> None:
    """A confirmation target that is no person silenced the gate."""
    path: Path = ("routing_targets", "confirmation")
    name = raw.part(draft.data, "routing_targets").get("confirmation")
    engine = raw.part(draft.data, "engines", name) if isinstance(name, str) else {}
    if isinstance(name, str) and not guesses.is_person(name, engine.get("provider")):
        _replace(draft, path, HUMAN, f"was {name}: the gate can't be remapped")


def _open_cycles(draft: _Draft) -> None:
    """Fallbacks that lead back to where they began end with a person instead."""
    for name, _ in raw.engines(draft.data):
        walked = [name]
        while (follower := _fallback(draft, walked[-1])) is not None and follower not in walked:
            walked.append(follower)
        if follower is not None:
            path = ("engines", walked[-1], "fallback")
            _replace(draft, path, HUMAN, f"was {follower}: its fallbacks went round in a circle")


def _fallback(draft: _Draft, name: str) -> str | None:
    following = raw.part(draft.data, "engines", name).get("fallback")
    return following if isinstance(following, str) else None


def _replace(draft: _Draft, path: Path, value: str, why: str) -> None:
    found = draft.key_row(path)
    if found is None:
        draft.note(path, f"{why}; write {value} by hand")
        return
    number, parts = found
    draft.changed[number] = f"{parts['indent']}{parts['key']}: {value} # {why}"
    _parent(draft.data, path)[path[-1]] = value
    draft.note(path, f"is now {value}; it {why}")


def _write_locations(draft: _Draft) -> None:
    """Whether an engine is local or hosted is written down, so that nobody has to guess."""
    for name, row in raw.engines(draft.data):
        provider = row.get("provider")
        if "location" in row or not isinstance(provider, str):
            continue
        where = guesses.location(provider)
        path: Path = ("engines", name, "location")
        if not _add_after_provider(draft, name, f"location: {where}"):
            draft.note(path, f"would be {where}; add it by hand")
            continue
        _parent(draft.data, path)["location"] = where
        draft.note(path, f"{where}, because the provider is {provider}")


def _add_after_provider(draft: _Draft, name: str, text: str) -> bool:
    found = draft.key_row(("engines", name, "provider"))
    if found is not None:
        draft.added[found[0]] = found[1]["indent"] + text
        return True
    found = draft.key_row(("engines", name))
    if found is None or not found[1]["rest"].lstrip().startswith("{"):
        return False
    row = draft.changed.get(found[0], draft.rows[found[0] - 1])
    draft.changed[found[0]] = row.replace("{", "{" + text + ", ", 1)
    return True


STEPS: tuple[Callable[[_Draft], None], ...] = (
    _comment_out_unused,
    _keep_the_gate,
    _open_cycles,
    _write_locations,
)


def _with_schema_line(draft: _Draft) -> str:
    if any("yaml-language-server" in row for row in draft.rows):
        return draft.text()
    draft.notes.append("added the schema line; `model-router config schema` prints the schema")
    return SCHEMA_LINE + draft.newline + draft.text().removeprefix("\ufeff")


def _parent(data: Any, path: Path) -> Any:
    for key in path[:-1]:
        data = data[key]
    return data


def _means(text: str, data: dict[str, Any]) -> bool:
    try:
        found = strict_yaml.parse(text, Report("catalog"))
    except RouterConfigError:
        return False
    return bool(_tidy(found) == _tidy(data))


def _tidy(value: Any) -> Any:
    """Commenting out the only key of a section leaves null where {} was meant."""
    if isinstance(value, dict):
        return {key: _tidy(item) for key, item in value.items()} or None
    return value


def _left(text: str) -> tuple[str, ...]:
    try:
        load.parse_catalog(text, "catalog")
    except RouterConfigError as error:
        return tuple(f"still to do: {problem}" for problem in error.problems)
    return ()
