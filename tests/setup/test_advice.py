"""Advice: for each route, for all of them together, and why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_router.setup.advice import Advice, advice_data, advise
from model_router.setup.advisor import PROFILES
from model_router.setup.catalog_file import load_model_catalog, parse_model_catalog
from model_router.setup.fit import GIB
from model_router.setup.machine import Machine
from model_router.setup.model_catalog import ModelCatalog
from model_router.setup.routes import ROUTES
from tests.support.alone import run_alone
from tests.support.simulated import gpu, mac, machine

CATALOG = load_model_catalog()

MACHINES: dict[str, Machine] = {
    "nothing": machine(2),
    "laptop": machine(16),
    "desktop": machine(32),
    "server": machine(256),
    "container": machine(128, available=12, limit=12),
    "8 GiB card": machine(32, gpu(8, "NVIDIA GeForce RTX 4060")),
    "16 GiB card": machine(64, gpu(16, "NVIDIA GeForce RTX 5070 Ti")),
    "24 GiB card": machine(64, gpu(24)),
    "48 GiB card": machine(128, gpu(48, "NVIDIA RTX A6000")),
    "unknown card": machine(64, gpu(96, "A new card")),
    "Mac 16": mac(16, "Apple M3"),
    "Mac 128": mac(128, "Apple M4 Max"),
    "Strix Halo": machine(32, gpu(96, "AMD Radeon 8060S", vendor="amd", unified=True)),
}


def row(name: str, size: int, roles: dict[str, int], **more: Any) -> dict[str, Any]:
    """A catalog row of a model that needs little beside its weights."""
    return {
        "id": name, "name": name, "family": "test", "format": "gguf", "quantisation": "Q4_K_M",
        "sources": [{"repo": f"acme/{name}", "revision": "0" * 40,
                     "files": [{"path": f"{name}.gguf", "size": size}]}],
        "parameters": size * 2, "context": 262_144, "kv_bytes_per_token": 0, "roles": roles,
        "evidence": ["test"], "added": "2026-11-20", **more,
    }  # fmt: skip


def catalog(*rows: dict[str, Any]) -> ModelCatalog:
    """A catalog of such rows."""
    evidence = {"test": {"what": "a test", "date": "2026-11-20"}}
    data = {"schema": 1, "version": "test", "evidence": evidence, "models": list(rows)}
    return parse_model_catalog(json.dumps(data), "test")


def chosen(advice: Advice, route: str) -> str | None:
    """The id of a route's own best model."""
    one = next(one for one in advice.routes if one.route.name == route)
    return one.chosen.model.id if one.chosen else None


CARD = machine(64, gpu(25, "A new card"))
"""24 GiB of budget, and no known speed."""


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", MACHINES)
def test_what_always_holds(name: str, profile: str) -> None:
    """Whatever the machine: sums are sums, nothing exceeds the budget, everything has a reason."""
    advice = advise(CATALOG, MACHINES[name], profile)
    assert [one.route for one in advice.routes] == list(ROUTES)
    for one in advice.routes:
        assert one.why
        if one.chosen is not None:
            assert one.chosen.total <= advice.budget.bytes
            assert one.chosen.need.context >= one.route.least_context or not one.route.role
            assert one.larger is None or one.larger.why
    together = advice.together
    assert together.sum_bytes == sum(one.total for one in together.residents)
    assert together.sum_bytes <= (advice.budget.bytes if advice.stretched else advice.allowance)
    served = [route for one in together.residents for route in one.routes]
    assert sorted([*served, *together.without]) == sorted(route.name for route in ROUTES)
    assert advice.alone.largest_bytes <= advice.budget.bytes


def test_the_highest_rank_that_fits() -> None:
    """Not the largest, and not one that does not fit."""
    made = catalog(
        row("small", 4 * GIB, {"balanced": 50}),
        row("good", 10 * GIB, {"balanced": 80}),
        row("heavy", 18 * GIB, {"balanced": 70}),
        row("huge", 40 * GIB, {"balanced": 99}),
    )
    advice = advise(made, CARD)
    assert chosen(advice, "balanced") == "good"
    one = next(one for one in advice.routes if one.route.name == "balanced")
    assert one.smaller is not None
    assert one.larger is not None
    assert (one.smaller.model_id, one.larger.model_id) == ("small", "huge")
    assert one.smaller.why == "saves 6.2 GiB, rank 50 under 80"
    assert one.larger.why == ("needs 42.0 GiB; 24.0 GiB are on the GPU, the rest would lie in RAM")
    assert "rank 80; fits: needs 10.5 GiB of 24.0 GiB; context up to 256k" in one.why


