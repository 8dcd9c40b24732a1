"""dispatch-plan: what would be called, and that nothing is."""

from __future__ import annotations

import json
from typing import Any


def test_plan_names_provider_model_and_adapter(run: Any) -> None:
    """The screen says what would be called, and that it was not."""
    text = run("dispatch-plan", "fix the repo and run tests").stdout
    for label, value in (("provider", "local"), ("model", "code-agent"), ("adapter", "local_code")):
        assert f"  {label:<8}  {value}\n" in text
    assert "could be dispatched" in text
    assert "dry run: nothing was executed" in text


def test_json_is_the_plan_with_its_schema(run: Any) -> None:
    """--json is to_dict with sorted keys and a schema."""
    text = run("dispatch-plan", "--json", "fix the repo").stdout
    data = json.loads(text)
    assert data["schema"] == "model-router/dispatch-plan/1"
    assert data["receipt"]["schema"] == "model-router/decide/1"
    assert text == json.dumps(data, sort_keys=True, indent=2) + "\n"


def test_alternatives_only_when_asked_for(run: Any) -> None:
    """--include-alternatives fills the list, in both forms."""
    few = json.loads(run("dispatch-plan", "--json", "hi").stdout)
    many = json.loads(run("dispatch-plan", "--json", "--include-alternatives", "hi").stdout)
    assert few["receipt"]["alternatives"] == []
    assert many["receipt"]["alternatives"]
    assert "  also " in run("dispatch-plan", "--include-alternatives", "hi").stdout


def test_blocked_plan_is_success_unless_asked(run: Any) -> None:
    """A blocked plan ends with 0, and with 1 under --exit-code."""
    order = "drop the production database"
    assert run("dispatch-plan", order).exit_code == 0
    assert "blocked: a person must act first" in run("dispatch-plan", order).stdout
    assert run("dispatch-plan", "--exit-code", order).exit_code == 1
    assert run("dispatch-plan", "--exit-code", "hi").exit_code == 0


def test_unusable_catalog_blocks_the_plan(run: Any) -> None:
    """A catalog that cannot be used gives a blocked plan, never a traceback."""
    result = run("dispatch-plan", "--json", "--config", "/nowhere/catalog.yaml", "hi")
    data = json.loads(result.stdout)
    assert result.exit_code == 0
    assert data["blocked"] is True
    assert data["selected_engine"] == "human_confirm"
    assert data["receipt"]["config_valid"] is False
    assert "cannot be used" in result.stderr


def test_prompt_can_be_piped(run: Any) -> None:
    """The prompt comes from a pipe as for decide."""
    piped = run("dispatch-plan", "--json", input="fix the repo\n").stdout
    assert piped == run("dispatch-plan", "--json", "fix the repo").stdout


def test_unknown_engine_is_an_error(run: Any) -> None:
    """A mistyped engine is told the nearest."""
    result = run("dispatch-plan", "--force-engine", "code_agnt", "hi")
    assert result.exit_code == 2
    assert "did you mean code_agent?" in result.stderr
