"""A home folder for models, and scans of it that ask nobody."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_router.setup.found import StoreReport
from model_router.setup.inventory import Inventory, take_inventory
from model_router.setup.stores import STORES
from model_router.setup.stores.look import Look
from tests.support.fake_home import FakeHome


@pytest.fixture
def fake(tmp_path: Path) -> FakeHome:
    """An empty home."""
    return FakeHome(tmp_path)


Look_ = Callable[..., StoreReport]


@pytest.fixture
def look(fake: FakeHome) -> Look_:
    """Looks into one store of the home."""
    from importlib import import_module

    def scan(store: str, **changes: Any) -> StoreReport:
        given = Look(str(fake.home), fake.environ, "linux", (), str(fake.root))
        report: StoreReport = import_module(STORES[store]).scan(given._replace(**changes))
        return report

    return scan


@pytest.fixture
def inventory(fake: FakeHome) -> Callable[..., Inventory]:
    """Takes the inventory of the home; no server is asked."""

    def take(*models_dirs: str, **options: Any) -> Inventory:
        settings = {"system": "linux", "root": str(fake.root), "ask": None, **options}
        return take_inventory(str(fake.home), fake.environ, models_dirs, **settings)

    return take


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads or writes the developer's home, cache or token."""
    for name in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME", "HF_TOKEN",
                 "HF_ENDPOINT", "HF_HUB_OFFLINE", "COLUMNS", "NO_COLOR"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def body() -> bytes:
    """The bytes of a small model, the same in every run."""
    return random.Random(7).randbytes(300_000)
