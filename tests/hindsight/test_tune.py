"""Tuning with real routers: what is proposed, what is refused, and that it is always the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from model_router.hindsight.cases import Case
from model_router.hindsight.layer import layer_text
from model_router.hindsight.tune import LEAST_CASES, Tuning
from model_router.types import HUMAN, WeightsPolicy
from tests.support.routers import FakeRouter
from tests.support.tuning import LEDGER, TEAMS, asked, cases, tuning
from tests.support.weights import packaged_catalog, with_weights

NEW = "please show the ledger of the library"
ORDER = "drop the production database"


@pytest.fixture
def run(tmp_path: Path) -> Tuning:
    """A run over the forty ledgers."""
    made = tuning(tmp_path, cases(), guards=asked(ORDER), traffic=lambda: asked(NEW, "hello"))
    made.run()
    return made


def test_a_habit_is_learned(run: Tuning, tmp_path: Path) -> None:
    """Judged on prompts not learned from it is better, and it holds for new ones."""
    assert run.outcome() == "proposed"
    found = run.figures()
    assert found["chosen"] == "layer"
    (trial,) = [row for row in found["trials"] if row["candidate"] == "layer"]
    assert trial["accuracy_before"] < 0.5 < trial["accuracy_after"]
    assert trial["verdict"] == "better"
    assert run.change is not None
    assert run._open(run.change).route_fast(NEW) == "code_agent"
    assert run.present.route_fast(NEW) != "code_agent"


def test_what_was_checked(run: Tuning) -> None:
    """Every labelled prompt, the guards, and the traffic; none is in the report."""
    safety = run.figures()["safety"]
    assert safety["checked"] == len(cases()) + 3
    assert (safety["asked_before"], safety["lost"]) == (1, 0)
    assert safety["other_engine"] >= 30
    assert "ledger" not in str(run.figures())


def test_the_same_bytes(run: Tuning, tmp_path: Path) -> None:
    """The same labels in any order, from any place, give the same change."""
    mixed = [case._replace(place="elsewhere") for case in cases()]
    random.Random(4).shuffle(mixed)
    again = tuning(tmp_path, mixed, guards=asked(ORDER))
    again.run()
    assert again.change == run.change
    assert run.change is not None
    assert again.change is not None
    assert layer_text(again.change.words) == layer_text(run.change.words)


def test_words_of_orders_weigh_nothing(tmp_path: Path) -> None:
    """No word of a guard gets points, so that no order becomes something else by its own words."""
    made = tuning(tmp_path, cases(), guards=asked("wipe the ledger"))
    made.run()
    assert made.change is not None
    assert not made.change.words.keys() & {"wipe", "ledger", "the", "the ledger"}


def test_too_few(tmp_path: Path) -> None:
    """Below a handful nothing is fitted at all."""
    made = tuning(tmp_path, cases()[: LEAST_CASES - 1])
    made.run()
    assert made.outcome() == "too_few"
    assert made.figures()["trials"] == []


def test_labels_that_say_nothing(tmp_path: Path) -> None:
    """Labels by chance teach nothing that holds for others, so nothing is proposed."""
    chance = random.Random(7)
    engines = ("code_agent", "fast_local", "reasoning_local")
    noise = [case._replace(right=(chance.choice(engines),)) for case in cases()]
    made = tuning(tmp_path, noise)
    made.run()
    assert made.outcome() == "nothing"
    assert made.change is None


def test_labels_that_agree(tmp_path: Path) -> None:
    """Where the catalog is right already there is nothing to gain."""
    router = with_weights()
    agreed = [case._replace(right=(router.route_fast(case.prompt),)) for case in cases()]
    made = tuning(tmp_path, agreed)
    made.run()
    assert made.outcome() == "nothing"


def test_without_weights_only_thresholds(tmp_path: Path) -> None:
    """Where weights are switched off no layer would count, so none is tried."""
    catalog = replace(packaged_catalog(), weights=WeightsPolicy(enabled=False))
    made = tuning(tmp_path, cases(), catalog)
    made.run()
    assert [trial.name for trial in made.trials] == ["thresholds"]


def test_thresholds_alone(tmp_path: Path) -> None:
    """Labels that want reasoning for all that is a bit hard move the threshold just so far."""
    catalog = replace(packaged_catalog(), weights=WeightsPolicy(enabled=False))
    form = "explain the trade-offs between two {} for the {} in detail, in several steps"
    hard = [form.format(what, team) for what in ("plans", "maps", "roofs") for team in TEAMS]
    found = [Case(text, text, ("reasoning_local",)) for text in hard]
    made = tuning(tmp_path, [*found, *cases()[-8:]], catalog)
    scores = [made.base.assess(text).complexity for text in hard]
    made.run()
    assert made.change is not None
    assert made.change.words == {}
    least = int(min(scores))
    assert made.change.limits == (least, min(least, catalog.scoring.simple_threshold))


class Careless:
    """A router like another one, but for one prompt that it no longer holds."""

    def __init__(self, inner: object, text: str) -> None:
        self.inner, self.text = inner, text
        self.catalog = inner.catalog  # type: ignore[attr-defined]

    def route_fast(self, prompt: str, hints: object = None) -> str:
        """The other's engine; the prompt goes to `fast_local`."""
        if prompt == self.text:
            return "fast_local"
        return self.inner.route_fast(prompt, hints)  # type: ignore[attr-defined,no-any-return]

    def assess(self, request: object, hints: object = None) -> object:
        """The other's assessment."""
        return self.inner.assess(request, hints)  # type: ignore[attr-defined]


