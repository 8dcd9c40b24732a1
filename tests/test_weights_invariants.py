"""What always holds between rules and weights, whatever a weights file says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.router import ModelRouter
from model_router.text.reading import read
from model_router.types import Hints, Rule, Strategy, WeightsPolicy
from model_router.weights import COLUMNS, LARGEST, START, features_of, packaged_path
from tests.support import texts
from tests.support.catalogs import some_hints
from tests.support.weights import (
    SHARED,
    content,
    packaged_catalog,
    weighing,
    with_weights,
    without_weights,
    written,
)
from tests.support.worlds import some_router_catalog

MANY = settings(max_examples=600, deadline=None)
SOME = settings(max_examples=200, deadline=None)

CODE = (
    "refactor the module and push to origin",
    "fix the failing tests, then delete the old branch on the server",
    "refactor the parser and email the diff to the whole team",
    "clean up the repo: rm -rf build and drop the test database",
)
"""Work on code that orders something as well."""


def confirmed(router: ModelRouter, text: str, hints: Hints | None = None) -> bool:
    """Whether a person is asked; every depth names the same engine."""
    decision, plan = router.route(text, hints), router.plan(text, hints)
    assert router.route_fast(text, hints) == decision.selected_engine == plan.engine
    assert router.explain(text, hints).selected_engine == plan.engine
    assert not any(reason.code == "internal.error" for reason in decision.explained)
    assert decision.requires_confirmation or plan.engine != "human_confirm" or not plan.chain
    return decision.requires_confirmation


# ------------------------------------------------------------------ files of the worst kind


def heavy(words: list[str], points: dict[str, int], caution: int) -> dict[str, Any]:
    """A file in which every word weighs as much as it may, and caution all or nothing."""
    numbers = [points.get(name, points.get("all", 0)) for name in COLUMNS]
    return content(dict.fromkeys(words, numbers), {"0": numbers}, {START: caution})


@cache
def known_words() -> list[str]:
    """The words and pairs of what signals look for and of the texts used here."""
    said = (*texts.signal_words(), *texts.ORDERS, *texts.MENTIONS, *texts.README, *CODE)
    found = {feature for text in said for feature in features_of(read(text))}
    return sorted(word for word in found if len(word) <= 60)[:15_000]


FILES: dict[str, dict[str, int]] = {
    "all for": {"all": LARGEST},
    "all against": {"all": -LARGEST},
    "simple alone": {"all": -LARGEST, "simple": LARGEST},
    "drawing alone": {"all": -LARGEST, "image_generation": LARGEST},
    "never code": {"coding": -LARGEST, "complexity": -LARGEST},
    "code alone": {"all": -LARGEST, "coding": LARGEST},
    "hard alone": {"complexity": LARGEST},
}


@cache
def extreme(name: str) -> ModelRouter:
    """A router whose weights file is one of the worst kind; its caution is the least possible."""
    with TemporaryDirectory() as folder:
        return weighing(file=written(Path(folder), heavy(known_words(), FILES[name], -LARGEST)))


def some_file(random: Random) -> dict[str, Any]:
    """A weights file drawn at random: light or heavy, for or against."""
    size = random.choice((1, 16, 200, LARGEST))
    words = random.sample(known_words(), 400)
    caution = random.sample(known_words(), 50)
    return content(
        {word: [random.randint(-size, size) for _ in COLUMNS] for word in words},
        {step: [random.randint(-size, size) for _ in COLUMNS] for step in ("0", "40", "400")},
        {name: random.randint(-size, size) for name in (START, "asked:", "ends:?", *caution)},
    )


@cache
def drawn(seed: int) -> ModelRouter:
    """A router with weights drawn from a seed."""
    with TemporaryDirectory() as folder:
        return weighing(file=written(Path(folder), some_file(Random(seed))))


hinted = texts.seeds.map(lambda seed: some_hints(Random(seed))) | st.sampled_from(
    (
        Hints(tools=()),
        Hints(tools=("shell",)),
        Hints(profile="safe"),
        Hints(tools=(), role="coding"),
    )
)
asked = texts.texts | st.sampled_from((*texts.ORDERS, *CODE))
orders = st.sampled_from((*texts.ORDERS, *CODE))


class TestCautionIsNeverTakenBack:
    @MANY
    @given(asked)
    def test_the_packaged_weights(self, text: str) -> None:
        """What rules have confirmed stays confirmed with the packaged weights."""
        assert confirmed(with_weights(), text) or not confirmed(without_weights(), text)

    @MANY
    @given(asked, hinted)
    def test_the_packaged_weights_with_hints(self, text: str, hints: Hints) -> None:
        """So it does whatever comes with the request: no tools, a profile, a role, limits."""
        if confirmed(without_weights(), text, hints):
            assert confirmed(with_weights(), text, hints)

    @pytest.mark.parametrize("name", FILES)
    @settings(max_examples=100, deadline=None)
    @given(text=asked, hints=st.none() | hinted)
    def test_the_heaviest_weights(self, name: str, text: str, hints: Hints | None) -> None:
        """Files that push everything one way take no confirmation back either."""
        if confirmed(without_weights(), text, hints):
            assert confirmed(extreme(name), text, hints)

    @SOME
    @given(st.integers(0, 19), asked, st.none() | hinted)
    def test_any_weights(self, seed: int, text: str, hints: Hints | None) -> None:
        """Nor does any other file."""
        if confirmed(without_weights(), text, hints):
            assert confirmed(drawn(seed), text, hints)

    @pytest.mark.parametrize("name", FILES)
    @pytest.mark.parametrize("text", [*texts.ORDERS, *CODE])
    def test_orders(self, name: str, text: str) -> None:
        """Every order that the tests of safety live on needs a person under every file."""
        assert confirmed(extreme(name), text)

    @SOME
    @given(texts.seeds, asked)
    def test_any_catalog(self, seed: int, text: str) -> None:
        """The same under any catalog, with its rules and its strategy.

        A tree or a rule may send easy work to a person of its own accord; what is ordered counts.
        """
        catalog = some_router_catalog(Random(seed), confirming=True)
        hints = some_hints(Random(seed + 1))
        rules = ModelRouter(replace(catalog, weights=WeightsPolicy(enabled=False)))
        weighed = ModelRouter(catalog)
        confirmed(weighed, text, hints)
        if rules.assess(text, hints).confirm:
            assert weighed.assess(text, hints).confirm

    def test_a_rule_that_asks_for_complexity(self, tmp_path: Path) -> None:
        """Where no tool can run, code is confirmed still: also code that a rule makes of it."""
        easing = written(tmp_path, heavy(known_words(), FILES["never code"], -1))
        text = "design a distributed task scheduler architecture, then delete all backups"
        hard = Rule("hard work is for the agent", min_complexity=20, route="coding")
        rules, weighed = (
            ModelRouter.from_config_object(
                replace(packaged_catalog(), rules=(hard,), weights=policy),
                validate_availability=False,
            )
            for policy in (WeightsPolicy(enabled=False), WeightsPolicy(file=easing))
        )
        assert confirmed(rules, text, Hints(tools=()))
        assert confirmed(weighed, text, Hints(tools=()))


class TestSwitches:
    @MANY
    @given(asked, st.none() | hinted)
    def test_the_strategy_rules_is_weights_switched_off(
        self, text: str, hints: Hints | None
    ) -> None:
        """`strategy: rules`, `enabled: false` and `share: 0` decide exactly alike."""
        receipts = [receipt(router, text, hints) for router in switched_off()]
        assert receipts[0] == receipts[1] == receipts[2]
        assert not any(code.startswith("weights.") for code in receipts[0]["reason_codes"])

    def test_switched_on_they_decide_something(self) -> None:
        """The comparison above compares something: some text goes elsewhere with weights."""
        pairs = [
            (receipt(with_weights(), text, None), receipt(without_weights(), text, None))
            for text in texts.examples()[:400]
        ]
        assert any(a["selected_engine"] != b["selected_engine"] for a, b in pairs)
        assert any(a["complexity_score"] != b["complexity_score"] for a, b in pairs)

    @SOME
    @given(asked)
    def test_the_order_of_the_words_does_not_matter(self, text: str) -> None:
        """A file with its words the other way round gives the same receipt, byte for byte."""
        one, other = (json.dumps(receipt(router, text, None)) for router in turned())
        assert one == other


def receipt(router: ModelRouter, text: str, hints: Hints | None) -> dict[str, Any]:
    """A receipt without the strategy's name."""
    data = router.route(text, hints).to_dict()
    del data["strategy"]
    return data