def test_profiles_use_more_or_less_of_the_memory() -> None:
    """Half, five sixths, all of it."""
    made = catalog(
        row("small", 8 * GIB, {"balanced": 50}),
        row("middle", 17 * GIB, {"balanced": 70}),
        row("large", 22 * GIB, {"balanced": 90}),
    )
    found = [chosen(advise(made, CARD, profile), "balanced") for profile in PROFILES]
    assert found == ["small", "middle", "large"]


def test_tight_is_better_than_nothing() -> None:
    """When nothing fits the profile, the whole budget is used, and the reason says so."""
    advice = advise(catalog(row("large", 22 * GIB, {"balanced": 90})), CARD, "lightweight")
    assert chosen(advice, "balanced") == "large"
    why = next(one.why for one in advice.routes if one.route.name == "balanced")
    assert "more of the memory than the profile would" in why


def test_a_context_that_is_too_short_is_no_context() -> None:
    """Agents need 32k: a model that ends at 8k is not for coding, though it may be for simple."""
    made = catalog(row("short", 4 * GIB, {"fast": 50, "coding": 90}, context=8192),
                   row("long", 4 * GIB, {"coding": 20}))  # fmt: skip
    advice = advise(made, CARD)
    assert (chosen(advice, "coding"), chosen(advice, "simple")) == ("long", "short")


def test_the_context_is_planned_within_the_memory() -> None:
    """64k are wanted for coding; where they do not fit, the largest that does is planned."""
    made = catalog(row("hungry", 10 * GIB, {"coding": 90}, kv_bytes_per_token=1 << 18))
    one = next(one for one in advise(made, CARD).routes if one.route.name == "coding")
    assert one.chosen is not None
    assert one.chosen.need.context == 32_768
    assert one.chosen.need.kv == 8 * GIB


def test_a_model_without_tools_is_not_for_agents() -> None:
    """Coding and research ask for tools; unknown is not no."""
    made = catalog(row("plain", GIB, {"coding": 90, "balanced": 90}, tools=False),
                   row("unknown", GIB, {"coding": 20, "balanced": 20}))  # fmt: skip
    advice = advise(made, CARD)
    assert [chosen(advice, name) for name in ("balanced", "research", "coding")] == [
        "plain", "unknown", "unknown",
    ]  # fmt: skip


def test_a_model_of_unknown_size_is_never_advised() -> None:
    """It is named as what stops the next step, with the reason."""
    files = [{"match": "*.gguf", "size": "unknown"}]
    made = catalog(
        row("known", GIB, {"balanced": 10}),
        row("unsized", GIB, {"balanced": 90},
            sources=[{"repo": "acme/x", "revision": "unknown", "files": files}]),
    )  # fmt: skip
    one = next(one for one in advise(made, CARD).routes if one.route.name == "balanced")
    assert one.chosen is not None
    assert one.chosen.model.id == "known"
    assert one.larger is not None
    assert one.larger.why == "the size of its files is not known"


def test_too_slow_is_too_slow() -> None:
    """On a processor a dense model of that size is left for a mixture of experts."""
    made = catalog(
        row("dense", 16 * GIB, {"balanced": 90}),
        row("sparse", 16 * GIB, {"balanced": 60}, active=3 * GIB),
    )
    assert chosen(advise(made, machine(64)), "balanced") == "sparse"
    one = next(one for one in advise(made, machine(64)).routes if one.route.name == "balanced")
    assert one.smaller is None
    assert chosen(advise(made, machine(64, gpu(24))), "balanced") == "dense"


def test_a_known_speed_is_judged_by_its_middle() -> None:
    """Where the bandwidth is known, the upper end of the range is no promise."""
    strix = machine(32, gpu(96, "AMD Radeon 8060S", vendor="amd", unified=True))
    made = catalog(
        row("dense", 16 * GIB, {"balanced": 90}),
        row("sparse", 22 * GIB, {"balanced": 80}, active=4 * GIB),
    )
    assert chosen(advise(made, strix), "balanced") == "sparse"
    assert chosen(advise(made, strix, "quality"), "balanced") == "dense"


def test_where_all_is_slow_the_faster_half_is_taken() -> None:
    """Slow is said, and nobody gets a tenth of the possible speed."""
    made = catalog(
        row("crawling", 80 * GIB, {"balanced": 99}),
        row("slow", 24 * GIB, {"balanced": 50}),
        row("also slow".replace(" ", "-"), 20 * GIB, {"balanced": 40}),
    )
    advice = advise(made, machine(256))
    assert chosen(advice, "balanced") == "slow"
    why = next(one.why for one in advice.routes if one.route.name == "balanced")
    assert "slow, as everything is here" in why


