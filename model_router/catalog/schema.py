"""The form of a catalog: every key, its kind, default and one sentence, in one table a section.

This is the only place in the core where pydantic is used, and only its validator, pydantic-core:
importing pydantic itself and building models took half of the time that `decide` may take.
It judges types and single values. What one key says about another is judged in `checks`.
"""

from __future__ import annotations

from typing import Any

from model_router.catalog.kinds import (
    REQUIRED,
    Key,
    Kind,
    any_text,
    language,
    list_of,
    map_of,
    number,
    one_of,
    section,
    text,
    validation,
    whole,
    yes_no,
)
from model_router.catalog.strategy_forms import DEFINITIONS, STRATEGY
from model_router.types import ACTION_CLASSES, COST_RANK, FEATURES, LATENCY_RANK, NEED_NAMES, ROUTES

VERSION = 1
MAX_CONTEXT = 1_000_000_000

POINTS = whole(0, 100)
DELTA = whole(-100, 100)
LENGTH = whole(0, 1_000_000_000)
PRICE = number(0, 1_000_000)
TEXTS = list_of(text())
ROUTE = one_of(*ROUTES)
NEEDS = list_of(one_of(*NEED_NAMES))

AVAILABILITY = section(
    Key(
        "status",
        one_of("auto", "available", "unavailable"),
        "unavailable switches the engine off; what is required below must exist in any case.",
        "auto",
    ),
    Key("required_env", TEXTS, "Environment variables that must be set.", []),
    Key("required_commands", TEXTS, "Commands that must be on PATH.", []),
    Key("required_paths", TEXTS, "Files or folders; relative to this file's folder.", []),
)

ENGINE = section(
    Key("provider", text(), "Who runs it: ollama, local, openai, human, ...", REQUIRED),
    Key("model", text(), "The model's name. Required except for people."),
    Key("adapter", text(), "How the caller talks to it. Default: the provider's name."),
    Key("strengths", list_of(any_text()), "What it is good at, in your words.", []),
    Key(
        "max_context",
        whole(1, MAX_CONTEXT),
        "Tokens it takes, its answer included. Required except for people.",
    ),
    Key("cost_tier", text(), "none, free, low, medium, paid or high."),
    Key("latency_tier", text(), "low, medium, high or manual."),
    Key("enabled", yes_no(), "false keeps the row and never uses it.", True),
    Key("fallback", text(), "The engine that is tried next."),
    Key("supports_tools", yes_no(), "Whether it can call tools. Guessed when absent."),
    Key(
        "modalities", list_of(any_text()), "image, pdf, audio ... Guessed when absent; [] is none."
    ),
    Key("capability_tier", text(), "standard, medium, high or critical."),
    Key("trust_tier", text(), "standard, medium, high or critical."),
    Key("capability", POINTS, "0-100, ranks alternatives."),
    Key("trust", POINTS, "0-100, ranks alternatives for risky work."),
    Key("cost", POINTS, "0-100, 100 is dearest; ranks alternatives."),
    Key("latency", POINTS, "0-100, 100 is slowest; ranks alternatives."),
    Key("availability", AVAILABILITY, "What must exist before it is used.", {}),
    Key(
        "location",
        one_of("local", "hosted"),
        "Where the text goes. Guessed from the provider; an unknown provider is hosted.",
    ),
    Key("tier", whole(0, 2), "0 small, 1 medium, 2 large. Guessed when absent."),
    Key("price_input", PRICE, "USD per million input tokens.", 0.0),
    Key("price_output", PRICE, "USD per million output tokens.", 0.0),
    Key("price_cached", PRICE, "USD per million cached input tokens.", 0.0),
    Key("api_model", text(), "The name sent to the API, when it differs from model."),
    Key(
        "thinking",
        one_of("none", "prefix", "param", yaml_false="none"),
        "How thinking is switched on: none, prefix (in the prompt) or param.",
    ),
)