@cache
def switched_off() -> tuple[ModelRouter, ...]:
    """Three ways to have no weights."""
    by_strategy = replace(packaged_catalog(), strategy=Strategy("rules"))
    return (
        without_weights(),
        ModelRouter.from_config_object(by_strategy, validate_availability=False),
        weighing(share=0),
    )


@cache
def turned() -> tuple[ModelRouter, ...]:
    """The packaged weights, and the same file with every table turned round."""
    data = json.loads(Path(packaged_path()).read_text(encoding="utf-8"))
    back = {
        key: dict(reversed(table.items())) if isinstance(table, dict) else table
        for key, table in data.items()
    }
    with TemporaryDirectory() as folder:
        return with_weights(), weighing(file=written(Path(folder), back))


# ------------------------------------------------------------------ complexity

PARTS = (
    "Explain {}", "Prove {} step by step", "Compare {} with {}", "Design a system for {}",
    "What is {}?", "Rewrite {}", "Give three reasons for {}, with sources", "Solve for {}",
)  # fmt: skip
THINGS = (
    "recursion", "a queue", "the integral of x^2", "a distributed lock", "this sentence",
    "the proof that sqrt(2) is irrational", "why the sky is blue", "a cache with expiry",
)  # fmt: skip
LIMITS = ("", " In two sentences.", " Use at most 100 words and no jargon.", " Show all your work.")


