"""What one part of a catalog says about another: names, cycles, the gate, tiers, rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from model_router.catalog import parse_catalog
from model_router.errors import Problem, RouterConfigError
from model_router.types import HUMAN, Remark

Problems = Callable[[str], dict[str, Problem]]


def remarks(text: str) -> dict[str, Remark]:
    """The remarks on a valid catalog, by path."""
    return {remark.path: remark for remark in parse_catalog(text).warnings}


class TestEngineNames:
    @pytest.mark.parametrize(
        ("text", "path"),
        [
            ("routing_targets: {simple: smal}", "routing_targets.simple"),
            ("rules: [{name: r, then: {engine: smal}}]", "rules[0].then.engine"),
            ("scoring: {baseline_engine: smal}", "scoring.baseline_engine"),
        ],
    )
    def test_undefined_engines(self, problems: Problems, small: str, text: str, path: str) -> None:
        """Whatever names an engine names one that is defined, and a slip gets its close match."""
        problem = problems(small + text)[path]
        assert 'names "smal"' in problem.message
        assert "did you mean small?" in str(problem.hint)
        assert problem.line == 10

    def test_an_undefined_fallback(self, problems: Problems, small: str) -> None:
        """A fallback is an engine too."""
        found = problems(small.replace("model: big-one", "model: big-one\n    fallback: nobody"))
        assert found["engines.large.fallback"].line == 9

    def test_human_confirm_may_always_be_named(self, small: str) -> None:
        """The person is there without being defined."""
        catalog = parse_catalog(small + f"routing_targets: {{research: {HUMAN}}}")
        assert catalog.targets["research"] == HUMAN

    def test_names_must_be_printable(self, problems: Problems, small: str) -> None:
        """An engine can't be called after an escape code."""
        assert 'engines."\\x1b[2J"' in problems(
            small + '  "\\e[2J": {provider: ollama, model: m, max_context: 1}\n'
        )

    def test_models_need_a_name_and_a_size(self, problems: Problems) -> None:
        """model and max_context are required, except for people."""
        found = problems("engines: {a: {provider: ollama}, b: {provider: human}}")
        assert set(found) == {"engines.a.model", "engines.a.max_context"}


class TestTheGate:
    def test_confirmation_cannot_name_a_model(self, problems: Problems, small: str) -> None:
        """Remapping confirmation to a model is an error that says so."""
        problem = problems(small + "routing_targets: {confirmation: small}")[
            "routing_targets.confirmation"
        ]
        assert "the gate can't be remapped" in problem.message
        assert "confirmation_overrides" in str(problem.hint)

    def test_confirmation_may_name_another_person(self, small: str) -> None:
        """An engine whose provider is human is a person."""
        text = small + "  boss: {provider: human}\nrouting_targets: {confirmation: boss}\n"
        assert parse_catalog(text).targets["confirmation"] == "boss"

    def test_an_absent_person_is_not_the_gate(self, small: str) -> None:
        """A person who is switched off is replaced by human_confirm."""
        text = small + (
            "  boss: {provider: human, enabled: false}\nrouting_targets: {confirmation: boss}\n"
        )
        assert parse_catalog(text).targets["confirmation"] == HUMAN

    def test_human_confirm_is_a_person_whatever_the_file_says(self, small: str) -> None:
        """No provider, switch, requirement or fallback turns the person into a model."""
        text = small + (
            "  human_confirm:\n    provider: openai\n    model: m\n    max_context: 10\n"
            "    enabled: false\n    fallback: small\n    location: hosted\n"
            "    availability: {status: unavailable, required_env: [NOT_SET]}\n"
        )
        person = parse_catalog(text).engines[HUMAN]
        assert (person.provider, person.enabled, person.fallback) == ("human", True, None)
        assert (person.location, person.availability.status) == ("local", "auto")
        assert person.availability.required_env == ()
        found = remarks(text)
        for key in ("provider", "enabled", "fallback"):
            assert f"engines.human_confirm.{key}" in found


class TestCycles:
    CYCLE = """\
engines:
  a: {provider: ollama, model: m, max_context: 1, fallback: b}
  b: {provider: ollama, model: m, max_context: 1, fallback: c}
  c: {provider: ollama, model: m, max_context: 1, fallback: b}
"""

    def test_a_cycle_is_named(self, problems: Problems) -> None:
        """A fallback cycle is one problem, where it closes, with its members in order."""
        found = problems(self.CYCLE)
        assert list(found) == ["engines.c.fallback"]
        assert "b -> c -> b" in found["engines.c.fallback"].message
        assert found["engines.c.fallback"].line == 4

    def test_an_engine_that_falls_back_to_itself(self, problems: Problems) -> None:
        """The shortest cycle is one too."""
        found = problems(self.CYCLE.replace("fallback: c", "fallback: b"))
        assert "b -> b" in found["engines.b.fallback"].message

    def test_two_cycles_are_two_problems(self, problems: Problems) -> None:
        """Each cycle is reported once, however many engines lead into it."""
        more = self.CYCLE + "  d: {provider: ollama, model: m, max_context: 1, fallback: d}\n"
        assert set(problems(more)) == {"engines.c.fallback", "engines.d.fallback"}

    def test_a_long_cycle_is_shown_short(self, problems: Problems) -> None:
        """A cycle of hundreds stays one readable line."""
        rows = "".join(
            f"  e{n}: {{provider: x, model: m, max_context: 1, fallback: e{(n + 1) % 300}}}\n"
            for n in range(300)
        )
        (problem,) = problems("engines:\n" + rows).values()
        assert len(problem.message) < 150

    def test_a_chain_through_a_person_is_no_cycle(self) -> None:
        """Nothing comes after a person, so a chain ends there."""
        text = self.CYCLE.replace("max_context: 1, fallback: b}\n", "max_context: 1}\n")
        text += "  human_confirm: {provider: human, fallback: a}\n"
        assert "engines.human_confirm.fallback" in remarks(text)


