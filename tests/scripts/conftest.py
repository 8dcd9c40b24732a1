"""What the tests of trainers share: the scripts as modules, and labelled rows of our own."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
MODULES = ("labelled_examples", "linear_heads", "train_weights", "measure_quality")
Write = Callable[[str, Iterable[dict[str, Any]]], Path]


@pytest.fixture(scope="session")
def script() -> Iterator[Callable[[str], ModuleType]]:
    """A function from a script's name to it as a module. Scripts import one another by name."""
    pytest.importorskip("numpy", reason="training needs the extra `train`")
    pytest.importorskip("scipy", reason="training needs the extra `train`")
    before = list(sys.path)
    sys.path.insert(0, str(SCRIPTS))
    yield importlib.import_module
    sys.path[:] = before
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes rows as a JSONL file named after their source."""

    def written(source: str, rows: Iterable[dict[str, Any]]) -> Path:
        path = tmp_path / f"{source}.jsonl"
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        return path

    return written
