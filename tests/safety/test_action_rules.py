"""Action rules: signals that name actions, with their word lists joined."""

from __future__ import annotations

from model_router.safety.action_rules import action_rules
from model_router.signals.rows import packaged as packaged_rows
from model_router.signals.rows import signal_from_row
from model_router.text.reading import read


class TestRules:
    def test_lists_are_joined(self) -> None:
        """Objects and spares may name lists or be words of their own."""
        row = {
            "id": "x",
            "kind": "action",
            "action": "send",
            "patterns": ["zap"],
            "objects": ["things", "gadget"],
            "spares": ["toys"],
        }
        (rule,) = action_rules([signal_from_row(row)], {"things": ["one", "Two"]}).values()
        assert rule.objects == {b"one", b"two", b"gadget"}
        assert rule.spares == {b"toys"}

    def test_only_actions_have_rules(self) -> None:
        """Rows that name no action are not judged."""
        signals, lists = packaged_rows()
        rules = action_rules(signals, lists)
        assert set(rules) == {i for i, signal in enumerate(signals) if signal.action}

    def test_native_objects_are_found_inside_words(self) -> None:
        """Scripts of their own keep their objects as text, not as words."""
        signals, lists = packaged_rows()
        for i, rule in action_rules(signals, lists).items():
            assert bool(rule.substrings) == (signals[i].form == "native" and bool(rule.objects))

    def test_readings_are_what_rules_read(self) -> None:
        """A list word stands in the form that a reading has."""
        signals, lists = packaged_rows()
        for rule in action_rules(signals, lists).values():
            for word in rule.objects if rule.form != "native" else ():
                assert read(word.decode()).latin[0].strip() == word
