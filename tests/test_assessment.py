"""Assessments: one weighing, and what a request carries beside its words."""

from __future__ import annotations

from functools import cache
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings

from model_router import verdict as verdicts
from model_router.assessment import Assessor, packaged_tables
from model_router.errors import RouterConfigError
from model_router.types import (
    NEED_AUDIO,
    NEED_IMAGE,
    NEED_PDF,
    NEED_TOOLS,
    ROUTES,
    Assessment,
    Catalog,
    Hints,
    Request,
    Rule,
    SafetyPolicy,
    Scoring,
)
from tests.support import texts

OWN: dict[str, Any] = {
    "id": "mine.invoice",
    "kind": "intent",
    "patterns": ["invoice"],
    "adds": {"reasoning": 60},
    "why": "speaks of invoices",
}


@cache
def assessor() -> Assessor:
    return Assessor(Catalog(engines={}))


def assess(text: str, made: Assessor | None = None, **carried: Any) -> Assessment:
    return (made or assessor()).assess(Request(text, **carried))


class TestWords:
    @pytest.mark.parametrize("prompt", texts.README)
    def test_route_and_reason(self, prompt: str) -> None:
        """Every prompt of the README has a route, a reason for it, and scores in range."""
        found = assess(prompt)
        assert found.route in ROUTES
        assert found.reasons
        assert all(0 <= s <= 100 for s in (found.complexity, found.risk, found.confidence))

    @settings(max_examples=500, deadline=None)
    @given(text=texts.texts)
    def test_assess_is_weigh(self, text: str) -> None:
        """What explains a decision never changes it: assess and weigh agree on everything."""
        weighed, found = assessor().weigh(text), assess(text)
        assert ROUTES[weighed.route] == found.route
        assert weighed.confirm == found.confirm
        assert weighed.needs == found.needs
        assert weighed.verdict.complexity == found.complexity

    @settings(max_examples=300, deadline=None)
    @given(text=texts.texts)
    def test_looking_for_every_order_changes_nothing(self, text: str) -> None:
        """A search that stops at the first order decides like one that goes on."""
        some, every = assessor().weigh(text), assessor().weigh(text, every=True)
        assert some.confirm == every.confirm
        assert bool(some.found) == bool(every.found)

    def test_points_are_told(self) -> None:
        """The points of each route can be shown; the chosen one leads."""
        points = dict(assess("fix the repo and run tests").route_points)
        assert set(points) == set(ROUTES) - {"confirmation"}
        assert max(points, key=points.__getitem__) == "coding"

    def test_signals_are_named_and_sorted(self) -> None:
        """The ids of everything that fired, in order, those that others call for included."""
        found = assess("rewrite this text")
        assert found.signals
        assert list(found.signals) == sorted(found.signals)

    def test_short_risky_texts_are_less_certain(self) -> None:
        """A short order leaves more doubt than its words alone."""
        assert assess("drop the production database").confidence <= 75

    def test_confidence_never_falls_below_zero(self) -> None:
        """However heavy the weights of a catalog are."""
        heavy = Scoring(confidence=dict.fromkeys(("destructive_action", "ambiguous"), 100))
        made = Assessor(Catalog(engines={}, scoring=heavy))
        assert assess("delete it, fix this", made).confidence >= 0


class TestCarried:
    @pytest.mark.parametrize(
        ("kind", "need"), [("image", NEED_IMAGE), ("pdf", NEED_PDF), ("audio", NEED_AUDIO)]
    )
    def test_attachments_become_needs(self, kind: str, need: int) -> None:
        """An attachment in the request or in the hints goes to vision, with its own need only."""
        for found in (
            assess("what does this say?", modalities=frozenset({kind})),
            assess("what does this say?", hints=Hints(attachments=(kind,))),
        ):
            assert found.route == "vision"
            assert found.needs == need
            assert f"request.{kind}" in [reason.code for reason in found.reasons]

    @pytest.mark.parametrize("kind", ["code", "file"])
    def test_code_and_files_change_no_route(self, kind: str) -> None:
        """They are named in the reasons, and leave the needs of the words alone."""
        plain = assess("extract text from this screenshot")
        found = assess("extract text from this screenshot", hints=Hints(attachments=(kind,)))
        assert (found.route, found.needs) == (plain.route, plain.needs) == ("vision", NEED_IMAGE)

    def test_coding_with_a_picture_stays_coding(self) -> None:
        """A screenshot beside a bug report needs an engine that does both."""
        found = assess("fix the repo and run tests", modalities=frozenset({"image"}))
        assert found.route == "coding"
        assert found.needs == NEED_TOOLS | NEED_IMAGE

    @pytest.mark.parametrize("role", ROUTES)
    def test_a_role_is_the_route(self, role: str) -> None:
        """What the caller says this is, it is; needs are those of the role."""
        found = assess("search the web for news", hints=Hints(role=role))
        assert found.route == role
        assert found.needs == verdicts.ROUTE_NEEDS[ROUTES.index(role)]

    def test_tools_need_an_engine_that_uses_them(self) -> None:
        """Tools at hand are a need, said by the request or by the hints."""
        assert assess("hi", tools=("shell",)).needs & NEED_TOOLS
        assert assess("hi", hints=Hints(tools=("shell",))).needs & NEED_TOOLS
        assert not assess("hi", tools=()).needs & NEED_TOOLS

    def test_without_tools_nothing_is_done(self) -> None:
        """An order that nothing can carry out needs no person, unless code would be written."""
        assert assess("delete all backups").confirm
        assert not assess("delete all backups", tools=()).confirm
        assert assess("delete all backups", tools=("shell",)).confirm

    def test_a_side_call_is_simple(self) -> None:
        """Whatever its words are, an agent's own call is small work."""
        found = assess("Generate a title for this chat about architecture", helper="title")
        assert found.route == "simple"
        assert "request.helper" in [reason.code for reason in found.reasons]

    def test_the_profile_safe_asks_more_often(self) -> None:
        """What is vague or touches a sensitive field is confirmed under it."""
        assert not assess("fix this").confirm
        assert assess("fix this", hints=Hints(profile="safe")).confirm

    def test_tokens_are_those_of_everything(self) -> None:
        """The text's estimate and the context's."""
        assert assess("hello").tokens + 500 == assess("hello", context_tokens=500).tokens


