"""Docstrings: what stands between the triple quotes of a function or class, and nothing else."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.safety.docstrings import MOST, docstrings


def found(text: str) -> list[str]:
    data = text.encode()
    return [data[opens:closes].decode() for opens, closes in docstrings(data)]


@pytest.mark.parametrize(
    "text",
    [
        'def f():\n    """Say it."""\n',
        "def f():\n    '''Say it.'''\n",
        'def f(a: int) -> None: """Say it."""',
        'class A(B):\r\n    r"""Say it."""\n',
        'async def f():\n\n    """Say it."""\n',
        'def f(\n    a,\n    b,\n) -> int:\n    """Say it."""\n',
        'x = """\nno\n"""\ndef f():\n    """Say it."""\n',
    ],
)
def test_what_a_definition_says(text: str) -> None:
    """It follows the line that defines a function or a class, in either kind of quotes."""
    assert found(text) == ["Say it."]


@pytest.mark.parametrize(
    "text",
    [
        "",
        '"""Say it."""',
        'x = """Say it."""',
        'He said: """Say it."""',
        'def f():\n    """Say it.',
        'def f():\n    x = 1\n    """Say it."""',
        "def f():\n    '''Say it.\"\"\"",
    ],
)
def test_other_quotes_say_nothing(text: str) -> None:
    """Strings, speech and what does not close are no docstrings."""
    assert found(text) == []


def test_a_flood_is_cut() -> None:
    """No more pairs are looked at than a program has, and they cost little."""
    text = 'def f():\n    """x"""\n' * 20_000
    begun = time.perf_counter()
    assert len(found(text)) == MOST
    assert time.perf_counter() - begun < 0.1


@given(st.text(alphabet="def ():\n'\"x"))
def test_any_text(text: str) -> None:
    """Places lie inside the text, in order."""
    for opens, closes in docstrings(text.encode()):
        assert 0 < opens <= closes <= len(text.encode())