class TestScoring:
    @pytest.mark.parametrize(
        ("tiers", "path"),
        [
            ("[{name: a, max_score: 60}, {name: b, max_score: 40}]", "scoring.tiers"),
            ("[{name: a, max_score: 60}, {name: b, max_score: 60}]", "scoring.tiers"),
            (
                "[{name: a, max_score: 40}, {name: b, max_score: 90}]",
                "scoring.tiers[1].max_score",
            ),
            ("[{name: a, max_score: 40}, {name: a, max_score: 100}]", "scoring.tiers[1].name"),
        ],
    )
    def test_tiers_ascend_to_100(
        self, problems: Problems, small: str, tiers: str, path: str
    ) -> None:
        """Tiers ascend, have different names, and the last one reaches 100."""
        assert path in problems(f"{small}scoring: {{tiers: {tiers}}}")

    def test_a_mistyped_feature(self, problems: Problems, small: str) -> None:
        """A feature one letter off is an error with the right one."""
        found = problems(small + "scoring: {weights: {risk: {destructive_acton: 9}}}")
        assert "destructive_action" in str(found["scoring.weights.risk.destructive_acton"].hint)

    def test_a_feature_of_ones_own(self, small: str) -> None:
        """A feature that looks like none of ours only gets a remark, as old catalogs hold some."""
        found = remarks(small + "scoring: {weights: {risk: {moon_phase: 9}}}")
        assert "adds nothing" in found["scoring.weights.risk.moon_phase"].message

    @pytest.mark.parametrize("feature", ["coding_intent", "architecture", "empty_prompt"])
    def test_known_features_are_silent(self, small: str, feature: str) -> None:
        """Our features and those that hermes-router weighs need no remark."""
        text = f"{small}scoring: {{weights: {{complexity: {{{feature}: 9}}}}}}"
        assert not any(path.startswith("scoring") for path in remarks(text))

    def test_thresholds_that_cross(self, small: str) -> None:
        """simple above reasoning is odd and said, not refused."""
        assert "scoring.thresholds" in remarks(
            small + "scoring: {thresholds: {simple: 80, reasoning: 40}}"
        )


class TestRulesAndSignals:
    def test_names_are_given_once(self, problems: Problems, small: str) -> None:
        """Two rules or two signals of one name can't be told apart in a receipt."""
        found = problems(
            small + "rules:\n- {name: r, then: {route: simple}}\n- {name: r, then: {route: simple}}"
            "\nsignals:\n- {id: s, kind: intent, patterns: [a]}\n"
            "- {id: s, kind: intent, patterns: [b]}\n"
        )
        assert "entry 1 on line 11" in found["rules[1].name"].message
        assert "signals[1].id" in found

    @pytest.mark.parametrize(
        ("then", "words"), [("{}", "neither"), ("{route: simple, engine: small}", "both")]
    )
    def test_exactly_one_outcome(
        self, problems: Problems, small: str, then: str, words: str
    ) -> None:
        """A rule takes a route or an engine, not both and not nothing."""
        found = problems(f"{small}rules: [{{name: r, then: {then}}}]")
        assert words in found["rules[0].then"].message

    def test_limits_that_never_hold(self, problems: Problems, small: str) -> None:
        """A lower limit above the upper one is a mistake."""
        text = "rules: [{name: r, when: {min_chars: 9, max_chars: 3}, then: {route: simple}}]"
        assert "never holds" in problems(small + text)["rules[0].when"].message

    def test_a_rule_without_conditions(self, small: str) -> None:
        """A rule that always holds is allowed, and said."""
        assert "rules[0].when" in remarks(small + "rules: [{name: r, then: {route: simple}}]")

    def test_an_action_signal_names_its_class(self, problems: Problems, small: str) -> None:
        """A signal of kind action without a class could free or block nothing."""
        found = problems(small + "signals: [{id: s, kind: action, patterns: [a]}]")
        assert "signals[0].action" in found

    def test_signals_keep_the_form_they_were_given(self, small: str) -> None:
        """A user's signal comes out with the keys it had, like a packaged one."""
        row = "{id: s, kind: intent, patterns: [a], adds: {simple: 5}}"
        (signal,) = parse_catalog(f"{small}signals: [{row}]").signals
        assert signal == {"id": "s", "kind": "intent", "patterns": ["a"], "adds": {"simple": 5}}


