"""quality_cost: the quality that each engine has on a route, weighed against its price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from model_router.policy.costs import baseline_engine
from model_router.strategies.facts import Choice, Decide, Facts, cheapest, price
from model_router.types import Catalog, Engine


def build(options: Mapping[str, Any], catalog: Catalog) -> Decide:
    """The eligible engine with the best quality minus `alpha` times its price.

    With a `band`, the cheapest of those whose quality comes within that share of the best. No
    engine dearer than `cost_cap` times the baseline is considered while another one is left.
    """
    quality: Mapping[str, Mapping[str, int]] = options.get("quality") or {}
    alpha, band = options.get("alpha", 0.3), options.get("band", 0.15)
    ceiling = _ceiling(options, catalog)

    def value(engine: Engine, route: str) -> float:
        return quality.get(engine.name, {}).get(route, engine.capability) / 100

    def decide(facts: Facts) -> Choice:
        affordable = [e for e in facts.eligible if ceiling is None or price(e) <= ceiling]
        left = cheapest(affordable or facts.eligible)
        if not left:
            return Choice("quality_cost.nobody", route=facts.route)
        worth = [value(engine, facts.route) for engine in left]
        order = _by_utility(left, worth, alpha)
        if band <= 0:
            return Choice("quality_cost.utility", engines=order)
        least = max(worth) * (1 - band)
        first = next(e.name for e, v in zip(left, worth, strict=True) if v >= least)
        rest = tuple(name for name in order if name != first)
        return Choice("quality_cost.band", engines=(first, *rest))

    return decide


def _by_utility(engines: Sequence[Engine], worth: Sequence[float], alpha: float) -> tuple[str, ...]:
    """Names by quality minus alpha times price, the best first; the cheaper of equals first."""
    dearest = max(map(price, engines)) or 1.0
    pairs = zip(engines, worth, strict=True)
    utility = {engine.name: v - alpha * price(engine) / dearest for engine, v in pairs}
    return tuple(sorted(utility, key=lambda name: -utility[name]))


def _ceiling(options: Mapping[str, Any], catalog: Catalog) -> float | None:
    cap = options.get("cost_cap", 2.0)
    baseline = catalog.engines.get(options.get("baseline") or baseline_engine(catalog) or "")
    return None if not cap or baseline is None else cap * price(baseline)
