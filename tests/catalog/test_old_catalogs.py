"""Catalogs written for hermes-router load and mean the same; migrate turns them into our form."""

from __future__ import annotations

import pytest

from model_router.catalog import migrate, parse_catalog
from model_router.catalog.migration import SCHEMA_LINE
from model_router.types import DEFAULT_TARGETS, HUMAN

# A fallback in a circle, as old example files have it: balanced -> reasoning -> balanced.
FORWARD = "model: some-reasoning_local\n    adapter: chat\n    strengths: [planning]\n"


def circular(text: str) -> str:
    """The old catalog with reasoning_local falling back to balanced_local."""
    head, tail = text.split("  reasoning_local:\n", 1)
    return head + "  reasoning_local:\n" + tail.replace(HUMAN, "balanced_local", 1)


class TestLoading:
    def test_it_loads_unchanged(self, old: str) -> None:
        """All nine engines are there, the routes go where they went, and nothing is odd."""
        found = parse_catalog(old)
        assert len(found.engines) == 9
        assert dict(found.targets) == DEFAULT_TARGETS
        assert found.warnings == ()

    def test_numbers_are_as_they_were(self, old: str) -> None:
        """Scores that are not given come out as hermes-router worked them out."""
        found = parse_catalog(old).engines
        assert [found["reasoning_local"].capability, found["fast_local"].capability] == [85, 50]
        assert found[HUMAN].trust == 100
        assert found["code_agent"].supports_tools
        assert not found["fast_local"].supports_tools
        assert found["multimodal_vision"].modalities == {"image"}

    def test_its_local_providers_are_local(self, old: str) -> None:
        """What its setup wrote as provider is local, so private work stays possible."""
        assert {one.location for one in parse_catalog(old).engines.values()} == {"local"}

    def test_sections_it_had(self, old: str) -> None:
        """safety, scoring and provider_policy read as they did."""
        found = parse_catalog(
            old + "safety:\n  confirmation_overrides: {allow_send_actions: true}\n"
            "scoring: {saturation_k: 40, weights: {complexity: {architecture: 25}}}\n"
            "provider_policy: {version: 1, provider_allowlist: [], local_only: true,\n"
            "  route_pools: {coding: {hosted_allowed: false}}}\n"
        )
        assert found.safety.freed == {"send"}
        assert found.scoring.saturation_k == 40
        assert found.scoring.complexity == {"architecture": 25}
        assert found.provider_policy.base.local_only
        assert not found.provider_policy.routes["coding"].hosted_allowed

    @pytest.mark.parametrize("key", ["name", "description", "notes", "metadata"])
    def test_keys_that_did_nothing(self, old: str, key: str) -> None:
        """A key that did nothing there is passed over here too, but said, with its line."""
        text = f"{key}: mine\n" + old.replace(
            "    model: some-code", f"    {key}: x\n    model: some-code"
        )
        found = {remark.path: remark for remark in parse_catalog(text).warnings}
        assert found[key].message == "does nothing"
        assert found[key].line == 1
        assert f"engines.code_agent.{key}" in found

    def test_a_circle_of_fallbacks(self, old: str) -> None:
        """Where old catalogs go round in a circle the chain stops there; that is only said."""
        (remark,) = parse_catalog(circular(old)).warnings
        assert remark.path == "engines.reasoning_local.fallback"
        assert "balanced_local -> reasoning_local -> balanced_local" in remark.message

    def test_a_circle_in_our_own_form_is_an_error(self, old: str) -> None:
        """A catalog that uses any key of ours is judged by our rules."""
        with pytest.raises(ValueError, match="closes a cycle"):
            parse_catalog(circular(old) + "privacy: {mode: flag}\n")


class TestMigration:
    def test_it_stays_the_same_catalog(self, old: str) -> None:
        """Migrating changes no engine and no route."""
        text, _ = migrate(old)
        before, after = parse_catalog(old), parse_catalog(text)
        assert before.engines == after.engines
        assert before.targets == after.targets

    def test_what_it_adds(self, old: str) -> None:
        """The schema line stands first, and each engine's location after its provider."""
        text, notes = migrate(old)
        assert text.startswith(SCHEMA_LINE + "\n# my engines\n")
        assert text.count("    location: local\n") == 9
        assert "    provider: ollama\n    location: local\n" in text
        assert len(notes) == 10

    def test_comments_survive(self, old: str) -> None:
        """Every line that needs no change is kept as it was, comments too."""
        commented = old.replace("    model:", "    # mine\n    model:")
        text, _ = migrate(commented)
        assert text.count("    # mine\n") == 9

    def test_twice_is_once(self, old: str) -> None:
        """A migrated catalog has nothing left to do."""
        text, _ = migrate(old)
        assert migrate(text) == (text, ())

    def test_idle_keys_are_commented_out(self, old: str) -> None:
        """A key that did nothing stays visible as a comment, with what belonged to it."""
        head = "metadata:\n  owner: me\n  tags:\n  - a\n\n"
        text, notes = migrate(head + old)
        assert "# not used: metadata:\n# not used:   owner: me\n" in text
        assert "# not used:   - a\n\n# my engines\n" in text
        assert any("did nothing" in note for note in notes)
        assert parse_catalog(text).warnings == ()

    def test_typos_are_commented_out_with_what_was_meant(self, old: str) -> None:
        """A key that was silently ignored comes with the key it was meant to be."""
        text, notes = migrate(old.replace("    enabled:", "    priority: 1\n    enabled:", 1))
        assert "    # not used: priority: 1\n" in text
        _, notes = migrate(old.replace("    enabled:", "    max_contex: 9\n    enabled:", 1))
        assert any("did you mean max_context?" in note for note in notes)

    def test_the_gate_is_put_back(self, old: str) -> None:
        """A confirmation target that silenced the gate names the person again, and says so."""
        text, notes = migrate(old + "routing_targets:\n  confirmation: fast_local\n")
        assert "  confirmation: human_confirm # was fast_local" in text
        assert any("gate" in note for note in notes)
        assert parse_catalog(text).targets["confirmation"] == HUMAN

    def test_circles_are_opened(self, old: str) -> None:
        """A circle of fallbacks ends with a person, since our form does not allow one."""
        text, notes = migrate(circular(old))
        assert "    fallback: human_confirm # was balanced_local" in text
        assert any("circle" in note for note in notes)
        assert parse_catalog(text).engines["reasoning_local"].fallback == HUMAN

    def test_flow_style(self) -> None:
        """An engine on one line gets its location there."""
        row = "engines:\n  a: {provider: ollama, model: m, max_context: 9}\n"
        text, _ = migrate(row)
        assert "  a: {location: local, provider: ollama" in text

    def test_windows_lines(self, old: str) -> None:
        """A file with CRLF keeps it on every line."""
        text, _ = migrate(old.replace("\n", "\r\n"))
        assert text.count("\r\n") == text.count("\n")
        assert len(parse_catalog(text).engines) == 9

    @pytest.mark.parametrize("text", ["", "- a", "a: [", "&a [*a]", "a: \ud800"])
    def test_what_cannot_be_read_is_left_alone(self, text: str) -> None:
        """Nothing is refused: the text comes back with a note that says why."""
        same, notes = migrate(text)
        assert same == text
        assert notes[0].startswith("left as it is: ")

    def test_what_is_left_is_listed(self, old: str) -> None:
        """Problems that a person must solve are notes, each with its path and line."""
        _, notes = migrate(old + "scoring: {saturation_k: none}\n")
        assert any(note.startswith("still to do: scoring.saturation_k (line") for note in notes)
