"""scripts/measure_quality.py: figures of cases that were worked out by hand, and honest folds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from model_router.catalog import load_catalog
from model_router.hindsight.labels import Names
from model_router.hindsight.tally import Answer
from model_router.types import HUMAN

Write = Callable[[str, Iterable[dict[str, Any]]], Path]

FAST, BALANCED, CODE, WEB = "fast_local", "balanced_local", "code_agent", "web_research"
WEAK, STRONG = "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"


@pytest.fixture
def measure(script: Callable[[str], ModuleType]) -> ModuleType:
    """The script as a module."""
    return script("measure_quality")


@pytest.fixture(scope="module")
def names() -> Names:
    """The names of the packaged catalog."""
    return Names(load_catalog(environ={}, home="/nonexistent"))


@pytest.fixture
def read(script: Callable[[str], ModuleType], write: Write) -> Callable[..., Sequence[Any]]:
    """A function from rows by source to examples."""

    def examples(**rows: list[dict[str, Any]]) -> Sequence[Any]:
        found: Sequence[Any] = (
            script("labelled_examples")
            .Reader()
            .read([write(source, some) for source, some in rows.items()])
        )
        return found

    return examples


Read = Callable[..., Sequence[Any]]


def answers(*given: tuple[str, float]) -> dict[int, Answer]:
    """Answers by place: an engine, which is a person where one is asked, and a complexity."""
    return {
        place: Answer(engine, engine == HUMAN, complexity)
        for place, (engine, complexity) in enumerate(given)
    }


def labelled(*labels: str, **more: Any) -> list[dict[str, Any]]:
    """One row for each label."""
    return [{"prompt": f"text {n}", "label": label, **more} for n, label in enumerate(labels)]


class TestRoutes:
    def test_strict_lenient_and_by_set(self, measure: ModuleType, read: Read, names: Names) -> None:
        """Three of five by the label, four with what is accepted too."""
        rows = read(
            one=[*labelled(FAST, CODE), *labelled(FAST, accept=[BALANCED])],
            two=labelled(WEB, CODE),
        )
        given = answers((FAST, 1), (CODE, 2), (BALANCED, 3), (WEB, 4), (FAST, 5))
        found = measure.routes(rows, given, names)
        assert found["strict"] == pytest.approx(3 / 5)
        assert found["lenient"] == pytest.approx(4 / 5)
        assert found["sets"] == {"one": pytest.approx(2 / 3), "two": 0.5}

    def test_macro_f1(self, measure: ModuleType, read: Read, names: Names) -> None:
        """The mean of F1 over all seven roles; a role that nobody has counts as 0."""
        rows = read(one=labelled(FAST, FAST, CODE, CODE))
        given = answers((FAST, 0), (CODE, 0), (CODE, 0), (HUMAN, 0))
        found = measure.routes(rows, given, names)
        fast, code = 2 * 1 / (2 + 1), 2 * 1 / (2 + 2)
        assert found["f1"][FAST] == pytest.approx(fast)
        assert found["f1"][CODE] == pytest.approx(code)
        assert found["macro_f1"] == pytest.approx((fast + code) / 7)

    def test_names_of_routes_are_engines(
        self, measure: ModuleType, read: Read, names: Names
    ) -> None:
        """A label may be a route's name or an engine's."""
        found = measure.routes(
            read(one=labelled("coding", CODE)), answers((CODE, 0), (CODE, 0)), names
        )
        assert found["strict"] == 1

    def test_made_up_frames_are_left_out(
        self, measure: ModuleType, read: Read, names: Names
    ) -> None:
        """A set whose sentences are made does not count in the pool."""
        rows = read(one=labelled(FAST), parti_framed=labelled(CODE, CODE))
        found = measure.routes(rows, answers((FAST, 0), (FAST, 0), (FAST, 0)), names)
        assert found["strict"] == 1
        assert set(found["sets"]) == {"one"}

    def test_no_set_counts_more_than_its_share(
        self, measure: ModuleType, read: Read, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of a large set so many rows count, always the same ones."""
        monkeypatch.setattr(measure, "POOL", 3)
        rows = read(one=[{**row, "id": f"{n}"} for n, row in enumerate(labelled(*[FAST] * 9))])
        chosen = measure.pooled(rows)
        assert len(chosen) == 3
        again = [rows[place] for place in chosen]
        turned = list(reversed(rows))
        assert {e.row.id for e in again} == {turned[i].row.id for i in measure.pooled(turned)}

    def test_nothing_to_measure(self, measure: ModuleType, read: Read, names: Names) -> None:
        """Without labels, orders, results and levels every figure is missing, not 0."""
        rows = read(one=[{"prompt": "a", "confirm": None}])
        found = measure.figures(rows, answers((FAST, 1)), names)
        for key in ("strict", "lenient", "confirm_recall", "false_confirm_action",
                    "false_confirm_chat", "apgr", "tier_all", "mgsm_reasoning"):  # fmt: skip
            assert found[key] is None
        assert measure.table({"rules": found}).count(" -") >= 8


