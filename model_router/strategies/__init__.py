"""Strategies: named ways of choosing a route or an engine, one file each.

A factory takes the options of the catalog and the catalog, and returns a function from Facts to
a Choice. A choice is a wish: the policy table still enforces needs, limits, privacy and fallbacks,
and nothing that a person must confirm is ever put to a strategy. Modules load when they are named.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from model_router.errors import Problem, RouterConfigError
from model_router.names import close_match
from model_router.strategies.facts import Choice as Choice
from model_router.strategies.facts import Decide as Decide
from model_router.strategies.facts import Facts as Facts
from model_router.types import OWN_STRATEGIES, Catalog, Strategy

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "model_router.strategies"
"""The entry point group in which other distributions offer strategies."""

MODULES: dict[str, str] = {
    "fixed": "fixed",
    "threshold": "threshold",
    "rule_list": "rule_list",
    "tree": "tree",
    "quality_cost": "quality_cost",
}
"""Strategies by name, and the module of this package whose `build` makes each."""

SHADOW = "shadow"
NAMES = (*OWN_STRATEGIES, *MODULES, SHADOW)


def build(strategy: Strategy, catalog: Catalog) -> Decide:
    """The deciding function for a strategy. Raises RouterConfigError when there is none.

    The router's own decision, named beside a shadow, comes back as the route it already chose.
    """
    if strategy.name in OWN_STRATEGIES:
        return _own
    try:
        decide = _factory(strategy, catalog)(strategy.options, catalog)
    except RouterConfigError:
        raise
    except Exception as error:
        message = f"strategy {strategy.name!r} cannot be built: {type(error).__name__}: {error}"
        hint = "look at its options and its installation"
        raise refused(message, hint, catalog.source) from error
    if not callable(decide):
        message = f"strategy {strategy.name!r} gives no function"
        raise refused(message, "its factory must return a function of Facts", catalog.source)
    built: Decide = decide
    return built


def _factory(strategy: Strategy, catalog: Catalog) -> Any:
    module = MODULES.get(strategy.name)
    if module is not None:
        return import_module(f"{__name__}.{module}").build
    known = offered()
    if strategy.name not in known:
        message = f"{strategy.name!r} is not a strategy"
        raise refused(message, unknown(strategy.name, known), catalog.source)
    return known[strategy.name].load()


def offered() -> Mapping[str, EntryPoint]:
    """The strategies that installed distributions offer, by name. Imports none of them."""
    from importlib.metadata import entry_points  # start-up is faster without it

    return {found.name: found for found in entry_points(group=GROUP)}


def unknown(name: str, known: Mapping[str, Any]) -> str:
    """The hint for a strategy nobody offers."""
    names = (*NAMES, *known)
    match = close_match(name, names)
    return f"did you mean {match}? " * bool(match) + f"known: {', '.join(names)}"


def _own(facts: Facts) -> Choice:
    return Choice("own", route=facts.route)


def refused(message: str, hint: str, source: str) -> RouterConfigError:
    """The error for a strategy that cannot be used."""
    problem = Problem("strategy", message, hint=hint)
    return RouterConfigError(f"{source}: 1 problem\n  {problem}", (problem,), source, hint)
