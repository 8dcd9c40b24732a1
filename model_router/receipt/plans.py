"""Plans that are remembered: few differ, and one is read-only, so many requests may share it."""

from __future__ import annotations

from model_router.policy.limits import Limits, egress
from model_router.policy.selection import Selection
from model_router.receipt.decision import Plan, build_plan
from model_router.types import Assessment, Catalog

MEMO_SIZE = 512


class Plans:
    """The plans of one catalog. Safe to share between threads."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._known: dict[object, tuple[Selection, Plan]] = {}

    def of(self, assessment: Assessment, selection: Selection, limits: Limits) -> Plan:
        """What `build_plan` gives for them."""
        key = (
            id(selection),
            assessment.route,
            assessment.complexity,
            assessment.risk,
            assessment.action,
            egress(assessment, limits),
        )
        known = self._known.get(key)
        if known is not None:
            return known[1]
        plan = build_plan(assessment, selection, limits, self._catalog)
        if len(self._known) < MEMO_SIZE:
            self._known[key] = selection, plan  # kept, so that no other gets its id
        return plan
