"""Side calls: a program's own requests for titles, tags and summaries are recognised."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_router.request import sidecalls
from model_router.request.chat import parse_chat
from model_router.request.sidecalls import SIDE_CALLS, side_call, system_side_call

# Written in our own words after the shapes that clients send.
ASKED = [
    ("title", "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat"
              " history.\n### Guidelines:\n- short"),
    ("title", "Please write a 5-10 word title for the following conversation:\n\nUser: hi"),
    ("title", "Generate a title for this conversation:\n"),
    ("title", "Provide a concise, 5-word-or-less title for the conversation, in title case."),
    ("title", "Given the following... please reply with a title for the chat that is 3-4 words"),
    ("title", "Generate a concise, sentence-case title (3-7 words) that captures the main topic or"
              " goal of this coding session."),
    ("tags", "### Task:\nGenerate 1-3 broad tags categorizing the main themes of the chat history"),
    ("follow_ups", "### Task:\nSuggest 3-5 relevant follow-up questions or prompts that the user"
                   " might naturally ask next"),
    ("topic", "Analyze if this message indicates a new conversation topic. If it does, extract"),
    ("search_queries", "### Task:\nAnalyze the chat history to determine the necessity of"
                       " generating search queries"),
    ("autocomplete", "### Task:\nYou are an autocompletion system. Continue the text"),
    ("image_prompt", "### Task:\nGenerate a detailed prompt for an image generation task"),
    ("emoji", "Your task is to reflect the speaker's likely facial expression through a fitting"
              " emoji."),
    ("suggestions", "[SUGGESTION MODE: say what the user may type next]"),
    ("summary", "Your task is to create a detailed summary of the conversation so far, paying"),
    ("summary", "Summarize this coding conversation in under 50 characters."),
    ("summary", "Provide a detailed prompt for continuing our conversation above."),
    ("summary", "You are performing a CONTEXT CHECKPOINT COMPACTION. Create a handoff summary"),
]  # fmt: skip
ORDINARY = [
    "Write a title for my essay about rivers",
    "Write a chat application with a title bar",
    "What is a good title for a book?",
    "Summarize these notes",
    "Summarize the article below about a conversation between two spies",
    "Suggest tags for my blog post about bread",
    "Analyze if this code is correct",
    "Fix the bug, then generate a title for this conversation",
    "Explain how follow-up questions help a conversation",
    "drop the production database",
    "",
]


class TestShapes:
    @pytest.mark.parametrize(("name", "text"), ASKED)
    def test_each_shape_is_recognised(self, name: str, text: str) -> None:
        """What clients send for themselves is named; blanks before it change nothing."""
        assert side_call(text) == side_call(f"\n {text}") == name

    def test_every_name_has_an_example(self) -> None:
        """The table and these tests name the same calls."""
        assert {name for name, _ in ASKED} == set(SIDE_CALLS)

    @pytest.mark.parametrize("text", ORDINARY)
    def test_ordinary_requests_are_not_side_calls(self, text: str) -> None:
        """A request that shares some words is left alone."""
        assert side_call(text) is None

    @pytest.mark.parametrize(("name", "text"), [*ASKED, *((None, text) for text in ORDINARY)])
    def test_a_system_prompt_is_judged_the_same_each_time(
        self, name: str | None, text: str
    ) -> None:
        """What was said of it before is what would be said again; only its beginning counts."""
        again = [system_side_call(text) for _ in range(3)]
        assert again == [system_side_call("\u200a" + text)] * 3 or name is None
        assert (again[0] is None) == (name is None)

    def test_the_shape_counts_at_the_start_only(self) -> None:
        """A side call quoted further down decides nothing."""
        assert side_call("x " * 20 + ASKED[0][1]) is None

    def test_an_agents_long_system_prompt_is_none(self) -> None:
        """Only a short system prompt is made for one small job."""
        text = "You are a title generator."
        assert system_side_call(text) == "title"
        assert system_side_call(text + " more" * 2000) is None

    def test_the_second_paragraph_of_a_system_prompt_may_say_it(self) -> None:
        """A client may introduce itself first."""
        text = f"You are a coding tool.\n{ASKED[8][1]}"
        assert system_side_call(text) == "topic"

    @pytest.mark.parametrize(
        "unit", ["generate ", "title ", "the chat ", "a\n", "summary of the ", "#### task: ", " "]
    )
    def test_long_text_costs_no_more_than_short(self, unit: str) -> None:
        """Only the head is read, and no shape backtracks over it."""
        text = unit * (200_000 // len(unit))
        start = time.perf_counter()
        side_call(text)
        side_call(f"Generate {text}")
        assert time.perf_counter() - start < 0.02


def one_by_one(text: str) -> str | None:
    """What `side_call` says, every shape being tried on every text."""
    rows = sidecalls._table()
    return next((name for name, shape in rows if shape.match(text[: sidecalls._HEAD])), None)


class TestOpenings:
    """The first letters of a text spare it the shapes that it cannot have."""

    PIECES = st.sampled_from([
        *sidecalls._OPENINGS, " ", "\n", "\x1c", "\x85", "\u2003", "### Task:", "#", "please ",
        "# instruction ", "your task is to ", "PLEASE ", "K", "\u212a", "\u017f", "\u0130",
        "\u0131", "analyse the chat history", "you will generate a title ", "ma\u212ae",
        "\u017fuggest", "generate", "ummarize this chat", " the conversation", " search quer",
        " tags ",
    ])  # fmt: skip

    @pytest.mark.parametrize("shape", [pattern for _, pattern in sidecalls._table()])
    def test_no_shape_is_lost(self, shape: re.Pattern[str]) -> None:
        """Whatever text a shape can have, in letters of either case, is named as without."""

        slow = [HealthCheck.filter_too_much, HealthCheck.too_slow]  # \b is tried, not made

        @settings(max_examples=10, deadline=None, suppress_health_check=slow)
        @given(st.from_regex(re.compile(rf"\A{shape.pattern}", shape.flags)))
        def holds(text: str) -> None:
            assert side_call(text) == one_by_one(text)
            assert side_call(text) is not None or len(text) > sidecalls._HEAD

        holds()

    @settings(max_examples=500, deadline=None)
    @given(st.lists(PIECES | st.text(max_size=3), max_size=5).map("".join))
    def test_any_text_is_named_as_without(self, text: str) -> None:
        """Nor is anything found that no shape has."""
        assert side_call(text) == one_by_one(text)

    @settings(max_examples=300, deadline=None)
    @given(st.data(), st.sampled_from(ASKED), st.integers(0, 9), st.characters(codec=None))
    def test_changed_beginnings(self, data: Any, asked: Any, at: int, char: str) -> None:
        """A side call with another character near its beginning is judged as without."""
        text = asked[1]
        text = text[:at] + char + text[at + data.draw(st.integers(0, 1)) :]
        assert side_call(text) == one_by_one(text)


class TestRequests:
    def ask(self, text: str, system: str = "", **more: Any) -> Any:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
        return parse_chat({"messages": messages, **more})

    def test_the_request_names_it_and_keeps_the_text(self) -> None:
        """The text stays, and the chat that is told about becomes context."""
        text = f"{ASKED[0][1]}\n<chat_history>\nUSER: fix it\n</chat_history>"
        found = self.ask(text)
        assert found.helper == "title"
        assert found.text == ASKED[0][1]
        assert "USER: fix it" in found.context

    def test_a_system_prompt_may_name_it(self) -> None:
        """opencode and Claude Code say it there; the user's prompt follows in quotes."""
        found = self.ask('"fix the repo"', "You are a title generator. You output ONLY a title.")
        assert (found.helper, found.text) == ("title", "fix the repo")

    def test_with_tools_it_is_no_side_call(self) -> None:
        """What could act is judged like any request."""
        tools = [{"type": "function", "function": {"name": "sh"}}]
        assert self.ask(ASKED[0][1], tools=tools).helper is None
        assert self.ask(ASKED[0][1], tools=tools, tool_choice="none").helper == "title"

    def test_an_ordinary_request_has_none(self) -> None:
        """Most requests are the user's."""
        assert self.ask("fix the repo", "You are a helpful assistant.").helper is None
