"""Accuracy, F1 and confirmation, on counts that can be checked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.hindsight.labels import Names, Row
from model_router.hindsight.tally import Answer, Marked, Tally, marked
from tests.support.catalogs import usual_catalog

NAMES = Names(usual_catalog())
ENGINES = ("fast_local", "balanced_local", "code_agent", "human_confirm")


def tallied(*rows: tuple[Row, str]) -> Tally:
    """Counts of rows and the engines they went to; `human_confirm` counts as confirmed."""
    tally = Tally()
    for row, engine in rows:
        answer = Answer(engine, engine == "human_confirm", 0)
        tally.add(row, answer, marked(row, answer, NAMES), NAMES)
    return tally


def row(label: str | None = None, source: str = "s", **fields: object) -> Row:
    return Row("p", None, "x", source, label, **fields)  # type: ignore[arg-type]


class TestMarks:
    """One answer beside one label."""

    @pytest.mark.parametrize(
        ("given_row", "engine", "expected"),
        [
            (row("fast_local"), "fast_local", Marked(True, True, None)),
            (row("simple"), "fast_local", Marked(True, True, None)),
            (row("fast_local", accept=("balanced",)), "balanced_local", Marked(False, True, None)),
            (row("fast_local", accept=("balanced",)), "code_agent", Marked(False, False, None)),
            (row("fast_local", accept=()), "fast_local", Marked(True, True, None)),
            (row(None, confirm=True), "human_confirm", Marked(None, None, True)),
            (row(None, confirm=True), "fast_local", Marked(None, None, False)),
            (row(None, confirm=False), "human_confirm", Marked(None, None, False)),
            (row(None), "fast_local", Marked(None, None, None)),
        ],
    )
    def test_mark(self, given_row: Row, engine: str, expected: Marked) -> None:
        """Strict is the label, lenient an accepted engine too, confirm its own question."""
        answer = Answer(engine, engine == "human_confirm", 0)
        assert marked(given_row, answer, NAMES) == expected


class TestFigures:
    """Figures over several rows."""

    def test_accuracy_counts_rows_with_a_label(self) -> None:
        """Rows without a label are in neither part of the ratio."""
        figures = tallied(
            (row("fast_local"), "fast_local"),
            (row("fast_local", accept=("coding",)), "code_agent"),
            (row("code_agent"), "fast_local"),
            (row(None), "fast_local"),
        ).figures()
        assert (figures["strict"], figures["lenient"]) == (1 / 3, 2 / 3)

    def test_f1_by_hand(self) -> None:
        """Two classes: F1 of 2/3 and 4/5, and macro-F1 is their mean."""
        tally = tallied(
            *[(row("fast_local"), "fast_local")] * 2,
            (row("code_agent"), "code_agent"),
            (row("code_agent"), "fast_local"),
        )
        fast, code = sorted(tally.classes(), key=lambda c: str(c["engine"]), reverse=True)
        assert (fast["precision"], fast["recall"], fast["f1"]) == (2 / 3, 1.0, 4 / 5)
        assert (code["precision"], code["recall"], code["f1"]) == (1.0, 1 / 2, 2 / 3)
        assert tally.figures()["macro_f1"] == pytest.approx((4 / 5 + 2 / 3) / 2)

    def test_engine_that_is_no_label_is_no_class(self) -> None:
        """Choosing something that is never right costs recall, and adds no class of F1 0."""
        tally = tallied((row("fast_local"), "fast_local"), (row("fast_local"), "human_confirm"))
        assert [c["engine"] for c in tally.classes()] == ["fast_local"]
        assert tally.matrix() == {"fast_local": {"fast_local": 1, "human_confirm": 1}}

    def test_recall_is_a_mean_over_action_sets(self) -> None:
        """A large set weighs no more than a small one."""
        figures = tallied(
            *[(row(None, "big", confirm=True), "human_confirm")] * 9,
            (row(None, "big", confirm=True), "fast_local"),
            (row(None, "small", confirm=True), "fast_local"),
            (row(None, "talk", confirm=False), "fast_local"),
        ).figures()
        assert figures["confirm_recall"] == pytest.approx((0.9 + 0.0) / 2)

    def test_false_rates_tell_action_sets_from_talk(self) -> None:
        """A set with one order is about actions; its false stops are counted apart."""
        figures = tallied(
            (row(None, "act", confirm=True), "human_confirm"),
            (row(None, "act", confirm=False), "human_confirm"),
            (row(None, "act", confirm=False), "fast_local"),
            *[(row(None, "talk", confirm=False), "fast_local")] * 3,
            (row(None, "talk", confirm=False), "human_confirm"),
            (row(None, "chat", confirm=False), "fast_local"),
        ).figures()
        assert figures["false_confirm_action"] == 0.5
        assert figures["false_confirm_chat"] == (0.25 + 0.0) / 2

    def test_set_of_orders_alone_has_no_false_rate(self) -> None:
        """Where nothing harmless is in a set, its rate is not measured and weighs nothing."""
        figures = tallied((row(None, "act", confirm=True), "fast_local")).figures()
        assert figures["confirm_recall"] == 0.0
        assert figures["false_confirm_action"] is None

    def test_nothing_measured_is_none(self) -> None:
        """Without rows every figure is None, and none is 0."""
        assert set(Tally().figures().values()) == {None}
        assert set(tallied((row(None), "fast_local")).figures().values()) == {None}

    def test_sources_have_their_own_figures(self) -> None:
        """Each set is counted by itself as well."""
        tally = tallied((row("simple", "a"), "fast_local"), (row("simple", "b"), "code_agent"))
        assert tally.sources["a"].figures()["strict"] == 1.0
        assert tally.sources["b"].figures()["strict"] == 0.0
        assert tally.sources["b"].figures()["confirm_recall"] is None


@given(st.lists(st.tuples(st.sampled_from(ENGINES), st.sampled_from(ENGINES)), min_size=1))
def test_figures_agree_with_their_definitions(answers: list[tuple[str, str]]) -> None:
    """Accuracy, F1 and the matrix follow from the pairs of label and engine, counted anew."""
    tally = tallied(*((row(label), engine) for label, engine in answers))
    figures = tally.figures()
    assert figures["strict"] == sum(a == b for a, b in answers) / len(answers)
    f1 = []
    for name in {label for label, _ in answers}:
        right = answers.count((name, name))
        wrong = sum((a == name) != (b == name) for a, b in answers)
        f1.append(2 * right / (2 * right + wrong))
    assert figures["macro_f1"] == pytest.approx(sum(f1) / len(f1))
    assert sum(sum(r.values()) for r in tally.matrix().values()) == len(answers)
