"""Downloads as choices: for each route what the adviser would fetch, if it is pinned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from model_router.backend_kinds import KINDS
from model_router.setup.advice import Advice
from model_router.setup.advisor import RouteAdvice, gib
from model_router.setup.candidates import Candidate
from model_router.setup.choices import Choice
from model_router.setup.downloads import planned
from model_router.setup.hub_cache import snapshot_path
from model_router.setup.model_catalog import CatalogModel
from model_router.setup.model_names import UNKNOWN_BILLIONS

MOST = 3
"""Downloads that are offered for a route."""

Exists = Callable[[str], bool]


def downloads(
    advice: Advice, cache: str, exists: Exists, urls: Mapping[str, str]
) -> dict[str, tuple[Choice, ...]]:
    """For each route what could be fetched, the model of the set first.

    Only what is known to the commit and the byte is offered: a config can name its files. What is
    in `cache` already is not.
    """
    found = {}
    for one in advice.routes:
        offered = [_choice(row, one, cache, urls) for row in _candidates(one, advice)]
        found[one.route.name] = tuple(row for row in offered if not all(map(exists, row.files)))
    return found


def _candidates(one: RouteAdvice, advice: Advice) -> list[Candidate]:
    resident = advice.together.serving(one.route.name)
    first = resident.model_id if resident else None
    pinned = [row for row in one.suitable if row.model.pinned and row.model.format == "gguf"]
    return sorted(pinned, key=lambda row: row.model.id != first)[:MOST]


def _choice(one: Candidate, advice: RouteAdvice, cache: str, urls: Mapping[str, str]) -> Choice:
    model, image = one.model, advice.route.name == "image_generation"
    places = list(_places(model, cache))
    eyes = [place for place in places if "mmproj" in place]
    kind = "localai" if image else "llamacpp"
    return Choice(
        "download",
        kind,
        urls.get(kind) or KINDS[kind].base_url or "",
        model.id,
        billions=model.parameters / 1e9 if model.parameters else UNKNOWN_BILLIONS,
        quantisation=model.quantisation,
        size_bytes=model.size(vision=bool(eyes)),
        context=one.usable_context or None,
        tools=model.tools,
        vision=bool(eyes),
        draws=image,
        files=tuple(place for place in places if place not in eyes) + tuple(eyes),
        projector=eyes[0] if eyes else None,
        fetch=f"model-router setup download --repo-id {model.id} --execute",
        why=f"{one.level}, needs {gib(one.total)}",
    )


def _places(model: CatalogModel, cache: str) -> Iterator[str]:
    """Where its files will stand: those that `setup download --repo-id` fetches."""
    routes = ("vision",) if "vision" in model.roles else ()
    for item in planned(model, routes):
        for one in item.files:
            yield snapshot_path(cache, item.repo, item.revision or "", one.path)