OVERRIDES = section(
    Key("allow_destructive_actions", yes_no(), "Deleting, dropping, wiping.", False),
    Key("allow_send_actions", yes_no(), "Sending mail and messages.", False),
    Key("allow_purchase_actions", yes_no(), "Buying, paying, transferring.", False),
    Key("allow_schedule_actions", yes_no(), "Booking and inviting.", False),
    Key("allow_publish_actions", yes_no(), "Posting where others read it.", False),
    Key("allow_deploy_actions", yes_no(), "Deploying and releasing.", False),
    Key("allow_access_actions", yes_no(), "Access rights and credentials.", False),
    Key("allow_device_actions", yes_no(), "Devices and shells.", False),
    Key("allow_high_impact_external_actions", yes_no(), "Other acts of high impact.", False),
    Key("allow_ambiguous_high_impact", yes_no(), "Unclear requests of high impact.", False),
)

SAFETY = section(
    Key("require_human_confirmation", yes_no(), "false switches the gate off.", True),
    Key("confirmation_overrides", OVERRIDES, "Each key frees one class of action.", {}),
    Key(
        "coding_actions",
        one_of("all", "remote", "destructive", "none", yaml_false="none"),
        "Which actions in front of a coding engine a person confirms.",
        "remote",
    ),
)

PRIVACY = section(
    Key(
        "mode",
        one_of("off", "flag", "local_only", yaml_false="off"),
        "What a finding does: nothing, a note in the receipt, or only local engines.",
        "flag",
    ),
    Key("categories", TEXTS, "The detectors that count; null means all."),
    Key("code", yes_no(), "Whether source code counts as a finding.", False),
)

POINTS_BY_FEATURE = map_of(POINTS)
SCORING = section(
    Key("saturation_k", whole(1, 1_000_000), "Points at which half of the range is reached.", 50),
    Key(
        "weights",
        section(
            Key("complexity", POINTS_BY_FEATURE, "Points for each feature, 0-100.", {}),
            Key("risk", POINTS_BY_FEATURE, "Points for each feature, 0-100.", {}),
            Key("confidence", POINTS_BY_FEATURE, "Points taken off for each, 0-100.", {}),
        ),
        "Changes to the built-in points.",
        {},
    ),
    Key(
        "thresholds",
        section(
            Key("reasoning", POINTS, "Complexity from which reasoning is taken.", 60),
            Key("simple", POINTS, "Complexity below which simple is possible.", 35),
            Key("risk", POINTS, "Risk from which a person confirms.", 70),
            Key("confidence", POINTS, "Confidence below which reasoning is taken.", 60),
        ),
        "Where the scores, 0-100, change the route.",
        {},
    ),
    Key(
        "tiers",
        list_of(
            section(
                Key("name", text(), "The name that receipts show.", REQUIRED),
                Key("max_score", POINTS, "Its highest complexity; the last is 100.", REQUIRED),
            ),
            least=2,
            most=3,
        ),
        "Two or three bands of complexity, ascending.",
    ),
    Key("baseline_engine", text(), "The engine that savings are measured against."),
)

WEIGHTS = section(
    Key("enabled", yes_no(), "false: rules decide alone.", True),
    Key("file", text(), "A weights file of your own; relative to this file's folder."),
    Key("share", whole(0, 200), "How much they count, in percent of what was learned.", 100),
    Key(
        "caution",
        yes_no(),
        "Whether they may ask a person where an action is named and rules find no order.",
        True,
    ),
    Key("layer", text(), "A file of points on top, as `model-router tune` writes it."),
)

