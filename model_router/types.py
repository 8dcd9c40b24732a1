"""The plain objects that flow through a decision: no pydantic, no I/O, no behaviour beyond views.

Request ─► Signals ─► Assessment ─► Decision ─► RoutingDecision (the receipt) or a Plan
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, NamedTuple

from model_router.records import record

ROUTES: tuple[str, ...] = (
    "simple",
    "balanced",
    "reasoning",
    "coding",
    "research",
    "vision",
    "image_generation",
    "confirmation",
)
"""What a request can ask for. `routing_targets` maps each to an engine."""

DEFAULT_TARGETS: dict[str, str] = {
    "simple": "fast_local",
    "balanced": "balanced_local",
    "reasoning": "reasoning_local",
    "coding": "code_agent",
    "research": "web_research",
    "vision": "multimodal_vision",
    "image_generation": "image_generation",
    "confirmation": "human_confirm",
}

HUMAN = "human_confirm"
"""The engine that stands for a person. Fail-closed decisions end here."""

ACTION_CLASSES: tuple[str, ...] = (
    "destructive",
    "send",
    "purchase",
    "schedule",
    "publish",
    "deploy",
    "access",
    "device",
    "high_impact",
)
"""Orders that need a person. Each is freed by its own key in `safety.confirmation_overrides`."""

OVERRIDE_KEYS: dict[str, str] = {
    "destructive": "allow_destructive_actions",
    "send": "allow_send_actions",
    "purchase": "allow_purchase_actions",
    "schedule": "allow_schedule_actions",
    "publish": "allow_publish_actions",
    "deploy": "allow_deploy_actions",
    "access": "allow_access_actions",
    "device": "allow_device_actions",
    "high_impact": "allow_high_impact_external_actions",
}

# Needs are bits: an engine qualifies for a request when it has every bit that is asked.
NEED_TOOLS = 1
NEED_IMAGE = 2
NEED_PDF = 4
NEED_AUDIO = 8
NEED_FRESHNESS = 16
NEED_CODE_EXECUTION = 32
NEED_IMAGE_GENERATION = 64
NEED_LOCAL = 128
NEED_NAMES: dict[str, int] = {
    "tools": NEED_TOOLS,
    "image": NEED_IMAGE,
    "pdf": NEED_PDF,
    "audio": NEED_AUDIO,
    "freshness": NEED_FRESHNESS,
    "code_execution": NEED_CODE_EXECUTION,
    "image_generation": NEED_IMAGE_GENERATION,
    "local": NEED_LOCAL,
}

FEATURES: tuple[str, ...] = (
    "simple_transform",
    "coding_intent",
    "research_intent",
    "current_info_intent",
    "multi_step_reasoning",
    "tool_intent",
    "file_intent",
    "email_intent",
    "calendar_intent",
    "shell_intent",
    "github_intent",
    "vision_intent",
    "image_generation_intent",
    "legal_domain",
    "medical_domain",
    "financial_domain",
    "sensitive_domain",
    "destructive_action",
    "external_action",
    "high_impact_external_action",
    "purchase_action",
    "send_action",
    "structured_output",
    "ambiguous",
    "long_context",
    "requires_tools",
    "requires_freshness",
    "requires_code_execution",
    "requires_vision",
    "requires_image_generation",
    "requires_confirmation",
    "mechanical_work_intent",
    "judgment_heavy_intent",
    "verification_intent",
    "repo_wide_intent",
)
"""Boolean features, one bit each in this order (bit i is FEATURES[i])."""

FEATURE_BIT: dict[str, int] = {name: 1 << i for i, name in enumerate(FEATURES)}

COST_RANK: dict[str, int] = {"none": 0, "free": 0, "low": 1, "medium": 2, "paid": 2, "high": 3}
LATENCY_RANK: dict[str, int] = {"low": 1, "medium": 2, "high": 3, "manual": 4}
PROFILES: tuple[str, ...] = ("fast", "balanced", "quality", "private", "safe")


# ------------------------------------------------------------------ catalog


@record
class Availability:
    """What must exist before an engine can be used. Checked at construction, never per prompt."""

    status: str = "auto"  # auto | available | unavailable
    required_env: tuple[str, ...] = ()
    required_commands: tuple[str, ...] = ()
    required_paths: tuple[str, ...] = ()


@record
class Engine:
    """A row of the catalog: a model somebody can run, or a person. Prices: USD per 1M tokens."""

    name: str
    provider: str
    model: str
    adapter: str
    strengths: tuple[str, ...]
    max_context: int
    cost_tier: str
    latency_tier: str
    enabled: bool = True
    fallback: str | None = None
    supports_tools: bool = False
    modalities: frozenset[str] = frozenset()
    capability_tier: str | None = None
    trust_tier: str | None = None
    capability: int = 50
    trust: int = 60
    cost: int = 0
    latency: int = 45
    availability: Availability = Availability()
    location: str = "local"  # local | hosted
    tier: int = 1  # 0 small, 1 medium, 2 large
    price_input: float = 0.0
    price_output: float = 0.0
    price_cached: float = 0.0
    api_model: str | None = None
    thinking: str | None = None


@record
class SafetyPolicy:
    """`freed` holds the action classes that an override lets through without a person."""

    require_human_confirmation: bool = True
    freed: frozenset[str] = frozenset()
    allow_ambiguous_high_impact: bool = False
    coding_actions: str = "remote"  # all | remote | destructive | none


@record
class PrivacyPolicy:
    """`mode` says what a finding does; `categories` which detectors count (None: all but code)."""

    mode: str = "flag"  # off | flag | local_only
    categories: frozenset[str] | None = None
    code: bool = False


@record
class Tier:
    """A named band of the complexity score: scores up to `max_score` (0-100) belong to it."""

    name: str
    max_score: int


@record
class Scoring:
    """How features become scores. Weights are points; scores are 0-100."""

    saturation_k: int = 50
    complexity: Mapping[str, int] = field(default_factory=dict)  # overrides of the default weights
    risk: Mapping[str, int] = field(default_factory=dict)
    confidence: Mapping[str, int] = field(default_factory=dict)
    reasoning_threshold: int = 60  # complexity at or above goes to reasoning
    simple_threshold: int = 35  # complexity below may go to simple
    risk_threshold: int = 70  # accumulated risk at or above is confirmed
    confidence_threshold: int = 60  # confidence below goes up to reasoning
    tiers: tuple[Tier, ...] = (Tier("low", 34), Tier("medium", 59), Tier("high", 100))
    baseline_engine: str | None = None


@record
class WeightsPolicy:
    """Which learned weights count, and how much. `file` None means those of the package."""

    enabled: bool = True
    file: str | None = None
    share: int = 100  # percent
    caution: bool = True  # whether they may ask for a person where rules find no order
    layer: str | None = None  # a second file, whose points come on top of the first one's


@record
class Rule:
    """A user's ordered rule: when every condition holds, the route or engine is taken."""

    name: str
    signals: tuple[str, ...] = ()  # all of these signal ids fired
    any_signals: tuple[str, ...] = ()  # at least one fired
    needs: int = 0  # all of these need bits
    min_chars: int | None = None
    max_chars: int | None = None
    min_complexity: int | None = None
    max_complexity: int | None = None
    languages: tuple[str, ...] = ()  # ISO 639-1 codes or script names, see docs
    route: str | None = None
    engine: str | None = None


