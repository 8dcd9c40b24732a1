"""The JSON forms: their keys and the engines, held in files. Scores may move, keys may not.

Write the files again with `python -m tests.cli.test_golden` from the root of the repository, and
look at the difference: a key that goes away needs a new number in its schema.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from model_router.cli.root import root
from tests.cli.test_decide import TABLE

GOLDEN = Path(__file__).parent / "golden"
JSON_PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
RECEIPT_PAGE = (Path(__file__).parents[2] / "docs" / "receipts.md").read_text(encoding="utf-8")

EVAL_ROWS = str(Path(__file__).parents[1] / "data" / "eval_rows.jsonl")
ENGINES = ("selected_engine", "requires_confirmation", "action_class", "chain", "config_valid")
NAMED = (
    "catalog.engines", "catalog.routing_targets", "route_points", "confusion", "confusion.*",
    "sources",
)  # fmt: skip
PLANS = ("selected_engine", "provider", "model", "adapter", "blocked", "requires_confirmation")
COMMANDS: dict[str, tuple[list[str], tuple[str, ...], tuple[str, ...]]] = {
    "decide": (["decide", "--json"], tuple(TABLE), ENGINES),
    "dispatch-plan": (["dispatch-plan", "--json"], tuple(TABLE), PLANS),
    "explain": (["explain", "--json"], tuple(TABLE), ()),
    "validate-config": (
        ["validate-config", "--json"],
        ("",),
        ("ok", "valid", "origin", "problems"),
    ),
    "eval": (["eval", "--json", EVAL_ROWS], ("",), ("rows", "by", "limit", "gate")),
    "config-show": (["config", "show", "--json"], ("",), ()),
}
"""Name: the words, the prompts, and the values that must stay as they are."""


def printed(name: str) -> dict[str, Any]:
    """What a golden file should hold: the keys of the answers, and for each prompt its values."""
    words, prompts, kept = COMMANDS[name]
    answers = {}
    for prompt in prompts:
        result = CliRunner().invoke(root, [*words, *([prompt] if prompt else [])])
        assert result.exit_code == 0, result.output
        answers[prompt] = json.loads(result.stdout)
    keys = sorted({key for answer in answers.values() for key in form(answer)})
    values = {prompt: {key: row[key] for key in kept} for prompt, row in answers.items()}
    return {"schema": next(iter(answers.values()))["schema"], "keys": keys, "values": values}


def form(value: Any, path: str = "") -> list[str]:
    """Every key inside `value` as a path; the names of engines and routes count as *."""
    if isinstance(value, list):
        return [key for item in value for key in form(item, f"{path}[]")]
    if not isinstance(value, dict):
        return []
    named = path in NAMED
    keys = []
    for key, item in value.items():
        inner = f"{path}.{'*' if named else key}".lstrip(".")
        keys += [inner, *form(item, inner)]
    return keys


@pytest.mark.parametrize("name", COMMANDS)
def test_form_is_the_golden_one(name: str) -> None:
    """Keys, engines and verdicts are those of the file."""
    assert printed(name) == json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("prompt", "engine"), TABLE.items())
def test_golden_engines_are_the_readmes(prompt: str, engine: str) -> None:
    """The files hold the engines that the README promises."""
    for name in ("decide", "dispatch-plan"):
        values = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))["values"]
        assert values[prompt]["selected_engine"] == engine


@pytest.mark.parametrize("name", COMMANDS)
def test_every_key_is_described(name: str) -> None:
    """Each key of the first level stands in docs/json.md, those of receipts in docs/receipts.md."""
    page = RECEIPT_PAGE if name == "decide" else JSON_PAGE
    keys = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))["keys"]
    for key in keys:
        if "." not in key and "[" not in key and key != "schema":
            assert f"`{key}`" in page, key


def write() -> None:
    """Write the golden files again."""
    os.environ["MODEL_ROUTER_HOME"] = os.devnull
    for name in COMMANDS:
        text = json.dumps(printed(name), indent=2, sort_keys=True, ensure_ascii=False)
        (GOLDEN / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(write())
