"""Rows and catalogs of our own making."""

from __future__ import annotations

import pytest

from model_router.hindsight.labels import Names
from tests.support.catalogs import usual_catalog
from tests.support.routers import FakeRouter


@pytest.fixture(scope="session")
def names() -> Names:
    """The names of the usual nine engines."""
    return Names(usual_catalog())


@pytest.fixture
def fake_router() -> type[FakeRouter]:
    """The class, for tests that set the table themselves."""
    return FakeRouter