OWN_STRATEGIES: tuple[str, ...] = ("rules+weights", "rules")
"""The router's own decision, with learned weights and without them."""


@record
class Strategy:
    """How routes and engines are chosen: a name, and its options with every file read.

    `given` is what the catalog says, for printing it again. A `shadow` has `first` and `second`
    among its options, each a Strategy.
    """

    name: str = "rules+weights"
    options: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def uses_weights(self) -> bool:
        """Whether learned weights count in the router's own decision; only `rules` says no."""
        names = [self.options[part].name for part in ("first", "second") if self.name == "shadow"]
        return "rules" not in (self.name, *names)


@record
class Pool:
    """Limits on which engines may be chosen. None means no limit of that kind."""

    allow: frozenset[str] | None = None  # providers
    deny: frozenset[str] = frozenset()
    local_only: bool = False
    hosted_allowed: bool = True
    max_cost_tier: str | None = None
    max_latency_tier: str | None = None


@record
class ProviderPolicy:
    """The catalog's own limits: one pool for everything, and one more for each route named."""

    base: Pool = Pool()
    routes: Mapping[str, Pool] = field(default_factory=dict)


@record
class Remark:
    """A remark about a catalog that does not stop it from loading."""

    path: str
    message: str
    line: int | None = None


@record
class Catalog:
    """A validated catalog. `source` is the file it came from, for messages."""

    engines: Mapping[str, Engine]
    targets: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_TARGETS))
    safety: SafetyPolicy = SafetyPolicy()
    privacy: PrivacyPolicy = PrivacyPolicy()
    scoring: Scoring = Scoring()
    weights: WeightsPolicy = WeightsPolicy()
    signals: tuple[Mapping[str, Any], ...] = ()  # the user's own rows, same form as signals.yaml
    rules: tuple[Rule, ...] = ()
    provider_policy: ProviderPolicy = ProviderPolicy()
    strategy: Strategy = Strategy()
    source: str = "<memory>"
    warnings: tuple[Remark, ...] = ()


