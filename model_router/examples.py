"""Examples: the texts that a signal's row says it matches and ignores, tried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from model_router.assessment import Assessor
from model_router.errors import Problem
from model_router.types import Catalog, SafetyPolicy, WeightsPolicy


def failed_examples(catalog: Catalog) -> tuple[Problem, ...]:
    """What the user's signals say in `matches` and `ignores` and the catalog does not hold to."""
    return tuple(failing(catalog, catalog.signals)) if catalog.signals else ()


def failing(catalog: Catalog, rows: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    """A problem for each example in `rows` that comes out otherwise under `catalog`.

    A row matches when it fires; a row that names an action when an order of its class is found.
    """
    rules_alone = WeightsPolicy(enabled=False)
    safety = SafetyPolicy(coding_actions="all")
    assessor = Assessor(replace(catalog, safety=safety, weights=rules_alone))
    for row in rows:
        for key, wanted in (("matches", True), ("ignores", False)):
            for n, text in enumerate(row.get(key) or ()):
                if fires(assessor, row, text) is not wanted:
                    verb = "does not match" if wanted else "matches"
                    yield Problem(
                        f"signals.{row['id']}.{key}[{n}]",
                        f"the signal {verb} {text!r}",
                        hint="change the row or the example",
                    )


def fires(assessor: Assessor, row: Mapping[str, Any], text: str) -> bool:
    """Whether the row fires in `text`, or for an action, whether a deed of its class is ordered."""
    weighed = assessor.weigh(text, every=True)
    action = row.get("action")
    if action:
        return any(order.action == action for order in weighed.found)
    return bool(weighed.verdict.fired >> assessor.lexicon.index[row["id"]] & 1)
