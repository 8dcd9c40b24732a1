"""A machine as JSON, and back."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.setup.machine_file import MachineFileError, from_json, read_machine_file, to_json
from tests.support.machines import NAMES, machine


@pytest.mark.parametrize("name", NAMES)
def test_there_and_back(name: str, tmp_path: Path) -> None:
    """Every machine is the same after a file, alone or within a scan."""
    found = machine(name)
    assert from_json(json.loads(json.dumps(to_json(found)))) == found
    path = tmp_path / "hw.json"
    path.write_text(json.dumps({"schema": "model-router/setup-scan/1", "machine": to_json(found)}))
    assert read_machine_file(str(path)) == found


def changed(**changes: Any) -> dict[str, Any]:
    return {**json.loads(json.dumps(to_json(machine("amd-strix-halo")))), **changes}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (7, "no object `machine`"),
        ({"machine": []}, "no object `machine`"),
        (changed(system=1), "system: a text"),
        (changed(ram_total=5), "ram_total: an object"),
        (changed(ram_total={"value": "16 GB"}), r"ram_total\.value: a whole number"),
        (changed(ram_total={"value": True}), r"ram_total\.value: a whole number"),
        (changed(ram_total={"value": -1}), r"ram_total\.value: a whole number"),
        (changed(cpu_flags={"value": "avx"}), r"cpu_flags\.value: a list"),
        (changed(accelerators={}), "accelerators: a list"),
        (changed(accelerators=[7]), r"accelerators\[0\]: an object"),
        (changed(accelerators=[{"vendor": "amd"}]), "name: a text"),
        (changed(accelerators=[{"vendor": "a", "name": "b", "total_bytes": 1.5}]),
         r"accelerators\[0\]\.total_bytes: a whole number"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_clear_error(value: Any, said: str) -> None:
    """What is wrong, where, and what to give instead."""
    with pytest.raises(MachineFileError, match=said) as caught:
        from_json(value)
    assert "setup scan --json" in (caught.value.hint or "")


def test_a_file_by_hand_needs_little() -> None:
    """What is absent is unknown; keys of later versions are passed over."""
    found = from_json({"system": "linux", "architecture": "x86_64", "later": 1,
                       "ram_total": {"value": 8}})  # fmt: skip
    assert found.ram_total.value == 8
    assert found.cpu_cores.error == "not in the file"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[" * 200_000, "is no JSON"),
        (b"{}", "system"),
        (None, "No such file"),
    ],
)
def test_files_that_are_none(tmp_path: Path, body: bytes | None, said: str) -> None:
    """The path is named."""
    path = tmp_path / "hw.json"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(MachineFileError, match=said) as caught:
        read_machine_file(str(path))
    assert str(path) in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(changed())), JSON))
def test_any_json_is_a_machine_or_an_error(changes: dict[str, Any]) -> None:
    """No other exception."""
    with contextlib.suppress(MachineFileError):
        from_json(changed(**changes))