# ------------------------------------------------------------------ request


@record(frozen=False)
class Hints:
    """What the caller knows and the prompt does not say. None means not said."""

    force_engine: str | None = None
    attachments: tuple[str, ...] = ()  # image | pdf | audio | code | file
    max_cost_tier: str | None = None
    max_latency_tier: str | None = None
    latency_sensitive: bool = False
    profile: str | None = None
    provider_allowlist: tuple[str, ...] | None = None
    provider_denylist: tuple[str, ...] = ()
    local_only: bool = False
    hosted_allowed: bool | None = None
    role: str | None = None  # a route's name: the caller says what kind of work this is
    tools: tuple[str, ...] | None = None  # names; () means none can run; None means unknown


@record(frozen=False)
class Request:
    """A request reduced to what deciding needs.

    `text` is what the user asks for now. `context` is everything else that was said (system,
    earlier turns, tool results): it orders nothing, and privacy reads it.
    """

    text: str = field(repr=False)  # what people write stays out of logs and tracebacks
    context: tuple[str, ...] = field(default=(), repr=False)
    modalities: frozenset[str] = frozenset()  # image | pdf | audio | file
    tools: tuple[str, ...] | None = None
    context_tokens: int = 0  # estimate for everything that is not `text`, tool definitions included
    max_output_tokens: int | None = None
    helper: str | None = None  # title | summary | suggestions ...: an agent's side call
    wrappers: tuple[str, ...] = ()  # names of the wrappers that were recognised and stripped
    hints: Hints = field(default_factory=Hints)


# ------------------------------------------------------------------ result


class Reason(NamedTuple):
    """One reason: a stable machine code, a sentence for people, points, and where in the text."""

    code: str
    text: str
    points: int = 0
    span: tuple[int, int] | None = None


@record(frozen=False)
class Assessment:
    """What the text asks for, before any engine is considered. Scores are 0-100."""

    route: str
    needs: int = 0
    features: int = 0  # FEATURE_BIT mask
    complexity: float = 0  # 0-100 in tenths
    risk: int = 0
    confidence: int = 90
    action: str | None = None  # the action class that needs a person, if any
    actions: tuple[str, ...] = ()  # every class ordered, freed ones too
    confirm: bool = False
    local_only: bool = False  # privacy found something and the catalog says it stays here
    route_points: Mapping[str, int] = field(default_factory=dict)
    signals: tuple[str, ...] = ()  # ids that fired, sorted
    reasons: tuple[Reason, ...] = ()
    findings: tuple[Any, ...] = ()  # privacy.Finding: category and span, never the text
    tokens: int = 0  # estimate of the whole request
    length: int = 0
    task_type: str = "general"
    language: str = "en"
    rule: str | None = None  # the user's rule that decided, if one did
    forced_engine: str | None = None  # from a rule's `engine`, or a strategy's first
    next_engines: tuple[str, ...] = ()  # what a strategy wants after `forced_engine`, in order
    by_strategy: bool = False  # whether `forced_engine` is a strategy's wish
