"""The public names: sorted, documented, and each of them there. The documented examples run."""

from __future__ import annotations

import doctest
import inspect
import re
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import model_router

PAGE = (Path(__file__).parents[1] / "docs" / "python-api.md").read_text(encoding="utf-8")
FENCES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def documented() -> list[str]:
    """The names that have a heading of their own."""
    return re.findall(r"^### `([A-Za-z_]+)", PAGE, re.MULTILINE)


def test_all_is_sorted() -> None:
    """`__all__` stands in alphabetical order, each name once."""
    assert model_router.__all__ == sorted(set(model_router.__all__))


def test_all_is_what_the_page_documents() -> None:
    """docs/python-api.md has a heading for every public name and for nothing else."""
    assert sorted(documented()) == model_router.__all__


@pytest.mark.parametrize("name", model_router.__all__)
def test_each_name_resolves(name: str) -> None:
    """Every public name can be had from the package, is listed by dir(), and has a docstring."""
    found = getattr(model_router, name)
    assert name in dir(model_router)
    assert name == "__version__" or found.__doc__


@pytest.mark.parametrize("name", [n for n in model_router.__all__ if n != "__version__"])
def test_each_name_knows_its_types(name: str) -> None:
    """Annotations of what is public can be resolved, so editors can show them."""
    found: Any = getattr(model_router, name)
    assert get_type_hints(found.__init__ if inspect.isclass(found) else found) is not None


def test_the_lazy_table_and_the_typed_imports_agree() -> None:
    """Type checkers see every name that is loaded lazily."""
    source = inspect.getsource(model_router)
    typed = re.findall(r"^    from model_router\.([\w.]+) import (\w+) as", source, re.MULTILINE)
    homes = dict(model_router._HOMES)
    assert {name: home for home, name in typed} == homes
    assert {*homes, "__version__"} == set(model_router.__all__)


@pytest.mark.parametrize("text", FENCES, ids=lambda text: text[:40])
def test_examples_of_the_page_are_true(text: str) -> None:
    """Every example gives what stands under it."""
    found = doctest.DocTestParser().get_doctest(text, {}, "docs/python-api.md", None, 0)
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    told: list[str] = []
    assert runner.run(found, out=told.append).failed == 0, "".join(told)


def test_the_page_has_examples() -> None:
    """The test above has something to run."""
    assert sum(text.count(">>>") for text in FENCES) > 20


@pytest.mark.parametrize(
    "name", ["route_fast", "route", "explain", "plan", "assess", "route_request", "route_batch"]
)
def test_the_page_has_each_signature(name: str) -> None:
    """The parameters of ModelRouter's methods stand in the page as they are."""
    parameters = list(inspect.signature(getattr(model_router.ModelRouter, name)).parameters)[1:]
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}("))
    assert all(parameter in line for parameter in parameters)
