"""scripts/train_tree.py: rows in, a tree that the strategy reads out."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from model_router.strategies.tree import read_tree
from model_router.types import Strategy
from tests.support.catalogs import usual_catalog

SCRIPT = Path(__file__).parents[2] / "scripts" / "train_tree.py"
ROWS = [
    *({"prompt": f"rewrite sentence number {n}", "route": "simple"} for n in range(30)),
    *({"prompt": f"fix the bug in file{n}.py", "route": "coding"} for n in range(30)),
    {"prompt": "drop the production database", "route": "simple"},
]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("train_tree", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["train_tree"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A file of rows."""
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "line", ["{", "3", '{"prompt": "x"}', '{"prompt": 3, "route": "simple"}', '{"route": "simple"}',
             '{"prompt": "x", "route": "simpel"}', '{"prompt": "x", "engine": 3}']
)  # fmt: skip
def test_wrong_rows_are_named(script: ModuleType, line: str) -> None:
    """A row of the wrong form is an error with its line."""
    with pytest.raises(ValueError, match="line 2"):
        list(script.read_rows(['{"prompt": "x", "engine": "fast_local"}', line]))


def test_inputs_come_from_the_prompts(script: ModuleType) -> None:
    """Every input can be computed, and what a person must confirm has none."""
    from model_router.router import ModelRouter

    router = ModelRouter(usual_catalog())
    seen = [script.facts_of(router, row["prompt"]) for row in ROWS]
    assert seen[-1] is None
    names = script.input_names(seen[:-1], 5)
    assert any(name.startswith("signal.") for name in names)
    (values,) = script.matrix(seen[:1], names)
    assert len(values) == len(names)
    assert values[names.index("length")] == len(ROWS[0]["prompt"])


def test_a_bad_file_is_no_traceback(
    script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing file and a bad row end with a message and leave nothing behind."""
    out = tmp_path / "tree.json"
    (tmp_path / "bad.jsonl").write_text("{", encoding="utf-8")
    for name in ("none.jsonl", "bad.jsonl"):
        assert script.main([str(tmp_path / name), "--output", str(out)]) == 2
        said = capsys.readouterr().err
        assert name in said or "line 1" in said
        assert "Traceback" not in said
    assert not out.exists()


def test_a_file_is_written_whole(script: ModuleType, tmp_path: Path) -> None:
    """What cannot be written as JSON leaves the old file as it was."""
    out = tmp_path / "tree.json"
    out.write_text("old", encoding="utf-8")
    with pytest.raises(TypeError):
        script.write(out, {"a": object()})
    assert out.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_training(script: ModuleType, rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A tree that was trained is read, decides, and is the same file every time."""
    pytest.importorskip("sklearn")
    from model_router.router import ModelRouter

    out = rows.with_name("tree.json")
    texts = []
    for _ in range(2):
        assert script.main([str(rows), "--output", str(out)]) == 0
        texts.append(out.read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    assert "held out, right: 1.000 of 12" in capsys.readouterr().out
    data = json.loads(texts[0])
    assert read_tree(data)
    router = ModelRouter(usual_catalog(strategy=Strategy("tree", {"tree": data})))
    assert router.route("fix the bug in main.py").route == "coding"
    assert "strategy.tree" in router.route("rewrite this").reason_codes
