"""explain: the picture and its JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_router.cli.layout import width_of

PROMPT = "drop the production database"


def test_words_that_mattered_are_underlined(run: Any) -> None:
    """The order stands there with carets under it, and is quoted beside its reason."""
    lines = run("explain", PROMPT).stdout.splitlines()
    at = lines.index("text")
    assert lines[at + 1] == f"  {PROMPT}"
    assert lines[at + 2].startswith("  ^^^^")
    assert any(line.lstrip().startswith("!") and '"drop' in line for line in lines)


def test_every_section_is_there(run: Any) -> None:
    """Text, reasons, scores, routes, engines, and what follows."""
    lines = run("explain", "fix the repo and run tests").stdout.splitlines()
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert headings[1:] == ["text", "why", "scores", "routes", "engines", "then"]


def test_engines_are_ranked_and_rejected_with_reasons(run: Any) -> None:
    """Alternatives have a rank, rejected engines a reason."""
    text = run("explain", "fix the repo and run tests").stdout
    assert "\n  chosen  code_agent\n" in text
    assert "reasoning_local: local engine" in text
    assert "  no      fast_local, image_generation: does not support tools\n" in text


def test_chosen_route_is_marked(run: Any) -> None:
    """The route that was taken says so; one that a person must confirm first does not."""
    assert "chosen" in _line(run("explain", "fix the repo").stdout, "  coding ")
    assert "asked for" in run("explain", PROMPT).stdout


def _line(text: str, start: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(start))


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize(
    "prompt", [PROMPT, "fix the repo " * 200, "データベースを削除してください " * 20, "x" * 3_000]
)
def test_picture_fits(run: Any, width: int, prompt: str) -> None:
    """No line is wider than the terminal, whatever the text."""
    result = run("explain", prompt, env={"COLUMNS": str(width)})
    assert max(map(width_of, result.stdout.splitlines()[1:])) <= width


def test_control_characters_are_escaped(run: Any) -> None:
    """A prompt cannot colour or move anything."""
    result = run("explain", "-", input="a\x1b[31mb\x07\u202e drop the database\x9b")
    assert "\\x1b[31mb\\x07\\u202e" in result.stdout
    assert not set(result.stdout) & set("\x1b\x07\u202e\x9b")


def test_colour_is_not_the_only_sign(run: Any) -> None:
    """With colours the same words and carets are there."""
    import re

    plain = run("explain", PROMPT).stdout
    coloured = run("explain", "--color", "always", PROMPT, color=True).stdout
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_json_holds_the_receipt_and_not_the_prompt(run: Any) -> None:
    """--json gives the receipt and the points of the routes."""
    text = run("explain", "--json", "please zyxxyqq and fix the repo").stdout
    data = json.loads(text)
    assert sorted(data) == ["decision", "route_points", "schema"]
    assert data["schema"] == "model-router/explain/1"
    assert data["route_points"]["coding"] > 0
    assert "zyxxyqq" not in text


def test_hints_count(run: Any) -> None:
    """The picture is that of the decision with its hints."""
    assert run("explain", "--role", "research", "hi").stdout.startswith("web_research  ")


def test_unusable_catalog_is_drawn(run: Any) -> None:
    """Without a catalog the picture says so."""
    result = run("explain", "--config", "/nowhere/catalog.yaml", PROMPT)
    assert result.exit_code == 0
    assert result.stdout.startswith("human_confirm  the catalog cannot be used\n")


def test_nothing_given_is_wrong_usage(run: Any) -> None:
    """An empty pipe ends with 2."""
    assert run("explain").exit_code == 2
