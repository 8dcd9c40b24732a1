"""What a row leaves out is worked out: places, tiers, scores, tools, modalities, targets."""

from __future__ import annotations

from typing import Any

import pytest

from model_router.catalog import catalog_from_mapping
from model_router.types import HUMAN, ROUTES, Catalog, Engine


def engine(name: str = "one", **changes: Any) -> Engine:
    """The engine that a row with these keys becomes."""
    row = {"provider": "local", "model": "m", "max_context": 8192, **changes}
    return catalog_from_mapping({"engines": {name: row}}).engines[name]


def catalog(targets: dict[str, str] | None = None, **rows: dict[str, Any]) -> Catalog:
    """A catalog of these engines, each a row over a small local model."""
    full = {
        name: {"provider": "local", "model": "m", "max_context": 8192, **row}
        for name, row in rows.items()
    }
    return catalog_from_mapping({"engines": full, "routing_targets": targets or {}})


class TestLocation:
    @pytest.mark.parametrize(
        "provider",
        ["local", "human", "ollama", "lm_studio", "lmstudio", "llamacpp", "llama.cpp", "localai",
         "vllm", "mlx-lm", "huggingface_cache", "huggingface_local", "Ollama"],
    )  # fmt: skip
    def test_local_providers(self, provider: str) -> None:
        """Providers that run on this machine are local, as the setup assistants write them."""
        assert engine(provider=provider).location == "local"

    @pytest.mark.parametrize(
        "provider", ["openai", "anthropic", "google", "gemini", "openrouter", "localhost.run", "x"]
    )
    def test_everything_else_is_hosted(self, provider: str) -> None:
        """A provider that nobody knows is hosted, so private text does not go there."""
        assert engine(provider=provider).location == "hosted"

    def test_what_is_written_counts(self) -> None:
        """A given location is never second-guessed."""
        assert engine(provider="ollama", location="hosted").location == "hosted"
        assert engine(provider="mine", location="local").location == "local"


class TestScores:
    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            ({"max_context": 8192}, 50),
            ({"max_context": 16384}, 70),
            ({"max_context": 65536}, 85),
            ({"max_context": 128000}, 90),
            ({"capability_tier": "standard"}, 50),
            ({"capability_tier": "medium"}, 70),
            ({"capability_tier": "high"}, 85),
            ({"capability_tier": "critical"}, 95),
            ({"capability_tier": "own word"}, 50),
            ({"capability_tier": "standard", "max_context": 16384}, 65),
            ({"capability_tier": "standard", "max_context": 65536}, 80),
            ({"capability_tier": "standard", "max_context": 128000}, 90),
            ({"capability": 12, "max_context": 128000}, 12),
        ],
    )
    def test_capability(self, row: dict[str, Any], expected: int) -> None:
        """Capability comes from its tier, raised by the context; a given one stays."""
        assert engine(**row).capability == expected

    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            ({}, 60),
            ({"trust_tier": "medium"}, 75),
            ({"trust_tier": "high"}, 85),
            ({"trust_tier": "critical"}, 100),
            ({"provider": "openai"}, 85),
            ({"provider": "human"}, 100),
            ({"trust": 3, "trust_tier": "high"}, 3),
        ],
    )
    def test_trust(self, row: dict[str, Any], expected: int) -> None:
        """Trust comes from its tier, which comes from the provider; a given one stays."""
        assert engine(**row).trust == expected

    @pytest.mark.parametrize(
        ("tier", "expected"),
        [("none", 0), ("free", 0), ("low", 20), ("medium", 50), ("paid", 50), ("high", 80),
         ("own word", 50)],
    )  # fmt: skip
    def test_cost(self, tier: str, expected: int) -> None:
        """Cost comes from its tier; an unknown tier is in the middle."""
        assert engine(cost_tier=tier).cost == expected

    @pytest.mark.parametrize(
        ("tier", "expected"), [("low", 15), ("medium", 45), ("high", 75), ("manual", 100)]
    )
    def test_latency(self, tier: str, expected: int) -> None:
        """Latency comes from its tier."""
        assert engine(latency_tier=tier).latency == expected

    def test_tiers_left_out(self) -> None:
        """Without tiers a local engine is free and a hosted one paid."""
        assert engine().cost_tier == "free"
        assert engine(provider="openai").cost_tier == "paid"
        assert engine().latency_tier == "medium"

    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            ({}, 0),
            ({"max_context": 16384}, 1),
            ({"max_context": 65536}, 2),
            ({"provider": "openai"}, 2),
            ({"capability_tier": "medium", "cost_tier": "high"}, 1),
            ({"tier": 0, "cost_tier": "high"}, 0),
        ],
    )
    def test_size(self, row: dict[str, Any], expected: int) -> None:
        """The size comes from capability_tier, else from the price class, else from the score."""
        assert engine(**row).tier == expected


