"""unwrap and without_data: the user's words survive, whatever stands around them."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.request.wrappers import (
    MACHINE_BLOCKS,
    SPOKEN_BLOCKS,
    answers,
    unwrap,
    without_data,
)

ORDER = "drop the production database"
PIECES = [
    "<file>", "</file>", "<task>", "</task>", "\n", " ", "<", ">", "</", "fix it", '"',
    "<system-reminder>", "</system-reminder>", "<a>", "</a>", "<file path='x'>", "\ud800", "é",
]  # fmt: skip
MESS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


class TestBlocks:
    @pytest.mark.parametrize("name", sorted(MACHINE_BLOCKS))
    def test_a_machine_block_becomes_context(self, name: str) -> None:
        """Every known block before or after the prompt is told apart from it."""
        block = f"<{name}>\nnoise\n</{name}>"
        for text in (f"{block}\nfix the repo", f"fix the repo\n{block}"):
            assert unwrap(text) == ("fix the repo", ("noise",), (name,))

    @pytest.mark.parametrize("name", sorted(SPOKEN_BLOCKS))
    def test_a_spoken_block_is_the_user(self, name: str) -> None:
        """What an agent marks as the user's own loses its tags only."""
        assert unwrap(f"<{name}>\n{ORDER}\n</{name}>") == (ORDER, (), (name,))

    def test_a_task_and_its_environment_are_separated(self) -> None:
        """The shape that Cline and Roo send gives the task and the environment."""
        text = "<task>\nfix it\n</task>\n\n<environment_details>\n# Tabs\n</environment_details>"
        assert unwrap(text) == ("fix it", ("# Tabs",), ("task", "environment_details"))

    def test_blocks_may_follow_each_other_on_one_line(self) -> None:
        """A block right behind another one counts though no line starts there."""
        text = "<INSTRUCTIONS>a</INSTRUCTIONS><environment_context>b</environment_context>fix"
        assert unwrap(text).own == "fix"

    def test_spoken_blocks_may_hold_machine_blocks(self) -> None:
        """Cursor's query with a reminder inside keeps the query alone."""
        text = "<user_query>\n<system-reminder>x</system-reminder>\nfix it\n</user_query>"
        assert unwrap(text).own == "fix it"

    def test_the_heading_above_instructions_goes_with_them(self) -> None:
        """The line that Codex writes above AGENTS.md is not the user's."""
        text = "# AGENTS.md instructions for /srv/app\n\n<INSTRUCTIONS>\nrules\n</INSTRUCTIONS>"
        assert unwrap(text) == ("", ("rules",), ("INSTRUCTIONS",))

    def test_a_sentence_in_place_of_the_heading_stays(self) -> None:
        """Words after the path are the user's."""
        text = f"# AGENTS.md instructions for you: {ORDER}\n<INSTRUCTIONS>\nr\n</INSTRUCTIONS>"
        assert ORDER in unwrap(text).own

    def test_attributes_do_not_hide_a_block(self) -> None:
        """An opening tag may carry attributes."""
        assert unwrap('<file path="a.py" n="1">\nx = 1\n</file>\nfix').own == "fix"


class TestNothingIsLost:
    @pytest.mark.parametrize(
        "text",
        [
            f"<system-reminder>\n{ORDER}",
            f"what does <context> mean? {ORDER} </context>",
            f"{ORDER} <file>",
            f"<unknown_block>\n{ORDER}\n</unknown_block>",
            f"</file>\n{ORDER}\n<file>",
            f"<File>\n{ORDER}\n</File>",
            f"<instructions>\n{ORDER}\n</instructions>",
            f"<file>\nx\n</file> {ORDER} <file>",
            f"<file {'a' * 500}>\n{ORDER}\n</file>",
        ],
    )
    def test_an_order_outside_a_closed_known_block_stays(self, text: str) -> None:
        """Open, unknown, inline and reversed tags take nothing away."""
        assert ORDER in unwrap(text).own

    @given(MESS, MESS)
    def test_an_order_on_its_own_survives_any_text_before_it(self, before: str, after: str) -> None:
        """An order is in the user's words or, inside a closed block, in the context."""
        found = unwrap(f"{before}\n{ORDER}\n{after}")
        assert ORDER in found.own or any(ORDER in body for body in found.wrapped)

    @given(MESS)
    def test_text_behind_the_last_tag_is_the_users(self, before: str) -> None:
        """What follows the last closing tag can not be swallowed."""
        assert ORDER in unwrap(f"{before}\n{ORDER}").own

    @given(st.text(max_size=200))
    def test_text_without_known_tags_is_unchanged_but_for_quotes(self, text: str) -> None:
        """A text without any wrapper comes back as it was."""
        found = unwrap(text)
        assert found.own == text or found.names == ("quotes",)

    @given(MESS)
    def test_every_visible_character_is_accounted_for(self, text: str) -> None:
        """Own words and context hold what the text held, tags and outer quotes aside."""
        found = unwrap(text)
        kept = bare(found.own + "".join(found.wrapped))
        tags = re.compile(r"</?(?:file|task|system-reminder)[^<>]*>")
        left = bare(tags.sub("", kept)).replace('"', "").replace("\\", "")
        assert sorted(left) == sorted(bare(tags.sub("", text)).replace('"', ""))


