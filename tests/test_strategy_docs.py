"""docs/strategies.md: its examples run and give what their comments say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from model_router.catalog import parse_catalog
from model_router.strategies import NAMES
from model_router.strategies.tree import read_tree

PAGE = (Path(__file__).parents[1] / "docs" / "strategies.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)


def test_python_examples_hold() -> None:
    """Every line with a value in its comment has that value."""
    names: dict[str, Any] = {}
    checked = 0
    for block in blocks("python"):
        exec(block, names)
        for code, value in re.findall(r"^(\S.*?)  # ('.*')$", block, re.M):
            assert repr(eval(code, names)) == value, code
            checked += 1
    assert checked == 11


def test_yaml_and_json_examples_load() -> None:
    """The catalog and the tree in it are valid."""
    import json

    for text in blocks("yaml"):
        assert parse_catalog(text).strategy.name == "threshold"
    for text in blocks("json"):
        assert read_tree(json.loads(text))


def test_every_strategy_has_its_place() -> None:
    """Each strategy stands in the table, and each with options has a section."""
    for name in NAMES:
        assert f"| `{name}` |" in PAGE
        assert name.startswith("rules") or f"\n## {name}\n" in PAGE
