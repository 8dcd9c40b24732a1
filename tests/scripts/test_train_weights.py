"""scripts/train_weights.py: rows in, a weights file that the router reads out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from model_router.errors import RouterConfigError
from model_router.lanes import LANES
from model_router.weights import (
    COLUMNS,
    HEADS,
    LARGEST,
    START,
    load_weights,
    parse_weights,
    unspelled,
)
from tests.support.weights import weighing, without_weights

Write = Callable[[str, Iterable[dict[str, Any]]], Path]

COLOURS = ("red", "green", "blue", "white", "black", "brown")
PLACES = ("garden", "river", "market", "harbour", "valley")
PAIRS = [(colour, place) for colour in COLOURS for place in PLACES]

WALNUT = "the walnut by the {0} {1}"
QUARTZ = "a quartz near the {0} {1}"
"""Words of which no signal has heard; one shall mean code, the other an image to be drawn."""
DEAR = "money transfer to my {0} {1} account now"
STORY = "money transfer to the {0} {1} as ever"
"""Actions that rules leave open."""


def said(form: str, **truth: Any) -> list[dict[str, Any]]:
    """Rows of one form, all with the same truth."""
    return [{"prompt": form.format(*pair), **truth} for pair in PAIRS]


def routes() -> list[dict[str, Any]]:
    """Rows that teach two routes."""
    return [*said(WALNUT, label="code_agent"), *said(QUARTZ, label="image_generation")]


def orders() -> list[dict[str, Any]]:
    """Rows that teach what is an order."""
    return [*said(DEAR, confirm=True), *said(STORY, confirm=False)]


def scored(form: str, **scores: float) -> list[dict[str, Any]]:
    """Rows of one form with models' results."""
    return said(form, confirm=False, meta={"scores": scores})


@pytest.fixture
def trainer(script: Callable[[str], ModuleType]) -> ModuleType:
    """The script as a module."""
    return script("train_weights")


