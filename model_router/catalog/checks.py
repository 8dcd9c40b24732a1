"""What one part of a catalog says about another: names that must exist, cycles, the gate.

Checks read the raw data, so that they also run on a catalog whose types are wrong and everything
is reported at once. Each is a plain function in an ordered table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from model_router.catalog.guesses import CAPABILITY, MODALITIES, TRUST, is_person
from model_router.catalog.raw import Data, engines, is_old_form, part, rows
from model_router.catalog.report import Path, Report, closest, show_value, suggest
from model_router.catalog.sections import SECTION_CHECKS
from model_router.types import COST_RANK, HUMAN, LATENCY_RANK, ROUTES


def check(data: Data, report: Report) -> None:
    """Adds what is wrong between the parts of `data` to `report`."""
    for one in CHECKS:
        one(data, report)


def _names(data: Data, report: Report) -> None:
    for section in ("engines", "routing_targets"):
        for name in part(data, section):
            if not name.isprintable() or len(name) > 100:
                report.problem(
                    (section, name), "is not a usable name", "use up to 100 printable characters"
                )


def _engine_rows(data: Data, report: Report) -> None:
    for name, row in engines(data):
        if not is_person(name, row.get("provider")):
            for key in ("model", "max_context"):
                if row.get(key) is None:
                    report.problem(("engines", name, key), "is required and absent", _ADD[key])
        for key, known in _ENGINE_WORDS.items():
            _unusual(("engines", name, key), row.get(key), known, report)


_ADD = {
    "model": "add it: the model's name",
    "max_context": "add it: how many tokens the engine takes, its answer included",
}
_ENGINE_WORDS: dict[str, tuple[str, ...]] = {
    "cost_tier": tuple(COST_RANK),
    "latency_tier": tuple(LATENCY_RANK),
    "capability_tier": tuple(CAPABILITY),
    "trust_tier": tuple(TRUST),
    "modalities": MODALITIES,
}


def _unusual(path: Path, found: Any, known: tuple[str, ...], report: Report) -> None:
    for word in found if isinstance(found, list) else [found]:
        if isinstance(word, str) and word.strip() and word not in known:
            fate = "no request asks for it" if path[-1] == "modalities" else "it ranks last"
            report.remark(path, f"{show_value(word)} is unknown: {fate}; {suggest(word, known)}")


def _engine_names(data: Data, report: Report) -> None:
    """Everything that names an engine names one that exists."""
    known = {*part(data, "engines"), HUMAN}
    for path, name in _references(data):
        if isinstance(name, str) and name not in known:
            message = f"names {show_value(name)}, which is not defined under engines"
            report.problem(path, message, suggest(name, sorted(known)))


def _references(data: Data) -> Iterator[tuple[Path, Any]]:
    for route, name in part(data, "routing_targets").items():
        yield ("routing_targets", route), name
    for engine, row in engines(data):
        yield ("engines", engine, "fallback"), row.get("fallback")
    for index, row in rows(data, "rules"):
        yield ("rules", index, "then", "engine"), part(row, "then").get("engine")
    yield ("scoring", "baseline_engine"), part(data, "scoring").get("baseline_engine")


def _targets(data: Data, report: Report) -> None:
    defined = part(data, "engines")
    for route, name in part(data, "routing_targets").items():
        path: Path = ("routing_targets", route)
        if route not in ROUTES:
            match = closest(route, ROUTES)
            meant = f"; did you mean {match}?" if match else ""
            report.remark(path, f"is not a route: no request goes there{meant}")
        engine = part(defined, name) if isinstance(name, str) else {}
        if route == "confirmation" and isinstance(name, str):
            _gate(path, name, engine, report)


def _gate(path: Path, name: str, engine: Data, report: Report) -> None:
    if is_person(name, engine.get("provider")):
        return
    report.problem(
        path,
        f"names {show_value(name)}, which is not a person: the gate can't be remapped",
        f"write {HUMAN}; what needs no person is freed in safety.confirmation_overrides",
    )


def _fallback_cycles(data: Data, report: Report) -> None:
    chain = {
        name: row.get("fallback")
        for name, row in engines(data)
        if not is_person(name, row.get("provider"))  # nothing comes after a person
    }
    done: set[Any] = set()
    for start in chain:
        walked: list[Any] = []
        name: Any = start
        while isinstance(name, str) and name in chain and name not in done and name not in walked:
            walked.append(name)
            name = chain[name]
        if name in walked:
            _cycle([*walked[walked.index(name) :], name], data, report)
        done.update(walked)


def _cycle(names: list[str], data: Data, report: Report) -> None:
    shown = " -> ".join(names[:12] if len(names) < 13 else [*names[:11], "...", names[-1]])
    path: Path = ("engines", names[-2], "fallback")
    if is_old_form(data):
        report.remark(path, f"closes a cycle: {shown}; a chain stops before its first repeat")
    else:
        report.problem(path, f"closes a cycle: {shown}", f"end the chain: write {HUMAN} or null")


CHECKS: tuple[Callable[[Data, Report], None], ...] = (
    _names,
    _engine_rows,
    _engine_names,
    _targets,
    _fallback_cycles,
    *SECTION_CHECKS,
)
