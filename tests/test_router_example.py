"""examples/basic_custom_agent.py runs, keeps to its plans, and asks a person where it must."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from model_router import ModelRouter
from tests.support.catalogs import usual_catalog

EXAMPLE = Path(__file__).parents[1] / "examples" / "basic_custom_agent.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """The example as a module."""
    spec = importlib.util.spec_from_file_location("basic_custom_agent", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_runs_as_a_program() -> None:
    """From the command line, with its own prompts."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "> fix the repo and run tests" in done.stdout
    assert "code_agent: (an answer" in done.stdout
    assert "a person must confirm: destructive" in done.stdout


def test_a_failing_engine_is_followed_by_its_chain(
    example: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """The next engine of the plan answers."""
    found = example.handle(ModelRouter(usual_catalog()), "rewrite this text")
    assert found.startswith("balanced_local: ")
    assert "fast_local failed" in capsys.readouterr().out


def test_nothing_is_asked_before_a_person_confirms(
    example: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order calls no engine at all."""
    called: list[str] = []
    monkeypatch.setattr(example, "other_model", called.append)
    assert example.handle(ModelRouter(usual_catalog()), "delete all backups") is None
    assert called == []


def test_only_engines_of_the_plan_are_tried(
    example: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When all of them fail there is no answer, and no other engine was asked."""
    router, asked = ModelRouter(usual_catalog()), []

    def down(name: str) -> object:
        def fail(prompt: str) -> str:
            asked.append(name)
            raise example.EngineDownError("down")

        return fail

    monkeypatch.setattr(example, "ENGINES", {name: down(name) for name in router.catalog.engines})
    plan = router.plan("rewrite this text")
    assert example.handle(router, "rewrite this text") is None
    assert asked == [plan.engine, *plan.chain]
