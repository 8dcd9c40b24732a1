"""Views of what a request shows and asks for, under the names that receipts use."""

from __future__ import annotations

from typing import Any

from model_router.policy.limits import Limits
from model_router.records import record
from model_router.types import (
    FEATURE_BIT,
    FEATURES,
    NEED_AUDIO,
    NEED_IMAGE,
    NEED_NAMES,
    NEED_PDF,
    NEED_TOOLS,
)

MODALITIES = (("audio", NEED_AUDIO), ("image", NEED_IMAGE), ("pdf", NEED_PDF))


@record
class PromptFeatures:
    """What was recognised in a prompt: each name of types.FEATURES is a bool attribute."""

    mask: int = 0
    prompt_length: int = 0  # characters
    estimated_tokens: int = 0

    def __getattr__(self, name: str) -> bool:
        bit = FEATURE_BIT.get(name)
        if bit is None:
            raise AttributeError(f"{name} is not a prompt feature")
        return bool(self.mask & bit)

    def to_dict(self) -> dict[str, Any]:
        """Every feature, on or off, with the two sizes."""
        sizes = {"prompt_length": self.prompt_length, "estimated_tokens": self.estimated_tokens}
        return sizes | {name: bool(self.mask & FEATURE_BIT[name]) for name in FEATURES}

    def names(self) -> tuple[str, ...]:
        """The features that are on, in the order of types.FEATURES."""
        return tuple(name for name in FEATURES if self.mask & FEATURE_BIT[name])


@record
class Requirements:
    """What an engine had to offer to be chosen. `min_context` is tokens, answer included."""

    mask: int
    limits: Limits
    min_context: int = 0

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the needs, see types.NEED_NAMES."""
        return tuple(name for name, bit in NEED_NAMES.items() if self.mask & bit)

    @property
    def needs_tools(self) -> bool:
        """Whether tools are needed."""
        return bool(self.mask & NEED_TOOLS)

    @property
    def required_modalities(self) -> tuple[str, ...]:
        """Kinds of input to read: audio, image, pdf."""
        return tuple(name for name, bit in MODALITIES if self.mask & bit)

    @property
    def max_cost_tier(self) -> str | None:
        """The dearest tier allowed, or None."""
        return self.limits.max_cost_tier

    @property
    def max_latency_tier(self) -> str | None:
        """The slowest tier allowed, or None."""
        return self.limits.max_latency_tier

    @property
    def routing_profile(self) -> str:
        """The profile; balanced when none was named."""
        return self.limits.profile or "balanced"

    @property
    def allowed_providers(self) -> tuple[str, ...] | None:
        """Providers in lower case, sorted; None when every provider is allowed."""
        return None if self.limits.allow is None else tuple(sorted(self.limits.allow))

    @property
    def provider_denylist(self) -> tuple[str, ...]:
        """Denied providers in lower case, sorted."""
        return tuple(sorted(self.limits.deny))

    @property
    def profile_reasons(self) -> tuple[str, ...]:
        """What the profile asked for, as sentences."""
        return self.limits.profile_reasons

    @property
    def provider_policy_reasons(self) -> tuple[str, ...]:
        """What the catalog's provider_policy limits, as sentences."""
        return self.limits.policy_reasons

    def to_dict(self) -> dict[str, Any]:
        """The requirements as JSON-ready data."""
        allowed = self.allowed_providers
        return {
            "needs": list(self.needs),
            "needs_tools": self.needs_tools,
            "required_modalities": list(self.required_modalities),
            "max_cost_tier": self.max_cost_tier,
            "max_latency_tier": self.max_latency_tier,
            "min_context": self.min_context,
            "local_only": self.limits.stays_local,
            "routing_profile": self.routing_profile,
            "allowed_providers": None if allowed is None else list(allowed),
            "provider_denylist": list(self.provider_denylist),
            "profile_reasons": list(self.profile_reasons),
            "provider_policy_reasons": list(self.provider_policy_reasons),
        }
