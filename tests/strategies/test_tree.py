"""Trees: evaluated as written, refused when anything about them is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.strategies import Choice, build
from model_router.strategies.inputs import FAMILIES, NUMBERS, input_named, known_inputs
from model_router.strategies.tree import (
    MOST_DEPTH,
    MOST_NODES,
    SCHEMA,
    TreeError,
    asked,
    leaves,
    read_tree,
)
from model_router.types import FEATURE_BIT, NEED_TOOLS, Strategy
from tests.support.catalogs import usual_catalog
from tests.support.strategies import facts

SIMPLE = {"route": "simple"}


def fork(name: str, at_most: float, yes: Any, no: Any) -> dict[str, Any]:
    return {"input": name, "at_most": at_most, "yes": yes, "no": no}


def tree(root: Any) -> dict[str, Any]:
    return {"schema": SCHEMA, "root": root}


HAND_WRITTEN = tree(
    fork(
        "complexity",
        40,
        fork("feature.coding_intent", 0.5, SIMPLE, {"route": "coding"}),
        {"engine": "reasoning_local"},
    )
)


def decided(root: Any, **changes: Any) -> Choice:
    """What a tree answers."""
    return build(Strategy("tree", {"tree": tree(root)}), usual_catalog())(facts(**changes))


@pytest.mark.parametrize(
    ("changes", "choice"),
    [
        ({"complexity": 40}, Choice("tree", route="simple")),
        ({"complexity": 41}, Choice("tree", engines=("reasoning_local",))),
        ({"features": FEATURE_BIT["coding_intent"]}, Choice("tree", route="coding")),
    ],
)
def test_a_hand_written_tree(changes: dict[str, Any], choice: Choice) -> None:
    """Up to and with at_most goes to yes, above it to no; a leaf is the answer."""
    assert decided(HAND_WRITTEN["root"], **changes) == choice


def test_a_leaf_alone() -> None:
    """A tree may be one leaf."""
    assert decided(SIMPLE).route == "simple"


@given(st.integers(0, 100), st.data())
def test_a_tree_is_the_same_as_its_questions(complexity: int, data: st.DataObject) -> None:
    """The flat form answers what reading the nested one node by node answers."""
    names = ("complexity", "length", "tokens", "route.balanced", "need.tools")
    leaf = st.sampled_from([SIMPLE, {"route": "coding"}, {"engine": "fast_local"}])
    node = st.recursive(
        leaf,
        lambda below: st.builds(
            fork, st.sampled_from(names), st.sampled_from([0.5, 5, 50]), below, below
        ),
        max_leaves=12,
    )
    root = data.draw(node)
    found = facts(complexity=complexity, needs=NEED_TOOLS)
    place: Any = root
    while "input" in place:
        value = input_named(place["input"])
        assert value is not None
        place = place["yes" if value(found) <= place["at_most"] else "no"]
    choice = decided(root, complexity=complexity, needs=NEED_TOOLS)
    assert (choice.route or choice.engines[0]) in place.values()


class TestInputs:
    @pytest.mark.parametrize(
        ("name", "changes"),
        [
            ("length", {"text": "abc"}),
            ("tokens", {"tokens": 3}),
            ("complexity", {"complexity": 3}),
            ("risk", {"risk": 3}),
            ("confidence", {"confidence": 3}),
            ("tools", {"tools": True}),
            ("helper", {"helper": True}),
            ("feature.ambiguous", {"features": FEATURE_BIT["ambiguous"]}),
            ("need.tools", {"needs": NEED_TOOLS}),
            ("route.vision", {"route": "vision"}),
            ("signal.code.write", {"signals": frozenset({"code.write"})}),
            ("language.de", {"language": "de"}),
            ("task.code", {"task": "code"}),
        ],
    )
    def test_each_reads_its_fact(self, name: str, changes: dict[str, Any]) -> None:
        """Every input changes with the fact that it is named after."""
        value = input_named(name)
        assert value is not None
        usual = facts("", language="en", confidence=1)
        assert value(facts(**({"text": ""} | changes))) != value(usual)

    def test_every_input_was_tried(self) -> None:
        """The table above holds every number and every family."""
        tried = TestInputs.test_each_reads_its_fact.pytestmark[0].args[1]  # type: ignore[attr-defined]
        assert {name.partition(".")[0] for name, _ in tried} == {*NUMBERS, *FAMILIES}

    @pytest.mark.parametrize("name", ["", "size", "feature.", "feature.no", "route.x", ".tools"])
    def test_other_names_are_none(self, name: str) -> None:
        """A name that is none, or not in its closed family, is no input."""
        assert input_named(name) is None

    def test_known_inputs_exist(self) -> None:
        """Every name that is listed can be used."""
        assert all(input_named(name) for name in known_inputs())


def deep(levels: int) -> dict[str, Any]:
    node: dict[str, Any] = SIMPLE
    for _ in range(levels - 1):
        node = fork("risk", 1, node, SIMPLE)
    return node


def wide(levels: int) -> dict[str, Any]:
    """A full tree; its nodes are shared here, and many when read."""
    node: dict[str, Any] = SIMPLE
    for _ in range(levels - 1):
        node = fork("risk", 1, node, node)
    return node


class TestRefusals:
    @pytest.mark.parametrize(
        ("data", "where"),
        [
            ([], "(top)"),
            ({"schema": SCHEMA, "root": SIMPLE, "code": "x"}, "(top)"),
            ({"root": SIMPLE}, "schema"),
            ({"schema": "other/1", "root": SIMPLE}, "schema"),
            ({"schema": SCHEMA}, "root"),
            (tree("simple"), "root"),
            (tree({}), "root"),
            (tree({"route": "confirm"}), "root"),
            (tree({"route": "simple", "engine": "x"}), "root"),
            (tree({"engine": ""}), "root"),
            (tree({"engine": 3}), "root"),
            (tree({"input": "risk", "at_most": 1, "yes": SIMPLE}), "root"),
            (tree(fork("rsk", 1, SIMPLE, SIMPLE)), "root.input"),
            (tree(fork("risk", True, SIMPLE, SIMPLE)), "root.at_most"),
            (tree(fork("risk", float("nan"), SIMPLE, SIMPLE)), "root.at_most"),
            (tree(fork("risk", 10**400, SIMPLE, SIMPLE)), "root.at_most"),
            (tree(fork("risk", 1, SIMPLE, fork("risk", 1, 3, SIMPLE))), "root.no.yes"),
        ],
    )
    def test_what_is_no_tree(self, data: Any, where: str) -> None:
        """Anything but the exact form is refused with its place in the file."""
        with pytest.raises(TreeError) as caught:
            read_tree(data)
        assert caught.value.where == where
        assert caught.value.hint

    def test_a_close_input_is_suggested(self) -> None:
        """A mistyped input gets the one that was probably meant."""
        with pytest.raises(TreeError, match="did you mean complexity"):
            read_tree(tree(fork("complexty", 1, SIMPLE, SIMPLE)))

    def test_depth_is_limited(self) -> None:
        """As deep as the limit is read, one deeper is not."""
        assert len(read_tree(tree(deep(MOST_DEPTH)))) == 2 * MOST_DEPTH - 1
        with pytest.raises(TreeError, match="deeper"):
            read_tree(tree(deep(MOST_DEPTH + 1)))

    def test_size_is_limited(self) -> None:
        """As many nodes as the limit are read, more are not, however small the data in memory."""
        assert len(read_tree(tree(wide(12)))) == MOST_NODES
        with pytest.raises(TreeError, match="more than"):
            read_tree(tree(wide(MOST_DEPTH)))


def test_leaves_and_questions_are_listed() -> None:
    """What a tree names can be checked against a catalog."""
    assert sorted(leaves(HAND_WRITTEN)) == [
        ("engine", "reasoning_local"), ("route", "coding"), ("route", "simple")
    ]  # fmt: skip
    assert list(asked(HAND_WRITTEN)) == ["complexity", "feature.coding_intent"]
