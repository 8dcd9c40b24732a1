"""Servers as they are: what scripts/check_real_backends.py says of those that are installed."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def script() -> ModuleType:
    """The script as a module."""
    path = ROOT / "scripts" / "check_real_backends.py"
    spec = importlib.util.spec_from_file_location("check_real_backends", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def missing(*names: str) -> bool:
    """Whether one of these modules cannot be imported."""
    return any(importlib.util.find_spec(name) is None for name in names)


@pytest.mark.skipif(missing("xllamacpp", "gguf"), reason="xllamacpp and gguf are not installed")
def test_llama_cpp(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Answers, streams, errors, overflow, images and clients that leave, with llama.cpp itself."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *sys.path]))
    command = f"llama.cpp={sys.executable} -m tests.support.llamacpp {{port}}"
    assert script().main(["--server", command]) == 0, capfd.readouterr().out


@pytest.mark.skipif("OPENCODE" not in os.environ, reason="OPENCODE names no binary of opencode")
def test_opencode(capfd: pytest.CaptureFixture[str]) -> None:
    """A coding agent finishes a task through the proxy."""
    assert script().main(["--opencode", os.environ["OPENCODE"]]) == 0, capfd.readouterr().out


def test_what_is_not_given_is_skipped(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with a line that says how to have it checked."""
    assert script().main([]) == 0
    assert capsys.readouterr().out.count("skip  ") == 2


def test_a_server_that_does_not_start(capsys: pytest.CaptureFixture[str]) -> None:
    """It is told, and the exit code is 1."""
    assert script().main(["--server", f"none={sys.executable} -c pass"]) == 1
    assert "FAIL  none" in capsys.readouterr().out
