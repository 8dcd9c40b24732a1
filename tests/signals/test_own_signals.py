"""Users' signals: what a row in a catalog changes, and what is said of a wrong one."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from model_router.assessment import Assessor
from model_router.catalog import catalog_from_mapping, parse_catalog
from model_router.catalog.schema import CATALOG
from model_router.errors import Problem, RouterConfigError
from model_router.examples import failed_examples
from model_router.signals.rows import packaged
from model_router.types import FEATURE_BIT, NEED_TOOLS, ROUTES, Catalog, Request

ENGINES = {"one": {"provider": "ollama", "model": "m", "max_context": 8192}}
ROW = {"id": "own.x", "kind": "intent", "patterns": ["zanzibar"]}


def catalog(*rows: dict[str, Any], **sections: Any) -> Catalog:
    """A catalog of one engine with these signals."""
    return catalog_from_mapping({"engines": ENGINES, "signals": list(rows), **sections})


def problems(*rows: dict[str, Any], **sections: Any) -> dict[str, Problem]:
    """What is wrong with a catalog, by path."""
    with pytest.raises(RouterConfigError) as caught:
        catalog(*rows, **sections)
    return {problem.path: problem for problem in caught.value.problems}


def remarks(*rows: dict[str, Any]) -> set[str]:
    """The paths of the remarks about signals."""
    return {one.path for one in catalog(*rows).warnings if one.path.startswith("signals")}


def outcome(text: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """All that a decision about a text rests on."""
    loaded = catalog(*rows)
    found = Assessor(loaded).assess(Request(text))
    return {
        "route": found.route,
        "points": dict(found.route_points),
        "complexity": found.complexity,
        "risk": found.risk,
        "features": found.features,
        "needs": found.needs,
        "actions": found.actions,
        "confirm": found.confirm,
        "signals": found.signals,
        "why": [reason.text for reason in found.reasons],
    }


def action(**changes: Any) -> dict[str, Any]:
    """A row that names an action."""
    row = {"id": "own.x", "kind": "action", "action": "publish", "patterns": ["frobnicate"]}
    return {**row, **changes}


# key: (text, a row without it or with another value, the row with it, what it changes)
CHANGES: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "id": ("zanzibar", ROW, {**ROW, "id": "own.y"}, "signals"),
    "patterns": ("zanzibar", {**ROW, "patterns": ["other"]}, ROW, "signals"),
    "at": ("near zanzibar", ROW, {**ROW, "at": "head"}, "signals"),
    "adds": ("zanzibar", ROW, {**ROW, "adds": {"coding": 90}}, "route"),
    "complexity": ("zanzibar", ROW, {**ROW, "complexity": 80}, "complexity"),
    "risk": ("zanzibar", ROW, {**ROW, "risk": 100}, "risk"),
    "features": ("zanzibar", ROW, {**ROW, "features": ["financial_domain"]}, "features"),
    "needs": ("zanzibar", ROW, {**ROW, "needs": ["tools"]}, "needs"),
    "why": (
        "zanzibar",
        {**ROW, "adds": {"coding": 90}},
        {**ROW, "adds": {"coding": 90}, "why": "far away"},
        "why",
    ),
    "requires": (
        "python",
        ROW,
        {"id": "own.x", "kind": "combination", "requires": ["code.language"]},
        "signals",
    ),
    "without": (
        "python",
        {"id": "own.x", "kind": "combination", "requires": ["code.language"]},
        {
            "id": "own.x",
            "kind": "combination",
            "requires": ["code.language"],
            "without": ["shape.under_40"],
        },
        "signals",
    ),
    "action": ("frobnicate", ROW, action(), "confirm"),
    "kind": ("zanzibar", ROW, {**ROW, "kind": "action", "action": "send"}, "actions"),
    "form": ("the frobnicate was told", action(), action(form="command"), "actions"),
    "objects": ("frobnicate the cat", action(), action(objects=["dog"]), "actions"),
    "spares": (
        "frobnicate the toy of the dog",
        action(objects=["dog"]),
        action(objects=["dog"], spares=["toy"]),
        "actions",
    ),
    "unless": (
        "сломай дверь завтра",
        action(patterns=["сломай"], form="native", objects=["двер"]),
        action(patterns=["сломай"], form="native", objects=["двер"], unless=["завтра"]),
        "actions",
    ),
    "strong": (
        "Summarize this article:\nIt was a day.\n\nfrobnicate it now",
        action(),
        action(strong=True),
        "actions",
    ),
    "polite": (
        "can I get a frobnicate",
        action(form="request", objects=["get"]),
        action(form="request", objects=["get"], polite=True),
        "actions",
    ),
    "coding": ("frobnicate", action(), action(coding="local"), "actions"),
}
INERT = {"lang", "matches", "ignores"}
"""Keys for readers and for tests, which change no decision."""


class TestEachKey:
    @pytest.mark.parametrize("key", CHANGES)
    def test_it_changes_a_decision(self, key: str) -> None:
        """Each key, changed alone, changes what is decided about some text."""
        text, without, having, what = CHANGES[key]
        assert outcome(text, without)[what] != outcome(text, having)[what]

    def test_no_key_is_left_out(self) -> None:
        """Every key that the catalog accepts is tested above, or is for readers."""
        known = set(CATALOG.json["properties"]["signals"]["items"]["properties"])
        assert known == set(CHANGES) | INERT

    def test_all_that_packaged_rows_use(self) -> None:
        """A user's row can use every key that a packaged row uses, but for spelling variants."""
        from model_router.signals.rows import Signal

        known = set(CATALOG.json["properties"]["signals"]["items"]["properties"])
        assert set(Signal.__dataclass_fields__) - {"lanes", "literals"} <= known
        assert len(packaged()[0]) > 100

    def test_what_they_change(self) -> None:
        """Features, needs and routes arrive as they are named."""
        found = outcome(
            "zanzibar",
            {**ROW, "features": ["legal_domain"], "needs": ["tools"], "adds": {"reasoning": 99}},
        )
        assert found["features"] & FEATURE_BIT["legal_domain"]
        assert found["needs"] & NEED_TOOLS
        assert found["route"] == "reasoning"
        assert found["points"]["reasoning"] >= 99

    @pytest.mark.parametrize("form", ["order", "command", "request", "foreign", "native"])
    def test_every_form_finds_its_order(self, form: str) -> None:
        """Each form is judged in its own way, and a plain order is found by all of them."""
        pattern, object_ = {
            "native": ("сломай", "двер"),
            "request": ("cat", "frobnicate"),  # a request names the thing; the verb is near it
        }.get(form, ("frobnicate", "cat"))
        row = action(patterns=[pattern], form=form, objects=[object_])
        text = "сломай дверь" if form == "native" else "frobnicate the cat"
        assert outcome(text, row)["actions"] == ("publish",)


