"""Which engines may take a request, and the sentence when one may not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from model_router.policy.eligibility import (
    Ask,
    Candidate,
    abilities,
    is_local,
    makes_only_pictures,
    objection,
)
from model_router.policy.limits import DEFAULT, Limits, limits_from
from model_router.types import (
    DEFAULT_TARGETS,
    HUMAN,
    NEED_AUDIO,
    NEED_CODE_EXECUTION,
    NEED_FRESHNESS,
    NEED_IMAGE,
    NEED_IMAGE_GENERATION,
    NEED_LOCAL,
    NEED_PDF,
    NEED_TOOLS,
    Engine,
    Hints,
    ProviderPolicy,
)
from tests.support.catalogs import engine

HOSTED = {"provider": "openai", "location": "hosted"}


def verdict(
    row: Engine,
    needs: int = 0,
    limits: Limits = DEFAULT,
    tokens: int = 0,
    unavailable: tuple[str, ...] = (),
) -> tuple[str, str] | None:
    candidate = Candidate(row, abilities(row, DEFAULT_TARGETS), unavailable)
    found = objection(candidate, Ask(needs, limits, tokens))
    return (found.code, found.reason) if found else None


def hinted(**hints: Any) -> Limits:
    return limits_from(Hints(**hints), ProviderPolicy(), "simple")


class TestObjections:
    @pytest.mark.parametrize(
        ("need", "code", "reason"),
        [
            (NEED_TOOLS, "rejection.tools_missing", "does not support tools"),
            (NEED_CODE_EXECUTION, "rejection.tools_missing", "cannot run code without tools"),
            (NEED_IMAGE, "rejection.modality_missing", "does not read images"),
            (NEED_PDF, "rejection.modality_missing", "does not read PDF files"),
            (NEED_AUDIO, "rejection.modality_missing", "does not read audio"),
            (NEED_IMAGE_GENERATION, "rejection.modality_missing", "does not generate images"),
            (
                NEED_FRESHNESS,
                "rejection.freshness_missing",
                "has no access to current information",
            ),
        ],
    )
    def test_a_text_engine_lacks_each_need(self, need: int, code: str, reason: str) -> None:
        """Each need has its code and its sentence."""
        assert verdict(engine("plain"), need) == (code, reason)

    def test_a_plain_request_fits_a_plain_engine(self) -> None:
        """No needs and no limits: no objection."""
        assert verdict(engine("plain")) is None

    def test_a_need_nobody_knows_is_not_met(self) -> None:
        """A bit without a name fails closed."""
        assert verdict(engine("plain"), 1 << 20) == (
            "rejection.need_unknown",
            "the request needs something no engine declares",
        )

    def test_a_hosted_engine_is_refused_when_the_request_must_stay(self) -> None:
        """The need and the limit have codes of their own."""
        row = engine("cloud", **HOSTED)
        assert verdict(row, NEED_LOCAL) == (
            "rejection.not_local",
            "hosted, and the request must stay local",
        )
        assert verdict(row, limits=hinted(local_only=True)) == (
            "rejection.location",
            "hosted, and only local engines are allowed",
        )

    def test_disabled_comes_before_everything_else(self) -> None:
        """The first objection in the table is the one people read."""
        row = engine("off", enabled=False)
        assert verdict(row, NEED_TOOLS, unavailable=("no key",)) == (
            "rejection.disabled",
            "disabled in the catalog",
        )

    def test_unavailable_says_why(self) -> None:
        """The reasons of the availability check are in the sentence."""
        assert verdict(engine("x"), unavailable=("KEY is not set", "no command y")) == (
            "rejection.unavailable",
            "not available: KEY is not set; no command y",
        )

    def test_tiers_name_both_sides(self) -> None:
        """The sentence says what the engine has and what is allowed."""
        row = engine("dear", cost_tier="high", latency_tier="manual")
        assert verdict(row, limits=hinted(max_cost_tier="medium")) == (
            "rejection.cost_tier",
            "cost tier high exceeds medium",
        )
        assert verdict(row, limits=hinted(max_latency_tier="high")) == (
            "rejection.latency_tier",
            "latency tier manual exceeds high",
        )

    def test_none_and_free_medium_and_paid_are_the_same_tier(self) -> None:
        """Two names for one rank do not exceed each other."""
        assert verdict(engine("a", cost_tier="free"), limits=hinted(max_cost_tier="none")) is None
        assert verdict(engine("a", cost_tier="paid"), limits=hinted(max_cost_tier="medium")) is None

    def test_a_tier_of_its_own_name_exceeds_every_limit(self) -> None:
        """A catalog may invent tiers; they are dearer and slower than any known one."""
        row = engine("odd", cost_tier="exotic")
        assert verdict(row) is None
        assert verdict(row, limits=hinted(max_cost_tier="high")) == (
            "rejection.cost_tier",
            "cost tier exotic exceeds high",
        )

    def test_providers(self) -> None:
        """Denied wins over allowed; names are compared without case."""
        row = engine("x", provider="OpenAI", location="hosted")
        both = hinted(provider_allowlist=("openai",), provider_denylist=("OPENAI",))
        assert verdict(row, limits=hinted(provider_allowlist=("openai",))) is None
        assert verdict(row, limits=both) == (
            "rejection.provider_denied",
            "provider OpenAI is denied",
        )
        assert verdict(row, limits=hinted(provider_allowlist=("ollama",))) == (
            "rejection.provider_not_allowed",
            "provider OpenAI is not in the allowlist",
        )

    def test_local_in_an_allowlist_means_every_local_engine(self) -> None:
        """A list that says local goes on working when the provider is called ollama."""
        limits = hinted(provider_allowlist=("local",))
        assert verdict(engine("x", provider="ollama"), limits=limits) is None
        assert verdict(engine("y", **HOSTED), limits=limits) is not None
        assert verdict(engine("y", **HOSTED), limits=hinted(provider_denylist=("hosted",)))

    @pytest.mark.parametrize(("tokens", "fits"), [(1_000, True), (1_001, False)])
    def test_the_context_really_limits(self, tokens: int, fits: bool) -> None:
        """Prompt and room together must not exceed max_context."""
        found = verdict(engine("small", max_context=1_000), tokens=tokens)
        assert (found is None) is fits
        if found:
            assert found == (
                "rejection.context_exceeded",
                "the request does not fit its context of 1000 tokens",
            )

    def test_a_person_is_never_rejected(self) -> None:
        """human_confirm takes anything, even disabled, unavailable and with one token."""
        row = engine(HUMAN, enabled=False, max_context=1, cost_tier="high", location="hosted")
        assert verdict(row, 255, hinted(local_only=True), 10**9, ("gone",)) is None


def test_the_page_names_every_code() -> None:
    """docs/policy.md lists every objection that the sources can raise."""
    root = Path(__file__).parents[2]
    page = (root / "docs" / "policy.md").read_text(encoding="utf-8")
    sources = [
        (root / "model_router" / "policy" / f"{name}.py").read_text(encoding="utf-8")
        for name in ("eligibility", "roster", "selection")
    ]
    codes = set(re.findall(r'"(rejection\.\w+)"', "".join(sources)))
    assert len(codes) == 15
    assert sorted(code for code in codes if f"`{code}`" not in page) == []


class TestAbilities:
    @pytest.mark.parametrize("kind", ["pdf", "file"])
    def test_pdf_or_file_reads_pdf(self, kind: str) -> None:
        """An engine that takes files takes PDF."""
        assert abilities(engine("x", modalities=frozenset({kind})), {}) & NEED_PDF

    def test_images_alone_do_not_read_pdf(self) -> None:
        """A PDF is not an image."""
        assert not abilities(engine("x", modalities=frozenset({"image"})), {}) & NEED_PDF

    @pytest.mark.parametrize("strength", ["web search", "web_search", "Research", "websites"])
    def test_strengths_that_name_the_web_give_freshness(self, strength: str) -> None:
        """Current information comes from an engine that says web, search or research."""
        assert abilities(engine("x", strengths=(strength,)), {}) & NEED_FRESHNESS

    @pytest.mark.parametrize("strength", ["cobweb", "coding", "unresearched"])
    def test_other_strengths_do_not(self, strength: str) -> None:
        """The word has to begin so."""
        assert not abilities(engine("x", strengths=(strength,)), {}) & NEED_FRESHNESS

    def test_the_research_target_is_trusted_to_read_the_web(self) -> None:
        """Naming an engine as the target says that it can."""
        assert abilities(engine("x"), {"research": "x"}) & NEED_FRESHNESS

    @pytest.mark.parametrize(
        "changes",
        [
            {"strengths": ("image generation",)},
            {"modalities": frozenset({"image_generation"})},
            {"adapter": "local-image-generation"},
        ],
    )
    def test_three_ways_to_say_that_an_engine_makes_images(self, changes: dict[str, Any]) -> None:
        """Strengths, modalities or adapter, with any separator."""
        assert abilities(engine("x", **changes), {}) & NEED_IMAGE_GENERATION

    def test_the_image_target_is_trusted_to_make_images(self) -> None:
        """Naming an engine as the target says that it can."""
        assert abilities(engine("x"), {"image_generation": "x"}) & NEED_IMAGE_GENERATION

    def test_only_pictures(self) -> None:
        """An engine that is nothing but the image target is no stand-in for text."""
        targets = {"image_generation": "x"}
        assert makes_only_pictures(engine("x"), targets)
        assert not makes_only_pictures(engine("x"), {**targets, "simple": "x"})
        assert not makes_only_pictures(engine("y", strengths=("image_generation",)), targets)
        assert makes_only_pictures(engine("y", adapter="image-generation"), targets)

    def test_a_person_counts_as_local(self) -> None:
        """Nothing leaves the machine when a person reads it."""
        assert is_local(engine("x", provider="Human", location="hosted"))
        assert not is_local(engine("x", **HOSTED))
