"""Merging hints, profile and provider policy into limits."""

from __future__ import annotations

import pytest

from model_router.errors import RequestError
from model_router.policy.limits import DEFAULT, Limits, limits_from
from model_router.types import PROFILES, Hints, Pool, ProviderPolicy

NO_POLICY = ProviderPolicy()


def merged(policy: ProviderPolicy = NO_POLICY, route: str = "coding", **hints: object) -> Limits:
    return limits_from(Hints(**hints), policy, route)  # type: ignore[arg-type]


class TestDefault:
    def test_nothing_said_is_the_shared_object(self) -> None:
        """Requests without limits share one object, so that look-ups compare by identity."""
        assert merged() is DEFAULT

    def test_hints_that_limit_nothing_are_the_shared_object(self) -> None:
        """Attachments, tools and a forced engine are no limits."""
        assert merged(force_engine="x", attachments=("image",), tools=()) is DEFAULT

    def test_an_empty_allowlist_in_the_hints_allows_everything(self) -> None:
        """An empty list is how callers write that they have no list."""
        assert merged(provider_allowlist=()).allow is None

    def test_hosted_allowed_true_is_no_limit(self) -> None:
        """Saying that hosted engines are welcome changes nothing."""
        assert merged(hosted_allowed=True) is DEFAULT


class TestMerging:
    def test_allowlists_are_intersected(self) -> None:
        """Only providers that both the policy and the hints allow remain."""
        policy = ProviderPolicy(Pool(allow=frozenset({"openai", "ollama"})))
        assert merged(policy, provider_allowlist=("ollama", "vllm")).allow == {"ollama"}

    def test_allowlists_without_a_common_provider_allow_nobody(self) -> None:
        """An empty intersection stays a limit; it does not turn into no limit."""
        policy = ProviderPolicy(Pool(allow=frozenset({"openai"})))
        assert merged(policy, provider_allowlist=("ollama",)).allow == frozenset()

    def test_denylists_are_joined(self) -> None:
        """A provider that anybody denies is denied."""
        policy = ProviderPolicy(Pool(deny=frozenset({"OpenAI"})))
        assert merged(policy, provider_denylist=("vllm",)).deny == {"openai", "vllm"}

    @pytest.mark.parametrize(
        ("stated", "hinted", "expected"),
        [("high", "low", "low"), ("free", "medium", "free"), (None, "paid", "paid")],
    )
    def test_the_strictest_cost_tier_wins(
        self, stated: str | None, hinted: str, expected: str
    ) -> None:
        """Hints can tighten the policy's cost tier, never loosen it."""
        policy = ProviderPolicy(Pool(max_cost_tier=stated))
        assert merged(policy, max_cost_tier=hinted).max_cost_tier == expected

    def test_the_strictest_latency_tier_wins(self) -> None:
        """latency_sensitive means medium at most, and a stricter tier stays."""
        assert merged(latency_sensitive=True).max_latency_tier == "medium"
        assert merged(latency_sensitive=True, max_latency_tier="low").max_latency_tier == "low"
        assert merged(latency_sensitive=True, max_latency_tier="manual").max_latency_rank == 2

    def test_the_pool_of_the_route_counts_on_that_route_only(self) -> None:
        """route_pools limit their own route."""
        policy = ProviderPolicy(routes={"coding": Pool(local_only=True)})
        assert merged(policy, "coding").stays_local
        assert not merged(policy, "research").stays_local

    @pytest.mark.parametrize("hints", [{"local_only": True}, {"hosted_allowed": False}])
    def test_both_ways_to_say_local_keep_the_request_here(self, hints: dict[str, bool]) -> None:
        """local_only and hosted_allowed: false mean the same."""
        assert merged(**hints).stays_local

    def test_a_hint_cannot_lift_the_policy(self) -> None:
        """hosted_allowed: true does not undo a policy that keeps requests local."""
        policy = ProviderPolicy(Pool(hosted_allowed=False))
        assert merged(policy, hosted_allowed=True).stays_local


class TestProfiles:
    def test_fast_can_be_given_up(self) -> None:
        """The profile's tiers are a preference; what remains is what hints and policy say."""
        limits = merged(profile="fast", max_cost_tier="medium")
        assert (limits.max_cost_tier, limits.max_latency_tier) == ("low", "medium")
        assert limits.relaxed is not None
        assert limits.relaxed.max_cost_tier == "medium"
        assert limits.relaxed.max_latency_tier is None
        assert limits.relaxed.latency_sensitive

    def test_private_is_hard(self) -> None:
        """The profile private keeps everything local and is never given up."""
        limits = merged(profile="private")
        assert limits.stays_local
        assert limits.relaxed is None

    @pytest.mark.parametrize("profile", PROFILES)
    def test_every_profile_says_what_it_does(self, profile: str) -> None:
        """Each profile leaves a sentence for the receipt."""
        assert merged(profile=profile).profile_reasons[0].startswith(f"profile {profile} ")

    def test_no_profile_says_nothing(self) -> None:
        """Without a profile there is no sentence."""
        assert DEFAULT.profile_reasons == ()


class TestReasons:
    def test_each_limit_of_the_policy_leaves_a_sentence(self) -> None:
        """The receipt names every limit that came from the catalog."""
        pool = Pool(frozenset({"b", "a"}), frozenset({"c"}), True, False, "low", "high")
        assert merged(ProviderPolicy(pool)).policy_reasons == (
            "provider_policy allows a, b",
            "provider_policy denies c",
            "provider_policy keeps requests on local engines",
            "provider_policy does not allow hosted engines",
            "provider_policy limits the cost tier to low",
            "provider_policy limits the latency tier to high",
        )

    def test_limits_from_hints_are_not_blamed_on_the_policy(self) -> None:
        """Hints leave no sentence about provider_policy."""
        assert merged(local_only=True, max_cost_tier="low").policy_reasons == ()


class TestErrors:
    @pytest.mark.parametrize(
        ("hints", "message"),
        [
            ({"max_cost_tier": "lo"}, "hints.max_cost_tier: lo is not known; did you mean low?"),
            ({"max_latency_tier": "?"}, "use one of low, medium, high, manual"),
            ({"profile": "fats"}, "hints.profile: fats is not known; did you mean fast?"),
        ],
    )
    def test_an_unknown_name_is_an_error_with_a_close_match(
        self, hints: dict[str, str], message: str
    ) -> None:
        """A mistyped tier or profile never passes as no limit."""
        with pytest.raises(RequestError, match=message.replace("?", r"\?")):
            merged(**hints)


class TestHash:
    def test_equal_limits_are_one_key(self) -> None:
        """Limits built twice from the same hints find the same memo entry."""
        one, two = (merged(profile="fast", provider_denylist=("x",)) for _ in range(2))
        assert one == two
        assert hash(one) == hash(two)

    def test_limits_that_differ_only_in_location_are_different_keys(self) -> None:
        """What the hash leaves out still counts in the comparison."""
        assert merged(local_only=True) != DEFAULT
        assert len({DEFAULT, merged(local_only=True)}) == 2