class TestAbilities:
    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            ({}, False),
            ({"adapter": "local_code"}, True),
            ({"model": "starcoder2"}, True),
            ({"model": "qwen"}, False),
            ({"model": "codellama"}, True),
            ({"strengths": ["calling tools"]}, True),
            ({"strengths": ["local RAG"]}, True),
            ({"strengths": ["storage"]}, False),
            ({"model": "codellama", "supports_tools": False}, False),
        ],
    )
    def test_tools(self, row: dict[str, Any], expected: bool) -> None:
        """Tool support is guessed from words when it is not given."""
        assert engine(**row).supports_tools is expected

    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            ({}, set()),
            ({"model": "my-vision"}, {"image"}),
            ({"strengths": ["OCR", "PDF pages"]}, {"image", "pdf"}),
            ({"strengths": ["audio notes"]}, {"audio"}),
            ({"model": "my-vision", "modalities": []}, set()),
            ({"modalities": ["audio"]}, {"audio"}),
        ],
    )
    def test_modalities(self, row: dict[str, Any], expected: set[str]) -> None:
        """Modalities are guessed when absent, and an explicit [] means none."""
        assert engine(**row).modalities == expected


class TestTargets:
    def test_defaults_where_they_exist(self) -> None:
        """A route that is not given goes to the engine of its name."""
        found = catalog(fast_local={}, code_agent={})
        assert found.targets["simple"] == "fast_local"
        assert found.targets["coding"] == "code_agent"

    def test_neighbours(self) -> None:
        """A text route without an engine goes to the nearest route that has one, and says so."""
        found = catalog(fast_local={}, reasoning_local={}, code_agent={})
        assert found.targets["balanced"] == "reasoning_local"
        (remark,) = (w for w in found.warnings if w.path == "routing_targets.balanced")
        assert "goes to reasoning_local, as reasoning does" in remark.message

    def test_engines_of_other_names(self) -> None:
        """Without known names, simple work goes to the smallest engine and hard to the largest."""
        found = catalog(big={"tier": 2}, tiny={"tier": 0}, middle={"tier": 1}).targets
        assert found["simple"] == "tiny"
        assert found["balanced"] == "middle"
        assert found["reasoning"] == found["coding"] == "big"

    @pytest.mark.parametrize("route", ["research", "vision", "image_generation"])
    def test_what_nobody_can_do(self, route: str) -> None:
        """A route that needs an ability no engine has goes to a person."""
        assert catalog(one={"modalities": []}).targets[route] == HUMAN

    def test_who_can_do_it(self) -> None:
        """A route that needs an ability goes to an engine that has it."""
        found = catalog(
            one={},
            eyes={"modalities": ["image"]},
            finder={"strengths": ["web search"]},
            painter={"adapter": "diffusion"},
        ).targets
        assert found["vision"] == "eyes"
        assert found["research"] == "finder"
        assert found["image_generation"] == "painter"

    def test_who_draws_does_not_see(self) -> None:
        """An engine that only makes images is not asked to read them, or to write."""
        found = catalog(painter={"strengths": ["image generation"]}).targets
        assert found["vision"] == HUMAN
        assert found["simple"] == HUMAN

    def test_engines_that_are_off_come_last(self) -> None:
        """A stand-in that is switched on is preferred to one that is not."""
        found = catalog(
            eyes={"modalities": ["image"], "enabled": False}, more={"modalities": ["image"]}
        )
        assert found.targets["vision"] == "more"

    def test_given_targets_stay(self) -> None:
        """What the file says is never replaced."""
        found = catalog({"simple": "two"}, fast_local={}, two={})
        assert found.targets["simple"] == "two"

    def test_every_route_has_a_target(self) -> None:
        """Whatever the catalog holds, each route goes somewhere that exists."""
        found = catalog(only={"provider": "human"})
        assert set(found.targets) == set(ROUTES)
        assert set(found.targets.values()) <= set(found.engines)

    def test_the_person_is_added(self) -> None:
        """human_confirm is there without being written, and that is said."""
        found = catalog(one={})
        assert found.engines[HUMAN].provider == "human"
        assert found.engines[HUMAN].fallback is None
        assert any(w.path == "engines.human_confirm" for w in found.warnings)


def test_plain_objects_only() -> None:
    """What comes out are the slotted types, and nothing of the validator."""
    found = catalog(one={})
    assert type(found).__module__ == "model_router.types"
    assert all(type(one).__module__ == "model_router.types" for one in found.engines.values())
    assert not hasattr(found.engines["one"], "__dict__")
