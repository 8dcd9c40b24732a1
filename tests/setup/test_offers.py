"""Downloads as choices: what fits, pinned, not here yet, the set's model first."""

from __future__ import annotations

from model_router.setup.advice import advise
from model_router.setup.catalog_file import load_model_catalog
from model_router.setup.offers import MOST, downloads
from model_router.setup.routes import ROUTES
from tests.support.simulated import gpu, machine

CACHE = "~/.cache/huggingface/hub"
ADVICE = advise(load_model_catalog(), machine(64, gpu(24)))


def offered(exists: object = None) -> dict[str, list[str]]:
    """The names by route."""
    here = exists if isinstance(exists, set) else set()
    found = downloads(ADVICE, CACHE, here.__contains__, {})
    return {route: [one.model for one in rows] for route, rows in found.items()}


def test_every_route_has_an_offer() -> None:
    """On a machine with a card of 24 GiB, and never more than a few."""
    found = offered()
    assert set(found) == {route.name for route in ROUTES}
    assert all(1 <= len(names) <= MOST for route, names in found.items())


def test_the_set_s_model_comes_first() -> None:
    """So that the usual answers fit together."""
    pinned = {model.id for model in ADVICE.catalog.models if model.pinned}
    for route, names in offered().items():
        resident = ADVICE.together.serving(route)
        if resident is not None and resident.model_id in pinned:
            assert names[0] == resident.model_id


def test_an_offer_names_its_files_and_how_to_fetch_them() -> None:
    """Every file below the cache, at the pinned commit."""
    for rows in downloads(ADVICE, CACHE, lambda path: False, {}).values():
        for one in rows:
            row = ADVICE.catalog.get(one.model)
            assert row is not None
            assert row.pinned
            assert one.fetch == f"model-router setup download --repo-id {one.model} --execute"
            assert one.files
            assert all(path.startswith(f"{CACHE}/models--") for path in one.files)
            assert all(f"/snapshots/{row.sources[0].revision}/" in path for path in one.files[:1])


def test_what_is_here_is_not_offered_again() -> None:
    """All of its files must be here for that."""
    first = downloads(ADVICE, CACHE, lambda path: False, {})["simple"][0]
    assert first.model not in offered(set(first.files))["simple"]
    if len(first.files) > 1:
        assert first.model in offered(set(first.files[:1]))["simple"]


def test_nothing_fits_a_tiny_machine() -> None:
    """Then nothing is offered."""
    tiny = advise(load_model_catalog(), machine(1))
    assert not any(downloads(tiny, CACHE, lambda path: False, {}).values())
