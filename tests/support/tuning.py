"""Labels of somebody whose work the packaged catalog does not know, and routers to fit to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model_router.cli.tuned import Opener
from model_router.hindsight.cases import Case
from model_router.hindsight.confirmations import Asked
from model_router.hindsight.tune import Tuning
from model_router.router import ModelRouter
from model_router.types import Catalog
from tests.support.weights import packaged_catalog

TEAMS = ("north", "south", "east", "west", "harbour", "airport", "station", "museum")
FORMS = (
    "show the ledger for the {} team", "ledger of {} as it stands", "the {} ledger once more",
    "have a look at the {} ledger", "is the ledger of {} right",
)  # fmt: skip
LEDGER = [form.format(team) for form in FORMS for team in TEAMS]
"""Forty prompts that the packaged catalog takes for light work; here they are code's."""
OTHERS = [f"rewrite this sentence about the {team} politely" for team in TEAMS]


def cases() -> list[Case]:
    """Ledgers are code's business; the rest is as it was."""
    ledger = [Case(f"rows:{n}", text, ("code_agent",)) for n, text in enumerate(LEDGER)]
    return ledger + [Case(f"rest:{n}", text, ("fast_local",)) for n, text in enumerate(OTHERS)]


def rows() -> list[dict[str, Any]]:
    """The same as rows of a labelled file."""
    return [{"prompt": case.prompt, "engine": case.right[0]} for case in cases()]


def tuning(folder: Path, found: list[Case], catalog: Catalog | None = None, **more: Any) -> Tuning:
    """A run over these cases with real routers."""
    catalog = catalog or packaged_catalog()
    opener = Opener(catalog, str(folder))
    return Tuning(found, catalog, opener.open, ModelRouter(catalog), **more)


def asked(*texts: str) -> list[Asked]:
    """Prompts without labels."""
    return [Asked(f"prompt {n}", text) for n, text in enumerate(texts)]