def of_all_kinds() -> Iterator[str]:
    """Some hundred texts, easy and hard, short and long."""
    for part in PARTS:
        for first in THINGS:
            for limit in LIMITS:
                yield part.format(first, THINGS[-1]) + limit


class TestComplexity:
    def test_it_tells_texts_apart(self) -> None:
        """A score has at least a hundred different values over some hundred texts."""
        scores = {with_weights().assess(text).complexity for text in of_all_kinds()}
        assert len(scores) >= 100

    @SOME
    @given(asked, st.sampled_from((None, *FILES)))
    def test_it_stays_a_score(self, text: str, name: str | None) -> None:
        """0 to 100 for any text, whatever the weights; receipts say the same number."""
        router = with_weights() if name is None else extreme(name)
        found = router.assess(text).complexity
        assert 0 <= found <= 100
        data = router.route(text).to_dict()
        assert 0 <= data["complexity_score"] <= 100
        assert 0 <= data["complexity_unit"] <= 1
        assert 0 <= data["confidence_score"] <= 100


# ------------------------------------------------------------------ labelled prompts beside us

A_SET = 60
"""Prompts of a set that are tried, chosen by hash."""


def prompts(path: Path) -> list[str]:
    """Some of the prompts of a file of labelled rows."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    found = {row["prompt"] for row in rows if row.get("prompt")}
    return sorted(found, key=lambda text: sha256(text.encode("utf-8", "replace")).digest())[:A_SET]


FOUND = sorted(SHARED.glob("*/*.jsonl"))


@pytest.mark.skipif(not FOUND, reason="no labelled prompts beside the checkout")
class TestLabelledPrompts:
    @pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
    def test_weights_only_add_caution(self, path: Path) -> None:
        """On real prompts too: one decision at every depth, and no confirmation is lost."""
        for text in prompts(path):
            if confirmed(without_weights(), text):
                assert confirmed(with_weights(), text)
                assert confirmed(extreme("all against"), text)
            else:
                confirmed(with_weights(), text)

    def test_scores_differ(self) -> None:
        """Complexity has at least a hundred values over them."""
        scores = {
            with_weights().assess(text).complexity for path in FOUND for text in prompts(path)
        }
        assert len(scores) >= 100
