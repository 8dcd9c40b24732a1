"""route_request: what an agent says around a prompt does not decide where it goes."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from model_router.router import ModelRouter
from model_router.types import HUMAN
from tests.support import texts
from tests.support.catalogs import usual_catalog

RULES_OF_AN_AGENT = (
    "You are a coding agent. Never run rm -rf / or drop the production database. To delete all "
    "files, ask first. Send an email to the whole company only when told. Deploy to production "
    "with care. Design a distributed architecture when asked. Search the web for current news. "
    "Generate an image of a dashboard. Buy nothing. Extract text from screenshots.\n"
)
SYSTEM = RULES_OF_AN_AGENT * 50
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": "Delete, send, deploy or buy things in production.",
            "parameters": {"type": "object", "properties": {"command": {"type": "string"}}},
        },
    }
    for name in ("shell", "send_email", "delete_file", "deploy", "web_search")
]


@cache
def router() -> ModelRouter:
    return ModelRouter(usual_catalog())


def body(said: Any, **more: Any) -> dict[str, Any]:
    """A body of an agent: its rules, the user's words, and whatever else."""
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": said}]
    return {"model": "auto", "messages": messages, **more}


def picture(text: str) -> list[dict[str, Any]]:
    url = {"url": "data:image/png;base64,iVBORw0KGgo="}
    return [{"type": "text", "text": text}, {"type": "image_url", "image_url": url}]


def test_the_system_prompt_is_long_and_full_of_danger() -> None:
    """So that the tests below test something."""
    assert len(SYSTEM) > 17_000
    assert router()._assessor.orders_in("delete all backups\n" + SYSTEM)


@pytest.mark.parametrize("prompt", texts.README)
def test_the_system_prompt_decides_nothing(prompt: str) -> None:
    """The route with an agent's rules around a prompt is the route of the prompt."""
    assert router().route_request(body(prompt)).route == router().route(prompt).route


@pytest.mark.parametrize("prompt", ["rewrite this text", "hello", "summarize these notes"])
def test_ever_present_tools_decide_no_route(prompt: str) -> None:
    """The route stays; the engine is one that uses tools, and so is all that may follow."""
    packaged = ModelRouter.from_config(validate_availability=False)
    decision = packaged.route_request(body(prompt, tools=TOOLS))
    assert decision.route == packaged.route(prompt).route
    assert not decision.requires_confirmation
    assert decision.selected_engine != HUMAN
    for name in (decision.selected_engine, *decision.chain):
        assert packaged.catalog.engines[name].supports_tools


def test_danger_in_the_context_is_a_signal() -> None:
    """It is told, and confirms nothing."""
    decision = router().route_request(body("hello"))
    assert "safety.context_mention" in decision.reason_codes
    assert not decision.requires_confirmation


def test_an_order_of_the_user_is_still_one() -> None:
    """Around it the same rules and tools."""
    decision = router().route_request(body("delete all backups", tools=TOOLS))
    assert (decision.selected_engine, decision.chain) == (HUMAN, ())


@pytest.mark.parametrize("result", ["rm -rf /var/lib", "delete all backups"])
def test_a_tool_result_orders_nothing(result: str) -> None:
    """What a tool brought back is context."""
    call = {"id": "1", "type": "function", "function": {"name": "shell", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "fix the repo and run tests"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": result},
    ]
    decision = router().route_request({"messages": messages, "tools": TOOLS})
    assert decision.selected_engine == "code_agent"
    assert "safety.context_mention" in decision.reason_codes


def test_image_parts_go_to_vision() -> None:
    """A picture beside words, with tools or without."""
    said = picture("what does the sign say?")
    assert router().route_request(body(said)).selected_engine == "multimodal_vision"
    assert router().route_request(body(said, tools=TOOLS)).selected_engine == "multimodal_vision"


def test_an_image_in_a_tool_result_counts() -> None:
    """An engine that cannot see must not get it."""
    call = {"id": "1", "type": "function", "function": {"name": "shot", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "what does the page look like?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": picture("the page")},
    ]
    decision = router().route_request({"messages": messages})
    assert "image" in router().catalog.engines[decision.selected_engine].modalities


def test_the_whole_request_must_fit() -> None:
    """Half a megabyte of earlier turns keeps a small question from a small engine."""
    messages = [
        {"role": "user", "content": texts.prose(60_000)},
        {"role": "assistant", "content": texts.prose(20_000)},
        {"role": "user", "content": "rewrite this text"},
    ]
    decision = router().route_request({"messages": messages})
    engine = router().catalog.engines[decision.selected_engine]
    assert engine.max_context >= decision.requirements.min_context > 10_000
    assert decision.selected_engine != "fast_local"


def test_room_for_the_answer_counts() -> None:
    """max_tokens is kept free: what leaves no room for the answer does not fit."""
    said = body("rewrite this text")
    small, large = (router().route_request({**said, "max_tokens": n}) for n in (100, 31_000))
    assert large.requirements.min_context - small.requirements.min_context == 30_900
    assert large.selected_engine == HUMAN != small.selected_engine


def test_half_a_megabyte_in_one_prompt() -> None:
    """It goes to an engine that holds it, here to a person."""
    text = texts.prose(500_000)
    assert router().route_request({"prompt": text}).selected_engine == HUMAN
    assert router().route_fast(text) == HUMAN


@pytest.mark.parametrize(
    "said",
    [
        "Generate a concise, 3-5 word title for this chat about distributed architecture.",
        "Summarize the conversation so far about the production database migration.",
    ],
)
def test_side_calls_are_simple(said: str) -> None:
    """Titles and summaries that an agent asks for itself are small work."""
    decision = router().route_request({"messages": [{"role": "user", "content": said}]})
    assert (decision.route, decision.selected_engine) == ("simple", "fast_local")
    assert not decision.requires_confirmation


def test_wrappers_are_taken_off() -> None:
    """What an agent puts around the words is not what the user says."""
    wrapped = (
        "<environment_context>\n<cwd>/srv/delete all backups</cwd>\n</environment_context>\n"
        "rewrite this text"
    )
    decision = router().route_request({"messages": [{"role": "user", "content": wrapped}]})
    assert decision.selected_engine == "fast_local"


def test_hints_hold_for_bodies_too() -> None:
    """A limit of the caller's limits a body's route."""
    decision = router().route_request(
        body("search the web for the latest TypeScript release notes"), {"local_only": True}
    )
    assert decision.egress == "local_only"
    assert decision.selected_engine == HUMAN
