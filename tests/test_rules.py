"""Rules: the first whose conditions all hold decides the route or the engine."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.errors import RouterConfigError
from model_router.router import ModelRouter
from model_router.rules import RuleTable
from model_router.signals.lexicon import Lexicon
from model_router.signals.rows import signal_from_row
from model_router.types import NEED_LOCAL, NEED_TOOLS, ROUTES, Rule
from tests.support.catalogs import usual_catalog

LEXICON = Lexicon(
    signal_from_row({"id": name, "patterns": [name]}) for name in ("alpha", "beta", "gamma")
)
ALPHA, BETA, GAMMA = 1, 2, 4


def first(
    *rules: Rule, fired: int = 0, needs: int = 0, complexity: int = 0, text: str = "x"
) -> Any:
    """The index of the first rule that holds."""
    return RuleTable(rules, LEXICON).first(fired, needs, complexity, text)


def rule(**conditions: Any) -> Rule:
    """A rule for coding with these conditions."""
    return Rule("r", route="coding", **conditions)


class TestConditions:
    @pytest.mark.parametrize(
        ("conditions", "holds", "fails"),
        [
            ({"signals": ("alpha",)}, {"fired": ALPHA | GAMMA}, {"fired": BETA}),
            ({"signals": ("alpha", "beta")}, {"fired": ALPHA | BETA}, {"fired": ALPHA}),
            ({"any_signals": ("alpha", "beta")}, {"fired": BETA}, {"fired": GAMMA}),
            ({"needs": NEED_TOOLS}, {"needs": NEED_TOOLS | NEED_LOCAL}, {"needs": NEED_LOCAL}),
            (
                {"needs": NEED_TOOLS | NEED_LOCAL},
                {"needs": NEED_TOOLS | NEED_LOCAL},
                {"needs": NEED_TOOLS},
            ),
            ({"min_chars": 5}, {"text": "12345"}, {"text": "1234"}),
            ({"max_chars": 5}, {"text": "12345"}, {"text": "123456"}),
            ({"max_chars": 0}, {"text": ""}, {"text": "1"}),
            ({"min_complexity": 30}, {"complexity": 30}, {"complexity": 29}),
            ({"max_complexity": 30}, {"complexity": 30}, {"complexity": 31}),
            ({"max_complexity": 0}, {"complexity": 0}, {"complexity": 1}),
            (
                {"languages": ("de", "fr")},
                {"text": "Was ist das und wie ist es?"},
                {"text": "What is it?"},
            ),
        ],
    )
    def test_each_decides(
        self, conditions: dict[str, Any], holds: dict[str, Any], fails: dict[str, Any]
    ) -> None:
        """Each condition alone lets the rule hold, and keeps it from holding."""
        assert first(rule(**conditions), **holds) == 0
        assert first(rule(**conditions), **fails) is None

    def test_all_must_hold(self) -> None:
        """Of several conditions one that fails is enough."""
        both = rule(signals=("alpha",), min_chars=3)
        assert first(both, fired=ALPHA, text="xxx") == 0
        assert first(both, fired=ALPHA, text="x") is None
        assert first(both, fired=BETA, text="xxx") is None

    def test_a_rule_without_conditions(self) -> None:
        """No condition means always."""
        assert first(rule()) == 0

    @given(st.integers(0, 7), st.sets(st.sampled_from(["alpha", "beta", "gamma"])))
    def test_signals_are_sets(self, fired: int, names: set[str]) -> None:
        """`signals` asks for all of a set, `any_signals` for one of it."""
        bits = {"alpha": ALPHA, "beta": BETA, "gamma": GAMMA}
        found = {name for name, bit in bits.items() if fired & bit}
        every, some = rule(signals=tuple(names)), rule(any_signals=tuple(names))
        assert (first(every, fired=fired) == 0) == (names <= found)
        assert (first(some, fired=fired) == 0) == (not names or bool(names & found))


class TestOrder:
    def test_the_first_wins(self) -> None:
        """Of several rules that hold, the first in the file decides."""
        rules = (rule(signals=("beta",)), rule(signals=("alpha",)), rule())
        assert first(*rules, fired=ALPHA) == 1
        assert first(*rules, fired=ALPHA | BETA) == 0
        assert first(*rules) == 2

    def test_none(self) -> None:
        """No rule, or none that holds, decides nothing."""
        assert first() is None
        assert first(rule(signals=("alpha",))) is None

    def test_routes(self) -> None:
        """A rule with a route gives it; one with an engine leaves the route as it was."""
        table = RuleTable([rule(), Rule("e", engine="one")], LEXICON)
        assert table.route(0, 1) == ROUTES.index("coding")
        assert table.route(1, 1) == 1


class TestErrors:
    def test_an_unknown_signal(self) -> None:
        """A mistyped signal is a problem with its rule and the signal that was meant."""
        with pytest.raises(RouterConfigError) as caught:
            RuleTable([rule(signals=("alhpa",), any_signals=("beta",))], LEXICON)
        (problem,) = caught.value.problems
        assert problem.path == "rules.r.when"
        assert problem.message == "unknown signal 'alhpa'"
        assert problem.hint == "did you mean 'alpha'?"
        assert "alhpa" in str(caught.value)

    def test_nothing_near(self) -> None:
        """Where nothing is like it, the hint says where the ids are listed."""
        with pytest.raises(RouterConfigError) as caught:
            RuleTable([rule(any_signals=("zzz", "yyy"))], LEXICON)
        assert [p.hint for p in caught.value.problems] == ["docs/signals.md lists them"] * 2


class TestDecisions:
    """Rules in a router: what they decide, and what they never do."""

    @staticmethod
    def router(*rules: Rule) -> ModelRouter:
        return ModelRouter(usual_catalog(rules=rules))

    PROMPT = "what is a blockchain"

    @pytest.mark.parametrize("route", [route for route in ROUTES if route != "confirmation"])
    def test_a_route(self, route: str) -> None:
        """A rule's route decides the engine, with what that route needs."""
        router = self.router(Rule("r", route=route))
        decision = router.route(self.PROMPT)
        assert decision.selected_engine == router.catalog.targets[route]
        assert router.route_fast(self.PROMPT) == decision.selected_engine

    def test_an_engine(self) -> None:
        """A rule's engine is taken as it is named."""
        router = self.router(Rule("r", signals=("ask.what_is",), engine="code_agent"))
        assert router.route_fast(self.PROMPT) == "code_agent"
        assert router.route_fast("summarize these notes") == "balanced_local"

    def test_the_receipt_says_so(self) -> None:
        """A rule that decided stands among the reasons, by its name."""
        router = self.router(Rule("short ones", max_chars=30, route="reasoning"))
        assert "short ones" in str(router.route(self.PROMPT).to_dict())

    @pytest.mark.parametrize("outcome", [{"route": "simple"}, {"engine": "fast_local"}])
    def test_no_rule_passes_the_gate(self, outcome: dict[str, str]) -> None:
        """What a person must see is seen by one, whatever the rules say."""
        router = self.router(Rule("r", **outcome))
        assert router.route_fast("drop the production database") == "human_confirm"

    def test_combinations_count(self) -> None:
        """A rule can name a signal that fires by other signals."""
        router = self.router(Rule("r", signals=("code.write",), route="reasoning"))
        assert router.route_fast("write a function to find the median") == "reasoning_local"

    def test_an_unknown_signal_stops_the_router(self) -> None:
        """A router whose rules name no signal is never built."""
        with pytest.raises(RouterConfigError, match=r"code\.wrte"):
            self.router(Rule("r", signals=("code.wrte",), route="simple"))
