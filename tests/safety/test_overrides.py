"""What frees an order from a person: overrides, levels of git work, tools; and what never does."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from model_router.catalog import catalog_from_mapping
from model_router.errors import RouterConfigError
from model_router.router import ModelRouter
from model_router.types import ACTION_CLASSES, HUMAN, OVERRIDE_KEYS, PROFILES, ROUTES
from tests.support.catalogs import usual_catalog
from tests.support.safety import EXAMPLES, confirmed, packaged, router, rows

ENGINE = {"provider": "ollama", "model": "m", "supports_tools": True, "max_context": 8_192}
VAGUE = "fix this lawsuit"


def from_catalog(**safety: Any) -> ModelRouter:
    """A router of nine engines whose safety section is written as a user writes it."""
    written = catalog_from_mapping({"engines": {"one": ENGINE}, "safety": safety})
    return ModelRouter(usual_catalog(safety=written.safety))


class TestOverrides:
    @pytest.mark.parametrize("action", ACTION_CLASSES)
    def test_it_frees_its_own_class(self, action: str) -> None:
        """The key of a class lets its orders through."""
        freeing = from_catalog(confirmation_overrides={OVERRIDE_KEYS[action]: True})
        assert not confirmed(EXAMPLES[action], by=freeing)
        assert confirmed(EXAMPLES[action], by=from_catalog())

    @pytest.mark.parametrize(("freed", "other"), list(permutations(ACTION_CLASSES, 2)))
    def test_it_frees_no_other(self, freed: str, other: str) -> None:
        """An order of any other class is still confirmed."""
        freeing = from_catalog(confirmation_overrides={OVERRIDE_KEYS[freed]: True})
        assert confirmed(EXAMPLES[other], by=freeing)

    @pytest.mark.parametrize(("freed", "other"), list(permutations(ACTION_CLASSES, 2)))
    def test_a_second_order_is_not_freed_with_the_first(self, freed: str, other: str) -> None:
        """A freed order does not take another one with it, whichever comes first."""
        freeing = router(freed=frozenset({freed}))
        for text in (
            f"{EXAMPLES[freed]}.\n{EXAMPLES[other]}.",
            f"{EXAMPLES[other]}.\n{EXAMPLES[freed]}.",
        ):
            assert confirmed(text, by=freeing)

    def test_all_of_them_free_all(self) -> None:
        """With every class freed none of the examples is confirmed."""
        freeing = router(freed=frozenset(ACTION_CLASSES))
        assert not any(confirmed(text, by=freeing) for text in EXAMPLES.values())

    def test_an_override_must_be_yes_or_no(self) -> None:
        """A word that is not a yes or a no is an error, not a silent override."""
        with pytest.raises(RouterConfigError):
            from_catalog(confirmation_overrides={"allow_send_actions": "sure"})


class TestUnclear:
    def test_vague_and_sensitive_is_confirmed(self) -> None:
        """A request that says too little about a grave matter is for a person."""
        assert confirmed(VAGUE)
        assert not confirmed("fix this")

    def test_its_override_frees_it_alone(self) -> None:
        """allow_ambiguous_high_impact frees what is vague, and no order."""
        freeing = from_catalog(confirmation_overrides={"allow_ambiguous_high_impact": True})
        assert not confirmed(VAGUE, by=freeing)
        assert all(confirmed(text, by=freeing) for text in EXAMPLES.values())

    def test_no_class_override_frees_it(self) -> None:
        """Freeing all nine classes leaves what is vague to a person."""
        assert confirmed(VAGUE, by=router(freed=frozenset(ACTION_CLASSES)))


def test_the_gate_can_be_switched_off() -> None:
    """require_human_confirmation: false confirms nothing, in any profile."""
    off = from_catalog(require_human_confirmation=False)
    for text in (*EXAMPLES.values(), VAGUE):
        assert not confirmed(text, by=off)
        assert not confirmed(text, by=off, profile="safe")


GIT: dict[str, tuple[str, ...]] = {
    "history": (
        "git push --force origin main",
        "git reset --hard HEAD~3",
        "git clean -fdx",
        "force push the branch",
        "rewrite the git history",
        "git branch -D old",
    ),
    "remote": ("git push origin main", "merge the pull request", "gh release create v1"),
    "local": ("git commit -m done", "commit my changes", "git rebase main", "git stash"),
}
LEVELS = {
    "all": {"history", "remote", "local"},
    "remote": {"history", "remote"},
    "destructive": {"history"},
    "none": set(),
}


class TestCodingActions:
    @pytest.mark.parametrize("level", LEVELS)
    @pytest.mark.parametrize(
        ("kind", "text"), [(kind, text) for kind, listed in GIT.items() for text in listed]
    )
    def test_levels(self, level: str, kind: str, text: str) -> None:
        """Each level confirms the kinds of git work it names."""
        assert confirmed(text, by=from_catalog(coding_actions=level)) is (kind in LEVELS[level])

    def test_the_default_is_remote(self) -> None:
        """Local work passes by default; what changes a remote or destroys history does not."""
        for kind, listed in GIT.items():
            assert all(confirmed(text, by=from_catalog()) is (kind != "local") for text in listed)

    @pytest.mark.parametrize("level", LEVELS)
    def test_other_orders_are_not_touched(self, level: str) -> None:
        """The level is about git; other orders are confirmed at every level."""
        asked = from_catalog(coding_actions=level)
        assert all(confirmed(text, by=asked) for text in EXAMPLES.values())

    @pytest.mark.parametrize("level", LEVELS)
    def test_questions_pass_at_every_level(self, level: str) -> None:
        """Asking about git orders nothing."""
        for text in ("what does git push --force do?", "how do I rebase onto main?"):
            assert not confirmed(text, by=from_catalog(coding_actions=level))


class TestTools:
    @pytest.mark.parametrize(
        "text",
        [EXAMPLES[name] for name in ("send", "purchase", "schedule", "device", "high_impact")]
        + ["delete all my photos"],
    )
    def test_without_tools_nothing_can_be_done(self, text: str) -> None:
        """tools=() says that nothing can act: an order is only words then."""
        assert not confirmed(text, tools=())

    @pytest.mark.parametrize("text", EXAMPLES.values())
    def test_unknown_tools_may_act(self, text: str) -> None:
        """Unless it is said that there are none, tools may be there."""
        assert confirmed(text)
        assert confirmed(text, tools=("search",))

    def test_a_coding_engine_acts_by_itself(self) -> None:
        """Code agents bring tools of their own: their orders are confirmed without any listed."""
        assert confirmed("fix the repo, run tests and then drop the production database", tools=())

    def test_safe_asks_even_then(self) -> None:
        """Profile `safe` confirms an order though no tool is known."""
        assert confirmed(EXAMPLES["destructive"], tools=(), profile="safe")


class TestSafeProfile:
    def test_it_confirms_what_is_freed(self) -> None:
        """Under `safe` an override does not count."""
        freeing = router(freed=frozenset(ACTION_CLASSES))
        assert all(confirmed(text, by=freeing, profile="safe") for text in EXAMPLES.values())

    def test_it_confirms_what_is_vague(self) -> None:
        """What says too little is asked about."""
        assert confirmed("fix this", profile="safe")

    def test_plain_work_passes(self) -> None:
        """Harmless requests need no person."""
        for text in ("rewrite this text", "how do I delete a branch in git?"):
            assert not confirmed(text, profile="safe")


class TestGate:
    @pytest.mark.parametrize("text", EXAMPLES.values())
    @pytest.mark.parametrize("engine", ["fast_local", "code_agent", "reasoning_local"])
    def test_force_does_not_open_it(self, engine: str, text: str) -> None:
        """A forced engine is not reached by an order."""
        decision = packaged().route(text, {"force_engine": engine})
        assert decision.selected_engine == HUMAN
        assert decision.chain == ()

    @pytest.mark.parametrize("role", [role for role in ROUTES if role != "confirmation"])
    def test_no_role_opens_it(self, role: str) -> None:
        """A stated role says what for, not that it may."""
        assert confirmed(EXAMPLES["destructive"], role=role)

    @pytest.mark.parametrize("profile", PROFILES)
    def test_no_profile_opens_it(self, profile: str) -> None:
        """Neither does a profile."""
        assert packaged().route(EXAMPLES["send"], {"profile": profile}).selected_engine == HUMAN

    def test_no_rule_opens_it(self) -> None:
        """A rule that names an engine for every text does not get orders."""
        rule = {"name": "all", "when": {"min_chars": 1}, "then": {"engine": "one"}}
        ruled = ModelRouter(catalog_from_mapping({"engines": {"one": ENGINE}, "rules": [rule]}))
        assert ruled.route_fast("rewrite this text") == "one"
        assert all(confirmed(text, by=ruled) for text in EXAMPLES.values())

    def test_every_order_of_the_corpus_stays_behind_it(self) -> None:
        """Force, role and limits at once change nothing."""
        hints = {"force_engine": "fast_local", "role": "simple", "max_cost_tier": "free"}
        for row in rows("orders"):
            assert packaged().route_fast(row["text"], hints) == HUMAN
