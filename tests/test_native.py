"""Native modules: there, or done without."""

from __future__ import annotations

from model_router import lanes
from model_router.native import native


def test_a_module_that_is_there() -> None:
    """It is what `import` gives."""
    assert native("model_router.lanes") is lanes


def test_a_module_that_was_not_built() -> None:
    """None, and no error: the Python beside it does the same."""
    assert native("model_router._not_built") is None
