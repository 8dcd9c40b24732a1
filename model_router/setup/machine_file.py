"""A machine as JSON, and back: what `scan --json` prints, `recommend --hardware` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from model_router.errors import ModelRouterError
from model_router.setup.machine import Accelerator, Machine, Probe

T = TypeVar("T")
MOST_BYTES = 16_000_000
HINT = "give a file that `model-router setup scan --json` wrote"


class MachineFileError(ModelRouterError, ValueError):
    """A file describes no machine. The message says what is wrong and where."""


def to_json(machine: Machine) -> dict[str, Any]:
    """The machine as JSON-ready data."""
    return asdict(machine)


def read_machine_file(path: str) -> Machine:
    """The machine that a file describes. Raises MachineFileError, also for a file not there."""
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise MachineFileError(f"{path}: {error.strerror or error}", HINT) from None
    try:
        if len(data) > MOST_BYTES:
            raise ValueError(f"is longer than {MOST_BYTES} bytes")
        return from_json(json.loads(data))
    except MachineFileError as error:
        raise MachineFileError(f"{path}: {error}", HINT) from None
    except (ValueError, RecursionError) as error:
        raise MachineFileError(f"{path} is no JSON: {error}", HINT) from None


def from_json(value: Any) -> Machine:
    """The machine in `value`: one by itself, or the `machine` of a whole scan.

    Raises MachineFileError. Keys that are not known are passed over: a later version wrote them.
    """
    if isinstance(value, Mapping) and "machine" in value:
        value = value["machine"]
    if not isinstance(value, Mapping):
        raise MachineFileError("there is no object `machine` in it", HINT)
    return Machine(
        system=_text(value, "system"),
        architecture=_text(value, "architecture"),
        ram_total=_bytes(value, "ram_total"),
        ram_available=_bytes(value, "ram_available"),
        ram_limit=_bytes(value, "ram_limit"),
        cpu_name=_named(value, "cpu_name"),
        cpu_cores=_bytes(value, "cpu_cores"),
        cpu_flags=_flags(value, "cpu_flags"),
        accelerators=_accelerators(value.get("accelerators", [])),
        wired_limit=_bytes(value, "wired_limit") if value.get("wired_limit") else None,
        disk_free=_bytes(value, "disk_free") if value.get("disk_free") else None,
        wsl=value.get("wsl") is True,
        problems=tuple(str(line) for line in _list(value.get("problems", []), "problems")),
    )


def _text(row: Mapping[str, Any], key: str) -> str:
    if not isinstance(row.get(key), str):
        raise MachineFileError(f"{key}: a text is expected", HINT)
    return str(row[key])


def _list(value: Any, key: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise MachineFileError(f"{key}: a list is expected", HINT)
    return list(value)


def _probe(row: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A probe's row. One that is absent knows nothing."""
    found = row.get(key)
    if found is None:
        return {"value": None, "source": "file", "error": "not in the file"}
    if not isinstance(found, Mapping):
        raise MachineFileError(f"{key}: an object with `value` is expected", HINT)
    return found


def _made(row: Mapping[str, Any], value: T | None) -> Probe[T]:
    error = row.get("error")
    return Probe(value, str(row.get("source", "file")), None if error is None else str(error))


def _bytes(row: Mapping[str, Any], key: str) -> Probe[int]:
    found = _probe(row, key)
    return _made(found, _whole(found.get("value"), f"{key}.value"))


def _whole(value: Any, where: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise MachineFileError(f"{where}: a whole number or null is expected", HINT)
    return value


def _named(row: Mapping[str, Any], key: str) -> Probe[str]:
    found = _probe(row, key)
    value = found.get("value")
    return _made(found, None if value is None else str(value))


def _flags(row: Mapping[str, Any], key: str) -> Probe[tuple[str, ...]]:
    found = _probe(row, key)
    value = found.get("value")
    return _made(found, None if value is None else tuple(map(str, _list(value, f"{key}.value"))))


def _accelerators(value: Any) -> tuple[Accelerator, ...]:
    rows = _list(value, "accelerators")
    return tuple(_accelerator(row, f"accelerators[{n}]") for n, row in enumerate(rows))


def _accelerator(row: Any, where: str) -> Accelerator:
    if not isinstance(row, Mapping):
        raise MachineFileError(f"{where}: an object is expected", HINT)
    return Accelerator(
        vendor=_text(row, "vendor"),
        name=_text(row, "name"),
        total_bytes=_whole(row.get("total_bytes"), f"{where}.total_bytes"),
        free_bytes=_whole(row.get("free_bytes"), f"{where}.free_bytes"),
        unified=row.get("unified") is True,
        source=str(row.get("source", "file")),
    )
