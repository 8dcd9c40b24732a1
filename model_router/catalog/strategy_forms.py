"""The form of `strategy`: which options each strategy takes. Keys are strict for each by itself."""

from __future__ import annotations

from functools import cache
from typing import Any

from model_router.catalog.kinds import (
    REQUIRED,
    Key,
    Kind,
    language,
    list_of,
    map_of,
    number,
    one_of,
    section,
    text,
    whole,
    yes_no,
)
from model_router.types import FEATURES, NEED_NAMES, OWN_STRATEGIES, ROUTES

POINTS = whole(0, 100)
DELTA = whole(-100, 100)
LENGTH = whole(0, 1_000_000_000)
TEXTS = list_of(text())
ROUTE = one_of(*ROUTES)

PRESETS: dict[str, tuple[str, ...]] = {
    "threshold": ("ocp-router", "llm-router"),
    "rule_list": ("optmod",),
}
"""Presets by strategy. Each is data/presets/strategy-NAME.yaml."""

BANDS = list_of(
    section(
        Key("from", LENGTH, "The count from which the points are given.", REQUIRED),
        Key("points", DELTA, "Points; those of the highest band reached count.", REQUIRED),
    )
)
WORD_ROW = section(
    Key("any", list_of(text(), least=1), "Words; `word*` is a prefix, ` ... ` a gap.", REQUIRED),
    Key("points", DELTA, "Points when one of them is in the text; below 0 takes off.", REQUIRED),
    Key("within", whole(0, 200), "Characters that ` ... ` may stand for.", 40),
    Key("each", yes_no(), "true: every one of them counts, up to most.", False),
    Key("most", POINTS, "The most points that the row can give or take.", 100),
)
TABLE = section(
    Key("tokens", BANDS, "By the estimated tokens of the whole request.", []),
    Key("characters", BANDS, "By the length of the text.", []),
    Key("code_lines", BANDS, "By the lines in fenced code; from 0 is any fenced block.", []),
    Key("paths", BANDS, "By the number of different file names.", []),
    Key("questions", BANDS, "By the number of question marks.", []),
    Key("words", list_of(WORD_ROW), "By words.", []),
    Key(
        "structure",
        section(
            Key("points", POINTS, "Points for each kind of structure.", REQUIRED),
            Key("most", POINTS, "The most points that structure can give.", 100),
        ),
        "By code fences, numbered lists, addresses, markup, tables.",
    ),
)
LIST_RULE = section(
    Key("name", text(), "What the rule is for.", REQUIRED),
    Key(
        "when",
        section(
            Key("routes", list_of(ROUTE), "The router's own route is one of these.", []),
            Key("tasks", TEXTS, "The task type is one of these.", []),
            Key("words", TEXTS, "One of these words is in the text.", []),
            Key("no_words", TEXTS, "None of these words is in the text.", []),
            Key("signals", TEXTS, "All of these signals fired.", []),
            Key("any_signals", TEXTS, "At least one of these fired.", []),
            Key("features", list_of(one_of(*FEATURES)), "The text has one of these.", []),
            Key("needs", list_of(one_of(*NEED_NAMES)), "All of these are needed.", []),
            Key("tools", yes_no(), "Whether the request brings tools."),
            Key("min_chars", LENGTH, "The text has at least this many characters."),
            Key("max_chars", LENGTH, "The text has at most this many characters."),
            Key("min_tokens", LENGTH, "The request has at least this many tokens."),
            Key("max_tokens", LENGTH, "The request has at most this many tokens."),
            Key("min_complexity", POINTS, "Complexity is at least this."),
            Key("max_complexity", POINTS, "Complexity is at most this."),
            Key("languages", list_of(language()), "The text is in one of these.", []),
        ),
        "Every condition given must hold.",
        {},
    ),
    Key(
        "then",
        section(
            Key("route", ROUTE, "The route to take."),
            Key("engine", text(), "The engine to take."),
            Key("tier", whole(0, 2), "The cheapest engine of this tier, else of the next."),
            Key("thinking", yes_no(), "Beside tier: prefer engines that can think.", False),
        ),
        "Exactly one of route, engine and tier.",
        REQUIRED,
    ),
)
NAME = Key("name", text(), "Which strategy.", REQUIRED)

