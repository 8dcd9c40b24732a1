"""YAML read strictly: plain values only, each with its line; bombs and duplicates refused.

The parser's events are read one at a time, so a file that nests or expands without end is
refused at the first event too many, before anything was built.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

from model_router.catalog.report import Path, Report, refuse, show_value

MAX_DEPTH = 40
MAX_VALUES = 20_000  # values after every alias was expanded
MAX_DIGITS = 40

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_MERGE = _TAG + "merge"
_CONTAINER_TAGS = {
    yaml.SequenceStartEvent: ("!", _TAG + "seq"),
    yaml.MappingStartEvent: ("!", _TAG + "map"),
}
_BOMB_HINT = "write the repeated parts out, or use fewer aliases"


@dataclass(slots=True)
class _Node:
    """A value and where it stands. Containers hold nodes, so that aliases share them."""

    value: Any
    line: int
    size: int = 1
    depth: int = 1
    key_lines: dict[str, int] = field(default_factory=dict)


class _Reader:
    """The parser's events with what is known so far: anchors, and how much was expanded."""

    def __init__(self, text: str, report: Report) -> None:
        self.loader = _Loader(text)
        self.report = report
        self.anchors: dict[str, _Node] = {}
        self.count = 0

    def spend(self, values: int, line: int) -> None:
        self.count += values
        if self.count > MAX_VALUES:
            message = f"the file expands to more than {MAX_VALUES} values"
            raise refuse(self.report.source, message, _BOMB_HINT, line)


def parse(text: str, report: Report) -> Any:
    """The plain value of a YAML text: dict, list, str, int, float, bool or None.

    Fills `report.lines`. Duplicate keys and unknown tags become problems in `report`; a text
    that is not YAML, nests too deep or expands too far raises RouterConfigError at once.
    """
    try:
        node = _document(text, report)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise refuse(
            report.source, f"not valid YAML: {error.problem}", _syntax_hint(error), line
        ) from None
    except (yaml.YAMLError, UnicodeError) as error:
        reason = str(getattr(error, "reason", "unreadable characters"))
        hint = "save the file as UTF-8 text without control characters"
        raise refuse(report.source, f"not valid YAML: {reason}", hint) from None
    return _plain(node, (), report.lines) if node else None


def _syntax_hint(error: Any) -> str:
    if "cannot start any token" in str(error.problem):
        return "indent with spaces, not tabs, and quote text that starts with a special character"
    return "look at this line and the one before: indentation, colons, quotes, brackets"


def _document(text: str, report: Report) -> _Node | None:
    reader = _Reader(text, report)
    try:
        reader.loader.get_event()  # stream start
        if reader.loader.check_event(yaml.StreamEndEvent):
            return None
        reader.loader.get_event()  # document start
        node = _node(reader, (), 1)
        reader.loader.get_event()  # document end
        if not reader.loader.check_event(yaml.StreamEndEvent):
            raise refuse(report.source, "holds more than one YAML document", "keep only the first")
        return node
    finally:
        reader.loader.dispose()


def _node(reader: _Reader, path: Path, depth: int) -> _Node:
    event = reader.loader.get_event()
    line = event.start_mark.line + 1
    if isinstance(event, yaml.AliasEvent):
        return _alias(reader, event, depth, line)
    if depth > MAX_DEPTH:
        raise refuse(reader.report.source, f"nests deeper than {MAX_DEPTH}", "flatten it", line)
    reader.spend(1, line)
    if event.tag and event.tag not in _CONTAINER_TAGS.get(type(event), (event.tag,)):
        message = f"has the tag {show_value(event.tag)}"
        reader.report.problem(path, message, "remove the tag: plain YAML only", line)
    node = _build(type(event))(reader, event, path, depth)
    if event.anchor:
        reader.anchors[event.anchor] = node
    return node


def _build(kind: type) -> Callable[[_Reader, Any, Path, int], _Node]:
    return {yaml.ScalarEvent: _scalar_node, yaml.SequenceStartEvent: _sequence}.get(kind, _mapping)


def _alias(reader: _Reader, event: Any, depth: int, line: int) -> _Node:
    node = reader.anchors.get(event.anchor)
    source = reader.report.source
    if node is None:
        message = f"alias *{event.anchor} names nothing defined before it"
        raise refuse(source, message, f"define it first with &{event.anchor}", line)
    reader.spend(node.size, line)
    if depth + node.depth > MAX_DEPTH:
        raise refuse(source, f"aliases nest deeper than {MAX_DEPTH}", _BOMB_HINT, line)
    return node


