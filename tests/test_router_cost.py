"""Cost grows linearly with the text, whatever the text. The guards are wide: machines differ."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random
from time import process_time

import pytest

from model_router.router import ModelRouter
from tests.support import texts

SIZE = 100_000
MOST_RATIO = 3.5
"""Twice the text may take so many times as long. Square growth would give four."""
MOST_SECONDS = 0.25
"""For 200,000 characters: many times what it takes, and little beside a blocked server."""


def _random_words(size: int) -> str:
    random = Random(size)
    words: list[str] = []
    length = 0
    while length < size:
        words.append(random.choice(texts.signal_words()))
        length += len(words[-1]) + 1
    return " ".join(words)[:size]


def _of(unit: str) -> Callable[[int], str]:
    return lambda size: (unit * (size // len(unit) + 1))[:size]


SHAPES: dict[str, Callable[[int], str]] = {
    "one letter": _of("a"),
    "spaces": _of(" "),
    "new lines": _of("\n"),
    "one word": _of("hello "),
    "one verb": _of("delete "),
    "one order": _of("delete all files. "),
    "every signal word": _random_words,
    "look-alikes": _of("dеlеtе аll "),
    "full width": _of("ｄｅｌｅｔｅ "),
    "brackets": lambda size: "(" * (size // 2) + ")" * (size // 2),
    "spaced letters": _of("d e l e t e "),
    "quotes": _of('"delete" '),
    "fences": _of("```\nrm -rf /\n"),
    "digits": _of("4111 1111 1111 1111 "),
    "mail": _of("a@b.example "),
    "dots": _of("a." * 30 + "@"),
    "zero width": _of("d\u200be\u200bl"),
    "many scripts": _of("удали все 削除 delete كل "),
    "emoji": _of("🙂"),
    "styled": _of("𝐝𝐞𝐥𝐞𝐭𝐞 "),
}


@cache
def router() -> ModelRouter:
    made = ModelRouter.from_config(validate_availability=False)
    made.route(texts.prose(2_000))
    return made


def seconds(decide: Callable[[str], object], text: str) -> float:
    """The least processor time of three tries."""
    took = []
    for _ in range(3):
        start = process_time()
        decide(text)
        took.append(process_time() - start)
    return min(took)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("depth", ["route_fast", "route"])
def test_twice_the_text_takes_about_twice_the_time(shape: str, depth: str) -> None:
    """No shape of text makes the router's time grow with the square of its length."""
    decide = getattr(router(), depth)
    short, double = (SHAPES[shape](size) for size in (SIZE, 2 * SIZE))
    once, twice = seconds(decide, short), seconds(decide, double)
    assert twice < MOST_SECONDS
    assert twice < MOST_RATIO * once + 0.004


def test_a_request_with_much_context_is_linear_too() -> None:
    """Many turns cost what their text costs."""
    turn = {"role": "user", "content": texts.prose(2_000)}

    def decide(body: dict[str, object]) -> float:
        start = process_time()
        router().route_request(body)
        return process_time() - start

    once = min(decide({"messages": [turn] * 50}) for _ in range(3))
    twice = min(decide({"messages": [turn] * 100}) for _ in range(3))
    assert twice < MOST_RATIO * once + 0.004
