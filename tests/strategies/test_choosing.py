"""fixed, threshold, rule_list and quality_cost: what each asks for, by its options."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.policy.costs import baseline_engine
from model_router.strategies import Choice, build
from model_router.strategies.facts import price
from model_router.strategies.rule_list import CONDITIONS
from model_router.types import FEATURE_BIT, NEED_TOOLS, Engine, Strategy
from tests.support.catalogs import engine, usual_catalog
from tests.support.strategies import facts

SMALL = engine("small", tier=0, capability=50)
MIDDLE = engine("middle", tier=1, capability=70, price_input=1.0, price_output=1.0)
THINKER = engine(
    "thinker", tier=1, capability=75, price_input=2.0, price_output=2.0, thinking="param"
)
LARGE = engine("large", tier=2, capability=90, price_input=4.0, price_output=4.0)
ALL: tuple[Engine, ...] = (LARGE, THINKER, MIDDLE, SMALL)


def chosen(name: str, options: dict[str, Any], text: str = "hello", **changes: Any) -> Choice:
    """What a strategy asks for."""
    found = facts(text, **({"eligible": ALL} | changes))
    return build(Strategy(name, options), usual_catalog())(found)


class TestFixed:
    @given(st.text(max_size=40))
    def test_always_the_same(self, text: str) -> None:
        """One engine for any text."""
        assert chosen("fixed", {"engine": "large"}, text).engines == ("large",)


class TestThreshold:
    OPTIONS = {"engines": ["small", "middle", "large"], "thresholds": [30, 70]}  # noqa: RUF012

    @pytest.mark.parametrize(
        ("complexity", "engine"),
        [(0, "small"), (29, "small"), (30, "middle"), (69, "middle"), (70, "large")],
    )
    def test_at_the_threshold_the_stronger_one(self, complexity: int, engine: str) -> None:
        """A score that equals a threshold belongs to the stronger side."""
        choice = chosen("threshold", self.OPTIONS, complexity=complexity)
        assert choice.engines[0] == engine
        assert choice.points == complexity

    def test_stronger_ones_follow_first(self) -> None:
        """After the engine chosen come the stronger ones, then the weaker."""
        choice = chosen("threshold", self.OPTIONS, complexity=50)
        assert choice.engines == ("middle", "large", "small")

    def test_long_requests_go_to_the_strongest(self) -> None:
        """More than max_tokens is for the strongest, and exactly as many is not."""
        options = {**self.OPTIONS, "max_tokens": 100}
        assert chosen("threshold", options, tokens=101).engines[0] == "large"
        assert chosen("threshold", options, tokens=100).engines[0] == "small"

    def test_a_side_call_goes_to_the_weakest(self) -> None:
        """A title for a complex conversation is no complex work."""
        assert chosen("threshold", self.OPTIONS, complexity=99, helper=True).engines[0] == "small"

    def test_a_table_replaces_the_complexity(self) -> None:
        """With `score` the complexity plays no part."""
        options = {**self.OPTIONS, "score": {"words": [{"any": ["hard"], "points": 80}]}}
        assert chosen("threshold", options, "hard", complexity=0).engines[0] == "large"
        assert chosen("threshold", options, "easy", complexity=99).engines[0] == "small"


def rules(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"rules": [{"name": str(n), **row} for n, row in enumerate(rows)]}


def when(**conditions: Any) -> dict[str, Any]:
    """A list whose only rule has these conditions and takes `reasoning`."""
    return rules({"when": conditions, "then": {"route": "reasoning"}})


class TestRuleList:
    @pytest.mark.parametrize(
        ("conditions", "holds", "fails"),
        [
            ({"routes": ["coding"]}, {"route": "coding"}, {"route": "simple"}),
            ({"tasks": ["code"]}, {"task": "code"}, {"task": "chat"}),
            ({"words": ["hard*"]}, {"text": "a harder one"}, {"text": "easy"}),
            ({"no_words": ["hard*"]}, {"text": "easy"}, {"text": "a harder one"}),
            (
                {"signals": ["a", "b"]},
                {"signals": frozenset("abc")},
                {"signals": frozenset("ac")},
            ),
            ({"any_signals": ["a", "b"]}, {"signals": frozenset("b")}, {"signals": frozenset("c")}),
            (
                {"features": ["coding_intent", "ambiguous"]},
                {"features": FEATURE_BIT["ambiguous"]},
                {"features": FEATURE_BIT["tool_intent"]},
            ),
            ({"needs": ["tools"]}, {"needs": NEED_TOOLS}, {"needs": 0}),
            ({"tools": True}, {"tools": True}, {"tools": False}),
            ({"tools": False}, {"tools": False}, {"tools": True}),
            ({"min_chars": 5}, {"text": "12345"}, {"text": "1234"}),
            ({"max_chars": 5}, {"text": "12345"}, {"text": "123456"}),
            ({"min_tokens": 5}, {"tokens": 5}, {"tokens": 4}),
            ({"max_tokens": 0}, {"tokens": 0}, {"tokens": 1}),
            ({"min_complexity": 5}, {"complexity": 5}, {"complexity": 4}),
            ({"max_complexity": 0}, {"complexity": 0}, {"complexity": 1}),
            ({"languages": ["he"]}, {"language": "he"}, {"language": "en"}),
        ],
    )
    def test_each_condition_decides(
        self, conditions: dict[str, Any], holds: dict[str, Any], fails: dict[str, Any]
    ) -> None:
        """Each condition alone lets a rule hold, and keeps it from holding."""
        assert chosen("rule_list", when(**conditions), **holds).route == "reasoning"
        assert chosen("rule_list", when(**conditions), **fails).code == "rule_list.none"

    def test_every_condition_was_tried(self) -> None:
        """The table above and the table of conditions name the same keys."""
        marks = TestRuleList.test_each_condition_decides.pytestmark  # type: ignore[attr-defined]
        tried = {key for conditions, _, _ in marks[0].args[1] for key in conditions}
        assert tried == set(CONDITIONS)

    def test_the_first_wins(self) -> None:
        """Of two rules that hold the first decides, and its number is the code."""
        options = rules(
            {"when": {"words": ["no"]}, "then": {"route": "coding"}},
            {"then": {"route": "simple"}},
            {"then": {"route": "vision"}},
        )
        assert chosen("rule_list", options) == Choice("rule_list.2", route="simple")

    def test_without_a_rule_the_route_stays(self) -> None:
        """When no rule holds, the router's own route is taken."""
        choice = chosen("rule_list", when(words=["no"]), route="coding")
        assert choice.route == "coding"

    def test_an_engine(self) -> None:
        """A rule may name an engine."""
        options = rules({"then": {"engine": "large", "route": None, "tier": None}})
        assert chosen("rule_list", options).engines == ("large",)

    @pytest.mark.parametrize(
        ("then", "order"),
        [
            ({"tier": 0}, ("small", "middle", "thinker", "large")),
            ({"tier": 1}, ("middle", "thinker", "large", "small")),
            ({"tier": 1, "thinking": True}, ("thinker", "middle", "large", "small")),
            ({"tier": 2}, ("large", "middle", "thinker", "small")),
        ],
    )
    def test_a_tier(self, then: dict[str, Any], order: tuple[str, ...]) -> None:
        """The cheapest of the tier, then larger ones, then smaller ones; thinkers first if said."""
        assert chosen("rule_list", rules({"then": then})).engines == order

    def test_a_tier_without_anybody(self) -> None:
        """With no eligible engine the wish is empty, and the policy table answers."""
        choice = chosen("rule_list", rules({"then": {"tier": 1}}), eligible=())
        assert choice.engines == ()