class TestConfirmations:
    def rows(self, read: Read) -> Sequence[Any]:
        """Two sets said to an assistant with tools, one of them small; one of talk."""
        return read(
            clinc150=[
                *({"prompt": f"yes {n}", "confirm": True} for n in range(4)),
                *({"prompt": f"no {n}", "confirm": False} for n in range(8)),
            ],
            nl2bash=[
                *({"prompt": f"yes {n}", "confirm": True} for n in range(2)),
                *({"prompt": f"no {n}", "confirm": False} for n in range(5)),
            ],
            chat=[
                *({"prompt": f"talk {n}", "confirm": False} for n in range(10)),
                {"prompt": "unclear", "confirm": None},
            ],
        )

    def test_by_kind_of_set(self, measure: ModuleType, read: Read) -> None:
        """Means over sets, not over rows; talk apart from actions; tiny sets have no false rate."""
        asked = [True] * 3 + [False] + [True] * 2 + [False] * 6  # clinc150: 3 of 4, 2 of 8
        asked += [True, False] + [True] * 5  # nl2bash: 1 of 2; five rows say nothing
        asked += [True] + [False] * 9 + [True]  # talk: 1 of 10; what is unclear does not count
        given = answers(*((HUMAN if each else FAST, 0.0) for each in asked))
        found = measure.confirmations(self.rows(read), given)
        assert found["confirm_recall"] == pytest.approx((3 / 4 + 1 / 2) / 2)
        assert found["false_confirm_action"] == pytest.approx(2 / 8)
        assert found["false_confirm_chat"] == pytest.approx(1 / 10)
        assert found["confirm_by_set"]["recall"] == {"clinc150": 0.75, "nl2bash": 0.5}

    def test_a_router_that_asks_always_or_never(self, measure: ModuleType, read: Read) -> None:
        """Recall and false rates move together at the ends."""
        rows = self.rows(read)
        for engine, wanted in ((HUMAN, 1.0), (FAST, 0.0)):
            found = measure.confirmations(rows, answers(*[(engine, 0.0)] * len(rows)))
            for key in ("confirm_recall", "false_confirm_action", "false_confirm_chat"):
                assert found[key] == wanted


