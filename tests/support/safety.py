"""Orders and mentions of our own, routers with other safety settings, and harmless filler."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from model_router.router import ModelRouter
from model_router.safety.candidates import likely
from model_router.safety.frame import Frame
from model_router.safety.judgement import judge
from model_router.types import SafetyPolicy
from tests.support.catalogs import usual_catalog

DATA = Path(__file__).parents[1] / "data"


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of tests/data/safety_<name>.jsonl: text, action or None, why."""
    lines = (DATA / f"safety_{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@cache
def packaged() -> ModelRouter:
    """A router with the packaged catalog, whatever engines this machine has."""
    return ModelRouter.from_config(validate_availability=False)


@cache
def router(**safety: Any) -> ModelRouter:
    """A router whose catalog has these safety settings."""
    return ModelRouter(usual_catalog(safety=SafetyPolicy(**safety)))


def confirmed(text: str, *, by: ModelRouter | None = None, **hints: Any) -> bool:
    """Whether a person is asked about `text`. All depths agree on it."""
    asked = (by or packaged()).route(text, hints or None)
    fast = (by or packaged()).route_fast(text, hints or None)
    assert asked.requires_confirmation is (fast == "human_confirm")
    return asked.requires_confirmation


def classes(text: str) -> list[str]:
    """The action classes ordered in `text`."""
    return [order.action for order in packaged()._assessor.weigh(text, every=True).found]


def ordered_by(signal: str, text: str) -> bool:
    """Whether the row `signal` finds an order of its own in `text`."""
    assessor = packaged()._assessor
    wanted = assessor.lexicon.index[signal]
    _, _, named, _ = assessor.lexicon.scan(text)
    rule = assessor.actions[wanted]
    hits = [hit for hit in named if hit[0] == wanted and likely(hit, rule)]
    return any(judge(rule, hit, Frame(hit[3])) for hit in hits)


EXAMPLES: dict[str, str] = {
    "destructive": "delete the production database",
    "send": "send an email to my boss about the delay",
    "purchase": "buy a new laptop for the office",
    "schedule": "schedule a meeting with Ann at nine",
    "publish": "publish the blog post on our website",
    "deploy": "deploy the app to production",
    "access": "grant Bob admin access to the database",
    "device": "unlock the front gate",
    "high_impact": "file my tax return",
}
"""One order of each class, and of no other."""
