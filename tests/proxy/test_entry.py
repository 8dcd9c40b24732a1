"""`model-router-proxy` before there is a proxy."""

from __future__ import annotations

import pytest

from model_router import __version__
from model_router.proxy import main


def test_it_says_that_there_is_nothing_to_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command exits with 1, says so on stderr and names the command that works."""
    monkeypatch.setattr("sys.argv", ["model-router-proxy", "--port", "8082"])
    assert main() == 1
    said = capsys.readouterr()
    assert not said.out
    assert "not part of model-router" in said.err
    assert "model-router decide --help" in said.err


def test_it_knows_its_version(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--version` prints the package's version and exits with 0."""
    monkeypatch.setattr("sys.argv", ["model-router-proxy", "--version"])
    assert main() == 0
    assert capsys.readouterr().out == f"model-router-proxy {__version__}\n"
