"""The questions and the loop: each answer, back, skip, more, help, quit, silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.catalog import parse_catalog
from model_router.proxy.load import parse_proxy_config
from model_router.setup.choices import Surroundings
from model_router.setup.naming import chosen, wrong_name
from model_router.setup.placement import placed, selections
from model_router.setup.questions import QUESTIONS, Asked, Known, Line, described
from model_router.setup.running import Running
from model_router.setup.selections import CHOSEN_ROUTES
from model_router.setup.wizard import Ended, Step, converse
from model_router.setup.writer import texts

NAMES = ("qwen3:0.6b", "qwen3:4b", "qwen3:14b", "qwen2.5-coder:7b")
AROUND = Surroundings(servers=(Running("ollama", "http://127.0.0.1:11434/v1", True, NAMES),))
KNOWN = Known(AROUND)


class Script:
    """Somebody who types these lines and then leaves."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.asked: list[str] = []
        self.steps: list[Step] = []
        self.told: list[str] = []
        self.acted: list[tuple[str, str]] = []
        self.shown: list[int] = []

    def ask(self, asked: Asked, step: Step, *, everything: bool) -> str | None:
        """The next line."""
        self.asked.append(asked.title)
        self.steps.append(step)
        self.shown.append(len(asked.options) + (len(asked.hidden) if everything else 0))
        return self.lines.pop(0) if self.lines else None

    def tell(self, text: str) -> None:
        """Kept."""
        self.told.append(text)

    def act(self, name: str, value: str) -> None:
        """Kept."""
        self.acted.append((name, value))


def talk(*lines: str, known: Known = KNOWN, given: Mapping[str, str] | None = None) -> tuple[
    Ended, Script
]:  # fmt: skip
    """A conversation to its end."""
    script = Script(*lines)
    return converse(known, given or {}, script), script


def test_enter_takes_what_is_usual() -> None:
    """Nine times Enter is what nobody being asked gives."""
    ended, script = talk(*[""] * 9)
    assert ended.how == "done"
    assert ended.answers == converse(KNOWN, {}, None).answers
    assert ended.answers["coding"] == "ollama:qwen2.5-coder:7b"
    assert ended.answers["image_generation"] == "skip"
    assert [step.number for step in script.steps] == list(range(1, 10))
    assert {step.total for step in script.steps} == {9}


def test_a_number_a_name_or_a_kind_and_a_name() -> None:
    """The three ways to answer mean the same."""
    for typed in ("3", "qwen3:14b", "OLLAMA:QWEN3:14B"):
        ended, _ = talk("local", typed, *[""] * 7)
        assert ended.answers["simple"] in ("ollama:qwen3:14b",)


def test_a_model_that_nobody_has_can_be_named() -> None:
    """Its kind says where it is."""
    ended, _ = talk("local", "vllm:big/model", *[""] * 7)
    assert ended.answers["simple"] == "vllm:big/model"
    one = chosen(ended.answers, AROUND)["simple"]
    assert one is not None
    assert (one.source, one.base_url) == ("named", "http://127.0.0.1:8000/v1")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("99", "There is no 99."),
        ("qwen3:4c", "Did you mean qwen3:4b?"),
        ("olama:x", "did you mean ollama?"),
        ("anthropic:claude", "is hosted, and the mode is local"),
        ("openai-compatible:x", "give --base-url openai-compatible=URL"),
        ("\x1b[31m:x", "write KIND:MODEL"),
        ("zzz", "is not among them"),
    ],
)
def test_a_wrong_answer_is_told_and_asked_again(typed: str, said: str) -> None:
    """With what would have been right."""
    ended, script = talk("local", typed, "1", *[""] * 7)
    assert said in script.told[0]
    assert ended.how == "done"
    assert script.asked.count("Which model for simple?") == 2


def test_back_returns_to_the_question_before() -> None:
    """The answer given before is the usual one then; the first question has none before it."""
    ended, script = talk("b", "mix", "2", "b", "", *[""] * 7)
    assert script.told == ["This is the first question."]
    assert script.asked[:4] == [
        "Which models may answer?", "Which models may answer?", "Which model for simple?",
        "Which model for balanced?",
    ]  # fmt: skip
    assert script.asked[4] == "Which model for simple?"
    assert ended.answers["simple"] == "ollama:qwen3:4b"


def test_a_changed_mode_changes_what_is_offered() -> None:
    """Back to the mode: an answer that is no longer offered is forgotten."""
    ended, _ = talk("local", "1", "b", "b", "hosted", *[""] * 8)
    kinds = {ended.answers[route].partition(":")[0] for route in CHOSEN_ROUTES[:6]}
    assert kinds == {"hosted-openai-compatible"}