def test_one_model_is_shared_when_memory_is_short() -> None:
    """Two that do not fit together give way to one that serves both."""
    roles = {"balanced": 60, "coding": 60, "reasoning": 60, "fast": 60, "vision": 60}
    made = catalog(
        row("shared", 14 * GIB, roles),
        row("coder", 14 * GIB, {"coding": 90}),
        row("thinker", 14 * GIB, {"reasoning": 90}),
    )
    advice = advise(made, CARD)
    assert [one.model_id for one in advice.together.residents] == ["shared"]
    assert (chosen(advice, "coding"), chosen(advice, "reasoning")) == ("coder", "thinker")
    assert advice.alone.sum_bytes > advice.budget.bytes
    roomy = advise(made, machine(64, gpu(64, "A new card")))
    assert {one.model_id for one in roomy.together.residents} == {"shared", "coder", "thinker"}


def test_a_shared_model_counts_once_with_the_most_it_is_asked_for() -> None:
    """Its projector for vision and its longest context are in one sum."""
    files = [{"path": "a.gguf", "size": 4 * GIB},
             {"path": "mmproj.gguf", "size": GIB, "purpose": "vision"}]  # fmt: skip
    made = catalog(row("eyes", 4 * GIB, {"vision": 50, "coding": 50}, kv_bytes_per_token=65_536,
        sources=[{"repo": "acme/x", "revision": "0" * 40, "files": files}]))  # fmt: skip
    (one,) = advise(made, CARD).together.residents
    assert one.context == 65_536
    assert one.total == 5 * GIB + 4 * GIB + 256 * (1 << 20)


def test_images_come_last() -> None:
    """An image model joins when there is room, and takes none from the routes that chat."""
    roles = {"balanced": 60, "coding": 60, "reasoning": 60, "fast": 60, "vision": 60}
    made = catalog(row("chat", 14 * GIB, roles),
                   row("painter", GIB, {"image_generation": 90}, memory=12 * GIB))  # fmt: skip
    assert advise(made, CARD).together.without == ("image_generation",)
    assert advise(made, machine(64, gpu(48, "A new card"))).together.without == ()


def test_the_profile_gives_way_before_a_route_stays_empty() -> None:
    """With the whole budget one model serves all; that is done, and said."""
    made = catalog(
        row("small", 4 * GIB, {"balanced": 20, "coding": 20, "reasoning": 20, "fast": 20}),
        row("large", 20 * GIB, {"balanced": 60, "coding": 60, "reasoning": 60, "fast": 60,
                                "vision": 60}),
    )  # fmt: skip
    advice = advise(made, CARD)
    assert advice.stretched
    assert [one.model_id for one in advice.together.residents] == ["large"]
    assert not advise(made, CARD, "quality").stretched


def test_equal_models_are_told_apart_by_name() -> None:
    """The order of the catalog does not matter."""
    rows = [row(name, 4 * GIB, {"balanced": 50, "fast": 50}) for name in ("b", "a", "c")]
    found = {
        json.dumps(advice_data(advise(catalog(*order), CARD)))
        for order in (rows, rows[::-1], [rows[1], rows[0], rows[2]])
    }
    assert len(found) == 1


CODE = """
import json, sys
from model_router.setup.advice import advice_data, advise
from model_router.setup.catalog_file import load_model_catalog
from model_router.setup.machine_file import from_json
machine = from_json(json.load(sys.stdin))
print(json.dumps(json.dumps(advice_data(advise(load_model_catalog(), machine)), sort_keys=True)))
"""


@pytest.mark.parametrize("name", ["laptop", "24 GiB card", "Mac 128"])
def test_the_same_bytes_in_every_process(name: str) -> None:
    """Whatever seed strings are hashed with."""
    from model_router.setup.machine_file import to_json

    given = to_json(MACHINES[name])
    first, second = (run_alone(CODE, given, PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert first == second
    assert json.loads(first)["catalog_version"] == CATALOG.version


def test_advice_loads_nothing_it_does_not_need() -> None:
    """Neither the hub's client nor a validator, nor anything of the proxy."""
    code = CODE.rsplit("print", 1)[0] + (
        "advice_data(advise(load_model_catalog(), machine))\nprint(json.dumps(sorted(sys.modules)))"
    )
    from model_router.setup.machine_file import to_json

    loaded = set(run_alone(code, to_json(MACHINES["laptop"])))
    assert loaded.isdisjoint({"huggingface_hub", "pydantic_core", "httpx", "psutil", "click"})
    assert not any(name.startswith("model_router.proxy") for name in loaded)