SIGNAL_KINDS = (
    "intent", "action", "need", "complexity", "frame", "domain", "combination", "shape"
)  # fmt: skip
SIGNAL = section(
    Key("id", text(), "Your name for it, for example team.payroll; or a packaged id.", REQUIRED),
    Key("kind", one_of(*SIGNAL_KINDS), "What it says about a request.", REQUIRED),
    Key("patterns", list_of(text()), "Words; (a|b), x? and [sz] are allowed.", []),
    Key("at", one_of("any", "head", "lead"), "Where in the text it counts.", "any"),
    Key("requires", TEXTS, "Ids: it fires when all of these fired. Instead of patterns.", []),
    Key("without", TEXTS, "Ids: it does not fire when one of these fired.", []),
    Key("adds", map_of(DELTA, keys=ROUTE), "Points for each route.", {}),
    Key("complexity", DELTA, "Points of complexity.", 0),
    Key("risk", DELTA, "Points of risk.", 0),
    Key("features", list_of(one_of(*FEATURES)), "Features that it sets.", []),
    Key("needs", NEEDS, "What the engine must be able to do.", []),
    Key("action", one_of(*ACTION_CLASSES), "The class of action, for kind action."),
    Key(
        "form",
        one_of("order", "command", "request", "foreign", "native"),
        "For actions: how the patterns order the deed.",
        "order",
    ),
    Key("objects", TEXTS, "For actions: words or packaged lists, one of which is needed.", []),
    Key("spares", TEXTS, "For actions: words or packaged lists that make it harmless.", []),
    Key("unless", TEXTS, "For form native: words or lists that make it a question.", []),
    Key("strong", yes_no(), "For actions: the damage is high.", False),
    Key("polite", yes_no(), "For form request: a polite question orders it too.", False),
    Key("coding", one_of("history", "remote", "local"), "For actions: the kind of git work."),
    Key("lang", language(), "The language of the patterns, for readers."),
    Key("why", text(), "The sentence that receipts show."),
    Key("matches", list_of(any_text()), "Texts it must match: your tests.", []),
    Key("ignores", list_of(any_text()), "Texts it must not match: your tests.", []),
)

RULE = section(
    Key("name", text(), "The name that receipts show.", REQUIRED),
    Key(
        "when",
        section(
            Key("signals", TEXTS, "All of these signals fired.", []),
            Key("any_signals", TEXTS, "At least one of these fired.", []),
            Key("needs", NEEDS, "All of these are needed.", []),
            Key("min_chars", LENGTH, "The text has at least this many characters."),
            Key("max_chars", LENGTH, "The text has at most this many characters."),
            Key("min_complexity", POINTS, "Complexity is at least this."),
            Key("max_complexity", POINTS, "Complexity is at most this."),
            Key("languages", list_of(language()), "The text is in one of these languages.", []),
        ),
        "Every condition given must hold.",
        {},
    ),
    Key(
        "then",
        section(
            Key("route", ROUTE, "The route to take. Give this or engine."),
            Key("engine", text(), "The engine to take. Give this or route."),
        ),
        "What is taken. No rule passes the confirmation gate.",
        REQUIRED,
    ),
)

POOL = (
    Key("provider_allowlist", TEXTS, "Only these providers; empty means all."),
    Key("provider_denylist", TEXTS, "Never these providers.", []),
    Key("local_only", yes_no(), "Only engines whose location is local.", False),
    Key("hosted_allowed", yes_no(), "false is the same as local_only.", True),
    Key("max_cost_tier", one_of(*COST_RANK), "The dearest cost_tier allowed."),
    Key("max_latency_tier", one_of(*LATENCY_RANK), "The slowest latency_tier allowed."),
)
POLICY = section(
    Key("version", whole(1, 1_000_000), "The form of this section.", 1),
    *POOL,
    Key("route_pools", map_of(section(*POOL)), "Further limits, by route.", {}),
)

CATALOG: Kind = section(
    Key("version", whole(1, 1_000_000), "The form of this file.", VERSION),
    Key("routing_targets", map_of(text()), "Which engine each route goes to.", {}),
    Key("engines", map_of(ENGINE, least=1), "The engines, by name.", REQUIRED),
    Key("safety", SAFETY, "What a person confirms.", {}),
    Key("privacy", PRIVACY, "What personal data in a request does.", {}),
    Key("scoring", SCORING, "How scores come about and what they do.", {}),
    Key("weights", WEIGHTS, "What words weigh, learned offline.", {}),
    Key("signals", list_of(SIGNAL), "Your own signals.", []),
    Key("rules", list_of(RULE), "Ordered; the first that holds decides.", []),
    Key("strategy", STRATEGY, "How routes and engines are chosen.", "rules+weights"),
    Key("provider_policy", POLICY, "Which providers may be used.", {}),
)


validate = validation(CATALOG)
"""The catalog with every default filled in, and no errors; or {} and the validator's errors."""


def json_schema() -> dict[str, Any]:
    """The JSON schema of a catalog, for editors; shipped as data/catalog.schema.json."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "model-router catalog",
        "description": "Which engines exist, and which request goes where.",
        **CATALOG.json,
        "$defs": DEFINITIONS,
    }