class TestQualityCost:
    QUALITY = {"small": {"balanced": 60}, "middle": {"balanced": 80}, "large": {"balanced": 90}}  # noqa: RUF012

    def pick(self, **options: Any) -> tuple[str, ...]:
        """The order for the balanced route without a cap."""
        given = {"quality": self.QUALITY, "cost_cap": 0, **options}
        return chosen("quality_cost", given, eligible=(LARGE, MIDDLE, SMALL)).engines

    def test_alpha_weighs_the_price(self) -> None:
        """Utility is quality minus alpha times the price's share of the dearest."""
        assert self.pick(band=0, alpha=0)[0] == "large"  # .90 .80 .60
        assert self.pick(band=0, alpha=0.3)[0] == "middle"  # .60 .725 .60
        assert self.pick(band=0, alpha=1)[0] == "small"  # -.1 .55 .60

    def test_the_band_takes_the_cheapest_that_is_good_enough(self) -> None:
        """Within the band of the best quality the cheapest wins, whatever alpha says."""
        assert self.pick(band=0.05, alpha=5)[0] == "large"
        assert self.pick(band=0.15, alpha=0)[0] == "middle"
        assert self.pick(band=0.4, alpha=0)[0] == "small"

    def test_the_rest_follows_by_utility(self) -> None:
        """After the engine chosen come the others, the most useful first."""
        assert self.pick(band=0.15, alpha=0) == ("middle", "large", "small")

    def test_the_cost_cap(self) -> None:
        """No engine dearer than so many times the baseline, unless nobody else is left."""
        assert self.pick(band=0, alpha=0, cost_cap=1, baseline="web_research")[0] == "middle"
        capped = {"cost_cap": 0.001, "baseline": "web_research", "band": 0, "alpha": 0}
        alone = chosen("quality_cost", capped, eligible=(LARGE,))
        assert alone.engines == ("large",)

    def test_the_baseline_is_that_of_the_receipts(self) -> None:
        """Without a baseline of its own the cap is measured by the one that savings are."""
        catalog = usual_catalog()
        assert price(catalog.engines[str(baseline_engine(catalog))]) == 3.5
        given = {"cost_cap": 1.0, "band": 0, "alpha": 0, "quality": self.QUALITY}
        assert chosen("quality_cost", given).engines[0] == "middle"  # large costs 4.0

    def test_capability_stands_in(self) -> None:
        """An engine without a figure for the route counts with its capability."""
        choice = chosen("quality_cost", {"band": 0, "alpha": 0, "cost_cap": 0}, route="vision")
        assert choice.engines == ("large", "thinker", "middle", "small")

    def test_free_engines_divide_by_nothing(self) -> None:
        """Where nothing costs anything, quality decides."""
        choice = chosen("quality_cost", {"band": 0}, eligible=(SMALL, engine("b", capability=60)))
        assert choice.engines == ("b", "small")

    def test_nobody(self) -> None:
        """Without an eligible engine the route stays, and the policy table answers."""
        assert chosen("quality_cost", {}, eligible=()).route == "balanced"
