"""Explanations: why a text was assessed as it was, in codes, words, points and places."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.assessment import Assessor
from model_router.receipt.explanation import MOST_REASONS, TASKS
from model_router.types import (
    ACTION_CLASSES,
    ROUTES,
    Assessment,
    Catalog,
    Hints,
    Reason,
    Request,
    Rule,
    SafetyPolicy,
    Scoring,
)
from tests.support.catalogs import usual_catalog

PROMPTS = {
    "rewrite this text": "rewrite",
    "summarize these notes": "summarise",
    "design a distributed task scheduler architecture": "architect",
    "fix the repo and run tests": "code",
    "search the web for the latest TypeScript release notes": "retrieval",
    "extract text from this screenshot": "vision",
    "generate an image of a router dashboard": "image",
    "thanks for your help": "chat",
    "3 plus 5": "calculate",
}


@cache
def packaged(catalog: Catalog | None = None) -> Assessor:
    return Assessor(catalog or usual_catalog())


def assessed(text: str, catalog: Catalog | None = None, **request: Any) -> Assessment:
    """The assessment of a text, with places."""
    assessor = Assessor(catalog) if catalog else packaged()
    return assessor.assess(Request(text, **request), places=True)


def coded(assessment: Assessment) -> dict[str, Reason]:
    """The reasons by their codes."""
    return {reason.code: reason for reason in assessment.reasons}


class TestSignals:
    @pytest.mark.parametrize("text", PROMPTS)
    def test_the_strongest_speak_for_the_route(self, text: str) -> None:
        """Each reason from a signal has points for the route, the weightiest first."""
        found = assessed(text)
        named = [reason for reason in found.reasons if reason.code.startswith("signal.")]
        assert 0 < len(named) <= MOST_REASONS
        points = [reason.points for reason in named]
        assert points == sorted(points, reverse=True)
        assert points[-1] > 0
        assert all(reason.text for reason in named)
        assert {reason.code.removeprefix("signal.") for reason in named} <= set(found.signals)

    @pytest.mark.parametrize("text", PROMPTS)
    def test_places(self, text: str) -> None:
        """Where a signal is placed, words of its own stand there."""
        spans = [reason.span for reason in assessed(text).reasons if reason.span]
        assert spans
        for first, last in spans:
            assert 0 <= first < last <= len(text)
            assert text[first:last] == text[first:last].strip()

    def test_a_place_is_that_of_the_signal(self) -> None:
        """The words of one signal are not given to another."""
        reasons = coded(assessed("please rewrite this text in python"))
        first, last = reasons["signal.transform.rewrite"].span or (0, 0)
        assert "please rewrite this text in python"[first:last] == "rewrite"

    def test_places_are_asked_for(self) -> None:
        """Without asking, no reason has a place, and the rest is the same."""
        plain = packaged().assess(Request("rewrite this text")).reasons
        placed = assessed("rewrite this text").reasons
        assert all(reason.span is None for reason in plain)
        assert [reason[:3] for reason in plain] == [reason[:3] for reason in placed]

    def test_ids_are_sorted(self) -> None:
        """The ids that fired are listed in order of the alphabet."""
        signals = assessed("fix the repo and run tests").signals
        assert list(signals) == sorted(signals)
        assert "code.repo" in signals


class TestTasks:
    @pytest.mark.parametrize(("text", "task"), PROMPTS.items())
    def test_cases(self, text: str, task: str) -> None:
        """The strongest signal names the task."""
        assert assessed(text).task_type == task

    def test_nothing_found(self) -> None:
        """A text that says nothing known is a general task."""
        assert assessed("hmm mm mmm " * 6).task_type in ("general", "question")

    def test_the_table_is_reached(self) -> None:
        """Every row of the table is the first for some packaged signal."""
        ids = [signal.id for signal in packaged().lexicon.signals if signal.adds]
        for prefix, task in TASKS:
            firsts = [next((t for p, t in TASKS if one.startswith(p)), None) for one in ids]
            assert task in firsts, prefix


class TestOrders:
    @pytest.mark.parametrize(
        ("text", "action", "words"),
        [
            ("drop the production database", "destructive", "drop"),
            ("please wipe the server", "destructive", "wipe"),
            ("tidy up. Then send an email to my boss", "send", "send"),
            ("terraform apply", "deploy", "terraform apply"),
        ],
    )
    def test_an_order_is_the_first_reason(self, text: str, action: str, words: str) -> None:
        """An order comes first, with its class and the words that give it."""
        reason = assessed(text).reasons[0]
        assert reason.code == f"safety.{action}"
        assert action in reason.text
        first, last = reason.span or (0, 0)
        assert text[first:last] == words

    def test_every_class_is_told(self) -> None:
        """Two orders of different classes are two reasons."""
        found = coded(assessed("delete all files and send an email to my boss"))
        assert {"safety.destructive", "safety.send"} <= set(found)

    def test_an_override_is_told(self) -> None:
        """An order that an override lets through is named, and so is the override."""
        freed = usual_catalog(safety=SafetyPolicy(freed=frozenset({"destructive"})))
        reason = coded(assessed("delete all files", freed))["safety.destructive"]
        assert reason.text.endswith("allowed by an override")
        assert "override" not in coded(assessed("delete all files"))["safety.destructive"].text

    def test_classes_are_classes(self) -> None:
        """A reason of safety names one of the known classes."""
        for text in ("buy 100 shares of that stock now", "rm -rf /var/lib", "reboot the server"):
            for reason in assessed(text).reasons:
                if reason.code.startswith("safety."):
                    assert reason.code.removeprefix("safety.") in ACTION_CLASSES


class TestThresholds:
    def test_complexity(self) -> None:
        """A text that goes to reasoning for its complexity says which threshold it reached."""
        low = usual_catalog(scoring=Scoring(reasoning_threshold=1, simple_threshold=0))
        found = assessed("summarize these notes in detail, at least 3 points", low)
        assert found.route == "reasoning"
        assert coded(found)["threshold.complexity"].text == (
            f"complexity {found.complexity} reaches 1"
        )

    def test_confidence(self) -> None:
        """A vague text that goes to reasoning says that nothing is sure."""
        found = assessed("fix this")
        if found.route == "reasoning":
            assert "threshold.confidence" in coded(found)
        assert found.confidence < 60

    def test_none(self) -> None:
        """A plain text has no such reason."""
        assert not [code for code in coded(assessed("rewrite this text")) if "threshold" in code]


class TestRequests:
    @pytest.mark.parametrize(
        ("request_", "code"),
        [
            ({"modalities": frozenset({"image"})}, "request.image"),
            ({"hints": Hints(attachments=("pdf",))}, "request.pdf"),
            ({"helper": "title"}, "request.helper"),
            ({"hints": Hints(role="coding")}, "request.role"),
            ({"tools": ("search",)}, "request.tools"),
        ],
    )
    def test_what_a_request_carries(self, request_: dict[str, Any], code: str) -> None:
        """Attachments, tools, roles and side calls are reasons of their own."""
        assert code in coded(assessed("summarize these notes", **request_))
        assert code not in coded(assessed("summarize these notes"))

    def test_a_rule(self) -> None:
        """A rule that decided is named."""
        ruled = usual_catalog(rules=(Rule("mine", route="simple"),))
        assert coded(assessed("hello", ruled))["rule"].text == "rule 'mine' applies"

    def test_what_was_mentioned_comes_last(self) -> None:
        """Reasons found elsewhere in the request close the list."""
        extra = Reason("context.order", "a tool result gives an order")
        reasons = packaged().assess(Request("rewrite this text"), mentioned=(extra,)).reasons
        assert reasons[-1] == extra


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=())))
def test_any_text(text: str) -> None:
    """Any text is explained without an error, by known routes, and inside its bounds."""
    found = assessed(text)
    assert found.route in ROUTES
    for reason in found.reasons:
        assert reason.text
        if reason.span:
            assert 0 <= reason.span[0] <= reason.span[1] <= len(text)


SECRET = "zanzibar"


@given(st.sampled_from(sorted(PROMPTS)), st.sampled_from(["{} {}", "{1} {0}", "{0}. {1}"]))
def test_no_words_of_the_text(text: str, form: str) -> None:
    """Reasons never repeat what was written: only codes, fixed sentences and places."""
    found = assessed(form.format(text, SECRET))
    assert SECRET not in repr(found.reasons)
