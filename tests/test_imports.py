"""What `import model_router` loads: next to nothing, until something is used."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import pytest

from tests.support.alone import run_alone

HEAVY = (
    "pydantic", "pydantic_core", "yaml", "click", "httpx", "starlette", "psutil", "asyncio",
    "dataclasses", "logging", "inspect", "enum", "ahocorasick_rs", "importlib.metadata",
)  # fmt: skip
CODE = """
import json, sys
{code}
print(json.dumps(sorted(sys.modules)))
"""


def loaded(code: str) -> set[str]:
    """The modules of a fresh interpreter after some code."""
    return set(run_alone(CODE.format(code=code)))


@pytest.fixture(scope="module")
def bare() -> set[str]:
    """The modules of an interpreter that did nothing."""
    return loaded("")


def test_the_package_alone_is_light(bare: set[str]) -> None:
    """`import model_router` loads no library and none of our modules but the version."""
    brought = loaded("import model_router") - bare
    assert brought.isdisjoint(HEAVY)
    ours = {name for name in brought if name.startswith("model_router")}
    assert ours == {"model_router", "model_router._version"}


def test_deciding_needs_neither_yaml_nor_validator() -> None:
    """A router made from a Catalog, or from the packaged one, decides without YAML and pydantic."""
    code = "from model_router import ModelRouter\nModelRouter.from_config().route('hello')"
    brought = loaded(code)
    for name in ("pydantic", "yaml", "click", "httpx", "asyncio", "psutil", "logging"):
        assert name not in brought


DETECTORS = "model_router.privacy.detectors"
ONE_OFF = "from model_router import route_prompt\nroute_prompt({prompt!r})"


def test_plain_words_need_no_detectors() -> None:
    """A process that decides once loads detectors with the first text that could hold something."""
    assert DETECTORS not in loaded(ONE_OFF.format(prompt="fix the repo and run tests"))
    assert DETECTORS in loaded(ONE_OFF.format(prompt="call 555 1234"))


def test_a_router_that_stays_loads_them_at_once() -> None:
    """Later it imports nothing, so the detectors come with it."""
    code = "from model_router import ModelRouter\nModelRouter.from_config()"
    assert DETECTORS in loaded(code)


def test_the_version_costs_nothing(bare: set[str]) -> None:
    """The version is a literal; the package's metadata is not read."""
    assert "importlib.metadata" not in loaded("import model_router; model_router.__version__")


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("RoutingProfile", "profiles"),
        ("Hints", "types"),
        ("redact", "privacy"),
        ("ModelRouterError", "errors"),
    ],
)
def test_a_name_loads_its_own_module(name: str, module: str) -> None:
    """Names load where they live when they are first used, and the router is not among it."""
    brought = loaded(f"import model_router; model_router.{name}")
    assert f"model_router.{module}" in brought
    assert "model_router.router" not in brought


def test_import_takes_little_time() -> None:
    """A wide guard; scripts/measure_startup.py measures it properly."""

    def seconds(code: str) -> float:
        start = perf_counter()
        run_alone(code)
        return perf_counter() - start

    rounds: list[tuple[float, float]] = [
        (seconds("print(1)"), seconds("import model_router; print(1)")) for _ in range(5)
    ]
    bare, whole = (min(times) for times in zip(*rounds, strict=True))
    assert whole - bare < 0.1


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As with any module."""
    import model_router

    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _: Any = model_router.nothing