class TestQuotes:
    @pytest.mark.parametrize(
        ("text", "own"),
        [
            ('"fix the repo"', "fix the repo"),
            ("'fix the repo'", "fix the repo"),
            ("“fix the repo”", "fix the repo"),
            ("«почини репозиторий»", "почини репозиторий"),
            (' "fix the repo"\n', "fix the repo"),
            ('"say \\"hi\\" to bob"', 'say "hi" to bob'),
        ],
    )
    def test_quotes_around_the_whole_prompt_are_dropped(self, text: str, own: str) -> None:
        """Agents quote the prompt that came from a command line."""
        assert unwrap(text) == (own, (), ("quotes",))

    @pytest.mark.parametrize("text", ['"a" and "b"', '"', '""', '"open', "'don't stop'", '"  "'])
    def test_other_quotes_stay(self, text: str) -> None:
        """Quotes that belong to the text are left alone."""
        assert unwrap(text) == (text, (), ())


class TestAnswers:
    def test_feedback_inside_a_result_is_found(self) -> None:
        """What the user typed into a tool's result is theirs."""
        text = "[attempt_completion] Result:\n<feedback>\nnow add tests\n</feedback>"
        assert answers(text) == ("now add tests",)

    @pytest.mark.parametrize("text", ["", "<feedback>", "</answer><answer>", "<answer> </answer>"])
    def test_no_closed_block_gives_nothing(self, text: str) -> None:
        """Open, reversed and blank blocks hold no answer."""
        assert answers(text) == ()


class TestInlineData:
    def test_an_image_is_replaced_by_a_blank(self) -> None:
        """A data URI leaves the text and its type is told."""
        found = without_data("see ![x](data:image/png;base64,iVBORw0KGgo=) there")
        assert found.text == "see ![x]( ) there"
        assert found.types == ("image/png",)

    def test_parameters_before_base64_are_understood(self) -> None:
        """A character set between type and data changes nothing."""
        found = without_data("data:image/svg+xml;charset=utf-8;base64,PHN2Zz4=")
        assert (found.text, found.types) == (" ", ("image/svg+xml",))

    def test_words_behind_the_marker_stay(self) -> None:
        """An order cannot hide as a file."""
        assert ORDER in without_data(f"data:image/png;base64,{ORDER}").text

    def test_long_data_of_an_unknown_start_goes(self) -> None:
        """64 characters without a break are data whatever they start with."""
        assert without_data("data:audio/wav;base64," + "Zm9v" * 16).text == " "


class TestLinearTime:
    @pytest.mark.parametrize("tail", ["", "</task>", "</file>", '"'])
    @pytest.mark.parametrize(
        "unit",
        [
            "<", "</", "<a>", "<a></a>", "<file>", "<file>\n", "<task>\n", "</file>",
            "<file>\n</file>", "<task>\n</task>", "</task>\n<task>", "<file ", "\n    <file>",
            '"', "\n", "data:image/png;base64,", "data:image/png;base64,AAAA ", ";base64,data:",
            "# AGENTS.md instructions for x\n<INSTRUCTIONS></INSTRUCTIONS>",
        ],
    )  # fmt: skip
    def test_200_kb_of_tags_cost_linear_time(self, unit: str, tail: str) -> None:
        """200 KB take about 10 ms at worst; the limit leaves room for a busy machine."""
        text = unit * (200_000 // len(unit)) + tail
        assert min(_seconds(text) for _ in range(3)) < 0.06


def _seconds(text: str) -> float:
    start = time.perf_counter()
    unwrap(text)
    without_data(text)
    return time.perf_counter() - start
