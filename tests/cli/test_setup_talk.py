"""Who is asked, and what happens at once: installing what downloads need."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.setups import MACHINE, SILENT

WORDS = ("setup", "wizard", *SILENT, *MACHINE)


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Python that only writes down what it was asked for, and lacks huggingface-hub."""
    said = tmp_path / "said"
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\necho "$@" >> {said}\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr("model_router.cli.setup_talk.installed", lambda: False)
    return said


def test_the_extra_is_offered_first(run: Any, pip: Path, tmp_path: Path) -> None:
    """With the command that adds it; Enter goes on without."""
    result = run(*WORDS, input="\nq\n")
    assert result.exit_code == 1
    assert "huggingface-hub is not installed" in result.stderr
    assert 'pip install "model-router[download]"' in result.stderr
    assert result.stderr.index("Downloads") < result.stderr.index("Which models may answer?")
    assert not pip.exists()


def test_the_command_is_run_when_it_is_asked_for(run: Any, pip: Path) -> None:
    """That it failed is said, and the questions go on."""
    result = run(*WORDS, input="2\nq\n")
    assert pip.read_text() == "-m pip install model-router[download]\n"
    assert "that did not work" in result.stderr
    assert "Which models may answer?" in result.stderr


def test_a_flag_installs_and_none_does_not(run: Any, pip: Path) -> None:
    """--install-extra runs it, --yes alone does not."""
    assert run(*WORDS, "--yes").exit_code == 0
    assert not pip.exists()
    assert run(*WORDS, "--yes", "--install-extra").exit_code == 0
    assert pip.read_text().count("pip install") == 1


def test_nobody_to_ask(run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A closed input is told so before anything is looked at."""
    result = run(*WORDS, input="")
    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert not (tmp_path / "router").exists()
