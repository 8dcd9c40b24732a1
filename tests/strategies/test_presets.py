"""The presets decide as the tables they stand for say."""

from __future__ import annotations

from typing import Any

import pytest

from model_router.catalog import catalog_from_mapping
from model_router.router import ModelRouter
from model_router.strategies import Choice, build
from model_router.strategies.score import build_score
from model_router.types import Catalog
from tests.support.strategies import facts


def catalog(**strategy: Any) -> Catalog:
    """A cheap small engine, two of the middle, a large hosted one, and a strategy."""
    row = {"provider": "ollama", "model": "m", "max_context": 100_000, "supports_tools": True}
    engines = {
        "weak": {**row, "tier": 0},
        "plain": {**row, "tier": 1},
        "thinker": {**row, "tier": 1, "thinking": "param", "price_input": 1.0},
        "strong": {**row, "provider": "openai", "tier": 2, "price_input": 3.0},
    }
    return catalog_from_mapping({"engines": engines, "strategy": strategy})


def score(preset: str, text: str, **changes: Any) -> int:
    """The score of a text by a threshold preset."""
    made = catalog(name="threshold", preset=preset, engines=["weak", "strong"])
    found = {"tokens": len(text) // 4, **changes}
    return build_score(made.strategy.options["score"])(facts(text, **found))


class TestOcpRouter:
    @pytest.mark.parametrize(
        ("text", "points"),
        [
            ("hello", 0),
            ("check the security of this", 55),
            ("the architecture", 55),
            ("migrate it", 55),
            ("a race condition and a deadlock", 40),
            ("rename it across these files", 35),
            ("rename it across all of the files", 55),
            ("a multi-file change across two files", 35),
            ("refactor it", 25),
            ("refactoring", 0),
            ("optimise the performance", 20),
            ("deploy to production", 20),
            ("look at every single file", 20),
            ("explain the security", 45),
            ("what is security? answer in one word, with a summary", 20),
            ("a.py b.py c.py", 10),
            ("a.py b.py c.py d.py e.py", 20),
            ("x ```\n" + "a\n" * 18 + "```", 5),
            ("x ```\n" + "a\n" * 19 + "```", 15),
            ("x ```\n" + "a\n" * 59 + "```", 25),
            ("security architecture migration", 100),
            ("explain and find", 0),
        ],
    )
    def test_the_layers(self, text: str, points: int) -> None:
        """Code, words, simple words and file names add up, clamped at both ends."""
        assert score("ocp-router", text, tokens=0) == points

    @pytest.mark.parametrize(
        ("tokens", "points"), [(149, 0), (150, 10), (399, 10), (400, 20), (799, 20), (800, 30)]
    )
    def test_tokens(self, tokens: int, points: int) -> None:
        """The size layer begins at 150, 400 and 800 tokens."""
        assert score("ocp-router", "hello", tokens=tokens) == points

    @pytest.mark.parametrize(
        ("text", "engine"),
        [("a race condition", "weak"), ("refactor it, a race condition", "strong")],
    )
    def test_half_is_the_paid_side(self, text: str, engine: str) -> None:
        """Below 0.5 the local engine takes it, from there the paid one."""
        made = catalog(name="threshold", preset="ocp-router", engines=["weak", "strong"])
        assert ModelRouter(made).route_fast(text) == engine

    def test_explaining_is_less_than_refactoring_than_redesigning(self) -> None:
        """The order of effort holds."""
        texts = ("explain this", "refactor this", "rework the architecture of this")
        found = [score("ocp-router", text) for text in texts]
        assert found == sorted(found)
        assert len(set(found)) == 3


class TestLlmRouter:
    @pytest.mark.parametrize(
        ("characters", "points"),
        [(1203, 0), (1204, 7), (2803, 7), (2804, 15), (6003, 15), (6004, 25)],
    )
    def test_length(self, characters: int, points: int) -> None:
        """More than 300, 700 and 1500 tokens of four characters each."""
        assert score("llm-router", "x" * characters) == points

    @pytest.mark.parametrize(
        ("text", "points"),
        [
            ("a question? \n another?", 5),
            ("one? \n two? \n three?", 10),
            ("1. one\n2. two", 8),
            ("first this, then that", 7),
            ("moreover and also however given that it is", 20),
            ("refactor and debug it", 50),
            ("hello", 0),
            ("hello, refactor it", 35),
        ],
    )
    def test_the_parts(self, text: str, points: int) -> None:
        """Questions, structure, cues of reasoning, and words for and against."""
        assert score("llm-router", text) == points

    def test_the_cap_on_length(self) -> None:
        """Above 3000 tokens the cloud takes it, whatever it says."""
        made = catalog(name="threshold", preset="llm-router", engines=["weak", "strong"])
        decide = build(made.strategy, made)
        assert decide(facts("hello", tokens=3001)).engines[0] == "strong"
        assert decide(facts("hello", tokens=3000)).engines[0] == "weak"


class TestOptmod:
    def chosen(self, text: str, **changes: Any) -> Choice:
        """What the list asks for, all four engines being eligible."""
        made = catalog(name="rule_list", preset="optmod")
        eligible = tuple(made.engines[n] for n in ("weak", "plain", "thinker", "strong"))
        return build(made.strategy, made)(facts(text, eligible=eligible, **changes))

    @pytest.mark.parametrize(
        ("text", "changes", "engine"),
        [
            ("an undocumented case", {}, "strong"),
            ("hello", {"tokens": 8001}, "strong"),
            ("hello", {"tokens": 8000}, "weak"),
            ("a pipeline", {"task": "reason"}, "thinker"),
            ("why", {"task": "reason"}, "weak"),
            ("a complex pipeline", {"task": "reason"}, "strong"),
            ("shorten it", {"task": "summarise", "tokens": 2999}, "weak"),
            ("call the function", {"tools": True}, "plain"),
            ("call the function", {"tools": False}, "weak"),
            ("hello", {"tools": True}, "weak"),
            ("שלום", {"language": "he"}, "plain"),
            ("hello", {}, "weak"),
        ],
    )
    def test_the_rules(self, text: str, changes: dict[str, Any], engine: str) -> None:
        """Each rule that is not about earlier attempts leads to its tier, the cheapest first."""
        assert self.chosen(text, **changes).engines[0] == engine

    def test_the_fifth_rule_is_never_reached(self) -> None:
        """Hard code is taken by the first rule, as in the original."""
        assert self.chosen("complex code", task="code").code == "rule_list.1"