FORMS: dict[str, Kind] = {
    **{name: section(NAME) for name in OWN_STRATEGIES},
    "fixed": section(NAME, Key("engine", text(), "The engine for everything.", REQUIRED)),
    "threshold": section(
        NAME,
        Key("preset", one_of(*PRESETS["threshold"]), "A ready score and thresholds."),
        Key("engines", list_of(text(), least=2, most=3), "Two or three, weakest first.", REQUIRED),
        Key(
            "thresholds",
            list_of(POINTS, least=1, most=2),
            "Scores from which the next engine is taken. Required without a preset.",
        ),
        Key("score", TABLE, "A table of points; without one, the complexity score."),
        Key("max_tokens", LENGTH, "Requests with more tokens go to the strongest."),
    ),
    "rule_list": section(
        NAME,
        Key("preset", one_of(*PRESETS["rule_list"]), "A ready list of rules."),
        Key("rules", list_of(LIST_RULE, least=1), "Ordered. Required without a preset."),
    ),
    "tree": section(NAME, Key("file", text(), "A tree in JSON; relative to this file.", REQUIRED)),
    "quality_cost": section(
        NAME,
        Key(
            "quality",
            map_of(map_of(POINTS, keys=ROUTE)),
            "0-100 by engine and route; an engine's capability when absent.",
            {},
        ),
        Key("file", text(), "The same as JSON, or evaluation rows as JSONL."),
        Key("prior", whole(0, 1_000_000), "Rows that capability counts for beside a JSONL.", 5),
        Key("alpha", number(0, 100), "What price weighs against quality.", 0.3),
        Key("band", number(0, 1), "The cheapest within this share of the best; 0 is off.", 0.15),
        Key("cost_cap", number(0, 1_000_000), "Times the baseline's price; 0 is no cap.", 2.0),
        Key("baseline", text(), "The engine the cap is measured by. Default: as in scoring."),
    ),
}


def _branch(name: str, json: dict[str, Any]) -> dict[str, Any]:
    """One strategy's form for editors; `name` is its name and nothing else."""
    named = {"description": "Which strategy.", "enum": [name]}
    return {**json, "properties": {**json["properties"], "name": named}}


def _judged_elsewhere(json: dict[str, Any]) -> Kind:
    """A form for editors. The loader's judge is `catalog.strategy`, which knows the names."""
    return Kind({"type": "any"}, json)


_WORD: dict[str, Any] = {"type": ["string", "null"], "pattern": r"\S"}
_OTHER: dict[str, Any] = {  # a strategy that another distribution offers takes what it likes
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "not": {"enum": [*FORMS, "shadow"]}}},
    "additionalProperties": True,
}
DEFINITIONS: dict[str, Any] = {
    "strategy": {"anyOf": [_WORD, *(_branch(n, kind.json) for n, kind in FORMS.items()), _OTHER]}
}
"""What stands under `$defs` in the JSON schema: every strategy that may be part of a shadow."""

INNER = _judged_elsewhere({"$ref": "#/$defs/strategy"})
FORMS["shadow"] = section(
    NAME,
    Key("first", INNER, "The strategy that decides.", "rules+weights"),
    Key("second", INNER, "The strategy that is only compared.", REQUIRED),
)
STRATEGY = _judged_elsewhere({"anyOf": [INNER.json, _branch("shadow", FORMS["shadow"].json)]})


@cache
def validator(name: str) -> Any:
    """The validator of one strategy's options."""
    from pydantic_core import SchemaValidator

    return SchemaValidator(FORMS[name].core)