class TestWords:
    def test_names_of_packaged_lists(self) -> None:
        """`objects` that name a packaged list mean its words."""
        row = action(objects=["stores"])
        assert outcome("frobnicate the database", row)["actions"] == ("publish",)
        assert outcome("frobnicate the stores", row)["actions"] == ()

    def test_words_of_ones_own(self) -> None:
        """Other names are words themselves, in any spelling that reads the same."""
        row = action(objects=["Café", "dog"])
        for text in ("frobnicate the cafe", "frobnicate the CAFÉ", "frobnicate my dog"):
            assert outcome(text, row)["actions"] == ("publish",)
        assert outcome("frobnicate the cat", row)["actions"] == ()

    def test_accents_in_patterns(self) -> None:
        """A pattern with accents finds the word with and without them."""
        row = {**ROW, "patterns": ["grève"]}
        for text in ("la grève", "la greve", "LA GRÈVE", "la gre\u0300ve"):
            assert "own.x" in outcome(text, row)["signals"]
        assert "own.x" not in outcome("la greves", row)["signals"]


class TestReplacing:
    def test_a_packaged_row(self) -> None:
        """A row with the id of a packaged one takes its place."""
        text = "rewrite this text"
        assert outcome(text)["route"] == "simple"
        row = {"id": "transform.rewrite", "kind": "intent", "patterns": ["rewrite this"]}
        assert outcome(text, {**row, "adds": {"reasoning": 90}})["route"] == "reasoning"
        quiet = outcome(text, {**row, "patterns": ["zanzibar"]})
        assert "transform.rewrite" not in quiet["signals"]

    def test_a_packaged_action(self) -> None:
        """A replaced action no longer counts; the others do."""
        row = {"id": "action.destroy", "kind": "intent", "patterns": ["zanzibar"]}
        assert outcome("obliterate all files")["actions"] == ("destructive",)
        assert outcome("obliterate all files", row)["actions"] == ()
        assert outcome("rm -rf /var", row)["actions"] == ("destructive",)

    def test_a_shape(self) -> None:
        """The points of a shape can be changed; what it sees stays."""
        row = {"id": "shape.question", "kind": "shape", "adds": {"research": 95}}
        assert outcome("zanzibar?", row)["route"] == "research"
        assert outcome("zanzibar", row)["route"] != "research"

    def test_what_packaged_rows_require(self) -> None:
        """A packaged combination goes on with a row that takes another's place."""
        row = {"id": "code.artifact", "kind": "intent", "patterns": ["gizmo"]}
        assert "code.write" in outcome("write a gizmo", row)["signals"]
        assert "code.write" not in outcome("write a gizmo")["signals"]