@pytest.fixture
def train(trainer: ModuleType, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """A function from files and options to the content of the file that is written."""

    def trained(*arguments: object, output: str = "weights.json") -> dict[str, Any]:
        path = tmp_path / output
        assert trainer.main([*map(str, arguments), "--output", str(path)]) == 0
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        assert parse_weights(content)
        return content

    return trained


Train = Callable[..., dict[str, Any]]


def column(content: dict[str, Any], word: str, name: str) -> int:
    """What a word weighs for a route, or for complexity; 0 when it has no row."""
    return row_of(content, word)[COLUMNS.index(name)]


def row_of(content: dict[str, Any], word: str) -> list[int]:
    """The numbers of a word, however the file has them."""
    return unspelled(content["words"].get(word, 0))


class TestWhatIsLearned:
    def test_the_same_rows_give_the_same_bytes(
        self, train: Train, write: Write, tmp_path: Path
    ) -> None:
        """A file that is trained twice from the same rows is the same file."""
        one, other = write("one", routes()), write("other", orders())
        for name in ("a.json", "b.json"):
            train(one, other, output=name)
        assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()

    def test_words_speak_for_the_route_of_their_rows(self, train: Train, write: Write) -> None:
        """A word of one route's rows weighs for it and against the other."""
        content = train(write("one", routes()))
        for word, mine, other in (
            ("walnut", "coding", "image_generation"),
            ("quartz", "image_generation", "coding"),
        ):
            assert column(content, word, mine) > 0 > column(content, word, other)
        assert abs(column(content, "red", "coding")) < column(content, "walnut", "coding")

    def test_what_is_learned_decides(self, train: Train, write: Write, tmp_path: Path) -> None:
        """A router with the file sends the words where their rows said; without it, it does not."""
        train(write("one", routes()), "--routes-share", "1")
        router = weighing(file=str(tmp_path / "weights.json"))
        for form, route in ((WALNUT, "coding"), (QUARTZ, "image_generation")):
            text = form.format("yellow", "castle")
            assert router.route(text).route == route
            assert without_weights().route(text).route != route
        reason = next(
            each
            for each in router.route(WALNUT.format("yellow", "castle")).explained
            if each.code == "weights.coding"
        )
        assert "walnut" in reason.text
        assert "yellow" not in reason.text

    def test_caution_is_learned(self, train: Train, write: Write, tmp_path: Path) -> None:
        """What stood around orders asks for a person, what stood around others does not."""
        content = train(write("one", orders()))
        assert START in content["caution"]
        router = weighing(file=str(tmp_path / "weights.json"))
        mine = "money transfer to my yellow castle account now"
        other = "money transfer to the yellow castle as ever"
        assert router.route(mine).requires_confirmation
        assert not router.route(other).requires_confirmation
        assert not without_weights().route(mine).requires_confirmation

    def test_orders_of_one_kind_teach_no_caution(self, train: Train, write: Write) -> None:
        """Where everything or nothing was ordered, there is nothing to tell apart."""
        assert train(write("one", [*said(DEAR, confirm=True), *routes()]))["caution"] == {}

    def test_one_route_alone_teaches_no_route(self, train: Train, write: Write) -> None:
        """Rows that all go one way say nothing about words."""
        content = train(write("one", [*said(WALNUT, label="code_agent"), *orders()]))
        assert content["words"] == {}
        assert content["caution"]

    def test_models_results_teach_complexity(
        self, train: Train, write: Write, tmp_path: Path
    ) -> None:
        """Words of rows that only the strong model can do raise the score."""
        rows = [*scored(WALNUT, small=0, large=1), *scored(QUARTZ, small=1, large=1)]
        content = train(write("one", rows))
        assert column(content, "walnut", "complexity") > 0 > column(content, "quartz", "complexity")
        router = weighing(file=str(tmp_path / "weights.json"))
        hard, easy = (router.assess(f"a {word} in the forest") for word in ("walnut", "quartz"))
        assert hard.complexity > easy.complexity

    def test_rows_with_an_attachment_teach_no_words(self, train: Train, write: Write) -> None:
        """What a picture decides is not learned as a property of the words beside it."""
        rows = said("the teapot by the {0} {1}", label="multimodal_vision", attachments=["image"])
        content = train(write("one", [*routes(), *rows]))
        assert column(content, "teapot", "vision") == 0

    def test_numbers_are_whole_and_bounded(self, train: Train, write: Write) -> None:
        """Also where a single word decides everything."""
        content = train(write("one", routes()), "--points", "100000", "--l2", "0.0001")
        numbers = [n for word in content["words"] for n in row_of(content, word)]
        assert {type(n) for n in numbers} == {int}
        assert max(map(abs, numbers)) == LARGEST

    def test_an_engines_name_is_a_label_too(self, train: Train, write: Write) -> None:
        """The simpler form of a row teaches the same."""
        simple = [{"prompt": row["prompt"], "engine": row["label"]} for row in routes()]
        assert train(write("a", simple))["words"] == train(write("a", routes()))["words"]


class TestOptions:
    def test_families(self, train: Train, write: Write) -> None:
        """A word that only one family knows is that family's style and is not learned."""
        one, two = write("one", routes()), write("two", routes())
        third = write(
            "third",
            [*said("x {0} {1}", label="code_agent"), *said(QUARTZ, label="image_generation")],
        )
        apart = train(one, two, third)
        together = train(one, two, third, "--family", "one,two")
        assert column(apart, "walnut", "coding") > 0
        assert "walnut" not in together["words"]
        assert column(together, "quartz", "image_generation") > 0

    def test_a_word_needs_several_rows(self, train: Train, write: Write) -> None:
        """Words that are rare are not learned."""
        rows = [*routes(), *said(WALNUT, label="code_agent")[:3]]
        rows[-3:] = [{**row, "prompt": f"{row['prompt']} zebra"} for row in rows[-3:]]
        path = write("one", rows)
        assert "zebra" not in train(path)["words"]
        assert "zebra" in train(path, "--least", "3")["words"]

    def test_pairs(self, train: Train, write: Write) -> None:
        """Two models that are named count in place of the worst and the best."""
        rows = [
            *scored(WALNUT, worst=0.0, middle=0.9, best=1.0),
            *scored(QUARTZ, worst=0.0, middle=0.2, best=1.0),
        ]
        path = write("one", rows)
        with pytest.raises(AssertionError):  # worst and best differ alike on all rows
            train(path)
        assert column(train(path, "--pair", "worst,middle"), "walnut", "complexity") > 0
        assert column(train(path, "--pair", "middle,best"), "walnut", "complexity") < 0

    def test_levels(self, train: Train, write: Write) -> None:
        """Only sources that are named teach by their levels; by default all do."""
        one = write(
            "one",
            [
                *said(WALNUT, confirm=False, meta={"level": 3}),
                *said(QUARTZ, confirm=False, meta={"level": 1}),
            ],
        )
        two = write(
            "two",
            [
                *said(WALNUT, confirm=False, meta={"level": 10}),
                *said(QUARTZ, confirm=False, meta={"level": 90}),
            ],
        )
        assert column(train(one), "walnut", "complexity") > 0
        assert column(train(two), "walnut", "complexity") < 0
        assert column(train(one, two, "--levels", "one"), "walnut", "complexity") > 0
        assert column(train(one, two, "--levels", "two"), "walnut", "complexity") < 0

    @pytest.mark.parametrize("level", ["hard", True, None, [3], float("nan"), float("inf")])
    def test_levels_that_are_no_numbers(self, train: Train, write: Write, level: Any) -> None:
        """What a source writes there otherwise spoils nothing."""
        rows = [{**row, "meta": {"level": level}} for row in routes()]
        assert train(write("one", rows))["words"] == train(write("one", routes()))["words"]

    @pytest.mark.parametrize("most", [1, 5, 20])
    def test_pruning(self, train: Train, write: Write, most: int) -> None:
        """No more features are written than asked for, and those are the strongest."""
        content = train(write("one", routes()), "--routes", most)
        assert len(content["words"]) <= most
        assert most < 5 or any({"walnut", "quartz"} & {*word.split()} for word in content["words"])
        content = train(write("one", orders()), "--caution", most)
        assert len(content["caution"]) <= most + 1

    @pytest.mark.parametrize("options", [("--routes-share", "0.5"), ("--points", "4")])
    def test_what_scales_points(self, train: Train, write: Write, options: tuple[str, str]) -> None:
        """A smaller share and a smaller unit make lighter weights."""
        path = write("one", routes())
        light, plain = train(path, *options), train(path, "--routes-share", "1")
        assert 0 < column(light, "walnut", "coding") < column(plain, "walnut", "coding")

    def test_caution_odds(self, train: Train, write: Write) -> None:
        """Higher odds ask a person sooner."""
        path = write("one", orders())
        low, high = (train(path, "--caution-odds", odds)["caution"][START] for odds in (0, 2))
        assert high > low


class TestMistakes:
    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("{", ("is not JSON", "one object a line")),
            ("[" * 100_000, ("is not JSON",)),
            ("3", ("holds int, not an object",)),
            ('{"prompt": "x"}', ("neither engine nor label nor confirm",)),
            ('{"prompt": 3, "label": "fast_local"}', ("prompt is int",)),
            ('{"prompt": "x", "label": "fast_lokal"}', ("no engine or route", "fast_local?")),
            ('{"prompt": "x", "labels": "fast_local"}', ("is not a key", "did you mean label?")),
            ('{"prompt": "x", "confirm": "yes"}', ("confirm is str",)),
            ('{"prompt": "x", "confirm": true, "meta": 3}', ("meta is int",)),
            (
                '{"prompt": "x", "confirm": true, "meta": {"scores": {"a": NaN}}}',
                ("not a finite number",),
            ),
        ],
    )
    def test_a_wrong_row_is_named(
        self,
        trainer: ModuleType,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        line: str,
        words: tuple[str, ...],
    ) -> None:
        """A row of the wrong form ends with file, line, what is wrong and what to do."""
        path, out = tmp_path / "rows.jsonl", tmp_path / "weights.json"
        path.write_text(f'{{"prompt": "a", "confirm": false}}\n\n{line}\n', encoding="utf-8")
        out.write_text("old", encoding="utf-8")
        assert trainer.main([str(path), "--output", str(out)]) == 1
        said = capsys.readouterr().err
        assert f"error: {path}:3: " in said
        for word in words:
            assert word in said
        assert out.read_text(encoding="utf-8") == "old"

    def test_a_file_that_cannot_be_read(
        self, trainer: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A missing file, a folder and a binary file are named."""
        (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\n")
        for name in ("none.jsonl", ".", "binary.jsonl"):
            path = tmp_path / name
            assert trainer.main([str(path), "--output", str(tmp_path / "w.json")]) == 1
            assert str(path) in capsys.readouterr().err
        assert not (tmp_path / "w.json").exists()

    def test_rows_that_teach_nothing(
        self, trainer: ModuleType, write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A file without a single weight never takes the place of a good one."""
        out = tmp_path / "weights.json"
        out.write_text("old", encoding="utf-8")
        for rows in ([], said(WALNUT, label="code_agent"), routes()[28:32:3]):
            assert trainer.main([str(write("one", rows)), "--output", str(out)]) == 1
            assert "teach nothing" in capsys.readouterr().err
        assert out.read_text(encoding="utf-8") == "old"

    def test_a_pair_of_one(
        self, trainer: ModuleType, write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """`--pair` needs two names."""
        path = write("one", routes())
        arguments = [str(path), "--output", str(tmp_path / "w.json"), "--pair", "large"]
        assert trainer.main(arguments) == 1
        assert "--pair large: give two names, weak,strong" in capsys.readouterr().err

    def test_more_features_than_a_file_may_hold(
        self,
        trainer: ModuleType,
        write: Write,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """What the router would refuse is not written."""
        monkeypatch.setattr(trainer, "MOST_FEATURES", 3)
        path, out = write("one", routes()), tmp_path / "w.json"
        assert trainer.main([str(path), "--output", str(out)]) == 1
        assert "features are more than 3" in capsys.readouterr().err
        assert not out.exists()


class TestWriting:
    def test_a_file_is_written_whole(self, trainer: ModuleType, tmp_path: Path) -> None:
        """What cannot be written leaves the old file as it was, and nothing beside it."""
        out = tmp_path / "weights.json"
        out.write_text("old", encoding="utf-8")
        with pytest.raises(UnicodeEncodeError):
            trainer.write(out, "half of it \ud800")
        assert out.read_text(encoding="utf-8") == "old"
        assert list(tmp_path.iterdir()) == [out]

    def test_a_folder_that_is_not_there(
        self, trainer: ModuleType, write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A place that cannot be written to ends with a message."""
        out = tmp_path / "none" / "weights.json"
        assert trainer.main([str(write("one", routes())), "--output", str(out)]) == 1
        assert str(out.parent) in capsys.readouterr().err

    def test_one_feature_a_line(self, train: Train, write: Write, tmp_path: Path) -> None:
        """Two versions of a file can be compared line by line; other scripts stay readable."""
        rows = [
            *said("орех {0} {1}", label="code_agent"),
            *said("кварц {0} {1}", label="image_generation"),
        ]
        content = train(write("one", rows))
        lines = (tmp_path / "weights.json").read_text(encoding="utf-8").splitlines()
        assert sum(line.startswith('"орех') for line in lines) >= 1
        entries = [*content["words"], *content["caution"], *content["lengths"]]
        assert sum(line.startswith('"') for line in lines) == len(entries) + 5
        assert len(lines) <= len(entries) + 3 * 4

    def test_it_is_what_the_router_reads(self, train: Train, write: Write, tmp_path: Path) -> None:
        """A trained file loads, with every word in it."""
        content = train(write("one", [*routes(), *orders()]))
        found = load_weights(str(tmp_path / "weights.json"))
        assert len(found.words) == len(content["words"])
        assert found.caution == content["caution"]

    @pytest.mark.parametrize("word", ["Walnut", "a  b", ""])
    def test_a_table_of_other_words_is_refused_by_the_router(
        self, trainer: ModuleType, word: str
    ) -> None:
        """The trainer's own form and the reader's hold each other to account."""
        content = trainer.as_file({}, {})
        with pytest.raises(RouterConfigError):
            parse_weights({**content, "words": {word: [1] * len(COLUMNS)}})


class TestLinearHeads:
    def test_features_are_counted_in_rows_and_sources(
        self, script: Callable[[str], ModuleType]
    ) -> None:
        """A feature needs so many rows, of so many sources; columns are in alphabetical order."""
        heads = script("linear_heads")
        rows = [{"b", "a"}, {"a"}, {"a", "c"}, {"c"}, {"b"}]
        sources = ["x", "x", "y", "y", "x"]
        assert heads.vocabulary(rows, sources, 1, 1) == {"a": 0, "b": 1, "c": 2}
        assert heads.vocabulary(rows, sources, 3, 1) == {"a": 0}
        assert heads.vocabulary(rows, sources, 2, 2) == {"a": 0}
        assert heads.vocabulary([], [], 1, 1) == {}

    def test_repeats_count_once(self, script: Callable[[str], ModuleType]) -> None:
        """A matrix holds 1 where a row has a feature, and leaves out what is no column."""
        heads = script("linear_heads")
        made = heads.matrix([{"a", "z"}, set(), {"b", "a"}], {"a": 0, "b": 1})
        assert made.toarray().tolist() == [[1, 0], [0, 0], [1, 1]]

    def test_no_source_counts_more_than_its_share(
        self, script: Callable[[str], ModuleType]
    ) -> None:
        """The rows of a large source count less, those of a small one in full."""
        counts = script("linear_heads").balanced(["a"] * 10 + ["b"] * 2, 5)
        assert counts.tolist() == [0.5] * 10 + [1.0] * 2

    def test_routes_start_from_what_rules_say(self, script: Callable[[str], ModuleType]) -> None:
        """Where the rules are right already, hardly anything is learned."""
        heads, np = script("linear_heads"), pytest.importorskip("numpy")
        x = heads.matrix([{"a"}, {"b"}] * 20, {"a": 0, "b": 1})
        labels, counts = np.array([0, 1] * 20), np.ones(40)
        sure = np.array([[20.0, 0.0], [0.0, 20.0]] * 20)
        learned = heads.fit_routes(x, labels, np.zeros((40, 2)), counts, 1.0)
        known = heads.fit_routes(x, labels, sure, counts, 1.0)
        assert learned[0, 0] > 0 > learned[0, 1]
        assert np.abs(known).max() < np.abs(learned).max() / 100

    def test_the_heads_are_the_routes_in_order(self) -> None:
        """A column of the file is a lane of the router."""
        assert len(HEADS) == LANES
        assert (*HEADS, "complexity") == COLUMNS
