"""Screening: private data and orders in everything a request says."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.assessment import Assessor
from model_router.privacy import find
from model_router.screening import NOTHING, contains_private, context_orders, screen
from model_router.types import Catalog, PrivacyPolicy, Request
from tests.support import texts

MAIL = "write to ana@fleckens.hu"
CARD = "my card is 4111 1111 1111 1111 as you know"
FLAG = PrivacyPolicy("flag")


@cache
def assessor() -> Assessor:
    return Assessor(Catalog(engines={}))


def test_nothing_private_is_nothing() -> None:
    """A plain request has neither findings nor reasons."""
    assert screen(Request("hello", context=("hi",)), FLAG) == NOTHING


def test_off_looks_at_nothing() -> None:
    """privacy.mode off switches the detectors off."""
    assert screen(Request(MAIL, context=(CARD,)), PrivacyPolicy("off")) == NOTHING


def test_findings_of_the_text_have_their_places() -> None:
    """A span counts in the text; the reason has it too and never the value."""
    findings, reasons = screen(Request(MAIL), FLAG)
    assert [(f.category, MAIL[f.start : f.end]) for f in findings] == [("email", "ana@fleckens.hu")]
    assert reasons[0].code == "privacy.email"
    assert reasons[0].span == (9, 24)
    assert "fleckens" not in reasons[0].text


def test_findings_of_the_context_have_none() -> None:
    """One finding for each kind of data found elsewhere, with an empty span."""
    findings, reasons = screen(Request("hello", context=(MAIL, MAIL, CARD)), FLAG)
    assert sorted((f.category, f.start, f.end) for f in findings) == [
        ("card", 0, 0),
        ("email", 0, 0),
    ]
    assert [reason.code for reason in reasons] == ["privacy.card", "privacy.email"]
    assert all("earlier message" in reason.text for reason in reasons)


def test_only_the_categories_that_count() -> None:
    """`privacy.categories` limits what is reported, in text and context."""
    only = PrivacyPolicy("flag", categories=frozenset({"card"}))
    assert screen(Request(MAIL, context=(MAIL,)), only) == NOTHING
    assert screen(Request(MAIL, context=(CARD,)), only).findings[0].category == "card"


@settings(max_examples=300, deadline=None)
@given(
    text=texts.texts | st.just(MAIL), context=st.lists(texts.anything | st.just(CARD), max_size=3)
)
def test_the_short_answer_is_the_long_one(text: str, context: list[str]) -> None:
    """contains_private says what screen would find."""
    found = screen(Request(text, context=tuple(context)), FLAG).findings
    assert contains_private(text, context, FLAG) == bool(found)
    assert found[: len(find(text))] == find(text)


@pytest.mark.parametrize("order", texts.ORDERS)
def test_orders_in_the_context_are_told(order: str) -> None:
    """What a tool result or a system prompt seems to order is a reason, by its class."""
    reasons = context_orders(Request("hello", context=("fine.", order)), assessor())
    assert [reason.code for reason in reasons] == ["safety.context_mention"]
    assert order not in reasons[0].text


def test_one_reason_is_enough() -> None:
    """However many orders the context holds."""
    assert len(context_orders(Request("hi", context=texts.ORDERS), assessor())) == 1


@pytest.mark.parametrize("text", [*texts.MENTIONS, "hello", ""])
def test_mentions_are_no_orders(text: str) -> None:
    """What only speaks of a deed is not told."""
    assert context_orders(Request("hello", context=(text,)), assessor()) == ()
