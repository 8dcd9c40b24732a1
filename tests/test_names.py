"""Mistyped names: the nearest one that exists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.names import close_match
from model_router.types import ROUTES


@pytest.mark.parametrize("name", ROUTES)
def test_a_slip_of_the_finger(name: str) -> None:
    """Two letters swapped, one missing or one too many still find the name."""
    for typo in (name[1] + name[0] + name[2:], name[:-1], name + "x"):
        assert close_match(typo, ROUTES) == name


def test_nothing_near() -> None:
    """A name that is like none of them has no match."""
    assert close_match("xyzzy", ROUTES) is None
    assert close_match("coding", []) is None


@given(st.text(), st.lists(st.text(), max_size=8))
def test_it_is_one_of_the_allowed(name: str, allowed: list[str]) -> None:
    """Whatever is asked, the answer is an allowed name or None; a name that exists is its own."""
    found = close_match(name, iter(allowed))
    assert found is None or found in allowed
    if name in allowed and name:
        assert found == name


@pytest.mark.parametrize("odd", [None, 7, True, 2.5])
def test_what_is_no_text(odd: object) -> None:
    """Anything that stands where a name should has a match or none, and never raises."""
    assert close_match(odd, ["7", "None"]) in ("7", "None", None)  # type: ignore[arg-type]
