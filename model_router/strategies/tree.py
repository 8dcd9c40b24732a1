"""tree: a decision tree read from JSON, never from a pickle."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from model_router.names import close_match
from model_router.strategies.facts import Choice, Decide, Facts
from model_router.strategies.inputs import Input, input_named, known_inputs
from model_router.types import ROUTES, Catalog

SCHEMA = "model-router/tree/1"
MOST_DEPTH = 32
MOST_NODES = 4_095
FORK = {"input", "at_most", "yes", "no"}

Node = tuple[Input, float, int, int] | Choice
"""A fork (input, at_most, index of yes, index of no), or a leaf."""


class TreeError(ValueError):
    """A tree that cannot be used: where in it, what, and what to do."""

    def __init__(self, where: str, message: str, hint: str) -> None:
        super().__init__(f"{where}: {message}; {hint}")
        self.where, self.message, self.hint = where, message, hint


def build(options: Mapping[str, Any], catalog: Catalog) -> Decide:
    """The tree under `tree`, as it was read from a file. Raises TreeError."""
    nodes = read_tree(options["tree"])

    def decide(facts: Facts) -> Choice:
        node = nodes[0]
        while not isinstance(node, Choice):
            value, at_most, yes, no = node
            node = nodes[yes if value(facts) <= at_most else no]
        return node

    return decide


def read_tree(data: Any) -> list[Node]:
    """The nodes of a tree, its root first. Raises TreeError for everything that is not one."""
    if not isinstance(data, Mapping) or set(data) - {"schema", "about", "root"}:
        raise TreeError("(top)", "is not a tree", "keys: schema, about, root")
    if data.get("schema") != SCHEMA:
        raise TreeError("schema", f"must be {SCHEMA!r}", "train it with this release")
    nodes: list[Node] = []
    # A list of work instead of recursion: a deep file must not exhaust the stack.
    todo: list[tuple[Any, str, int, int, bool]] = [(data.get("root"), "root", 1, -1, False)]
    while todo:
        row, where, depth, parent, yes = todo.pop()
        if depth > MOST_DEPTH:
            raise TreeError(where[:80], f"is deeper than {MOST_DEPTH}", "train a shallower tree")
        if len(nodes) >= MOST_NODES:
            raise TreeError(where[:80], f"more than {MOST_NODES} nodes", "train a smaller tree")
        index = len(nodes)
        nodes.append(_node(row, where))
        _join(nodes, parent, index, yes)
        if isinstance(row, Mapping) and "input" in row:
            todo.append((row["no"], f"{where}.no", depth + 1, index, False))
            todo.append((row["yes"], f"{where}.yes", depth + 1, index, True))
    return nodes


def leaves(data: Any) -> Iterator[tuple[str, str]]:
    """`route` or `engine`, and its name, of each leaf of a tree that was read."""
    for node in read_tree(data):
        if isinstance(node, Choice):
            yield ("route", node.route) if node.route else ("engine", node.engines[0])


def asked(data: Any) -> Iterator[str]:
    """The name of each input that a tree asks about, root first."""
    todo = [data["root"]]
    while todo:
        node = todo.pop()
        if "input" in node:
            yield node["input"]
            todo += [node["no"], node["yes"]]


def _join(nodes: list[Node], parent: int, index: int, yes: bool) -> None:
    """Put a node's index into its parent."""
    fork = nodes[parent] if parent >= 0 else None
    if fork is None or isinstance(fork, Choice):
        return
    value, at_most, one, other = fork
    nodes[parent] = (value, at_most, index if yes else one, other if yes else index)


def _node(row: Any, where: str) -> Node:
    if not isinstance(row, Mapping):
        raise TreeError(where, "is not a node", "a fork or a leaf is an object")
    if set(row) == FORK:
        return _fork(row, where)
    if set(row) == {"route"} and row["route"] in ROUTES:
        return Choice("tree", route=row["route"])
    if set(row) == {"engine"} and isinstance(row["engine"], str) and row["engine"]:
        return Choice("tree", engines=(row["engine"],))
    hint = "a fork has input, at_most, yes and no; a leaf has a known route, or an engine"
    raise TreeError(where, "is neither a fork nor a leaf", hint)


def _fork(row: Mapping[str, Any], where: str) -> Node:
    name, at_most = row["input"], row["at_most"]
    value = input_named(name) if isinstance(name, str) else None
    if value is None:
        match = close_match(str(name)[:80], known_inputs())
        hint = f"did you mean {match}?" if match else "docs/strategies.md lists them"
        raise TreeError(f"{where}.input", f"{str(name)[:80]!r} is not an input", hint)
    if type(at_most) not in (int, float) or abs(at_most) > 1e12 or not math.isfinite(at_most):
        raise TreeError(f"{where}.at_most", "is not a number", "write a finite number")
    return value, at_most, 0, 0
