"""Nothing of a prompt is in what comes back: receipts, plans, errors, reprs."""

from __future__ import annotations

import json
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.errors import RequestError
from model_router.router import ModelRouter
from model_router.types import HUMAN, Request
from tests.support import texts
from tests.support.worlds import World, some_world

MANY = settings(max_examples=1_000, deadline=None)
SOME = settings(max_examples=400, deadline=None)
worlds = texts.seeds.map(some_world)


@cache
def packaged() -> ModelRouter:
    return ModelRouter.from_config(validate_availability=False)


def marked(seed: int) -> tuple[str, str]:
    """A text with a word in it that stands nowhere else, and the word."""
    random = Random(seed)
    word = texts.marker(seed)
    before, after = texts.short(seed ^ 1)[:80], texts.short(seed ^ 2)[:80]
    mail = f"{word}@fleckens.hu" if random.random() < 0.3 else word
    return f"{before} {mail} {after}", word


@MANY
@given(world=worlds, seed=texts.seeds)
def test_no_prompt_text_in_what_comes_back(world: World, seed: int) -> None:
    """Neither receipts, plans, assessments nor their reprs hold a word of the prompt."""
    text, word = marked(seed)
    router, hints = world
    decision, plan = router.explain(text, hints), router.plan(text, hints)
    assessment = router.assess(text, hints)
    shown = json.dumps([decision.to_dict(), plan.to_dict()], ensure_ascii=False)
    for said in (shown, repr(decision), repr(plan), repr(assessment), repr(Request(text, (text,)))):
        assert word not in said.lower()


def body_with(word: str, seed: int) -> dict[str, Any]:
    """A chat body whose every text holds the word."""
    said = [f"{texts.short(seed + n)[:60]} {word}" for n in range(5)]
    call = {"id": "1", "type": "function", "function": {"name": "sh", "arguments": said[4]}}
    return {
        "messages": [
            {"role": "system", "content": said[0]},
            {"role": "user", "content": [{"type": "text", "text": said[1]}]},
            {"role": "assistant", "content": said[2], "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "1", "content": said[3]},
            {"role": "user", "content": f"{said[4]} {word}"},
        ]
    }


@SOME
@given(world=worlds, seed=texts.seeds)
def test_no_text_of_a_body_in_what_comes_back(world: World, seed: int) -> None:
    """The same for every text of a chat body."""
    word = texts.marker(seed)
    decision = world.router.route_request(body_with(word, seed), world.hints)
    assert word not in json.dumps(decision.to_dict()) + repr(decision)


WRONG: tuple[Any, ...] = (
    {"profile": "fats"},
    {"max_cost_tier": 3},
    {"attachments": "image"},
    {"unheard_of": True},
    ["local_only"],
    7,
)


@SOME
@given(seed=texts.seeds, hints=st.sampled_from(WRONG))
def test_no_prompt_text_in_errors(seed: int, hints: Any) -> None:
    """Hints that are wrong are told without the prompt: in the error and in the receipt."""
    text, word = marked(seed)
    with pytest.raises(RequestError) as caught:
        packaged().plan(text, hints)
    decision = packaged().route(text, hints)
    assert decision.selected_engine == HUMAN == packaged().route_fast(text, hints)
    assert decision.explained[0].code == "request.invalid"
    told = f"{caught.value} {caught.value.hint} {caught.value!r} {decision!r}"
    assert word not in told + json.dumps(decision.to_dict())


@SOME
@given(seed=texts.seeds, place=st.sampled_from(("role", "type", "body", "tools")))
def test_no_prompt_text_in_errors_about_bodies(seed: int, place: str) -> None:
    """A body of the wrong form is refused without a word of what its messages say."""
    text, word = marked(seed)
    body: Any = {"messages": [{"role": "user", "content": text}]}
    if place == "role":
        body["messages"].append({"role": "usr", "content": text})
    elif place == "type":
        body["messages"].append({"role": "user", "content": [{"type": "txt", "text": text}]})
    elif place == "body":
        body = [text]
    else:
        body["tools"] = [{"type": "function", "function": {"description": text}}]
    decision = packaged().route_request(body)
    assert decision.explained[0].code == "request.invalid"
    assert word not in json.dumps(decision.to_dict()) + repr(decision)