def test_skip_leaves_a_route_to_others() -> None:
    """At each route; at the last question it writes nothing."""
    ended, _ = talk("", *["s"] * 8)
    assert {ended.answers[route] for route in CHOSEN_ROUTES} == {"skip"}
    assert ended.answers["write"] == "no"


@pytest.mark.parametrize("after", range(9))
def test_quit_ends_at_every_question(after: int) -> None:
    """Nothing is decided then."""
    ended, script = talk(*[""] * after, "q")
    assert ended.how == "quit"
    assert "write" not in ended.answers
    assert len(script.asked) == after + 1


@pytest.mark.parametrize("after", range(9))
def test_silence_names_the_flag(after: int) -> None:
    """An input that ends is no answer; the flag that would give one is named."""
    ended, _ = talk(*[""] * after)
    assert ended.how == "silent"
    assert ended.flag == QUESTIONS[after + 1].flag


def test_what_flags_answer_is_not_asked() -> None:
    """And not counted."""
    ended, script = talk(*[""] * 7, given={"mode": "local", "simple": "ollama:qwen3:4b"})
    assert ended.answers["simple"] == "ollama:qwen3:4b"
    assert "Which model for simple?" not in script.asked
    assert {step.total for step in script.steps} == {7}


def test_the_missing_extra_is_said_first() -> None:
    """Enter goes on without it; only a plain yes installs it."""
    known = replace(KNOWN, extra="pip install it")
    ended, script = talk(*[""] * 10, known=known)
    assert script.asked[0] == "Downloads"
    assert script.acted == [("extra", "no")]
    _, script = talk("y", *[""] * 9, known=known)
    assert script.acted == [("extra", "yes")]
    assert converse(known, {}, None).answers["extra"] == "no"
    assert ended.how == "done"


def test_more_shows_the_rest() -> None:
    """Nine are shown; m shows all, and their numbers count from the start."""
    many = tuple(f"model-{size}b" for size in range(1, 31))
    around = Surroundings(servers=(Running("ollama", "http://127.0.0.1:11434/v1", True, many),))
    ended, script = talk("", "m", "30", *[""] * 7, known=Known(around))
    assert script.shown[1:3] == [9, 30]
    assert ended.answers["simple"] == "ollama:model-30b"


def test_standing_files_are_not_replaced_by_enter() -> None:
    """The usual answer is no, unless --force was given."""
    known = replace(KNOWN, replaces=lambda answers: True)
    assert talk(*[""] * 9, known=known)[0].answers["write"] == "no"
    assert talk(*[""] * 8, "2", known=known)[0].answers["write"] == "yes"
    forced = replace(known, force=True)
    assert talk(*[""] * 9, known=forced)[0].answers["write"] == "yes"


def test_the_review_shows_what_the_answers_come_to() -> None:
    """It is made of the answers as they then are."""
    seen: list[Mapping[str, str]] = []

    def review(answers: Mapping[str, str]) -> list[Line]:
        seen.append(dict(answers))
        return [Line("a line")]

    talk("", "2", *[""] * 7, known=replace(KNOWN, review=review))
    assert seen[-1]["simple"] == "ollama:qwen3:4b"


@given(st.lists(st.one_of(
    st.sampled_from(["", "b", "s", "m", "?", "1", "2", "9", "0", "-1", "q", "yes", "mix"]),
    st.text(max_size=12),
), max_size=40))  # fmt: skip
def test_any_typing_ends_in_answers_that_mean_something(lines: list[str]) -> None:
    """Whatever is typed: no exception, and every route's answer is a choice or none."""
    ended, _ = talk(*lines)
    assert ended.how in ("done", "quit", "silent")
    for route, value in ended.answers.items():
        if route in CHOSEN_ROUTES and value != "skip":
            assert value.partition(":")[0]
    if ended.how == "done":
        found = placed(chosen(ended.answers, AROUND))
        assert set(found) == set(CHOSEN_ROUTES)
        written = texts(selections(found), 8082)
        assert "human_confirm" in parse_catalog(written.catalog).engines
        assert parse_proxy_config(written.proxy).backends


@given(st.text(max_size=60), st.sampled_from(["local", "hosted", "mix"]))
def test_a_name_is_taken_or_told(word: str, mode: str) -> None:
    """Whatever is typed in full: None, or a sentence."""
    wrong = wrong_name(word, mode, AROUND)
    assert wrong is None or wrong.strip()


def test_choices_are_described_in_a_few_words() -> None:
    """Server, what is unusual, and what is missing."""
    one = chosen({"mode": "hosted", "simple": "anthropic:claude-haiku-4-5"}, AROUND)["simple"]
    assert one is not None
    assert described(one) == "anthropic, ANTHROPIC_API_KEY is not set"
    assert described(one, {"ANTHROPIC_API_KEY"}) == "anthropic"