class TestComplexity:
    def gained(self, gains: Sequence[int]) -> list[dict[str, Any]]:
        """Rows on which the strong model gains so much."""
        return [
            {"prompt": f"text {n}", "confirm": None,
             "meta": {"scores": {WEAK: 0 if gain > 0 else 1, STRONG: 1 if gain >= 0 else 0}}}
            for n, gain in enumerate(gains)
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("scores", "wanted"),
        [
            ([90.0] * 12 + [10.0] * 12, 1.0),
            ([10.0] * 12 + [90.0] * 12, 0.0),
            ([50.0] * 24, 0.5),
        ],
    )
    def test_apgr(
        self, measure: ModuleType, read: Read, scores: list[float], wanted: float
    ) -> None:
        """1 for a score that knows all, 0 for its opposite, 0.5 for one that knows nothing.

        The strong model gains on twelve rows and loses on four of the other twelve. Half of the
        calls bring 12 / 8 of the gap, and all of them the whole: (0 + 1.5) / 4 + (1.5 + 1) / 4.
        """
        rows = read(routellm_mmlu=self.gained([1] * 12 + [0, 0, -1] * 4))
        found = measure.gaps(rows, answers(*((FAST, score) for score in scores)))
        assert found["apgr"] == pytest.approx(wanted)
        assert found["apgr_by_pair"] == {
            "routellm_mmlu: Mixtral-8x7B-Instruct-v0.1": pytest.approx(wanted)
        }
        assert found["distinct"] == len(set(scores))

    def test_models_that_do_equally_well(self, measure: ModuleType, read: Read) -> None:
        """Where there is no gap, there is no share of it."""
        rows = read(routellm_mmlu=self.gained([0] * 10))
        found = measure.gaps(rows, answers(*((FAST, float(n)) for n in range(10))))
        assert found["apgr"] is None

    @pytest.mark.parametrize(("sign", "wanted"), [(1, 1.0), (-1, -1.0)])
    def test_tiers(self, measure: ModuleType, read: Read, sign: int, wanted: float) -> None:
        """The rank correlation with the tiers of a set, over English rows and over all."""
        rows = read(
            uncommonroute=[
                {"prompt": f"t {n}", "confirm": None, "meta": {"level": n, "lang": lang}}
                for n, lang in enumerate(("en", "en", "en", "de", "de"))
            ]
        )
        english = answers(*((FAST, float(sign * n)) for n in (1, 2, 3, 4, 5)))
        found = measure.levels(rows, english)
        assert found["tier_english"] == pytest.approx(wanted)
        assert found["tier_all"] == pytest.approx(wanted)
        mixed = answers(*((FAST, float(sign * n)) for n in (3, 4, 5, 1, 2)))
        found = measure.levels(rows, mixed)
        assert found["tier_english"] == pytest.approx(wanted)
        assert abs(found["tier_all"]) < 1

    def test_problems_in_many_languages(
        self, measure: ModuleType, read: Read, names: Names
    ) -> None:
        """The share of mgsm that goes to reasoning."""
        rows = read(mgsm=labelled(*["reasoning_local"] * 4))
        given = answers(*((engine, 0) for engine in ("reasoning_local", FAST, FAST, FAST)))
        assert measure.routes(rows, given, names)["mgsm_reasoning"] == 0.25


