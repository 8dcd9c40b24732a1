"""`strategy` in a catalog: a name or a mapping, to a Strategy with its preset and files read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from model_router.catalog import complaints
from model_router.catalog.files import absolute
from model_router.catalog.own_signals import known_ids
from model_router.catalog.raw import Data, part
from model_router.catalog.report import Path, Report, closest, show_value, suggest
from model_router.catalog.strategy_files import (
    preset_options,
    read_quality,
    read_tree_file,
)
from model_router.catalog.strategy_forms import FORMS, validator
from model_router.strategies import SHADOW, offered, unknown
from model_router.types import HUMAN, OWN_STRATEGIES, Strategy


def read_strategy(data: Data, folder: str | None, report: Report) -> Strategy:
    """The strategy of a catalog; what is wrong with it goes to `report`.

    Files that it names are relative to `folder`, when there is one.
    """
    return _Reader(data, folder, report).read(data.get("strategy"), ("strategy",))


class _Reader:
    """What reading a strategy needs to know of the catalog around it."""

    def __init__(self, data: Data, folder: str | None, report: Report) -> None:
        self.data, self.folder, self.report = data, folder, report
        self.engines = {*part(data, "engines"), HUMAN}

    def read(self, raw: Any, path: Path) -> Strategy:
        if raw is None:
            return Strategy()
        given = {"name": raw} if isinstance(raw, str) else raw
        if not isinstance(given, Mapping) or not isinstance(given.get("name"), str):
            message = f"must be a strategy's name, or a mapping with name; found {show_value(raw)}"
            self.report.problem(path, message, f"known: {', '.join(FORMS)}")
            return Strategy()
        name = given["name"]
        return self._known(name, given, path) if name in FORMS else self._foreign(given, path)

    def _foreign(self, given: Mapping[str, Any], path: Path) -> Strategy:
        """A strategy of another distribution. Its own factory judges its options."""
        name, known = given["name"], offered()
        if name not in known:
            self.report.problem(path, f"{show_value(name)} is not a strategy", unknown(name, known))
        options = {key: value for key, value in given.items() if key != "name"}
        return Strategy(name, options, dict(given))

    def _known(self, name: str, given: Mapping[str, Any], path: Path) -> Strategy:
        options = self._validated(name, given, path)
        if options is None:
            return Strategy()
        options.pop("name")
        judge = _JUDGES.get(name)
        if judge is not None:
            judge(self, options, path)
        return Strategy(name, options, self._shown(given, options))

    def _shown(self, given: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """What was given, such that it means the same in any folder; {} for a name alone."""
        if set(given) == {"name"}:
            return {}
        shown = dict(given)
        if options.get("file"):
            shown["file"] = absolute(options["file"], self.folder)
        for key in ("first", "second"):
            if key in options:
                shown[key] = dict(options[key].given) or options[key].name
        return shown

    def _validated(self, name: str, given: Mapping[str, Any], path: Path) -> dict[str, Any] | None:
        """The options with defaults, the preset's below what is given; None when wrong."""
        from pydantic_core import ValidationError

        preset = preset_options(name, given.get("preset"))
        try:
            options: dict[str, Any] = validator(name).validate_python({**preset, **given})
        except ValidationError as error:
            rows = [dict(row) for row in error.errors(include_url=False)]
            complaints.complain(rows, self.report, FORMS[name].json, path)
            return None
        return options

    def engine(self, name: Any, path: Path) -> None:
        """An engine that is named must exist."""
        if name is not None and name not in self.engines:
            message = f"names {show_value(name)}, which is not defined under engines"
            self.report.problem(path, message, suggest(name, sorted(self.engines)))

    def signals(self, named: Iterator[tuple[Path, str]]) -> None:
        """Signals that are named must exist."""
        listed = list(named)
        known = known_ids(self.data) if listed else []
        for path, name in listed:
            if name not in known:
                match = closest(name, known)
                hint = f"did you mean {match}?" if match else "docs/signals.md lists the packaged"
                self.report.problem(path, f"names {show_value(name)}, which is not a signal", hint)


# ------------------------------------------------------------------ one judge for each strategy