def _sequence(reader: _Reader, event: Any, path: Path, depth: int) -> _Node:
    items: list[_Node] = []
    while not reader.loader.check_event(yaml.SequenceEndEvent):
        items.append(_node(reader, (*path, len(items)), depth + 1))
    reader.loader.get_event()
    return _container(items, items, event)


def _mapping(reader: _Reader, event: Any, path: Path, depth: int) -> _Node:
    rows: dict[str, _Node] = {}
    lines: dict[str, int] = {}
    merged: list[_Node] = []
    while not reader.loader.check_event(yaml.MappingEndEvent):
        key_event = reader.loader.peek_event()
        key = _key(reader, path, depth)
        value = _node(reader, path if key is None else (*path, key), depth + 1)
        line = key_event.start_mark.line + 1
        if key is None:
            continue
        if key == "<<" and getattr(key_event, "implicit", (False,))[0]:
            merged += _merged(reader, value, (*path, key), line)
        elif key in rows:
            _duplicate(reader.report, (*path, key), lines[key], line)
        else:
            rows[key], lines[key] = value, line
    reader.loader.get_event()
    for source in merged:
        for key, value in source.value.items():
            if key not in rows:
                rows[key], lines[key] = value, source.key_lines[key]
    return _container(rows, list(rows.values()), event, lines)


def _container(
    value: Any, children: list[_Node], event: Any, key_lines: dict[str, int] | None = None
) -> _Node:
    return _Node(
        value,
        event.start_mark.line + 1,
        1 + sum(child.size for child in children),
        1 + max((child.depth for child in children), default=0),
        key_lines or {},
    )


def _duplicate(report: Report, path: Path, first: int, second: int) -> None:
    report.problem(path, f"is given twice, on lines {first} and {second}", "keep one", second)


def _key(reader: _Reader, path: Path, depth: int) -> str | None:
    """The key's text; None, with a problem noted, for a key that is not text."""
    node = _node(reader, path, depth + 1)
    if isinstance(node.value, str):
        return node.value
    reader.report.problem(
        path,
        f"has a key that is not text: {show_value(_plain(node, (), {}))}",
        "put the key in quotes",
        node.line,
    )
    return None


def _merged(reader: _Reader, node: _Node, path: Path, line: int) -> list[_Node]:
    sources = node.value if isinstance(node.value, list) else [node]
    reader.spend(sum(source.size for source in sources), line)
    good = [source for source in sources if isinstance(source.value, dict)]
    if len(good) < len(sources):
        reader.report.problem(path, "merges something that is not a mapping", "name mappings", line)
    return good


def _scalar_node(reader: _Reader, event: Any, path: Path, depth: int) -> _Node:
    return _Node(_scalar(reader, event, path), event.start_mark.line + 1)


def _scalar(reader: _Reader, event: Any, path: Path) -> Any:
    """A plain value. Dates stay text: nothing in a catalog is a date."""
    text: str = event.value
    tag = event.tag
    if tag is None or tag == "!":
        tag = reader.loader.resolve(yaml.ScalarNode, text, event.implicit)
    if tag in _READ:
        try:
            return _READ[tag](reader.loader, text)
        except (ValueError, KeyError, IndexError, OverflowError):
            pass
    elif tag in _AS_TEXT:
        return text
    line = event.start_mark.line + 1
    message = f"cannot read {show_value(text)} as {tag.removeprefix(_TAG)}"
    reader.report.problem(path, message, "write plain text, a number, true or false", line)
    return text


def _number(loader: Any, text: str, kind: str) -> Any:
    if len(text) > MAX_DIGITS:
        raise ValueError("too long")
    construct = loader.yaml_constructors[_TAG + kind]
    return construct(loader, yaml.ScalarNode(_TAG + kind, text))


_BOOLEANS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_READ: dict[str, Callable[[Any, str], Any]] = {
    _TAG + "str": lambda _, text: text,
    _TAG + "null": lambda _, text: None,
    _TAG + "bool": lambda _, text: _BOOLEANS[text.lower()],
    _TAG + "int": lambda loader, text: _number(loader, text, "int"),
    _TAG + "float": lambda loader, text: _number(loader, text, "float"),
}
_AS_TEXT = (_MERGE, _TAG + "timestamp", _TAG + "value")


def _plain(node: _Node, path: Path, lines: dict[Path, int]) -> Any:
    lines.setdefault(path, node.line)
    if isinstance(node.value, list):
        return [_plain(item, (*path, i), lines) for i, item in enumerate(node.value)]
    if not isinstance(node.value, dict):
        return node.value
    for key, line in node.key_lines.items():
        lines[(*path, key)] = line
    return {key: _plain(value, (*path, key), lines) for key, value in node.value.items()}
