"""The loop that asks the wizard's questions, with back, skip, more, help and quit.

Whoever asks passes a `Talk`; nothing here reads or prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from model_router.names import close_match
from model_router.setup.naming import SKIP
from model_router.setup.questions import NO, QUESTIONS, YES, Answers, Asked, Known, Question

BACK, QUIT, HELP, MORE, NEXT = "back", "quit", "help", "more", "skip"
COMMANDS = {"b": BACK, "q": QUIT, "?": HELP, "h": HELP, "m": MORE, "s": NEXT}

ACTING = frozenset({"extra"})
"""Questions whose answer is acted upon at once."""


class Step(NamedTuple):
    """How far one is."""

    number: int
    total: int


class Talk(Protocol):
    """Who is asked."""

    def ask(self, asked: Asked, step: Step, *, everything: bool) -> str | None:
        """Show a question and return what was typed; None when there is nobody any more."""

    def tell(self, text: str) -> None:
        """Say something, without a question."""

    def act(self, name: str, value: str) -> None:
        """Do at once what an answer asks for."""


class Ended(NamedTuple):
    """How the questions ended: done, quit, or at the flag of one that nobody answered."""

    answers: dict[str, str]
    how: str = "done"
    flag: str = ""


def converse(
    known: Known,
    given: Answers,
    talk: Talk | None,
    questions: Sequence[Question] = QUESTIONS,
) -> Ended:
    """Ask what `given` does not answer, one question after the other.

    Without a `talk` nobody is asked and everything gets its usual answer.
    """
    rows = [one for one in questions if one.name not in given and one.applies(known)]
    answers, at = dict(given), 0
    while at < len(rows):
        question, step = rows[at], Step(at + 1, len(rows))
        asked = question.asked(known, answers)
        said = asked.usual if talk is None else _answered(asked, step, talk, answers, question.name)
        if said is None or said == QUIT:
            return Ended(answers, "quit" if said else "silent", question.flag)
        if said == BACK:
            at = max(at - 1, 0)
            continue
        answers[question.name] = said
        if talk is not None and question.name in ACTING:
            talk.act(question.name, said)
        at += 1
    return Ended(answers)


def _answered(asked: Asked, step: Step, talk: Talk, answers: Answers, name: str) -> str | None:
    """A valid answer, BACK or QUIT; None when there is nobody any more.

    Who came back finds the answer given before as the usual one.
    """
    everything = False
    values = {SKIP, *(option.value for option in (*asked.options, *asked.hidden))}
    if answers.get(name) in values:
        asked = replace(asked, usual=answers[name])
    while (typed := talk.ask(asked, step, everything=everything)) is not None:
        word = COMMANDS.get(typed.strip().lower(), typed.strip())
        if word == MORE and asked.hidden:
            everything = True
        elif word == HELP:
            talk.tell(help_text(asked))
        elif word in (BACK, QUIT):
            if word == BACK and step.number == 1:
                talk.tell("This is the first question.")
            return word
        elif word == NEXT and asked.skips_to is not None:
            return asked.skips_to
        else:
            value, wrong = answer(asked, word)
            if value is not None:
                return value
            talk.tell(wrong)
    return None


def answer(asked: Asked, word: str) -> tuple[str | None, str]:
    """The value that a word means, or None and what is wrong with it."""
    options = (*asked.options, *asked.hidden)
    if not word:
        return asked.usual, ""
    if word.isascii() and word.isdigit() and len(word) < 5:
        at = int(word) - 1
        if 0 <= at < len(options):
            return options[at].value, ""
        return None, f"There is no {word}. {help_text(asked)}"
    by_name = {name: one.value for one in reversed(options) for name in (one.label, one.value)}
    folded = {name.lower(): value for name, value in by_name.items()} | _words(by_name.values())
    if word.lower() in folded:
        return folded[word.lower()], ""
    wrong = asked.free(word) if asked.free else None
    if asked.free and wrong is None:
        return word, ""
    close = close_match(word[:100], list(by_name))
    if wrong and close is None and ":" in word:
        return None, wrong
    meant = f"Did you mean {close}? " if close else ""
    return None, f"{word[:60]!r} is not among them. {meant}{help_text(asked)}"


def _words(values: Iterable[str]) -> dict[str, str]:
    """y and n, where yes and no are answers."""
    return {value[0]: value for value in values if value in (YES, NO)}


def help_text(asked: Asked) -> str:
    """What may be typed."""
    total = len(asked.options) + len(asked.hidden)
    numbers = f"a number from 1 to {total}, " if total > 1 else "1, " if total else ""
    free = "KIND:MODEL (for example ollama:qwen3:4b), " if asked.free else ""
    more = "m for more, " if asked.hidden else ""
    return f"Type {numbers}{free}{more}s to skip, b to go back, q to quit."
