"""The packaged signals: their examples hold, and the table says nothing that does not exist."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from functools import cache
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from model_router.assessment import Assessor
from model_router.catalog import load_catalog, packaged_catalog_path
from model_router.examples import failing, fires
from model_router.lanes import pack
from model_router.signals.automaton import OVERLAP
from model_router.signals.lexicon import Lexicon
from model_router.signals.patterns import literals
from model_router.signals.rows import packaged
from model_router.signals.shapes import SHAPES
from model_router.text.reading import read
from model_router.types import ACTION_CLASSES, FEATURES, NEED_NAMES, ROUTES

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "build_signals.py"
TABLE = yaml.load(
    (ROOT / "model_router" / "data" / "signals.yaml").read_text(encoding="utf-8"),
    yaml.CSafeLoader,
)
ROWS: list[dict[str, Any]] = TABLE["signals"]
LISTS: dict[str, list[str]] = TABLE["lists"]
IDS = [row["id"] for row in ROWS]
EXAMPLES = [
    pytest.param(row, text, key == "matches", id=f"{row['id']}-{key}-{n}")
    for row in ROWS
    for key in ("matches", "ignores")
    for n, text in enumerate(row.get(key, ()))
]
KEYS = {
    *("id", "kind", "patterns", "at", "requires", "without", "adds", "complexity", "risk"),
    *("features", "needs", "action", "form", "objects", "spares", "unless", "strong", "polite"),
    *("coding", "lang", "why", "matches", "ignores"),
    *("typos", "real_words"),  # for scripts/build_signals.py alone
}


@cache
def assessor() -> Assessor:
    """What weighs by the packaged signals alone, ordinary git work included."""
    catalog = load_catalog(packaged_catalog_path())
    safety = type(catalog.safety)(coding_actions="all")
    return Assessor(
        type(catalog)(
            engines=catalog.engines, safety=safety, weights=type(catalog.weights)(enabled=False)
        )
    )


@cache
def builder() -> ModuleType:
    """scripts/build_signals.py as a module."""
    spec = util.spec_from_file_location("build_signals", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestExamples:
    @pytest.mark.parametrize(("row", "text", "wanted"), EXAMPLES)
    def test_it_comes_out_as_the_row_says(
        self, row: dict[str, Any], text: str, wanted: bool
    ) -> None:
        """A row fires on what it matches; an action is ordered there, and only there."""
        assert fires(assessor(), row, text) is wanted

    @pytest.mark.parametrize(
        "row",
        [row for row in ROWS if row["kind"] != "shape" and row.get("at") != "lead"],
        ids=lambda row: row["id"],
    )
    def test_every_row_has_both(self, row: dict[str, Any]) -> None:
        """Every row shows a text that it matches and one that it ignores."""
        assert row.get("matches")
        assert row.get("ignores")

    def test_a_wrong_example_is_told(self) -> None:
        """An example that does not hold is a problem with its place in the table."""
        row = {**ROWS[IDS.index("transform.rewrite")], "matches": ["the sea"], "ignores": []}
        (problem,) = failing(load_catalog(packaged_catalog_path()), [row])
        assert problem.path == "signals.transform.rewrite.matches[0]"
        assert "does not match 'the sea'" in problem.message


class TestTable:
    def test_ids_are_unique(self) -> None:
        """No two rows share an id."""
        assert [name for name, count in Counter(IDS).items() if count > 1] == []

    @pytest.mark.parametrize("row", ROWS, ids=IDS)
    def test_every_key_and_name_exists(self, row: dict[str, Any]) -> None:
        """A row uses known keys, and routes, features, needs and classes that exist."""
        assert set(row) <= KEYS
        assert set(row.get("adds", ())) <= set(ROUTES) - {"confirmation"}
        assert set(row.get("features", ())) <= set(FEATURES)
        assert set(row.get("needs", ())) <= set(NEED_NAMES)
        assert row.get("action") in (None, *ACTION_CLASSES)
        assert row.get("at", "any") in ("any", "head", "lead")
        assert row.get("coding") in (None, "history", "remote", "local")
        assert row["why"]

    @pytest.mark.parametrize("row", ROWS, ids=IDS)
    def test_every_row_can_fire(self, row: dict[str, Any]) -> None:
        """A row has patterns or other rows to fire by, or is a shape, and never two of these."""
        ways = [bool(row.get("patterns")), bool(row.get("requires")), row["id"] in SHAPES]
        assert sum(ways) == 1
        assert (row["kind"] == "shape") == ways[2]
        assert (row["kind"] == "action") == ("action" in row)

    def test_every_shape_has_a_row(self) -> None:
        """What the code can see and what the table gives points for are the same."""
        assert {row["id"] for row in ROWS if row["kind"] == "shape"} == set(SHAPES)

    @pytest.mark.parametrize("row", [row for row in ROWS if row.get("requires")], ids=str)
    def test_combinations_name_rows(self, row: dict[str, Any]) -> None:
        """What a row requires or excludes exists, can fire, and is settled before it."""
        for name in (*row["requires"], *row.get("without", ())):
            other = ROWS[IDS.index(name)]
            assert other.get("at") != "lead"
            assert not other.get("action")
            assert not other.get("requires") or IDS.index(name) < IDS.index(row["id"])

    @pytest.mark.parametrize("row", ROWS, ids=IDS)
    def test_literals_fit(self, row: dict[str, Any]) -> None:
        """No literal is longer than what two searched pieces share, and each reads as itself."""
        for pattern in row.get("patterns", ()):
            for literal in literals(pattern):
                assert 0 < len(literal) <= OVERLAP
                inner = literal.decode().strip()
                assert read(inner).latin[0].strip() == literal.strip()

    def test_points_fit_their_lanes(self) -> None:
        """Were every row to fire at once, no lane would run over into its neighbour."""
        for route in ROUTES[:-1]:
            points = [abs(row.get("adds", {}).get(route, 0)) for row in ROWS]
            assert sum(points) < 2**14
        assert pack({"simple": sum(points)}) > 0


class TestLists:
    @pytest.mark.parametrize("name", LISTS)
    def test_words_are_in_normal_form(self, name: str) -> None:
        """Every word is what a reading would make of it, or it would never be found."""
        odd = [
            word
            for word in LISTS[name]
            if not isinstance(word, str)
            or not word.strip()
            or read(word).latin[1][1:-1] != word.encode()
            or word != word.lower()
        ]
        assert odd == []

    @pytest.mark.parametrize("name", [name for name in LISTS if not name.startswith("native_")])
    def test_words_are_single(self, name: str) -> None:
        """Words of scripts with spaces are looked up one by one: none holds a separator."""
        odd = [word for word in LISTS[name] if read(word).latin[0].split() != [word.encode()]]
        assert odd == []

    def test_every_list_is_used_and_exists(self) -> None:
        """Rows name the lists that there are, and each of them."""
        named = {
            name
            for row in ROWS
            for key in ("objects", "spares", "unless")
            for name in row.get(key, ())
        }
        assert named == set(LISTS)


class TestBuild:
    def test_the_json_is_what_the_yaml_says(self) -> None:
        """The file that is loaded was built from the file that people read."""
        data = ROOT / "model_router" / "data"
        source = (data / "signals.yaml").read_text(encoding="utf-8")
        built = builder().build(source)
        assert (data / "signals.json").read_text(encoding="utf-8") == built

    def test_the_check_mode(self) -> None:
        """--check changes nothing and says that all is well."""
        subprocess.run([sys.executable, str(SCRIPT), "--check"], check=True)

    def test_loaded_rows_find_what_their_patterns_say(self) -> None:
        """The expanded literals of a packaged row are those of its patterns."""
        for signal, row in zip(packaged()[0], ROWS, strict=True):
            wanted = {one for pattern in row.get("patterns", ()) for one in literals(pattern)}
            assert signal.id == row["id"]
            assert set(signal.literals) >= wanted
            assert set(signal.literals) == wanted or row.get("typos")

    def test_words_that_yaml_reads_otherwise(self) -> None:
        """A list word that YAML reads as a boolean or a number is refused when building."""
        with pytest.raises(SystemExit, match=r"lists\.money.*in quotes"):
            builder().build("signals: []\nlists: {money: [off]}")

    def test_the_lexicon_of_the_packaged_rows(self) -> None:
        """All rows compile together, each under its own bit."""
        lexicon = Lexicon(packaged()[0])
        assert [lexicon.index[name] for name in IDS] == list(range(len(IDS)))
