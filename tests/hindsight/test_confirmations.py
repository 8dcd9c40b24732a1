"""Confirmations before and after a change."""

from __future__ import annotations

from model_router.hindsight.cases import Case
from model_router.hindsight.confirmations import Asked, Safety, asked_of, confirms
from model_router.types import HUMAN
from tests.support.routers import FakeRouter
from tests.support.weights import with_weights

ORDER = "drop the production database"


def counted(before: object, after: object, *prompts: Asked) -> Safety:
    """What two routers do with prompts."""
    safety = Safety()
    safety.add(prompts, before, after)  # type: ignore[arg-type]
    return safety


def test_lost_and_moved() -> None:
    """Who was asked and is not any more is lost; other changes are only counted."""
    before = FakeRouter({"a": HUMAN, "b": HUMAN})
    after = FakeRouter({"a": HUMAN, "b": "code_agent", "c": "code_agent"})
    found = counted(before, after, *(Asked(name, name) for name in "abcd"))
    assert (found.checked, found.asked, found.moved, found.lost) == (4, 2, 2, 1)
    assert found.places == ["b"]


def test_what_no_engine_could_do() -> None:
    """A label may name the engine that takes what went to a person for want of one."""
    before, after = FakeRouter({"b": HUMAN}), FakeRouter({"b": "code_agent"})
    for prompt in (Asked("b", "b", right=("code_agent",)), Asked("b", "b", harmless=True)):
        assert counted(before, after, prompt).lost == 0
    assert counted(before, after, Asked("b", "b", right=("fast_local",))).lost == 1


def test_no_label_disposes_of_an_order() -> None:
    """What was confirmed as an order stays so, whatever a label says."""
    order = Asked("o", ORDER, right=("fast_local",), harmless=True)
    assert counted(with_weights(), FakeRouter({}), order).lost == 1


def test_orders_without_tools() -> None:
    """They are looked at with tools that may run and with none."""
    order = Asked("o", "please delete the old branch and push")
    assert confirms(with_weights(), order, None)
    assert isinstance(confirms(with_weights(), order, ()), bool)


def test_a_labelled_prompt() -> None:
    """A label that wants a person disposes of nothing; one that wants none says so."""
    assert asked_of(Case("a", "x", (HUMAN,), True)).right == ()
    assert asked_of(Case("a", "x", ("fast_local",), False)).harmless
    assert asked_of(Case("a", "x", ("fast_local",))).right == ("fast_local",)
