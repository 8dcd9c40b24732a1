"""Strategies of other distributions: found by their entry point, when named and not before."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from model_router.catalog import parse_catalog
from model_router.errors import RouterConfigError
from model_router.router import ModelRouter
from model_router.strategies import offered
from model_router.types import HUMAN
from tests.support.alone import run_alone

CODE = """
from model_router.strategies import Choice

def build(options, catalog):
    engine = options["vowels"]
    if engine not in catalog.engines:
        raise ValueError(f"no engine {engine}")
    def decide(facts):
        if facts.text[:1].lower() in "aeiou":
            return Choice("vowel", engines=(engine,))
        return Choice("consonant", route="simple")
    return decide

def nothing(options, catalog):
    return None
"""
POINTS = """
[model_router.strategies]
example.letters = example_letters:build
example.nothing = example_letters:nothing
example.gone = example_letters:gone
"""
Write = Callable[[str], str]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A real distribution on sys.path, with its metadata and its entry points."""
    (tmp_path / "example_letters.py").write_text(CODE, encoding="utf-8")
    info = tmp_path / "example_letters-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: example-letters\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "example_letters", raising=False)
    return tmp_path


ENGINES = """
engines:
  small: {provider: ollama, model: a, max_context: 9000}
  large: {provider: ollama, model: b, max_context: 9000}
routing_targets: {simple: small, balanced: small}
"""


def router(strategy: str) -> ModelRouter:
    return ModelRouter(parse_catalog(f"{ENGINES}strategy: {strategy}\n"))


def test_it_decides(installed: Path) -> None:
    """A strategy of another distribution chooses, behind the same gate, at all depths."""
    made = router("{name: example.letters, vowels: large}")
    for text, engine in (
        ("apples are red", "large"),
        ("bananas are yellow", "small"),
        ("erase the production database", HUMAN),
    ):
        decision = made.route(text)
        assert decision.selected_engine == made.route_fast(text) == made.plan(text).engine == engine
    codes = made.route("apples are red").reason_codes
    assert "strategy.vowel" in codes
    assert made.route("apples are red").strategy == "example.letters"


def test_it_may_stand_in_a_shadow(installed: Path) -> None:
    """It can be compared as well."""
    made = router("{name: shadow, second: {name: example.letters, vowels: large}}")
    decision = made.route("apples are red")
    assert decision.selected_engine == "small"
    assert decision.shadow is not None
    assert decision.shadow.engine == "large"


def test_reading_a_catalog_imports_nothing(installed: Path) -> None:
    """The name is looked up when the catalog is read; the code is imported by the router."""
    catalog = parse_catalog(f"{ENGINES}strategy: {{name: example.letters, vowels: large}}\n")
    assert "example_letters" not in sys.modules
    ModelRouter(catalog)
    assert "example_letters" in sys.modules


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("{name: example.letters, vowels: gone}", "ValueError: no engine gone"),
        ("{name: example.letters}", "KeyError"),
        ("example.nothing", "gives no function"),
        ("example.gone", "AttributeError"),
    ],
)
def test_one_that_cannot_be_built(installed: Path, strategy: str, said: str) -> None:
    """A factory that fails is a catalog error, whatever it raises."""
    with pytest.raises(RouterConfigError, match=said) as caught:
        router(strategy)
    assert caught.value.problems[0].path == "strategy"


def test_a_close_match_is_among_the_installed(installed: Path) -> None:
    """A mistyped name gets the nearest of all that exist."""
    with pytest.raises(RouterConfigError, match=r"did you mean example\.letters\?"):
        router("example.leters")


def test_offered_lists_what_is_installed(installed: Path) -> None:
    """Every entry point of the group is known by name."""
    assert {"example.letters", "example.nothing", "example.gone"} <= set(offered())


@pytest.mark.parametrize("strategy", ["rules", "{name: fixed, engine: small}"])
def test_our_own_need_no_lookup(strategy: str) -> None:
    """For a strategy of ours, and for every decision, no metadata of distributions is read."""
    code = f"""
import json, sys
from model_router.catalog import parse_catalog
from model_router.router import ModelRouter
made = ModelRouter(parse_catalog({ENGINES + "strategy: " + strategy!r}))
made.route("hello"), made.route_fast("hello")
print(json.dumps(sorted(sys.modules)))
"""
    assert "importlib.metadata" not in run_alone(code)


def test_deciding_looks_nothing_up(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the router exists, deciding asks for no entry point."""
    made = router("{name: example.letters, vowels: large}")

    def refuse(**_: object) -> None:
        raise AssertionError("looked up")

    monkeypatch.setattr("importlib.metadata.entry_points", refuse)
    assert made.route_fast("apples are red") == "large"
    assert made.route("apples are red").selected_engine == "large"


def test_the_default_loads_no_strategy() -> None:
    """The router's own decision imports none of the strategies."""
    code = """
import json, sys
from model_router import ModelRouter
made = ModelRouter.from_config()
made.route("hello"), made.route_fast("hello")
print(json.dumps(sorted(sys.modules)))
"""
    modules = run_alone(code)
    assert not [name for name in modules if name.startswith("model_router.strateg")]