def _fixed(reader: _Reader, options: dict[str, Any], path: Path) -> None:
    reader.engine(options["engine"], (*path, "engine"))


def _threshold(reader: _Reader, options: dict[str, Any], path: Path) -> None:
    engines, limits = options["engines"], options["thresholds"]
    for index, name in enumerate(engines):
        reader.engine(name, (*path, "engines", index))
    where = (*path, "thresholds")
    if limits is None:
        reader.report.problem(where, "is required and absent", "add scores, or name a preset")
    elif len(limits) != len(engines) - 1:
        message = f"{len(engines)} engines need {len(engines) - 1}; found {len(limits)}"
        reader.report.problem(where, message, "give one threshold fewer than engines")
    elif sorted(set(limits)) != limits:
        reader.report.problem(where, f"must ascend; found {limits}", "sort them")


def _rule_list(reader: _Reader, options: dict[str, Any], path: Path) -> None:
    if options["rules"] is None:
        message = "is required and absent"
        reader.report.problem((*path, "rules"), message, "add rules, or name a preset")
    for index, row in enumerate(options["rules"] or ()):
        place: Path = (*path, "rules", index)
        then = row["then"]
        given = [key for key in ("route", "engine", "tier") if then[key] is not None]
        if len(given) != 1:
            found = f"found {' and '.join(given) or 'none'}"
            message = f"one of route, engine, tier; {found}"
            reader.report.problem((*place, "then"), message, "give exactly one")
        if then["thinking"] and then["tier"] is None:
            reader.report.problem((*place, "then", "thinking"), "counts only beside tier", "add it")
        reader.engine(then["engine"], (*place, "then", "engine"))
        _ranges(reader, row["when"], (*place, "when"))
        reader.signals(_named_signals(row["when"], (*place, "when")))


def _ranges(reader: _Reader, when: Mapping[str, Any], path: Path) -> None:
    for what in ("chars", "tokens", "complexity"):
        low, high = when[f"min_{what}"], when[f"max_{what}"]
        if low is not None and high is not None and low > high:
            message = f"min_{what} {low} is above max_{what} {high}: it never holds"
            reader.report.problem(path, message, "swap them")


def _named_signals(when: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    for key in ("signals", "any_signals"):
        for index, name in enumerate(when[key]):
            yield (*path, key, index), name


def _tree(reader: _Reader, options: dict[str, Any], path: Path) -> None:
    from model_router.strategies.tree import asked, leaves

    where = (*path, "file")
    tree = read_tree_file(options["file"], reader.folder, where, reader.report)
    if tree is None:
        return
    options["tree"] = tree
    for name in sorted({name for kind, name in leaves(tree) if kind == "engine"}):
        reader.engine(name, where)
    signals = sorted({name[7:] for name in asked(tree) if name.startswith("signal.")})
    reader.signals((where, name) for name in signals)


def _quality_cost(reader: _Reader, options: dict[str, Any], path: Path) -> None:
    reader.engine(options["baseline"], (*path, "baseline"))
    for name in options["quality"]:
        reader.engine(name, (*path, "quality", name))
    if options["file"] is None:
        return
    if options["quality"]:
        message = "is given beside quality"
        reader.report.problem((*path, "file"), message, "give the numbers in one place")
        return
    where = (*path, "file")
    options["quality"] = read_quality(options, reader.folder, where, reader.report, reader.data)
    for name in options["quality"]:
        reader.engine(name, where)


def _shadow(reader: _Reader, options: dict[str, Any], path: Path) -> None:
    for key in ("first", "second"):
        options[key] = reader.read(options[key], (*path, key))
        if options[key].name == SHADOW:
            message = "is a shadow itself"
            reader.report.problem((*path, key), message, "name a strategy that decides")
    first, second = options["first"].name, options["second"].name
    if first in OWN_STRATEGIES and second in OWN_STRATEGIES:
        message = f"is the router's own decision, and so is {first}"
        reader.report.problem((*path, "second"), message, "compare with another strategy")


_JUDGES = {
    "fixed": _fixed,
    "threshold": _threshold,
    "rule_list": _rule_list,
    "tree": _tree,
    "quality_cost": _quality_cost,
    SHADOW: _shadow,
}
