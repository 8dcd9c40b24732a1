"""Which models a download is about: those of a set, of routes, or of names that a person gave."""

from __future__ import annotations

from collections.abc import Sequence

from model_router.setup.advice import Advice
from model_router.setup.downloads import Item, Plan, Wanted, merged, planned
from model_router.setup.model_catalog import ModelCatalog, safe_path


class NotKnown(ValueError):
    """A name that stands for nothing here; says what was meant or what to add."""


def for_set(advice: Advice) -> Plan:
    """The models that stay in memory together. NotKnown when nothing fits at all."""
    if not advice.together.residents:
        raise NotKnown("no model of the list fits this machine")
    return _plan(advice.catalog, [(one.model_id, one.routes) for one in advice.together.residents])


def for_routes(advice: Advice, routes: Sequence[str]) -> Plan:
    """What the set uses for these routes; a route that it leaves out gets its own best model."""
    chosen: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(routes):
        resident = advice.together.serving(name)
        own = next(one.chosen for one in advice.routes if one.route.name == name)
        if resident is None and own is None:
            why = next(one.why for one in advice.routes if one.route.name == name)
            raise NotKnown(f"no model fits for {name}: {why}")
        model_id = resident.model_id if resident else own.model.id if own else ""
        chosen[model_id] = (*chosen.get(model_id, ()), name)
    return _plan(advice.catalog, list(chosen.items()))


def for_names(catalog: ModelCatalog, names: Sequence[str], include: Sequence[str]) -> Plan:
    """Models by catalog id, or repositories by owner/name; `include` says which files of those."""
    items: list[Item] = []
    for name in names:
        rows = [model for model in catalog.models if name in (model.id, model.repo)]
        if rows and not include:
            for model in rows:
                items += planned(model, ("vision",) if "vision" in model.roles else ())
        elif "/" in name:
            items.append(_repository(name, include))
        else:
            raise NotKnown(f"{name} is no model of the catalog and no owner/name")
    return Plan(merged(items), catalog.version)


def _repository(name: str, include: Sequence[str]) -> Item:
    for pattern in include:
        if not safe_path(pattern):
            raise NotKnown(f"{pattern!r} names no file that is fetched")
    patterns = tuple(Wanted(pattern, None, None, pattern=True) for pattern in include)
    # A repository of GGUF files holds many quantisations; without a pattern the usual one is meant.
    files = patterns or (Wanted("*Q4_K_M*.gguf", None, None, pattern=True),)
    gguf = all(one.path.endswith(".gguf") for one in files)
    return Item(name, None, files, format="gguf" if gguf else "safetensors")


def _plan(catalog: ModelCatalog, chosen: Sequence[tuple[str, Sequence[str]]]) -> Plan:
    items: list[Item] = []
    for model_id, routes in chosen:
        model = catalog.get(model_id)
        if model is not None:
            items += planned(model, tuple(routes))
    return Plan(merged(items), catalog.version)