class TestPrivacyAndProviders:
    def test_a_mistyped_category(self, problems: Problems, small: str) -> None:
        """A typo would switch a detector off, so it is an error."""
        found = problems(small + "privacy: {categories: [emial]}")
        assert "did you mean email?" in str(found["privacy.categories[0]"].hint)

    def test_code_has_its_own_key(self, problems: Problems, small: str) -> None:
        """Source code is switched on by privacy.code."""
        assert "privacy.categories[0]" in problems(small + "privacy: {categories: [code]}")

    def test_no_categories(self, small: str) -> None:
        """An empty list looks for nothing, and that is said."""
        assert "privacy.categories" in remarks(small + "privacy: {categories: []}")

    def test_providers_that_no_engine_has(self, small: str) -> None:
        """A provider list with a slip in it gets a remark with the close match."""
        found = remarks(small + "provider_policy: {provider_denylist: [opnai]}")
        assert "openai" in found["provider_policy.provider_denylist[0]"].message

    def test_an_empty_allowlist_is_no_limit(self, small: str) -> None:
        """hermes-router writes [] for no limit; it is read so, and said."""
        text = small + "provider_policy: {provider_allowlist: []}"
        assert parse_catalog(text).provider_policy.base.allow is None
        assert "no limit" in remarks(text)["provider_policy.provider_allowlist"].message

    def test_pools_are_for_routes(self, problems: Problems, small: str) -> None:
        """A pool for a route that does not exist would limit nothing."""
        found = problems(small + "provider_policy: {route_pools: {codng: {local_only: true}}}")
        assert "coding" in str(found["provider_policy.route_pools.codng"].hint)


class TestRemarks:
    def test_unknown_tiers_are_accepted(self, small: str) -> None:
        """Any cost or latency tier loads, as it always did, and ranks last."""
        text = small.replace("8192", "8192\n    cost_tier: bargain\n    latency_tier: lwo")
        found = remarks(text)
        assert "ranks last" in found["engines.small.cost_tier"].message
        assert "did you mean low?" in found["engines.small.latency_tier"].message
        assert parse_catalog(text).engines["small"].cost_tier == "bargain"

    def test_extra_targets_are_accepted(self, small: str) -> None:
        """A target that is no route loads and is kept, with a remark."""
        text = small + "routing_targets: {codng: small}"
        assert "did you mean coding?" in remarks(text)["routing_targets.codng"].message
        assert parse_catalog(text).targets["codng"] == "small"

    def test_a_disabled_target(self, small: str) -> None:
        """A route that goes to a disabled engine is allowed, and said."""
        text = small.replace("model: big-one", "model: big-one\n    enabled: false")
        assert (
            "not enabled"
            in remarks(text + "routing_targets: {reasoning: large}")[
                "routing_targets.reasoning"
            ].message
        )

    def test_a_newer_version(self, small: str) -> None:
        """A form newer than this release is read as far as it is understood, and said."""
        assert "newer" in remarks("version: 2\n" + small)["version"].message


def test_every_mistake_at_once(problems: Problems) -> None:
    """A catalog with every mistake is one error that lists them all, in the order of the file."""
    text = Path(__file__).with_name("every_mistake.yaml").read_text(encoding="utf-8")
    expected = {
        row.partition("# expect: ")[2]: number
        for number, row in enumerate(text.splitlines(), 1)
        if "# expect: " in row
    }
    found = problems(text)
    assert {path: problem.line for path, problem in found.items()} == expected
    lines = [problem.line or 0 for problem in found.values()]
    assert lines == sorted(lines)


def test_the_error_says_it_all(small: str) -> None:
    """The exception's text names the file, counts the problems and lists each with its cure."""
    with pytest.raises(RouterConfigError) as caught:
        parse_catalog(small + "safty: {}\nrules: 3\n", "mine.yaml")
    first, *rest = str(caught.value).splitlines()
    assert first == "mine.yaml: 2 problems"
    assert rest[0] == (
        "  safty (line 10): is not a known key; did you mean safety? allowed: version, "
        "routing_targets, engines, safety, privacy, scoring, weights, signals, rules, strategy, "
        "provider_policy"
    )
    assert caught.value.hint is not None
    assert isinstance(caught.value, ValueError)


def test_garbage_is_cut_short() -> None:
    """Thousands of problems are counted, and only the first hundreds are spelt out."""
    text = "engines: {a: {provider: ollama, model: m, max_context: 1}}\n"
    text += "".join(f"key{n}: 1\n" for n in range(4000))
    with pytest.raises(RouterConfigError, match="4000 problems") as caught:
        parse_catalog(text)
    assert len(caught.value.problems) == 500
    assert "and 3500 more" in str(caught.value)
