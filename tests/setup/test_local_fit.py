"""Models that are here already: judged by their headers, ranked when the list knows them."""

from __future__ import annotations

import pytest

from model_router.setup.budget import budget_of
from model_router.setup.catalog_file import load_model_catalog
from model_router.setup.fit import GIB
from model_router.setup.found import Attention, FoundModel, ModelFacts
from model_router.setup.local_fit import listed_as, local_fit
from model_router.setup.routes import BY_NAME
from tests.support.simulated import gpu, machine

CATALOG = load_model_catalog()
SUM = "03b74727a860a56338e042c4420bb3f04b2fec5734175f4cb9fa853daf52b7e8"


def found(name: str = "m.gguf", size: int = 5_680_522_464, content: str | None = None,
          facts: ModelFacts | None = None) -> FoundModel:  # fmt: skip
    """A model as a scan finds it."""
    return FoundModel("folder", name, "gguf", (f"/models/{name}",), size, content=content,
                      facts=facts or ModelFacts())  # fmt: skip


def test_by_its_header() -> None:
    """Need, level, context and speed come from what the file says."""
    there = machine(64, gpu(12, "NVIDIA GeForce RTX 3060"))
    heads = tuple(4 if n % 4 == 3 else 0 for n in range(32))
    facts = ModelFacts(
        attention=Attention(heads, 256, 256), vocabulary=248_320, embedding=4096,
        context=262_144, parameters=8_960_000_000, quantisation="Q4_K_M",
    )  # fmt: skip
    one = local_fit(found(facts=facts), BY_NAME["coding"], there, budget_of(there), CATALOG)
    assert one.footprint.basis == "header"
    assert (one.need.context, one.need.kv) == (65_536, 2 * GIB)
    assert one.level == "fits"
    assert one.usable_context == 131_072
    assert one.speed is not None


def test_a_file_that_says_nothing() -> None:
    """It is judged carefully, and the basis says so."""
    there = machine(64)
    one = local_fit(found(), BY_NAME["simple"], there, budget_of(there), CATALOG)
    assert (one.footprint.basis, one.listed, one.rank) == ("default", None, None)


@pytest.mark.parametrize(
    ("model", "row"),
    [
        (found(content=f"sha256:{SUM}"), "qwen3.5-9b"),
        (found("Qwen3.5-9B-Q4_K_M.gguf"), "qwen3.5-9b"),
        (found("qwen3.5-9b-q4_k_m.gguf"), "qwen3.5-9b"),
        (found("Qwen3.5-9B-Q4_K_M.gguf", size=5_680_522_465), None),
        (found("other.gguf"), None),
        (found(content="sha256:" + "0" * 64), None),
        (found("mmproj-F16.gguf", size=918_166_080), None),
        (FoundModel("ollama", "cloud", "gguf", (), 0, local=False), None),
    ],
)
def test_the_list_knows_it_by_its_bytes(model: FoundModel, row: str | None) -> None:
    """By digest, or by name and size together; never by a name that looks alike."""
    known = listed_as(model, CATALOG)
    assert (known.id if known else None) == row


def test_a_known_model_has_its_rank() -> None:
    """For the route that is asked about."""
    there = machine(64)
    one = local_fit(found(content=f"sha256:{SUM}"), BY_NAME["vision"], there, budget_of(there),
                    CATALOG)  # fmt: skip
    assert one.rank == 66
