"""docs/signals.md and docs/rules.md say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from model_router.assessment import Assessor
from model_router.catalog import parse_catalog
from model_router.catalog.schema import CATALOG
from model_router.examples import failed_examples
from model_router.router import ModelRouter
from model_router.scores import saturate
from model_router.signals.lexicon import LONG, WINDOW_HEAD, WINDOW_TAIL
from model_router.signals.patterns import LONGEST, MOST_LITERALS
from model_router.signals.rows import packaged
from model_router.text.language import detect_language
from model_router.types import ACTION_CLASSES, ROUTES, Request, WeightsPolicy
from tests.support.catalogs import usual_catalog

DOCS = Path(__file__).parents[2] / "docs"
SIGNALS = (DOCS / "signals.md").read_text(encoding="utf-8")
RULES = (DOCS / "rules.md").read_text(encoding="utf-8")
SIGNAL_FORM = CATALOG.json["properties"]["signals"]["items"]["properties"]
RULE_FORM = CATALOG.json["properties"]["rules"]["items"]["properties"]
EXAMPLES = re.findall(r"```yaml\n(.*?)```", SIGNALS + RULES, re.S)


class TestSignals:
    @pytest.mark.parametrize("key", SIGNAL_FORM)
    def test_every_key_is_explained(self, key: str) -> None:
        """Each key of a row stands in the page as code."""
        assert re.search(rf"`{key}[`:]", SIGNALS)

    @pytest.mark.parametrize("form", SIGNAL_FORM["form"]["enum"][:5])
    def test_every_form_is_explained(self, form: str) -> None:
        """Each form of action has a row."""
        assert f"| `form: {form}` |" in SIGNALS

    def test_classes_and_routes(self) -> None:
        """The page lists every class of action, and the routes in the order of ties."""
        for name in ACTION_CLASSES:
            assert f"`{name}`" in SIGNALS
        assert ", ".join(ROUTES[:-2]) in SIGNALS.replace("\n", " ")

    def test_the_table_lists_every_id(self) -> None:
        """Each packaged signal has its row, in the order of the file, and there are no others."""
        table = SIGNALS.split("<!-- ids: begin -->")[1]
        ids = re.findall(r"^\| `([\w.]+)` \|", table, re.M)
        assert ids == [signal.id for signal in packaged()[0]]

    def test_the_worked_example(self) -> None:
        """The sums of the worked example are what the router comes to."""
        alone = usual_catalog(weights=WeightsPolicy(enabled=False))
        found = Assessor(alone).assess(Request("please rewrite this text"))
        rows = re.findall(r"^\| `([\w.]+)`.*\|.*\|.*\|$", SIGNALS.split("comes")[0], re.M)
        worked = [name for name in rows if name in SIGNALS.split("| sum |")[0]]
        assert set(found.signals) <= set(worked)
        sums = re.search(r"\| sum \| (\d+) \| (\d+) \|", SIGNALS)
        assert sums is not None
        assert found.route_points["simple"] == int(sums[1])
        assert found.route_points["balanced"] == int(sums[2])

    def test_numbers(self) -> None:
        """Limits, windows and scores are those of the code."""
        text = SIGNALS.replace("\n", " ")
        assert (
            f"more than {LONG} characters, the first {WINDOW_HEAD} and the last {WINDOW_TAIL}"
            in text
        )
        assert f"at most {MOST_LITERALS:,} literals of at most {LONGEST} bytes" in text
        assert (saturate(50, 50), saturate(75, 50), saturate(200, 50)) == (50, 60, 80)

    def test_statements_about_words(self) -> None:
        """What the page says of readings holds."""
        row = {"id": "x", "kind": "intent", "patterns": ["Résumé"]}
        lexicon = Assessor(usual_catalog(signals=(row,))).lexicon
        for text in ("RESUME", "résumé", "ｒｅｓｕｍｅ"):
            assert lexicon.scan(text)[0] >> lexicon.index["x"] & 1


class TestRules:
    @pytest.mark.parametrize("key", RULE_FORM["when"]["properties"])
    def test_every_condition_is_explained(self, key: str) -> None:
        """Each condition stands in the page as code."""
        assert f"`{key}`" in RULES

    def test_languages(self) -> None:
        """The codes that the page lists are those that can be told."""
        for text in ("Привіт, як справи?", "Привет, как дела?"):
            assert detect_language(text) == "ru"
        assert "Ukrainian is `ru`" in RULES

    def test_the_example_decides_as_it_says(self) -> None:
        """The rules of the page send texts where their names say."""
        router = ModelRouter(parse_catalog(next(e for e in EXAMPLES if "rules:" in e)))
        german = "Wie ist ein Haus gebaut und was machen die Menschen mit dem Dach?"
        assert router.route_fast(german) == "balanced_local"
        assert router.route_fast("hello there") == "fast_local"
        assert router.route("is this contract valid? " * 100).to_dict()["route"] == "reasoning"


class TestExamples:
    @pytest.mark.parametrize("text", [text for text in EXAMPLES if "engines:" in text])
    def test_whole_catalogs(self, text: str) -> None:
        """Every whole catalog loads, and the examples of its signals hold."""
        assert failed_examples(parse_catalog(text)) == ()

    @pytest.mark.parametrize("text", [text for text in EXAMPLES if text.startswith("- ")])
    def test_rows(self, text: str) -> None:
        """A row that is shown uses keys that exist, under the id of a packaged one."""
        for row in yaml.safe_load(text):
            assert set(row) <= set(SIGNAL_FORM)
            assert row["id"] in {signal.id for signal in packaged()[0]}

    def test_there_are_some(self) -> None:
        """The pages have examples of both kinds."""
        assert len(EXAMPLES) >= 5
