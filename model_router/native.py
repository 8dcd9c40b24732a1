"""Native modules: the parts in C, which are there when a compiler was at installation."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def native(name: str) -> Any:
    """The module in C of that name; None where this machine does without it."""
    try:
        return import_module(name)
    except ImportError:
        return None
