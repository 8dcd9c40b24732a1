"""Ordinary tasks in fifteen languages go where they go in English, and what only sounds like one
does not."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from model_router import ModelRouter
from model_router.types import HUMAN

DATA = Path(__file__).parent / "data"
LANGUAGES = "en es fr de pt it nl pl ru tr ar hi zh ja ko".split()  # noqa: SIM905
TASKS = {
    "rewrite": "fast_local",
    "translate": "fast_local",
    "summarise": "balanced_local",
    "explain": "balanced_local",
    "code": "code_agent",
    "reason": "reasoning_local",
    "search": "web_research",
    "look": "multimodal_vision",
    "draw": "image_generation",
}


def rows(name: str) -> list[dict[str, Any]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


PROMPTS, NEAR_MISSES = rows("task_prompts.jsonl"), rows("task_near_misses.jsonl")


@cache
def router() -> ModelRouter:
    return ModelRouter.from_config()


def label(row: dict[str, Any]) -> str:
    return f"{row['lang']} {row.get('task') or row['why']}: {row['text'][:40]}"


@pytest.mark.parametrize("row", PROMPTS, ids=label)
def test_a_task_goes_where_its_english_form_goes(row: dict[str, Any]) -> None:
    """Whatever the language and the form of the request, the task decides the engine."""
    assert router().route_fast(row["text"]) == row["engine"]


@pytest.mark.parametrize("row", NEAR_MISSES, ids=label)
def test_what_only_sounds_like_a_task_is_none(row: dict[str, Any]) -> None:
    """A question about a deed, a story of one, or a word with another meaning starts nothing."""
    assert router().route_fast(row["text"]) not in (row["never"], HUMAN)


class TestCorpus:
    def test_every_language_has_every_task_twice(self) -> None:
        """Each of the fifteen languages has two phrasings or more of each of the nine tasks."""
        count = Counter((row["lang"], row["task"]) for row in PROMPTS)
        assert set(count) == {(lang, task) for lang in LANGUAGES for task in TASKS}
        assert min(count.values()) >= 2

    def test_a_task_has_one_engine(self) -> None:
        """The engine expected is the task's, in all languages."""
        assert {(row["task"], row["engine"]) for row in PROMPTS} == set(TASKS.items())

    def test_near_misses_in_every_language(self) -> None:
        """At least sixty, two or more in each language."""
        count = Counter(row["lang"] for row in NEAR_MISSES)
        assert set(count) == set(LANGUAGES)
        assert sum(count.values()) >= 60
        assert min(count.values()) >= 2

    def test_no_text_stands_twice(self) -> None:
        """No prompt is repeated."""
        count = Counter(row["text"] for row in PROMPTS + NEAR_MISSES)
        assert [text for text, times in count.items() if times > 1] == []

    def test_nothing_is_ordered_by_a_task(self) -> None:
        """No task of the corpus is for a person to confirm."""
        assert [row["text"] for row in PROMPTS if router().route_fast(row["text"]) == HUMAN] == []