class TestHonesty:
    def parts(
        self,
        measure: ModuleType,
        rows: Sequence[Any],
        part_of: Callable[[Any], Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> list[tuple[list[Any], list[Any]]]:
        """What was learned from, and what was answered with it, for each part."""
        seen: list[tuple[list[Any], list[Any]]] = []

        def trained(reader: Any, learned: Sequence[Any], *rest: Any) -> str:
            seen.append((list(learned), []))
            return "router"

        def routed(
            router: str, examples: Sequence[Any], places: Iterable[int]
        ) -> dict[int, Answer]:
            seen[-1][1].extend(examples[place] for place in places)
            return {place: Answer(FAST, False, 0.0) for place in places}

        monkeypatch.setattr(measure, "trained_router", trained)
        monkeypatch.setattr(measure, "routed", routed)
        found = measure.by_weights(None, rows, measure.known_of_sets(), measure.Settings(), part_of)
        assert sorted(found) == list(range(len(rows)))
        return seen

    def test_folds(self, measure: ModuleType, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
        """No prompt is answered by weights that have seen it, in whichever set it stood."""
        rows = read(one=labelled(*[FAST, CODE] * 20), two=labelled(*[CODE] * 30))
        parts = self.parts(measure, rows, lambda example: example.fold, monkeypatch)
        assert len(parts) == 5
        for learned, answered in parts:
            assert answered
            assert not {e.row.prompt for e in learned} & {e.row.prompt for e in answered}
            assert len(learned) + len(answered) == len(rows)

    def test_families(
        self, measure: ModuleType, read: Read, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No set is answered by weights that have seen it, or one of its kind."""
        sets = ("metatool", "apibench_hf", "mgsm", "ulab_dcrouter", "hwu64")
        rows = read(**{name: labelled(FAST, CODE) for name in sets})
        teaching = measure.known_of_sets()
        parts = self.parts(
            measure, rows, lambda example: measure.family(example, teaching), monkeypatch
        )
        together = [{example.source for example in answered} for _, answered in parts]
        assert sorted(map(sorted, together)) == [
            ["apibench_hf", "metatool"],
            ["hwu64"],
            ["mgsm", "ulab_dcrouter"],
        ]
        for learned, answered in parts:
            assert not {e.source for e in learned} & {e.source for e in answered}

    def test_a_prompt_has_one_fold(self, script: Callable[[str], ModuleType]) -> None:
        """The fold follows from the prompt alone, lone surrogates and all; every fold is used."""
        examples = script("labelled_examples")
        folds = [examples.fold_of(f"text {n}") for n in range(500)]
        assert folds == [examples.fold_of(f"text {n}") for n in range(500)]
        assert {*folds} == {*range(examples.FOLDS)}
        assert min(folds.count(fold) for fold in range(examples.FOLDS)) > 50
        assert examples.fold_of("\ud800") in range(examples.FOLDS)


class TestProgram:
    def folder(self, write: Write) -> Path:
        """Two small sets, and one that has no labels of this kind."""
        write("one", [*labelled(*[FAST, CODE] * 5), {"prompt": "drop the production database",
                                                      "confirm": True}])  # fmt: skip
        write("two", labelled(*[WEB, CODE] * 5))
        return write("transcripts", [{"text": "not a row"}]).parent

    def test_as_json(
        self, measure: ModuleType, write: Write, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Figures of each way to answer, and the conditions they depend on."""
        assert measure.main([str(self.folder(write)), "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found.keys() == {"conditions", *measure.RUNS}
        assert (found["conditions"]["sets"], found["conditions"]["rows"]) == (2, 21)
        assert found["rules"]["confirm_recall"] == 1
        assert found["length"]["confirm_recall"] == 0

    def test_as_a_table(
        self, measure: ModuleType, write: Write, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A line for each figure, a column for each way to answer that was asked for."""
        assert measure.main([str(self.folder(write)), "--only", "rules,length"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].split() == ["rules", "length"]
        assert [line.split()[0] for line in lines[1:]] == list(measure.SHOWN)

    def test_the_same_rows_give_the_same_figures(
        self, measure: ModuleType, write: Write, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The same rows give the same figures, chance included."""
        folder, said = str(self.folder(write)), []
        for _ in range(2):
            assert measure.main([folder, "--json"]) == 0
            said.append(capsys.readouterr().out)
        assert said[0] == said[1]

    def test_mistakes(
        self,
        measure: ModuleType,
        write: Write,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """An empty folder, a wrong row and an unknown way to answer end with a message."""
        (tmp_path / "empty").mkdir()
        assert measure.main([str(tmp_path / "empty")]) == 1
        assert "no labelled rows" in capsys.readouterr().err
        path = write("wrong", [{"prompt": "a", "label": "fast_lokal"}])
        assert measure.main([str(tmp_path)]) == 1
        assert f"{path}:1: " in capsys.readouterr().err
        with pytest.raises(SystemExit):
            measure.main([str(tmp_path), "--only", "rules,fold"])
        assert "--only fold: name some of rules,folds" in capsys.readouterr().err
