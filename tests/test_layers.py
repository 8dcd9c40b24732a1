"""Who may import whom. The table is the order of the modules; each imports only from before it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "model_router"

TABLE: tuple[tuple[str, str], ...] = (
    ("", "_version names records errors types native lanes"),
    (
        "text",
        "lazy alphabets _slots slots _spelling spelling reading spans language _tokens tokens",
    ),
    ("signals", "places _automaton automaton collecting patterns rows misspellings _shapes shapes"),
    ("", "weights"),
    ("signals", "lexicon"),
    ("safety", "action_rules phrases _clause clause docstrings frame foreign objects wishes"),
    ("safety", "_candidates candidates"),
    ("safety", "judgement caution orders"),
    ("", "scores rules _verdict verdict"),
    ("request", "hints sidecalls wrappers recurring parts turns plain chat prompts"),
    ("policy", "tiers limits eligibility costs ranking roster selection table"),
    ("receipt", "requirements delegation explain analysis decision plans refusal"),
    ("request", "carried"),
    ("receipt", "explanation"),
    ("", "hotpath assessment examples scoring"),
    ("", "strategies strategist"),
    ("", "privacy screening catalog profiles addresses backend_kinds servers"),
    ("", "hotplan router dispatch"),
    ("", "hindsight"),
    ("", "setup proxy cli __main__"),
)
"""Every module and its room, lowest first. A package that stands among the modules counts as one;
its inner order is its own."""

ORDER = [f"{room}.{name}" if room else name for room, names in TABLE for name in names.split()]
RANK = {name: place for place, name in enumerate(ORDER)}


def modules() -> Iterator[tuple[str, Path]]:
    """The name each file counts by, and the file."""
    for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.pyi")]):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[-1] != "__init__" or parts[0] in ORDER:
            yield _counted(parts), path


def _counted(parts: Sequence[str]) -> str:
    """The name that stands in the table for a module."""
    return parts[0] if parts[0] in ORDER else ".".join(parts[:2])


def imported(tree: ast.AST) -> Iterator[str]:
    """Modules of ours that a file imports when it runs, also inside functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("model_router"):
            inner = (node.module or "").split(".")[1:]
            names = [[*inner, alias.name] for alias in node.names]
            yield from {_counted(parts) for parts in names}
        elif isinstance(node, ast.Import):
            names = [a.name.split(".")[1:] for a in node.names if a.name[:13] == "model_router."]
            yield from (_counted(parts) for parts in names)
        else:
            yield from imported(node)


FILES = list(modules())


def test_every_module_has_its_place() -> None:
    """A new module is put into the table, and one that is gone is taken out."""
    assert {name for name, _ in FILES} == set(ORDER)
    assert len(set(ORDER)) == len(ORDER)


@pytest.mark.parametrize("name", ORDER)
def test_imports_go_upwards_only(name: str) -> None:
    """A module imports only modules that stand before it in the table."""
    for path in (path for found, path in FILES if found == name):
        for other in imported(ast.parse(path.read_text(encoding="utf-8"))):
            assert other == name or RANK[other] < RANK[name], f"{path.name} imports {other}"


@pytest.mark.parametrize(("one", "other"), [("setup", "proxy"), ("proxy", "setup")])
def test_programs_do_not_know_each_other(one: str, other: str) -> None:
    """The setup assistant and the proxy meet in the files they read and write."""
    for path in (path for found, path in FILES if found == one):
        assert other not in imported(ast.parse(path.read_text(encoding="utf-8"))), path.name


CORE = [name for name in ORDER if name not in ("setup", "proxy", "cli", "__main__", "catalog")]
OUTSIDE = {"pydantic", "yaml", "click", "httpx", "starlette", "psutil", "asyncio", "socket"}


@pytest.mark.parametrize("name", CORE)
def test_the_core_needs_no_heavy_library(name: str) -> None:
    """Only the catalog knows YAML and the validator, only the command line knows click."""
    for path in (path for found, path in FILES if found == name):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert OUTSIDE.isdisjoint(found.split(".")[0] for found in names), path.name


def test_the_reader_of_imports_sees_them() -> None:
    """Imports inside functions count, those for type checkers do not."""
    source = (
        "from model_router.types import A\nimport model_router.text.reading\n"
        "if TYPE_CHECKING:\n    from model_router.router import B\n"
        "def f():\n    from model_router.receipt import explain\n"
    )
    assert sorted(imported(ast.parse(source))) == ["receipt.explain", "text.reading", "types"]
