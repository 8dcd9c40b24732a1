"""Two contenders that understand nothing, to hold the router's figures against."""

from __future__ import annotations

from random import Random

from model_router.hindsight.labels import Names, Row
from model_router.hindsight.tally import Answer
from model_router.types import HUMAN, ROUTES

FEW_CHARACTERS = 60
MANY_CHARACTERS = 200
SEED = 20_240_607


class Length:
    """Short prompts to the fast engine, long ones to the reasoning one; nobody is ever asked."""

    def __init__(self, names: Names) -> None:
        self._engines = [names.engine(route) for route in ("simple", "balanced", "reasoning")]

    def answer(self, row: Row) -> Answer:
        """What the length says; the length is the complexity as well."""
        length = len(row.prompt)
        size = (length >= FEW_CHARACTERS) + (length >= MANY_CHARACTERS)
        return Answer(self._engines[size], confirm=False, complexity=length)


class Chance:
    """An engine and a complexity drawn from a fixed seed: the same in every run."""

    def __init__(self, names: Names) -> None:
        self._engines = sorted({names.engine(route) for route in ROUTES})
        self._random = Random(SEED)

    def answer(self, row: Row) -> Answer:
        """A draw; the prompt is not looked at."""
        engine = self._random.choice(self._engines)
        return Answer(engine, engine == HUMAN, self._random.random())
