"""Types are judged strictly, and every complaint says what is allowed and what was meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from model_router.catalog import catalog_from_mapping, parse_catalog
from model_router.errors import Problem, RouterConfigError

Problems = Callable[[str], dict[str, Problem]]


def row(**changes: Any) -> dict[str, Any]:
    """A catalog with one engine that has these keys changed."""
    engine = {"provider": "ollama", "model": "m", "max_context": 8192, **changes}
    return {"engines": {"one": engine}}


def complaint(data: dict[str, Any]) -> Problem:
    """The single problem of a catalog."""
    with pytest.raises(RouterConfigError) as caught:
        catalog_from_mapping(data)
    (problem,) = caught.value.problems
    return problem


class TestTypes:
    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("max_context", "8192", 'must be a whole number; found "8192"'),
            ("max_context", True, "must be a whole number; found true"),
            ("max_context", 8192.0, "must be a whole number; found 8192.0"),
            ("max_context", 0, "must be at least 1; found 0"),
            ("max_context", 10**30, "found 1000000000000000000000000000000"),
            ("enabled", "yes", 'must be true or false; found "yes"'),
            ("enabled", 1, "must be true or false; found 1"),
            ("enabled", None, "must be true or false; found nothing (null)"),
            ("provider", 7, "must be text; found 7"),
            ("provider", "  ", "must not be empty"),
            ("model", ["m"], "must be text; found a list"),
            ("strengths", "code", 'must be a list; found "code"'),
            ("strengths", {"a": 1}, "must be a list; found a mapping"),
            ("capability", 101, "must be at most 100; found 101"),
            ("capability", True, "must be a whole number; found true"),
            ("tier", 3, "must be at most 2; found 3"),
            ("price_input", -1, "must be at least 0; found -1"),
            ("price_input", "2", 'must be a number; found "2"'),
            ("price_input", float("nan"), "must be a finite number"),
            ("availability", [], "must be a mapping of keys to values; found a list"),
            ("fallback", False, "must be text; found false"),
        ],
    )
    def test_wrong_types(self, key: str, value: Any, message: str) -> None:
        """Nothing is converted: a boolean is no number, and digits in quotes are text."""
        problem = complaint(row(**{key: value}))
        assert problem.path == f"engines.one.{key}"
        assert message in problem.message

    @pytest.mark.parametrize(
        ("data", "path"),
        [
            ({"engines": []}, "engines"),
            ({"engines": {}}, "engines"),
            ({"engines": None}, "engines"),
            ({**row(), "rules": {}}, "rules"),
            ({**row(), "version": 0}, "version"),
            ({**row(), "safety": True}, "safety"),
            ({**row(), "routing_targets": ["simple"]}, "routing_targets"),
            ({**row(), "scoring": {"saturation_k": 0}}, "scoring.saturation_k"),
            (
                {**row(), "scoring": {"weights": {"risk": {"ambiguous": True}}}},
                "scoring.weights.risk.ambiguous",
            ),
            ({**row(), "scoring": {"tiers": [{"name": "all", "max_score": 100}]}}, "scoring.tiers"),
            (
                {**row(), "signals": [{"id": "a", "kind": "intent", "patterns": []}]},
                "signals[0].patterns",
            ),
        ],
    )
    def test_wrong_shapes(self, data: dict[str, Any], path: str) -> None:
        """A section of the wrong shape is one problem at its path."""
        assert complaint(data).path == path

    def test_null_sections_are_defaults(self) -> None:
        """A section whose lines are all commented out reads as absent."""
        names = ("safety", "privacy", "scoring", "signals", "rules", "provider_policy")
        empty = dict.fromkeys((*names, "routing_targets"))
        assert catalog_from_mapping({**row(), **empty}) == catalog_from_mapping(row())


class TestHints:
    @pytest.mark.parametrize(
        ("data", "path", "match"),
        [
            ({**row(), "routing_target": {}}, "routing_target", "routing_targets"),
            ({**row(), "Engines": {}}, "Engines", "engines"),
            (row(max_contxt=1), "engines.one.max_contxt", "max_context"),
            (row(support_tools=True), "engines.one.support_tools", "supports_tools"),
            (
                row(availability={"required_envs": []}),
                "engines.one.availability.required_envs",
                "required_env",
            ),
            (
                {**row(), "safety": {"confirmation_overides": {}}},
                "safety.confirmation_overides",
                "confirmation_overrides",
            ),
            (
                {**row(), "safety": {"confirmation_overrides": {"allow_send": True}}},
                "safety.confirmation_overrides.allow_send",
                "allow_send_actions",
            ),
            ({**row(), "scoring": {"thresholds": {"riks": 3}}}, "scoring.thresholds.riks", "risk"),
        ],
    )
    def test_unknown_keys(self, data: dict[str, Any], path: str, match: str) -> None:
        """An unknown key is an error with the key that was probably meant."""
        problem = complaint(data)
        assert problem.path == path
        assert problem.message == "is not a known key"
        assert problem.hint is not None
        assert f"did you mean {match}?" in problem.hint

    @pytest.mark.parametrize(
        ("data", "path", "match"),
        [
            (row(location="lokal"), "engines.one.location", "local"),
            ({**row(), "privacy": {"mode": "localonly"}}, "privacy.mode", "local_only"),
            ({**row(), "safety": {"coding_actions": "remot"}}, "safety.coding_actions", "remote"),
            (
                {**row(), "provider_policy": {"max_cost_tier": "hihg"}},
                "provider_policy.max_cost_tier",
                "high",
            ),
            (
                {**row(), "rules": [{"name": "r", "then": {"route": "codng"}}]},
                "rules[0].then.route",
                "coding",
            ),
            (
                {
                    **row(),
                    "rules": [
                        {"name": "r", "when": {"needs": ["tool"]}, "then": {"route": "coding"}}
                    ],
                },
                "rules[0].when.needs[0]",
                "tools",
            ),
            (
                {
                    **row(),
                    "signals": [
                        {
                            "id": "s",
                            "kind": "intent",
                            "patterns": ["x"],
                            "features": ["coding_intnt"],
                        }
                    ],
                },
                "signals[0].features[0]",
                "coding_intent",
            ),
            (
                {
                    **row(),
                    "signals": [
                        {"id": "s", "kind": "intent", "patterns": ["x"], "adds": {"reasonin": 3}}
                    ],
                },
                "signals[0].adds.reasonin",
                "reasoning",
            ),
        ],
    )
    def test_unknown_names(self, data: dict[str, Any], path: str, match: str) -> None:
        """A name out of a fixed list says what is allowed and which was meant."""
        problem = complaint(data)
        assert problem.path == path
        assert "must be one of" in problem.message
        assert problem.hint == f"did you mean {match}?"

    def test_keys_that_live_elsewhere(self) -> None:
        """A literal API key is refused without being shown, and the hint says where it goes."""
        problem = complaint(row(api_key="sk-very-secret"))
        assert "required_env" in str(problem)
        assert "sk-very-secret" not in str(problem)

    def test_numbers_in_quotes(self) -> None:
        """A number in quotes gets the hint that a person needs."""
        assert complaint(row(max_context="8192")).hint == "write it without quotes"

    def test_one_value_where_a_list_belongs(self) -> None:
        """A single text where a list belongs is shown as that list."""
        assert complaint(row(strengths="code")).hint == "write it as a list: [code]"

    def test_a_missing_key(self) -> None:
        """A missing key is named with what it means."""
        problem = complaint({"engines": {"one": {"model": "m", "max_context": 1}}})
        assert problem.path == "engines.one.provider"
        assert "required" in problem.message
        assert "Who runs it" in str(problem.hint)

    def test_control_characters_are_escaped(self) -> None:
        """Nothing in a file can write escape codes to the terminal of who reads the message."""
        problem = complaint(row(location="\x1b[31mred"))
        assert "\x1b" not in str(problem)
        assert "\\x1b" in str(problem)

    def test_long_values_are_cut(self) -> None:
        """A message stays readable whatever was found."""
        assert len(str(complaint(row(location="x" * 10_000)))) < 300


class TestYamlWords:
    """YAML 1.1 reads some unquoted words as booleans; where a name is meant, the name wins."""

    @pytest.mark.parametrize("word", ["off", "no", "false", "'off'"])
    def test_privacy_off(self, small: str, word: str) -> None:
        """privacy.mode: off works, though YAML reads it as false."""
        assert parse_catalog(f"{small}privacy: {{mode: {word}}}").privacy.mode == "off"

    def test_thinking_off(self, small: str) -> None:
        """thinking: off means none."""
        text = small.replace("model: qwen3:4b", "model: qwen3:4b\n    thinking: off")
        assert parse_catalog(text).engines["small"].thinking == "none"

    def test_norwegian(self, small: str) -> None:
        """The language code no is Norwegian, in rules and in signals."""
        catalog = parse_catalog(
            small + "rules: [{name: r, when: {languages: [no, en]}, then: {route: simple}}]\n"
            "signals: [{id: s, kind: intent, patterns: [hei], lang: no}]\n"
        )
        assert catalog.rules[0].languages == ("no", "en")
        assert catalog.signals[0]["lang"] == "no"

    def test_other_words_are_not_guessed(self, problems: Problems, small: str) -> None:
        """A pattern that YAML reads as a boolean is an error with the cure."""
        found = problems(small + "signals: [{id: s, kind: intent, patterns: [yes]}]\n")
        assert found["signals[0].patterns[0]"].hint == "put it in quotes"
