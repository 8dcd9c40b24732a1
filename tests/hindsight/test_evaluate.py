"""A whole evaluation, on a router whose answers are known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_router.errors import RequestError
from model_router.hindsight.evaluate import WARM_UP, Evaluation
from model_router.hindsight.labels import Row
from model_router.router import ModelRouter
from tests.support.catalogs import catalog, engine, usual_catalog

ROWS = (
    Row("f:1", "a", "code", "s", "code_agent", confirm=False),
    Row("f:2", "b", "delete it", "s", "human_confirm", confirm=True),
    Row("f:3", "c", "talk about it", "t", "balanced_local", accept=("simple",), confirm=False),
    Row("f:4", "d", "look", "t", "vision", attachments=("image",)),
    Row("f:5", "e", "one", "u", scores={"w": 0.0, "s": 1.0}),
    Row("f:6", "f", "and another one", "u", scores={"w": 0.0, "s": 0.5}),
)
ENGINES = {"code": "code_agent", "delete it": "human_confirm", "look": "web_research"}


@pytest.fixture
def evaluation(fake_router: Any) -> Evaluation:
    """An evaluation that has seen ROWS."""
    done = Evaluation(fake_router(ENGINES), errors=5)
    for row in ROWS:
        done.check(row)
        done.add(row)
    return done


class TestReport:
    """What a report says."""

    def test_figures_of_the_router(self, evaluation: Evaluation) -> None:
        """Every figure follows from the rows and the table of answers."""
        figures = evaluation.report()["figures"]["router"]
        assert figures["strict"] == 2 / 4
        assert figures["lenient"] == 3 / 4
        assert figures["confirm_recall"] == 1.0
        assert (figures["false_confirm_action"], figures["false_confirm_chat"]) == (0.0, 0.0)
        # The longer prompt scores higher and gains less: worse than chance.
        assert 0 < figures["apgr"] < 0.5

    def test_baselines_stand_beside_it(self, evaluation: Evaluation) -> None:
        """Length and chance have the same figures."""
        figures = evaluation.report()["figures"]
        assert list(figures) == ["router", "length", "random"]
        assert figures["length"]["confirm_recall"] == 0.0
        assert figures["length"].keys() == figures["router"].keys() == figures["random"].keys()

    def test_counts(self, evaluation: Evaluation) -> None:
        """How many rows say what."""
        rows = evaluation.report()["rows"]
        assert rows == {"all": 6, "labelled": 4, "orders": 1, "others": 2, "with_scores": 2}

    def test_pairs_name_their_models(self, evaluation: Evaluation) -> None:
        """The weak and the strong model, their means, and everybody's figures."""
        (pair,) = evaluation.report()["pairs"]
        assert (pair["source"], pair["weak"], pair["strong"]) == ("u", "w", "s")
        assert (pair["weak_mean"], pair["strong_mean"], pair["rows"]) == (0.0, 0.75, 2)
        assert set(pair["gaps"]) == {"router", "length", "random"}

    def test_worst_cases(self, evaluation: Evaluation) -> None:
        """The wrong engine stands before the one that is accepted."""
        errors = evaluation.report()["errors"]
        assert [(miss["id"], miss["kind"]) for miss in errors] == [
            ("d", "wrong engine"),
            ("c", "not the first choice"),
        ]

    def test_report_is_ready_for_json(self, evaluation: Evaluation) -> None:
        """Everything in it can be written, without NaN."""
        json.dumps(evaluation.report(), allow_nan=False)

    def test_no_rows(self, fake_router: Any) -> None:
        """Without rows a report still has its form."""
        report = Evaluation(fake_router({}), fake_router({})).report()
        assert report["rows"]["all"] == 0
        assert set(report["figures"]["router"].values()) == {None}
        assert report["latency"]["p50_us"] is None


class TestRun:
    """How the router is asked."""

    def test_attachments_are_hints(self, fake_router: Any) -> None:
        """A row with an image says so to the router, the others give no hints."""
        router = fake_router(ENGINES)
        evaluation = Evaluation(router)
        warm = len(router.hints)
        for row in ROWS[:4]:
            evaluation.add(row)
        assert router.hints[warm:] == [None, None, None, {"attachments": ("image",)}]

    def test_warming_up_is_not_timed(self, fake_router: Any) -> None:
        """The first calls go before the clock."""
        router = fake_router({})
        evaluation = Evaluation(router)
        assert len(router.hints) == len(WARM_UP)
        assert evaluation.report()["latency"]["p50_us"] is None

    def test_unknown_label_is_found_beforehand(self, fake_router: Any) -> None:
        """`check` names a label or an accepted name that no catalog knows."""
        evaluation = Evaluation(fake_router({}))
        with pytest.raises(RequestError, match="codng"):
            evaluation.check(Row("p", None, "x", "s", "codng"))
        with pytest.raises(RequestError, match="visn"):
            evaluation.check(Row("p", None, "x", "s", "vision", accept=("visn",)))

    def test_label_must_be_known_to_the_other_catalog_too(self, fake_router: Any) -> None:
        """An engine of one catalog alone cannot be compared; a route can."""
        own = catalog(engine("mine"), targets={"coding": "mine"})
        evaluation = Evaluation(fake_router({}, own), fake_router({}))
        with pytest.raises(RequestError, match="mine"):
            evaluation.check(Row("p", None, "x", "s", "mine"))
        evaluation.check(Row("p", None, "x", "s", "coding"))

    def test_real_router_agrees_with_its_receipts(self) -> None:
        """Engine, confirmation and complexity are those of `route`, for every row."""
        router = ModelRouter.from_config_object(usual_catalog(), validate_availability=False)
        evaluation = Evaluation(router)
        prompts = ("drop the production database", "fix the repo and run tests", "hello", "\ud800")
        for prompt in prompts:
            answer = evaluation.router.answer(Row("p", None, prompt, "s"))
            receipt = router.route(prompt)
            asked = receipt.requires_confirmation or receipt.selected_engine == "human_confirm"
            assert answer == (receipt.selected_engine, asked, receipt.complexity_score)


class TestCompare:
    """A second router on the same rows."""

    def test_flips_between_routers(self, fake_router: Any) -> None:
        """What only one of them gets right is listed with both engines."""
        evaluation = Evaluation(fake_router(ENGINES), fake_router({"look": "multimodal_vision"}))
        for row in ROWS:
            evaluation.add(row)
        compared = evaluation.report()["compare"]
        assert (compared["engine"]["better"], compared["engine"]["worse"]) == (2, 1)
        assert (compared["confirm"]["better"], compared["confirm"]["worse"]) == (1, 0)
        assert compared["changed"] == 3
        assert [flip["place"] for flip in compared["flips"]] == ["f:1", "f:2", "f:2", "f:4"]

    def test_router_beside_itself_never_flips(self, fake_router: Any) -> None:
        """The same answers give no flips and no difference."""
        evaluation = Evaluation(fake_router(ENGINES), fake_router(ENGINES))
        for row in ROWS:
            evaluation.add(row)
        compared = evaluation.report()["compare"]
        assert (compared["changed"], compared["flips"]) == (0, [])
        assert compared["engine"]["p"] == 1.0