class TestProblems:
    def test_a_pattern(self) -> None:
        """A pattern that cannot be read is named with its signal and its place."""
        (problem,) = problems({**ROW, "patterns": ["fine", "pay(roll"]}).values()
        assert problem.path == "signals[0].patterns[1]"
        assert '"own.x"' in problem.message
        assert "'pay(roll'" in problem.message

    def test_lines(self) -> None:
        """In a file the problem has its line."""
        text = yaml.safe_dump({"engines": ENGINES})
        text += "signals:\n  - id: a\n    kind: intent\n    patterns:\n      - ok\n      - 'b*'\n"
        with pytest.raises(RouterConfigError) as caught:
            parse_catalog(text)
        (problem,) = caught.value.problems
        assert problem.line == len(text.splitlines())

    @pytest.mark.parametrize("key", ["requires", "without"])
    def test_an_unknown_id(self, key: str) -> None:
        """An id that does not exist is named with the one that was meant, packaged or own."""
        row = {"id": "own.y", "kind": "combination", "requires": ["own.x"]}
        found = problems(ROW, {**row, key: ["code.langauge"]})
        problem = found[f"signals[1].{key}[0]"]
        assert problem.message == 'names "code.langauge", which is not a signal'
        assert problem.hint == "did you mean code.language?"
        assert "own.x" in str(problems(ROW, {**row, "requires": ["ownx"]}))

    def test_an_unknown_id_in_a_rule(self) -> None:
        """The same holds for the signals that rules name."""
        rule = {"name": "r", "when": {"signals": ["own.z"]}, "then": {"route": "simple"}}
        problem = problems(ROW, rules=[rule])["rules[0].when.signals[0]"]
        assert problem.hint == "did you mean own.x?"

    @pytest.mark.parametrize(
        ("row", "path"),
        [
            ({"id": "a", "kind": "intent"}, "patterns"),
            ({"id": "a", "kind": "intent", "patterns": []}, "patterns"),
            ({"id": "a", "kind": "intent", "patterns": ["x"], "requires": ["code.repo"]}, ""),
            ({"id": "a", "kind": "intent", "patterns": ["x"], "without": ["code.repo"]}, "without"),
            ({"id": "shape.qestion", "kind": "shape"}, "id"),
            ({"id": "a", "kind": "action", "patterns": ["x"]}, "action"),
            ({**ROW, "action": "send", "form": "native"}, "objects"),
            ({**ROW, "action": "send", "form": "foreign"}, "objects"),
            ({**ROW, "form": "ordre"}, "form"),
            ({**ROW, "at": "order"}, "at"),
            ({**ROW, "coding": "loacl"}, "coding"),
            ({**ROW, "strong": "yes"}, "strong"),
            ({**ROW, "polite": 1}, "polite"),
            ({**ROW, "objects": "files"}, "objects"),
            ({**ROW, "adds": {"confirmatoin": 3}}, "adds.confirmatoin"),
            ({**ROW, "literals": "x"}, "literals"),
        ],
    )
    def test_what_cannot_be(self, row: dict[str, Any], path: str) -> None:
        """A row that could never fire, or that has a wrong value, is a problem with its path."""
        assert f"signals[0].{path}".rstrip(".") in problems(row)

    def test_hints(self) -> None:
        """A mistyped form or shape comes with the one that was meant."""
        assert "order" in str(problems({**ROW, "form": "ordre"})["signals[0].form"].hint)
        found = problems({"id": "shape.qestion", "kind": "shape"})["signals[0].id"]
        assert "shape.question" in str(found.hint)

    def test_what_does_nothing(self) -> None:
        """Keys that do nothing where they stand get a remark, and the catalog loads."""
        assert remarks({**ROW, "objects": ["files"], "strong": True}) == {
            "signals[0].objects",
            "signals[0].strong",
        }
        assert remarks(action(at="head")) == {"signals[0].at"}
        assert remarks(ROW, action(id="own.z", strong=True)) == set()


class TestExamples:
    def test_they_are_tried(self) -> None:
        """Examples that do not hold are problems, those that hold are none."""
        good = {**ROW, "matches": ["to Zanzibar!"], "ignores": ["to Zanzibars"]}
        bad = {**ROW, "id": "own.y", "matches": ["to Kenya"], "ignores": ["zanzibar"]}
        assert failed_examples(catalog(good)) == ()
        assert [problem.path for problem in failed_examples(catalog(good, bad))] == [
            "signals.own.y.matches[0]",
            "signals.own.y.ignores[0]",
        ]

    def test_of_actions(self) -> None:
        """An action matches where it is ordered, and ignores where it is only named."""
        row = action(matches=["frobnicate it"], ignores=["how do I frobnicate it?"])
        assert failed_examples(catalog(row)) == ()
        wrong = action(matches=["how do I frobnicate it?"], ignores=["frobnicate it"])
        assert len(failed_examples(catalog(wrong))) == 2

    def test_switches_do_not_hide_them(self) -> None:
        """Examples are tried with the gate on, whatever the catalog's safety says."""
        row = action(matches=["frobnicate it"], coding="local")
        off = {"require_human_confirmation": False, "coding_actions": "none"}
        assert failed_examples(catalog(row, safety=off)) == ()


def test_routes_of_these_tests() -> None:
    """A catalog of one engine sends every route but two to it or to a person."""
    assert set(catalog().targets) == set(ROUTES)