@pytest.mark.parametrize("place", ["guards", "traffic", "cases"])
def test_a_lost_confirmation_is_refused(tmp_path: Path, place: str) -> None:
    """However much is gained: an example, a logged prompt or a labelled one that is let past."""
    more = {"guards": {"guards": asked(ORDER)}, "traffic": {"traffic": lambda: asked(ORDER)}}
    labelled = [*cases(), *([Case("order:1", ORDER, confirm=True)] if place == "cases" else [])]
    made = tuning(tmp_path, labelled, **more.get(place, {}))  # type: ignore[arg-type]
    opener = made._open
    made._open = lambda change: Careless(opener(change), ORDER)  # type: ignore[assignment,return-value]
    made.run()
    assert made.outcome() == "refused"
    assert made.change is None
    found = made.figures()
    lost = [row for row in found["trials"] if row["refused"] == "lost_confirmations"]
    assert lost
    assert lost[0]["lost_at"][0] in ("prompt 0", "order:1")
    assert ORDER not in str(found)


def test_a_layer_is_judged_without_the_one_before(tmp_path: Path, run: Tuning) -> None:
    """A catalog with a layer is fitted anew from what is under it, and ends where it was."""
    assert run.change is not None
    layer = tmp_path / "mine.json"
    layer.write_text(layer_text(run.change.words))
    catalog = replace(packaged_catalog(), weights=WeightsPolicy(layer=str(layer)))
    again = tuning(tmp_path, cases(), catalog, guards=asked(ORDER))
    again.run()
    assert again.change == run.change


def test_it_is_not_better_than_what_is_there(tmp_path: Path) -> None:
    """What does worse on all labels than the catalog as it is, is not proposed."""
    answers = {case.prompt: case.right[0] for case in cases()}
    made = tuning(tmp_path, cases())
    made.present = FakeRouter(answers, packaged_catalog())
    made._open = lambda change: FakeRouter(  # type: ignore[assignment]
        answers | {LEDGER[0]: "fast_local"}, packaged_catalog()
    )
    made.run()
    assert made.outcome() == "nothing"
    assert {trial.refused for trial in made.trials} >= {"worse_than_now"}


def test_steps_pass_by(tmp_path: Path) -> None:
    """A progress bar sees each fit."""
    seen: list[tuple[str, int]] = []

    def each(steps: object) -> Iterator[tuple[str, int]]:
        for step in steps:  # type: ignore[attr-defined]
            seen.append(step)
            yield step

    tuning(tmp_path, cases()).run(each)
    assert len(seen) == 15


def test_orders_that_nobody_confirms(tmp_path: Path) -> None:
    """Labels that want a person where none is asked are counted: nothing here teaches that."""
    made = tuning(tmp_path, [*cases(), Case("x", "rewrite this politely", (HUMAN,), True)])
    made.run()
    assert made.figures()["cases"]["orders_missed"] == 1
