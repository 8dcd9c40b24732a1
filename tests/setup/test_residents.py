"""Which models stay in memory together: never more than fits, and nothing better was missed."""

from __future__ import annotations

from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.setup.advisor import RouteAdvice
from model_router.setup.candidates import Candidate
from model_router.setup.fit import Footprint, need
from model_router.setup.model_catalog import CatalogModel, Evidence
from model_router.setup.residents import IMAGES, each_its_own, resident_set
from model_router.setup.routes import ROUTES


def model(name: str, roles: dict[str, int]) -> CatalogModel:
    """A row that says nothing but its ranks."""
    return CatalogModel(
        name, name, "f", "gguf", (), roles, (Evidence("t", "2026-11"),), "2026-11-20"
    )


def candidate(row: CatalogModel, size: int, route: str) -> Candidate:
    """A model that needs `size` bytes whatever is asked of it."""
    footprint = Footprint(size, 0)
    return Candidate(row, row.roles[route], footprint, need(footprint, 1024), "fits", 4096, None)


def advice(sizes: list[int], ranks: list[dict[str, int]]) -> list[RouteAdvice]:
    """Models of these sizes, each with ranks for some routes."""
    rows = [model(f"m{n}", roles) for n, roles in enumerate(ranks)]
    made = []
    for route in ROUTES:
        suitable = [
            candidate(row, size, route.name)
            for row, size in zip(rows, sizes, strict=True)
            if route.name in row.roles
        ]
        suitable.sort(key=lambda one: (-one.rank, one.model.id))
        best = suitable[0] if suitable else None
        made.append(RouteAdvice(route, best, "", None, None, tuple(suitable)))
    return made


NAMES = [route.name for route in ROUTES]
MODELS = st.lists(
    st.tuples(
        st.integers(1, 20),
        st.dictionaries(st.sampled_from(NAMES), st.integers(1, 100), min_size=1),
    ),
    min_size=1,
    max_size=6,
)


@given(MODELS, st.integers(0, 60))
def test_what_always_holds(models: list[tuple[int, dict[str, int]]], budget: int) -> None:
    """It fits, sums are sums, every route is served once or listed, and only by what serves it."""
    given_ = advice([size for size, _ in models], [ranks for _, ranks in models])
    together = resident_set(given_, budget)
    assert together.sum_bytes <= budget
    assert together.sum_bytes == sum(one.total for one in together.residents)
    served = [route for one in together.residents for route in one.routes]
    assert sorted([*served, *together.without]) == sorted(NAMES)
    for one in together.residents:
        assert all(route in models[int(one.model_id[1:])][1] for route in one.routes)


@settings(max_examples=60)
@given(MODELS, st.integers(0, 60))
def test_no_three_models_are_better(models: list[tuple[int, dict[str, int]]], budget: int) -> None:
    """No group of up to three serves more routes, or as many with a higher sum of ranks."""
    chat = [name for name in NAMES if name != IMAGES]
    best = (0, 0)
    for count in (1, 2, 3):
        for group in combinations(models, count):
            if sum(size for size, _ in group) <= budget:
                ranks = [max((r[name] for _, r in group if name in r), default=0) for name in chat]
                best = max(best, (sum(1 for rank in ranks if rank), sum(ranks)))
    given_ = advice([size for size, _ in models], [ranks for _, ranks in models])
    together = resident_set(given_, budget)
    found = [
        models[int(one.model_id[1:])][1][route]
        for one, route in ((one, r) for one in together.residents for r in one.routes)
        if route != IMAGES
    ]
    assert (len(found), sum(found)) >= best


@given(MODELS)
def test_each_its_own(models: list[tuple[int, dict[str, int]]]) -> None:
    """For a server that loads one at a time: every route has its best, the largest counts."""
    given_ = advice([size for size, _ in models], [ranks for _, ranks in models])
    alone = each_its_own(given_)
    for one, name in product(given_, NAMES):
        if one.route.name == name and one.chosen is not None:
            serving = alone.serving(name)
            assert serving is not None
            assert serving.model_id == one.chosen.model.id
    assert alone.largest_bytes == max((one.total for one in alone.residents), default=0)