class TestGate:
    def test_the_class_is_named(self) -> None:
        """The action class that needs a person, and every class ordered."""
        found = assess("drop the production database")
        assert (found.action, found.actions) == ("destructive", ("destructive",))
        assert found.risk >= 75

    def test_an_override_is_told(self) -> None:
        """A freed order is still named, with why it is let through."""
        freed = Assessor(Catalog(engines={}, safety=SafetyPolicy(freed=frozenset({"destructive"}))))
        found = assess("drop the production database", freed)
        assert not found.confirm
        assert found.actions == ("destructive",)
        assert any("allowed by an override" in reason.text for reason in found.reasons)

    def test_orders_have_places(self) -> None:
        """The reason of an order says where in the text it stands."""
        text = "Thanks. Now drop the production database"
        span = next(r.span for r in assess(text).reasons if r.code == "safety.destructive")
        assert span is not None
        assert "drop" in text[span[0] : span[1]]


class TestCatalogs:
    def test_own_signals_count(self) -> None:
        """A row of the catalog fires, adds its points and gives its reason."""
        made = Assessor(Catalog(engines={}, signals=(OWN,)))
        found = assess("the invoice of May", made)
        assert found.route == "reasoning"
        assert "mine.invoice" in found.signals
        assert found.reasons[0].text == "speaks of invoices"
        assert assess("the invoice of May").route != "reasoning"

    def test_a_row_with_a_packaged_id_takes_its_place(self) -> None:
        """So that a packaged signal can be replaced."""
        packaged = packaged_tables(None)[0]
        name = next(s.id for s in packaged.signals if s.adds and not s.requires)
        made = Assessor(Catalog(engines={}, signals=({**OWN, "id": name},)))
        assert len(made.lexicon.signals) == len(packaged.signals)
        assert made.lexicon.signals[made.lexicon.index[name]].why == "speaks of invoices"

    def test_packaged_tables_are_shared(self) -> None:
        """Routers without own signals share one automaton, which nothing changes."""
        assert Assessor(Catalog(engines={})).lexicon is assessor().lexicon

    def test_a_bad_pattern_is_a_config_error(self) -> None:
        """It names the signal and the pattern."""
        with pytest.raises(RouterConfigError) as caught:
            Assessor(Catalog(engines={}, signals=({**OWN, "patterns": ["(a"]},)))
        assert "mine.invoice" in str(caught.value.problems[0])

    def test_a_rule_takes_the_route(self) -> None:
        """The first rule that holds decides, and is named among the reasons."""
        rules = (Rule("long", min_chars=900, route="simple"), Rule("all", route="research"))
        made = Assessor(Catalog(engines={}, rules=rules))
        found = assess("hello", made)
        assert (found.route, found.rule) == ("research", "all")
        assert found.needs == verdicts.ROUTE_NEEDS[verdicts.RESEARCH]
        assert "rule" in [reason.code for reason in found.reasons]

    def test_a_rule_with_an_engine_forces_it(self) -> None:
        """Its route stays what the words say."""
        made = Assessor(Catalog(engines={}, rules=(Rule("mine", engine="big"),)))
        assert assess("hello", made).forced_engine == "big"

    def test_thresholds_are_told(self) -> None:
        """A route that a threshold decided says so."""
        low = Scoring(reasoning_threshold=0)
        found = assess("hello there", Assessor(Catalog(engines={}, scoring=low)))
        assert found.route == "reasoning"
        assert "threshold.complexity" in [reason.code for reason in found.reasons]


def test_threads_share_an_assessor() -> None:
    """Many threads at once get what one gets alone."""
    made, prompts = Assessor(Catalog(engines={})), [texts.short(seed) for seed in range(200)]
    expected = [assess(prompt).reasons for prompt in prompts]
    found: list[bool] = []

    def work() -> None:
        found.append([assess(prompt, made).reasons for prompt in prompts] == expected)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4
