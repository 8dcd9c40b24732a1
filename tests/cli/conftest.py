"""A way to run commands in this process, with one router for all tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from model_router.cli.root import root
from model_router.cli.session import Session
from model_router.router import ModelRouter

Invoke = Callable[..., Result]

_QUIET = (
    "COLUMNS", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "MODEL_ROUTER_CONFIG",
    "MODEL_ROUTER_DEBUG", "MODEL_ROUTER_NO_PROGRESS",
)  # fmt: skip


@pytest.fixture(scope="session")
def packaged_router() -> ModelRouter:
    """The router of the packaged catalog."""
    from model_router.catalog import load_catalog, packaged_catalog_path

    return ModelRouter.from_config_object(load_catalog(packaged_catalog_path()))


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """No variable of the developer's own changes what is printed, nor does a catalog at home."""
    for name in _QUIET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MODEL_ROUTER_HOME", str(tmp_path / "router"))


@pytest.fixture
def run(packaged_router: ModelRouter) -> Invoke:
    """Run the command line in this process; without --config it uses the packaged catalog."""

    def invoke(*words: str, **options: Any) -> Result:
        def open_router(path: str | None) -> Any:
            return packaged_router if path is None else ModelRouter.from_config(path)

        return CliRunner().invoke(
            root, list(words), obj=Session(open_router=open_router), **options
        )

    return invoke
